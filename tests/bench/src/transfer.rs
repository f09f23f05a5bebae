//! What a transfer costs through a driver in the sandbox, on a virtual reader that answers at once.

use crate::Outcome;
use crate::length::Length;
use crate::native_usb::{CAPTURE, OnSeam, capture};
use crate::plugins::Plugins;
use crate::row::Row;
use crate::statistics::{Side, beside};
use devices::bus::Bus as _;
use devices::transfer::ClaimedInterface;
use plugin_runtime::driver::Start;
use plugin_runtime::scanner::Scanner;
use simulator::virtual_device::{Nb1010, VirtualBus, nb1010};
use std::hint::black_box;

/// The row of the virtual reader.
pub(crate) fn row(plugins: &Plugins, length: Length) -> Outcome<Row> {
    eprintln!("bench: transfer, virtual reader");
    let scanner = Scanner::start(&plugins.load("nb1010")?, vec![reader()?], Start::default())?;
    let native = OnSeam::new(reader()?);
    let image = capture(&native)?;
    let transfers = native.transfers();
    let delivered = scanner.capture(CAPTURE, |_| ())?;
    if delivered
        .fingers
        .first()
        .is_none_or(|finger| finger.image.pixels != image)
    {
        return Err("the plugin gives another image than the same code natively".into());
    }
    let sandboxed = Side::new(length.pick(300, 10), || {
        black_box(scanner.capture(CAPTURE, |_| ())?);
        Ok(())
    });
    let natively = Side::new(length.pick(300, 10), || {
        black_box(capture(&native)?);
        Ok(())
    });
    Ok(Row::times(
        "USB transfer, virtual reader",
        beside(sandboxed.parts(transfers), natively.parts(transfers))?,
        "the same driver, native",
        format!(
            "a whole capture of {}x{} pixels through the plugin, divided by its {transfers} transfers: for each the \
             grant's check, two host calls (submit, wait) and up to 540 bytes copied in; a share of the capture's own \
             call and of its image copied out. The device answers at once, so this is the sandbox at its most visible",
            nb1010::WIDTH,
            nb1010::HEIGHT,
        ),
    ))
}

/// A reader of its own with a finger on it that stays.
fn reader() -> Outcome<Box<dyn ClaimedInterface>> {
    let (bus, device) = (VirtualBus::new(), Nb1010::new("BENCH"));
    let pixels: Vec<u8> = (0..nb1010::HEIGHT)
        .flat_map(|_| (0..=u8::MAX).map(|grey| grey ^ 0x55))
        .collect();
    device
        .finger()
        .place(nb1010::WIDTH, nb1010::HEIGHT, nb1010::DPI, &pixels)?;
    let place = bus.plug(device);
    Ok(bus.open(&place, 0)?)
}

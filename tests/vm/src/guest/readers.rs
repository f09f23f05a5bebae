//! Fingerprint readers over USB/IP: the kernel believes that they are plugged in.

use crate::Outcome;
use crate::attach::{arrived, attach, detach, left};
use crate::plugins::load;
use crate::told::Told;
use crate::watched::{Watch, Watched};
use devices::bus::{Bus as _, Found};
use devices::transfer::{ClaimedInterface, Request, Status};
use devices::usb_bus::UsbBus;
use plugin_runtime::driver::Start;
use plugin_runtime::plugin::Plugin;
use plugin_runtime::scanner::{Capture, Scanner};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::time::{Duration, Instant};

/// An NB-1010-U.
pub(crate) const NB1010: (u16, u16) = (0x298d, 0x1010);
/// A U.are.U 4500.
const URU4500: (u16, u16) = (0x05ba, 0x000a);
/// A capture ends within this, also on an interpreted processor.
pub(crate) const CAPTURE: Duration = Duration::from_secs(20);
/// Transfers at which the plug is pulled: a first command, an answer, the scan's command, the first line, a line half-way,
/// the last.
const CUTS: [u32; 6] = [1, 2, 5, 7, 50, 96];

fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 1e2
}

/// The image of a capture, by its digest: the other side knows what lay on the sensor.
pub(crate) fn image(capture: &Capture) -> Value {
    let Some(finger) = capture.fingers.first() else {
        return Value::Null;
    };
    let digest = Sha256::digest(&finger.image.pixels);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({ "sha256": digest, "width": finger.image.width, "height": finger.image.height })
}

fn claimed(bus: &UsbBus, found: &Found) -> Outcome<Box<dyn ClaimedInterface>> {
    let interface = *found.interfaces.first().ok_or("the device has no interface")?;
    Ok(bus.open(&found.place, interface)?)
}

/// One capture through the plugin.
fn captured(plugin: &Plugin, interface: Box<dyn ClaimedInterface>, start: Start) -> Outcome<Value> {
    let scanner = Scanner::start(plugin, vec![interface], start)?;
    let capture = scanner.capture(CAPTURE, |_| ())?;
    scanner.close()?;
    Ok(image(&capture))
}

/// A virtual reader is plugged in, found, claimed, and read through its plugin.
pub(crate) fn capture(told: &mut Told, server: u16) -> Outcome {
    let compiling = Instant::now();
    let plugin = load("nb1010")?;
    let compiled = compiling.elapsed();
    let bus = UsbBus::start()?;
    let plugging = Instant::now();
    attach(server, "nb1010", 0)?;
    let found = arrived(&bus, NB1010.0, NB1010.1)?;
    let plugged = plugging.elapsed();
    let interface = claimed(&bus, &found)?;
    let identity = interface.identity();
    let capturing = Instant::now();
    let image = captured(&plugin, interface, Start::default())?;
    told.found(
        "capture",
        json!({
            "image": image,
            "port": found.place.port,
            "manufacturer": identity.manufacturer,
            "product": identity.product,
            "serial": identity.serial,
            "endpoints": identity.endpoints.len(),
            "compile_ms": milliseconds(compiled),
            "plug_ms": milliseconds(plugged),
            "capture_ms": milliseconds(capturing.elapsed()),
        }),
    )?;
    detach(0)?;
    left(&bus, &found.place).map(drop)
}

/// The plug is pulled in the middle of a capture, at several transfers; plugged in again, the reader works.
pub(crate) fn cuts(told: &mut Told, server: u16) -> Outcome {
    let plugin = load("nb1010")?;
    let bus = UsbBus::start()?;
    for cut in CUTS {
        attach(server, &format!("nb1010-cut-{cut}"), 0)?;
        let found = arrived(&bus, NB1010.0, NB1010.1)?;
        let watch = Watch::default();
        let interface = Box::new(Watched::new(claimed(&bus, &found)?, &watch));
        let scanner = Scanner::start(&plugin, vec![interface], Start::default())?;
        let ended = scanner.capture(CAPTURE, |_| ());
        let returned = Instant::now();
        let told_left = left(&bus, &found.place)?;
        drop(scanner);
        let gone = watch.gone();
        attach(server, "nb1010", 0)?;
        let again = arrived(&bus, NB1010.0, NB1010.1)?;
        let image = captured(&plugin, claimed(&bus, &again)?, Start::default())?;
        told.found(
            "cuts",
            json!({
                "cut": cut,
                "code": ended.as_ref().err().map(plugin_runtime::driver::DriverError::code),
                "transfer": gone.map(|gone| gone.number),
                "no_device_ms": gone.map(|gone| milliseconds(gone.after)),
                "driver_ms": gone.map(|gone| milliseconds(returned.saturating_duration_since(gone.at))),
                "left_ms": milliseconds(told_left),
                "same_port": again.place.port == found.place.port,
                "new_address": again.place.address != found.place.address,
                "image": image,
            }),
        )?;
        detach(0)?;
        left(&bus, &again.place)?;
    }
    Ok(())
}

/// Reads that wait for what never comes, several at once, as the plug is pulled; and one that is taken back.
pub(crate) fn waiting(told: &mut Told, server: u16) -> Outcome {
    const SILENT: u8 = 0x81;
    const PATIENCE: Duration = Duration::from_secs(30);
    let bus = UsbBus::start()?;
    attach(server, "nb1010-cut-4", 0)?;
    let found = arrived(&bus, NB1010.0, NB1010.1)?;
    let mut interface = claimed(&bus, &found)?;
    let read = || Request::DataIn {
        endpoint: SILENT,
        length: 64,
    };
    let taken_back = interface.submit(read(), PATIENCE)?;
    std::thread::sleep(Duration::from_millis(100));
    let cancelling = Instant::now();
    interface.cancel(taken_back);
    let cancelled = interface
        .wait(&[taken_back], PATIENCE)
        .ok_or("the cancelled read never ended")?;
    let cancel_time = cancelling.elapsed();
    // The fourth transfer cuts the line.
    for _ in 0..2 {
        interface.submit(read(), PATIENCE)?;
    }
    std::thread::sleep(Duration::from_millis(100));
    let cutting = Instant::now();
    interface.submit(read(), PATIENCE)?;
    let mut ends = Vec::new();
    while let Some(completion) = interface.wait(&[], Duration::from_secs(5)) {
        ends.push(json!({
            "no_device": completion.status == Status::NoDevice,
            "ms": milliseconds(cutting.elapsed()),
        }));
        if ends.len() == 3 {
            break;
        }
    }
    let refused = interface
        .submit(read(), PATIENCE)
        .err()
        .map(|refusal| refusal.to_string());
    drop(interface);
    left(&bus, &found.place)?;
    told.found(
        "waiting",
        json!({
            "cancelled": cancelled.status == Status::Cancelled,
            "cancel_ms": milliseconds(cancel_time),
            "ends": ends,
            "refused": refused,
        }),
    )
}

/// A reader that the kernel has told of and configures only later: it can be opened as soon as it is.
pub(crate) fn unconfigured(told: &mut Told, server: u16) -> Outcome {
    /// How late the kernel is.
    const LATE: Duration = Duration::from_millis(300);
    let plugin = load("nb1010")?;
    let bus = UsbBus::start()?;
    attach(server, "nb1010", 0)?;
    let found = arrived(&bus, NB1010.0, NB1010.1)?;
    // An opened reader is configured: only then can that be undone.
    drop(claimed(&bus, &found)?);
    let configure = Path::new("/sys/bus/usb/devices")
        .join(&found.place.port)
        .join("bConfigurationValue");
    std::fs::write(&configure, "0")?;
    let opening = Instant::now();
    let late = std::thread::spawn(move || {
        std::thread::sleep(LATE);
        std::fs::write(configure, "1")
    });
    let interface = claimed(&bus, &found)?;
    let opened = opening.elapsed();
    late.join().map_err(|_| "configuring panicked")??;
    told.found(
        "unconfigured",
        json!({
            "late_ms": milliseconds(LATE),
            "opened_ms": milliseconds(opened),
            "image": captured(&plugin, interface, Start::default())?,
        }),
    )?;
    detach(0)?;
    left(&bus, &found.place).map(drop)
}

/// Two readers with the same ids at once; then each at the other's port.
pub(crate) fn twins(told: &mut Told, server: u16) -> Outcome {
    let plugin = load("nb1010")?;
    let bus = UsbBus::start()?;
    for names in [["twin-a", "twin-b"], ["twin-b", "twin-a"]] {
        for (port, name) in (0..).zip(names) {
            attach(server, name, port)?;
        }
        for _ in names {
            arrived(&bus, NB1010.0, NB1010.1)?;
        }
        let mut twins: Vec<Found> = bus.list()?;
        twins.retain(|found| (found.vendor_id, found.product_id) == NB1010);
        twins.sort_by(|one, other| one.place.cmp(&other.place));
        let interfaces: Outcome<Vec<_>> = twins.iter().map(|found| claimed(&bus, found)).collect();
        let interfaces = interfaces?;
        let serials: Vec<_> = interfaces.iter().map(|interface| interface.identity().serial).collect();
        // Both are open before either is read.
        let scanners: Result<Vec<_>, _> = interfaces
            .into_iter()
            .map(|interface| Scanner::start(&plugin, vec![interface], Start::default()))
            .collect();
        let scanners = scanners?;
        let captures: Vec<_> = std::thread::scope(|scope| {
            let reading: Vec<_> = scanners
                .iter()
                .map(|scanner| scope.spawn(|| scanner.capture(CAPTURE, |_| ())))
                .collect();
            reading.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
        });
        let mut readers = Vec::new();
        for ((found, serial), capture) in twins.iter().zip(serials).zip(captures) {
            let capture = capture.map_err(|_| "a capture panicked")??;
            readers.push(json!({ "port": found.place.port, "serial": serial, "image": image(&capture) }));
        }
        told.found("twins", json!({ "readers": readers }))?;
        drop(scanners);
        for (port, found) in (0..).zip(&twins) {
            detach(port)?;
            left(&bus, &found.place)?;
        }
    }
    Ok(())
}

/// Recordings of real readers, each read by its own plugin.
pub(crate) fn recorded(told: &mut Told, server: u16) -> Outcome {
    /// The random number of the recorded program, as the first bytes of the nonce.
    const SEED: u32 = 0x51ea_2124;
    let mut nonce = [0; 32];
    nonce[..4].copy_from_slice(&SEED.to_le_bytes());
    let bus = UsbBus::start()?;
    for (name, driver, (vendor, product)) in [
        ("recorded-nb1010", "nb1010", NB1010),
        ("recorded-uru4000-4500", "uru4000", URU4500),
    ] {
        let plugin = load(driver)?;
        attach(server, name, 0)?;
        let found = arrived(&bus, vendor, product)?;
        let start = Start {
            nonce,
            ..Start::default()
        };
        let scanner = Scanner::start(&plugin, vec![claimed(&bus, &found)?], start)?;
        let capturing = Instant::now();
        let capture = scanner.capture(CAPTURE, |_| ())?;
        told.found(
            "recorded",
            json!({ "name": name, "image": image(&capture), "capture_ms": milliseconds(capturing.elapsed()) }),
        )?;
        drop(scanner);
        detach(0)?;
        left(&bus, &found.place)?;
    }
    Ok(())
}

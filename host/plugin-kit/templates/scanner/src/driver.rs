//! The order of the commands: ask until a finger is there, then scan.

use crate::protocol::{DPI, HEAD_BYTES, PACKETS, PIXELS_BYTES, SCAN, SIDE, STATUS, parse};
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::scanner::{Description, FingerprintScanner, Image, Impression};
use plugin_sdk::usb::{Concurrent, Status, Usb as _};

const OUT: u8 = 0x01;
const IN: u8 = 0x81;
/// The device answers within a few milliseconds; this is a dead one.
const ANSWER_MS: u32 = 1_000;
/// Between two questions whether a finger is there.
const POLL_MS: u32 = 50;
/// With less than this left, a finger is no longer waited for.
const LEAST_MS: u32 = 2 * POLL_MS;
/// An answer that the device still holds comes within this.
const LEFT_BEHIND_MS: u32 = 20;

/// The example scanner.
pub struct Example;

impl FingerprintScanner for Example {
    fn open(_usb: &impl Concurrent, _identity: &Identity, _start: &Start) -> Result<Self, Fault> {
        Ok(Self)
    }

    fn describe(&self) -> Description {
        Description {
            vendor: "Example",
            model: "PLUGIN_NAME",
            firmware: None,
            impression: Impression::Plain,
            width: SIDE,
            height: SIDE,
            dpi: DPI,
        }
    }

    fn capture(&mut self, usb: &impl Concurrent, tell: &dyn Fn(Stage)) -> Result<Image, Fault> {
        let image = capture(usb, tell);
        if image.as_ref().is_err_and(|fault| fault.kind == Kind::Protocol) {
            throw_away(usb);
        }
        image
    }
}

fn capture(usb: &impl Concurrent, tell: &dyn Fn(Stage)) -> Result<Image, Fault> {
    tell(Stage::Ready);
    while !finger_is_there(usb)? {
        match usb.remaining_ms() {
            0 => return Err(Status::Cancelled.fault()),
            left if left <= LEAST_MS => return Err(Fault::new(Kind::NothingPresented, "nothing-presented")),
            _ => usb.pause(POLL_MS),
        }
    }
    tell(Stage::Presented);
    ask(usb, SCAN)?;
    tell(Stage::Reading);
    let mut pixels = Vec::with_capacity(usize::from(SIDE) * usize::from(SIDE));
    for number in 0..PACKETS {
        let packet = read(usb, PIXELS_BYTES)?;
        pixels.extend_from_slice(parse(&packet, number, PIXELS_BYTES)?.body);
    }
    tell(Stage::Remove);
    Ok(Image {
        width: SIDE,
        height: SIDE,
        pixels,
    })
}

fn finger_is_there(usb: &impl Concurrent) -> Result<bool, Fault> {
    ask(usb, STATUS)?;
    let answer = read(usb, HEAD_BYTES)?;
    Ok(parse(&answer, STATUS, HEAD_BYTES)?.finger)
}

fn ask(usb: &impl Concurrent, command: u8) -> Result<(), Fault> {
    usb.write(OUT, &[command], ANSWER_MS)
        .map_err(|status| usb.failed(OUT, status))
}

fn read(usb: &impl Concurrent, length: u32) -> Result<Vec<u8>, Fault> {
    usb.read(IN, length, ANSWER_MS)
        .map_err(|status| usb.failed(IN, status))
}

/// What a capture that broke off left behind must not be taken for the next one's.
fn throw_away(usb: &impl Concurrent) {
    for _ in 0..=PACKETS {
        if usb.read(IN, PIXELS_BYTES, LEFT_BEHIND_MS).is_err() {
            return;
        }
    }
}

//! The order of a capture: reset, throw away what an earlier capture left behind, prepare, scan, and reset again whatever
//! happened.

use crate::image::{IMAGE_BYTES, pixels};
use crate::registers::{PREPARE, RESET, SCAN_ONCE, Write};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{Status, Usb};

const OUT: u8 = 0x02;
const IN: u8 = 0x81;
/// The device takes a write within a few milliseconds; this is a dead one.
const ANSWER_MS: u32 = 1_000;
/// The same when it is reset behind a capture, of which the host leaves little time.
const LEAVING_MS: u32 = 200;
/// With less than this left, a finger is no longer waited for: 0 is the host's wish to end, and what a late wait leaves
/// must not look like it.
const LEAST_MS: u32 = 100;
/// Longest time-out of one transfer.
const LONGEST_MS: u32 = 60_000;
/// What the device still holds comes within this, in packets of [`PACKET_BYTES`].
const LEFT_BEHIND_MS: u32 = 20;
const PACKET_BYTES: u32 = 64;
/// Most packets that it may hold: two images.
const LEFT_BEHIND: usize = 2 * (IMAGE_BYTES / 64 + 1);
/// Most reads that one image may come in. It came in one.
const PIECES: usize = 256;

/// Captures one image, top line first, ridges dark. Nothing of an earlier finger is ever delivered: the device is asked
/// for a scan only after everything that it held was thrown away.
///
/// # Errors
/// `nothing-presented`, `cancelled`, `device-gone`, or a protocol fault's code.
pub fn capture(usb: &impl Usb, tell: impl Fn(Stage)) -> Result<Vec<u8>, Fault> {
    let image = scan(usb, &tell);
    let left = send(usb, &RESET, LEAVING_MS);
    match image {
        Err(fault) => Err(fault),
        // A good image counts even if the device then would not be reset, as long as it is there.
        Ok(_) if left == Err(Status::NoDevice.fault()) => Err(Status::NoDevice.fault()),
        Ok(image) => Ok(image),
    }
}

fn scan(usb: &impl Usb, tell: &impl Fn(Stage)) -> Result<Vec<u8>, Fault> {
    send(usb, &RESET, ANSWER_MS)?;
    throw_away(usb)?;
    send(usb, &PREPARE, ANSWER_MS)?;
    send(usb, &SCAN_ONCE, ANSWER_MS)?;
    tell(Stage::Ready);
    let mut bytes = first_piece(usb)?;
    tell(Stage::Presented);
    tell(Stage::Reading);
    complete(usb, &mut bytes)?;
    let pixels = pixels(&bytes)?;
    tell(Stage::Remove);
    Ok(pixels)
}

fn send(usb: &impl Usb, writes: &[Write], timeout_ms: u32) -> Result<(), Fault> {
    for write in writes {
        usb.write(OUT, &write.bytes(), timeout_ms)
            .map_err(|status| usb.failed(OUT, status))?;
    }
    Ok(())
}

fn throw_away(usb: &impl Usb) -> Result<(), Fault> {
    for _ in 0..LEFT_BEHIND {
        match usb.read(IN, PACKET_BYTES, LEFT_BEHIND_MS) {
            Ok(_) | Err(Status::Overflow) => {}
            // Whatever else: the endpoint gives nothing, which is what is wanted here, and what is wrong comes again.
            Err(Status::TimedOut | Status::IoError) => return Ok(()),
            Err(status) => return Err(usb.failed(IN, status)),
        }
    }
    Err(Fault::new(Kind::Protocol, "talks-without-end"))
}

/// Waits for a finger: the device says nothing until one is there, and then sends the image.
fn first_piece(usb: &impl Usb) -> Result<Vec<u8>, Fault> {
    loop {
        let wait = match usb.remaining_ms() {
            0 => return Err(Status::Cancelled.fault()),
            left if left <= LEAST_MS => return Err(Fault::new(Kind::NothingPresented, "nothing-presented")),
            left => (left - LEAST_MS).min(LONGEST_MS),
        };
        match usb.read(IN, length(IMAGE_BYTES), wait) {
            Ok(bytes) if bytes.is_empty() => usb.pause(LEFT_BEHIND_MS),
            Ok(bytes) => return Ok(bytes),
            Err(Status::TimedOut) => {}
            Err(status) => return Err(usb.failed(IN, status)),
        }
    }
}

/// Reads on until the image is there: a wait that ended in the middle of it left a piece.
fn complete(usb: &impl Usb, bytes: &mut Vec<u8>) -> Result<(), Fault> {
    for _ in 0..PIECES {
        if bytes.len() >= IMAGE_BYTES {
            return Ok(());
        }
        let rest = usb.read(IN, length(IMAGE_BYTES - bytes.len()), ANSWER_MS);
        bytes.extend(rest.map_err(|status| usb.failed(IN, status))?);
    }
    Err(Fault::new(Kind::Protocol, "wrong-length"))
}

/// An image is far below 4 GiB.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

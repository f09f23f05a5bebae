//! The order of the commands: wait for a finger, prepare, scan, collect the lines.

use crate::packet::{ANSWER_BYTES, Command, HEIGHT, LINES_BYTES, LINES_PER_PACKET, Lines, WIDTH, finger_level};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{Status, Usb};

const OUT: u8 = 0x02;
const IN: u8 = 0x83;
/// The device answers within a few milliseconds; this is a dead one.
const ANSWER_MS: u32 = 1_000;
/// Between two questions whether a finger is there.
const POLL_MS: u32 = 50;
/// With less than this left, a finger is no longer waited for: 0 is the host's wish to end, and a late poll must not look
/// like it.
const LEAST_MS: u32 = 2 * POLL_MS;
/// A packet that the device still holds comes within this.
const LEFT_BEHIND_MS: u32 = 20;
/// Most packets that it may hold: an image, and some answers.
const LEFT_BEHIND: usize = HEIGHT / LINES_PER_PACKET + 10;
/// A covered sensor reads 247 in the recording, an empty one near 0. The middle is provisional until it is tried on
/// more devices.
const FINGER_PRESENT: u8 = 128;

/// Captures one image of [`WIDTH`] x [`HEIGHT`] pixels, top line first, ridges dark.
///
/// # Errors
/// `nothing-presented`, `cancelled`, `device-gone`, or a protocol fault's code.
pub fn capture(usb: &impl Usb, tell: impl Fn(Stage)) -> Result<Vec<u8>, Fault> {
    tell(Stage::Ready);
    wait_for_finger(usb)?;
    tell(Stage::Presented);
    ask(usb, Command::Prepare)?;
    ask(usb, Command::Scan)?;
    tell(Stage::Reading);
    let pixels = collect(usb)?;
    tell(Stage::Remove);
    Ok(pixels)
}

fn wait_for_finger(usb: &impl Usb) -> Result<(), Fault> {
    loop {
        if finger_level(&ask(usb, Command::FingerLevel)?) >= FINGER_PRESENT {
            return Ok(());
        }
        match usb.remaining_ms() {
            0 => return Err(Status::Cancelled.fault()),
            left if left <= LEAST_MS => return Err(Fault::new(Kind::NothingPresented, "nothing-presented")),
            _ => usb.pause(POLL_MS),
        }
    }
}

/// One command and its answer. A capture that broke off leaves packets behind, which come instead of the answer: those
/// are thrown away, and the command is sent once more.
fn ask(usb: &impl Usb, command: Command) -> Result<Vec<u8>, Fault> {
    match exchange(usb, command)? {
        Some(answer) => Ok(answer),
        None => {
            throw_away(usb)?;
            exchange(usb, command)?.ok_or_else(|| Fault::new(Kind::Protocol, "wrong-answer"))
        }
    }
}

/// None where something else came than the command's answer.
fn exchange(usb: &impl Usb, command: Command) -> Result<Option<Vec<u8>>, Fault> {
    usb.write(OUT, &command.bytes(), ANSWER_MS)
        .map_err(|status| usb.failed(OUT, status))?;
    match usb.read(IN, ANSWER_BYTES, ANSWER_MS) {
        Ok(answer) => Ok(command.check(&answer).is_ok().then_some(answer)),
        Err(Status::Overflow) => Ok(None),
        Err(status) => Err(usb.failed(IN, status)),
    }
}

fn throw_away(usb: &impl Usb) -> Result<(), Fault> {
    for _ in 0..LEFT_BEHIND {
        match usb.read(IN, LINES_BYTES, LEFT_BEHIND_MS) {
            Ok(_) | Err(Status::Overflow) => {}
            Err(Status::TimedOut) => return Ok(()),
            Err(status) => return Err(usb.failed(IN, status)),
        }
    }
    Err(Fault::new(Kind::Protocol, "talks-without-end"))
}

/// Reads packets until the last; every line must have come exactly once.
fn collect(usb: &impl Usb) -> Result<Vec<u8>, Fault> {
    let mut pixels = vec![0; WIDTH * HEIGHT];
    let mut seen = [false; HEIGHT];
    for _ in 0..HEIGHT / LINES_PER_PACKET {
        let bytes = usb
            .read(IN, LINES_BYTES, ANSWER_MS)
            .map_err(|status| usb.failed(IN, status))?;
        let lines = Lines::parse(&bytes)?;
        for line in &mut seen[lines.first..lines.first + LINES_PER_PACKET] {
            if std::mem::replace(line, true) {
                return Err(Fault::new(Kind::Protocol, "line-sent-twice"));
            }
        }
        let start = lines.first * WIDTH;
        pixels[start..start + lines.pixels.len()].copy_from_slice(lines.pixels);
        if !lines.more {
            break;
        }
    }
    if seen.contains(&false) {
        return Err(Fault::new(Kind::Protocol, "lines-missing"));
    }
    Ok(pixels)
}

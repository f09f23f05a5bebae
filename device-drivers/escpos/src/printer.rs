//! The order: ask how the printer is, send, wait until it printed, ask again.

use crate::commands;
use crate::receipt::Block;
use crate::status::{NUMBERS, State, is_fence, is_status};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::usb::{Status, Usb};

const OUT: u8 = 0x01;
const IN: u8 = 0x82;
/// Exact buffer length of answers, in bytes: one packet, since several answers may have gathered.
const ANSWERS_BYTES: u32 = 64;
/// Longest single write, in bytes, as granted.
const WRITE_BYTES: usize = 4096;
/// A printer answers DLE EOT within some milliseconds, whatever it does; this is a silent one.
const ANSWER_MS: u32 = 500;
/// The printer takes data as fast as it prints: 4 KiB of pictures take about half a second.
const WRITE_MS: u32 = 5_000;
/// Between two looks whether a printer that still prints is well.
const LOOK_MS: u32 = 1_000;
/// How often it is looked at before a receipt's end is given up: no receipt takes half a minute.
const LOOKS: u32 = 30;
/// Most answers that may have been left behind by an earlier call.
const LEFTOVERS: u32 = 8;

/// What became of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// the printer said that it printed everything, and is well
    Printed,
    /// nothing was sent: no paper, cover open, off line or error
    NotPrinted,
    /// the printer went away, kept silent, or was no longer well after data had been sent
    Unknown,
}

/// How the printer is.
///
/// # Errors
/// `device-gone`, `cancelled`, `no-answer` where it keeps silent, or another protocol fault's code.
pub fn state(usb: &impl Usb) -> Result<State, Fault> {
    let mut state = State::default();
    for number in NUMBERS {
        usb.write(OUT, &commands::status_request(number), ANSWER_MS)
            .map_err(Status::fault)?;
        state.note(number, answer(usb)?)?;
    }
    Ok(state)
}

/// The next answer to DLE EOT; an answer to GS r that an earlier call left behind is passed over.
fn answer(usb: &impl Usb) -> Result<u8, Fault> {
    for _ in 0..LEFTOVERS {
        let answers = usb.read(IN, ANSWERS_BYTES, ANSWER_MS).map_err(Status::fault)?;
        if let Some(answer) = answers.into_iter().rev().find(|answer| is_status(*answer)) {
            return Ok(answer);
        }
    }
    Err(Fault::new(Kind::Protocol, "wrong-answer"))
}

/// Prints a receipt and waits until it is out, as far as the printer can tell.
///
/// # Errors
/// What kept anything from being sent: `device-gone`, `cancelled`, `no-answer`, `qr-length`, `bitmap-size`,
/// `not-granted`. Once something may have been sent, there are only outcomes.
pub fn print(usb: &impl Usb, blocks: &[Block]) -> Result<Outcome, Fault> {
    let mut bytes = commands::start();
    for block in blocks {
        bytes.extend(commands::encode(block)?);
    }
    if !state(usb)?.is_ready() {
        return Ok(Outcome::NotPrinted);
    }
    bytes.extend(commands::fence());
    for (index, part) in bytes.chunks(WRITE_BYTES).enumerate() {
        match usb.write(OUT, part, WRITE_MS) {
            Ok(()) => {}
            Err(Status::NotGranted) if index == 0 => return Err(Status::NotGranted.fault()),
            // How much of it the printer took is not known.
            Err(_) => return Ok(Outcome::Unknown),
        }
    }
    Ok(if is_out(usb) {
        Outcome::Printed
    } else {
        Outcome::Unknown
    })
}

/// Waits until the printer has passed the fence behind the receipt, then asks whether it is still well.
fn is_out(usb: &impl Usb) -> bool {
    for _ in 0..LOOKS {
        match usb.read(IN, ANSWERS_BYTES, LOOK_MS) {
            Ok(answers) if answers.iter().any(|answer| is_fence(*answer)) => return is_well(usb),
            // An answer to an earlier question, or none yet: it may still print.
            Ok(_) => {}
            Err(Status::TimedOut) if is_well(usb) => {}
            Err(_) => return false,
        }
    }
    false
}

fn is_well(usb: &impl Usb) -> bool {
    state(usb).is_ok_and(|state| state.is_ready())
}

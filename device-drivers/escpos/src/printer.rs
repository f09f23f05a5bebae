//! The order: ask how the printer is, wait until it has done with what came before, send, wait until it printed, ask
//! again. The host gives printing 15 s; all waiting together stays below that, so that the outcome is the driver's.

use crate::commands;
use crate::status::{NUMBERS, State, is_fence, is_status};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::printer::{Block, Outcome};
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
/// How long a printer may work on what came before a receipt.
const EARLIER_MS: u32 = 1_500;
/// After its answer: until nothing that was asked earlier answers any more.
const QUIET_MS: u32 = 100;
/// Between two looks whether a printer that still prints is well.
const LOOK_MS: u32 = 1_000;
/// How often it is looked at before a receipt's end is given up: a receipt takes a second or two.
const LOOKS: u32 = 6;
/// Most answers that may have been left behind by an earlier call.
const LEFTOVERS: u32 = 8;

/// How the printer is.
///
/// # Errors
/// `device-gone`, `cancelled`, `no-answer` where it keeps silent, or another protocol fault's code.
pub fn state(usb: &impl Usb) -> Result<State, Fault> {
    look(usb).map(|seen| seen.state)
}

/// What the questions brought to light.
#[derive(Default)]
struct Seen {
    state: State,
    /// among the answers was one to GS r
    fence: bool,
}

fn look(usb: &impl Usb) -> Result<Seen, Fault> {
    let mut seen = Seen::default();
    for number in NUMBERS {
        usb.write(OUT, &commands::status_request(number), ANSWER_MS)
            .map_err(|status| usb.failed(OUT, status))?;
        let status = answer(usb, &mut seen.fence)?;
        seen.state.note(number, status)?;
    }
    Ok(seen)
}

/// The next answer to DLE EOT. An answer to GS r on the way is noted: the printer gives each only once.
fn answer(usb: &impl Usb, fence: &mut bool) -> Result<u8, Fault> {
    for _ in 0..LEFTOVERS {
        let answers = usb
            .read(IN, ANSWERS_BYTES, ANSWER_MS)
            .map_err(|status| usb.failed(IN, status))?;
        *fence |= has_fence(&answers);
        if let Some(answer) = answers.into_iter().rev().find(|answer| is_status(*answer)) {
            return Ok(answer);
        }
    }
    Err(Fault::new(Kind::Protocol, "wrong-answer"))
}

fn has_fence(answers: &[u8]) -> bool {
    answers.iter().any(|answer| is_fence(*answer))
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
    if !state(usb)?.is_ready() || !is_free(usb)? {
        return Ok(Outcome::NotPrinted);
    }
    bytes.extend(commands::fence());
    for (index, part) in bytes.chunks(WRITE_BYTES).enumerate() {
        match usb.write(OUT, part, WRITE_MS) {
            Ok(()) => {}
            Err(Status::NotGranted) if index == 0 => return Err(Status::NotGranted.fault()),
            // How much of it the printer took is not known, whatever the fault.
            Err(status) => {
                usb.failed(OUT, status);
                return Ok(Outcome::Unknown);
            }
        }
    }
    Ok(if is_out(usb) {
        Outcome::Printed
    } else {
        Outcome::Unknown
    })
}

/// Whether the printer has done with everything that was sent before. All answers to GS r are alike: one to an earlier
/// receipt's fence, which a jam held back, would otherwise stand for this receipt's.
fn is_free(usb: &impl Usb) -> Result<bool, Fault> {
    usb.write(OUT, &commands::fence(), ANSWER_MS)
        .map_err(|status| usb.failed(OUT, status))?;
    let mut wait = EARLIER_MS;
    let mut free = false;
    for _ in 0..LEFTOVERS {
        match usb.read(IN, ANSWERS_BYTES, wait) {
            Ok(answers) if has_fence(&answers) => {
                free = true;
                // Earlier fences stand right before this one: what they answer comes at once.
                wait = QUIET_MS;
            }
            Ok(_) => {}
            Err(Status::TimedOut) => return Ok(free),
            Err(status) => return Err(usb.failed(IN, status)),
        }
    }
    // It talks without end: no answer of it could be told to be this receipt's.
    Ok(false)
}

/// Waits until the printer has passed the fence behind the receipt, then asks whether it is still well.
fn is_out(usb: &impl Usb) -> bool {
    for _ in 0..LOOKS {
        let passed = match usb.read(IN, ANSWERS_BYTES, LOOK_MS) {
            // Without it, an answer to an earlier question: it may still print.
            Ok(answers) => has_fence(&answers),
            Err(Status::TimedOut) => match look(usb) {
                Ok(seen) if seen.state.is_ready() => seen.fence,
                _ => return false,
            },
            Err(status) => {
                usb.failed(IN, status);
                return false;
            }
        };
        if passed {
            return state(usb).is_ok_and(|state| state.is_ready());
        }
    }
    false
}

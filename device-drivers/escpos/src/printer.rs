//! The order: ask how the printer is, wake it if it sleeps, wait until it has done with what came before, send, wait until
//! it printed, ask again. The host gives printing 15 s; all waiting together stays below that, so that the outcome is the
//! driver's: [`crate::countdown`] sees to it.
//!
//! Asleep is a printer that answers no DLE EOT, which one that is awake answers whatever it does (Epson ESC/POS command
//! reference, DLE EOT: also off line and in error), while its USB side still says that it is well ([`crate::port`]). One
//! that does not even take the question may be waking, or be full of data. The command reference has no status for sleep,
//! and automatic status (GS a) tells changes only, which a sleeping printer does not. Data wake it after a moment, and the first of them may be lost (TransAct EPIC 3000
//! programmer's guide, sleep wait; printers with ESC 8 wake likewise): only questions are risked for that.

use crate::commands;
use crate::port::Port;
use crate::status::{NUMBERS, State, is_fence, is_status};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::printer::{Block, Outcome};
use plugin_sdk::usb::Status;

const OUT: u8 = 0x01;
const IN: u8 = 0x82;
/// Exact buffer length of answers, in bytes: one packet, since several answers may have gathered.
const ANSWERS_BYTES: u32 = 64;
/// Longest single write, in bytes, as granted.
const WRITE_BYTES: usize = 4096;
/// A printer answers DLE EOT within some milliseconds, whatever it does; this is a silent one.
const ANSWER_MS: u32 = 500;
/// For all data of a receipt. The printer takes them as fast as it prints: 4 KiB of pictures take about half a second, so
/// that this is 48 KiB, a picture of nearly 700 rows (85 mm of paper) and more than a receipt has. The rest of the call's
/// time is for the questions before and after.
pub const RECEIPT_MS: u32 = 6_000;
/// How often a sleeping printer is asked, each time for [`ANSWER_MS`], before it is given up: waking takes less than a
/// second, and a cold head some more.
const WAKE_QUESTIONS: u32 = 4;
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
pub fn state(usb: &impl Port) -> Result<State, Fault> {
    look(usb).map(|seen| seen.state)
}

/// What the questions brought to light.
#[derive(Default)]
struct Seen {
    state: State,
    /// among the answers was one to GS r
    fence: bool,
}

fn look(usb: &impl Port) -> Result<Seen, Fault> {
    let mut seen = Seen::default();
    for (index, number) in NUMBERS.into_iter().enumerate() {
        match ask(usb, number, &mut seen.fence) {
            Ok(answer) => seen.state.note(number, answer)?,
            Err(Unanswered::Silence(silence)) if index == 0 => {
                seen.state = silent(usb, silence)?;
                return Ok(seen);
            }
            Err(unanswered) => return Err(unanswered.fault()),
        }
    }
    Ok(seen)
}

/// Why a question got no answer.
enum Unanswered {
    /// its time ran out
    Silence(Silence),
    /// anything else
    Fault(Fault),
}

impl Unanswered {
    fn fault(self) -> Fault {
        match self {
            Self::Silence(_) => Status::TimedOut.fault(),
            Self::Fault(fault) => fault,
        }
    }
}

/// What a printer that keeps silent did with the question.
enum Silence {
    Took,
    DidNotTake,
}

fn ask(usb: &impl Port, number: u8, fence: &mut bool) -> Result<u8, Unanswered> {
    match usb.write(OUT, &commands::status_request(number), ANSWER_MS) {
        Ok(()) => {}
        Err(Status::TimedOut) => return Err(Unanswered::Silence(Silence::DidNotTake)),
        Err(status) => return Err(Unanswered::Fault(usb.failed(OUT, status))),
    }
    answer(usb, fence).map_err(|fault| match fault == Status::TimedOut.fault() {
        true => Unanswered::Silence(Silence::Took),
        false => Unanswered::Fault(fault),
    })
}

/// How a printer is that kept silent.
fn silent(usb: &impl Port, silence: Silence) -> Result<State, Fault> {
    let port = usb.port_status().ok().filter(|port| port.is_well());
    let port = port.ok_or(Status::TimedOut.fault())?;
    Ok(State {
        asleep: matches!(silence, Silence::Took),
        taking_nothing: matches!(silence, Silence::DidNotTake),
        paper_out: port.paper_out(),
        ..State::default()
    })
}

/// Asks a silent printer until it answers.
fn wake(usb: &impl Port, found: State) -> Result<(), Fault> {
    for _ in 0..WAKE_QUESTIONS {
        match ask(usb, NUMBERS[0], &mut false) {
            // All questions that it kept are answered now, and their answers are alike.
            Ok(_) => return settle(usb),
            Err(Unanswered::Silence(_)) => {}
            Err(Unanswered::Fault(fault)) => return Err(fault),
        }
    }
    Err(if found.asleep {
        Fault::new(Kind::NeedsAttention, "silent-switch-off-and-on")
    } else {
        busy()
    })
}

/// It still holds what it was sent earlier: a receipt whose outcome was told as unknown.
fn busy() -> Fault {
    Fault::new(Kind::NeedsAttention, "busy-wait-or-switch-off-and-on")
}

/// Takes away what the printer still answers to earlier questions.
///
/// # Errors
/// `device-gone`, `cancelled`, or another protocol fault's code.
pub fn settle(usb: &impl Port) -> Result<(), Fault> {
    for _ in 0..LEFTOVERS {
        match usb.read(IN, ANSWERS_BYTES, QUIET_MS) {
            Ok(_) => {}
            Err(Status::TimedOut) => return Ok(()),
            Err(status) => return Err(usb.failed(IN, status)),
        }
    }
    Ok(())
}

/// The next answer to DLE EOT. An answer to GS r on the way is noted: the printer gives each only once.
fn answer(usb: &impl Port, fence: &mut bool) -> Result<u8, Fault> {
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
/// `not-granted`, `silent-switch-off-and-on`, `busy-wait-or-switch-off-and-on`. Once something may have been sent, there
/// are only outcomes: the host takes a fault for a receipt that was not sent, and would print a second one.
pub fn print(usb: &impl Port, blocks: &[Block]) -> Result<Outcome, Fault> {
    let mut bytes = commands::start();
    for block in blocks {
        bytes.extend(commands::encode(block)?);
    }
    let mut found = state(usb)?;
    if found.is_silent() {
        wake(usb, found)?;
        found = state(usb)?;
    }
    if !found.is_ready() {
        return Ok(Outcome::NotPrinted);
    }
    if !is_free(usb)? {
        return Err(busy());
    }
    bytes.extend(commands::fence());
    match send(usb, &bytes) {
        Ok(()) if is_out(usb) => Ok(Outcome::Printed),
        Err(Unsent::Nothing(fault)) => Err(fault),
        Ok(()) | Err(Unsent::Rest) => Ok(Outcome::Unknown),
    }
}

/// How much of a receipt the printer did not take.
enum Unsent {
    /// nothing was sent
    Nothing(Fault),
    /// how much of it the printer took is not known
    Rest,
}

/// Sends a receipt, within [`RECEIPT_MS`] for all of it: a printer that takes each part slowly would otherwise hold the
/// call for as long as there are parts.
fn send(usb: &impl Port, bytes: &[u8]) -> Result<(), Unsent> {
    let afterwards = usb.remaining_ms().saturating_sub(RECEIPT_MS);
    for (index, part) in bytes.chunks(WRITE_BYTES).enumerate() {
        let left = usb.remaining_ms().saturating_sub(afterwards);
        let written = match left.min(RECEIPT_MS) {
            0 => Err(Status::TimedOut),
            left => usb.write(OUT, part, left),
        };
        match written {
            Ok(()) => {}
            Err(Status::NotGranted) if index == 0 => return Err(Unsent::Nothing(Status::NotGranted.fault())),
            Err(status) => {
                usb.failed(OUT, status);
                return Err(Unsent::Rest);
            }
        }
    }
    Ok(())
}

/// Whether the printer has done with everything that was sent before. All answers to GS r are alike: one to an earlier
/// receipt's fence, which a jam held back, would otherwise stand for this receipt's.
fn is_free(usb: &impl Port) -> Result<bool, Fault> {
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
fn is_out(usb: &impl Port) -> bool {
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

//! The printer behind the contract.

use crate::commands::DOTS_PER_LINE;
use crate::countdown::Countdown;
use crate::printer;
use crate::status;
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::fault::Fault;
use plugin_sdk::printer::{Block, Outcome, ReceiptPrinter, State};
use plugin_sdk::usb::{Concurrent, Status};

/// The host ends the question after 2 s; slices of waiting run a little over.
const STATE_MS: u32 = 1_700;
/// The host ends printing after 15 s, and then nobody knows what the driver knew. Slices of waiting run over on a busy
/// machine: by a quarter at most, and the outcome is still the driver's.
pub const PRINT_MS: u32 = 12_000;

/// What an earlier call may have left with the printer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Left {
    #[default]
    Nothing,
    /// one that it was asked asleep, and may answer late
    Question,
    /// one that it may not have taken whole: what it takes now may be taken for the rest
    Receipt,
}

/// An ESC/POS printer. Of a call it keeps for the next only what it left behind.
#[derive(Debug, Default)]
pub struct EscPos {
    left: Left,
}

impl EscPos {
    fn settle(&self, usb: &Countdown<'_, impl Concurrent>) -> Result<(), Fault> {
        match self.left {
            Left::Nothing => Ok(()),
            Left::Question | Left::Receipt => printer::settle(usb),
        }
    }

    /// Whether a printer that was found so is asleep. One that takes no question is full of data, unless the last question
    /// is still waking it; one that takes questions into an unfinished receipt does not sleep.
    fn is_asleep(&self, found: status::State) -> bool {
        match self.left {
            Left::Nothing => found.asleep,
            Left::Question => found.is_silent(),
            Left::Receipt => false,
        }
    }
}

impl ReceiptPrinter for EscPos {
    fn open(_usb: &impl Concurrent, _identity: &Identity, _start: &Start) -> Result<Self, Fault> {
        Ok(Self::default())
    }

    fn state(&mut self, usb: &impl Concurrent) -> Result<State, Fault> {
        let usb = Countdown::new(usb, STATE_MS);
        self.settle(&usb)?;
        let state = printer::state(&usb)?;
        let asleep = self.is_asleep(state);
        if state.is_silent() && !asleep {
            return Err(Status::TimedOut.fault());
        }
        self.left = if asleep { Left::Question } else { Left::Nothing };
        Ok(State {
            paper_low: state.paper_low,
            paper_out: state.paper_out,
            cover_open: state.cover_open,
            asleep,
            dots_per_line: DOTS_PER_LINE,
        })
    }

    fn print(&mut self, usb: &impl Concurrent, blocks: &[Block]) -> Result<Outcome, Fault> {
        let usb = Countdown::new(usb, PRINT_MS);
        self.settle(&usb)?;
        let outcome = printer::print(&usb, blocks)?;
        self.left = match outcome {
            Outcome::Printed | Outcome::NotPrinted => Left::Nothing,
            Outcome::Unknown => Left::Receipt,
        };
        Ok(outcome)
    }
}

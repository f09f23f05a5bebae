//! The printer behind the contract.

use crate::commands::DOTS_PER_LINE;
use crate::countdown::Countdown;
use crate::printer;
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::fault::Fault;
use plugin_sdk::printer::{Block, Outcome, ReceiptPrinter, State};
use plugin_sdk::usb::{Concurrent, Status};

/// The host ends the question after 2 s; slices of waiting run a little over.
const STATE_MS: u32 = 1_700;
/// The host ends printing after 15 s, and then nobody knows what the driver knew. Slices of waiting run over on a busy
/// machine: by a quarter at most, and the outcome is still the driver's.
pub const PRINT_MS: u32 = 12_000;

/// An ESC/POS printer. Of one call it keeps for the next only that a question may still get its answer.
#[derive(Debug, Default)]
pub struct EscPos {
    /// it was asleep when it was last asked: what woke it may be answered late
    slept: bool,
}

impl ReceiptPrinter for EscPos {
    fn open(_usb: &impl Concurrent, _identity: &Identity, _start: &Start) -> Result<Self, Fault> {
        Ok(Self::default())
    }

    fn state(&mut self, usb: &impl Concurrent) -> Result<State, Fault> {
        let usb = Countdown::new(usb, STATE_MS);
        if self.slept {
            printer::settle(&usb)?;
        }
        let state = printer::state(&usb)?;
        // One that takes no question is full of data, unless the last one is still waking it.
        if state.taking_nothing && !self.slept {
            return Err(Status::TimedOut.fault());
        }
        self.slept = state.is_silent();
        Ok(State {
            paper_low: state.paper_low,
            paper_out: state.paper_out,
            cover_open: state.cover_open,
            asleep: state.is_silent(),
            dots_per_line: DOTS_PER_LINE,
        })
    }

    fn print(&mut self, usb: &impl Concurrent, blocks: &[Block]) -> Result<Outcome, Fault> {
        let usb = Countdown::new(usb, PRINT_MS);
        if std::mem::take(&mut self.slept) {
            printer::settle(&usb)?;
        }
        printer::print(&usb, blocks)
    }
}

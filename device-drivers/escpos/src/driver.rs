//! The printer behind the contract.

use crate::commands::DOTS_PER_LINE;
use crate::printer;
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::fault::Fault;
use plugin_sdk::printer::{Block, Outcome, ReceiptPrinter, State};
use plugin_sdk::usb::Concurrent;

/// An ESC/POS printer. It keeps nothing from one receipt to the next.
#[derive(Debug)]
pub struct EscPos;

impl ReceiptPrinter for EscPos {
    fn open(_usb: &impl Concurrent, _identity: &Identity, _start: &Start) -> Result<Self, Fault> {
        Ok(Self)
    }

    fn state(&mut self, usb: &impl Concurrent) -> Result<State, Fault> {
        let state = printer::state(usb)?;
        Ok(State {
            paper_low: state.paper_low,
            paper_out: state.paper_out,
            cover_open: state.cover_open,
            // These printers do not sleep on the bus.
            asleep: false,
            dots_per_line: DOTS_PER_LINE,
        })
    }

    fn print(&mut self, usb: &impl Concurrent, blocks: &[Block]) -> Result<Outcome, Fault> {
        printer::print(usb, blocks)
    }
}

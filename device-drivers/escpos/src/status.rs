//! The printer's answers to DLE EOT 1 to 4 and GS r 1 (Epson's ESC/POS command reference): one byte each, told apart by
//! their fixed bits.

use plugin_sdk::fault::{Fault, Kind};

/// The statuses that are asked for, in this order: printer, cause of being off line, cause of an error, paper.
pub const NUMBERS: [u8; 4] = [1, 2, 3, 4];

/// How the printer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// it takes no data: the other flags may say why
    pub off_line: bool,
    /// little paper is left
    pub paper_low: bool,
    /// none is left
    pub paper_out: bool,
    /// the cover is open
    pub cover_open: bool,
    /// knife or head: it has to be seen to
    pub error: bool,
    /// it took a question and answered none, while its USB side is well
    pub asleep: bool,
    /// it took no question, while its USB side is well: it has yet to wake, or its buffer is full
    pub taking_nothing: bool,
}

impl State {
    /// Whether it can print.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !(self.off_line || self.paper_out || self.cover_open || self.error || self.is_silent())
    }

    /// Whether it answers nothing for now, and therefore says nothing of paper and cover.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.asleep || self.taking_nothing
    }

    /// Adds what the answer to DLE EOT `number` says.
    ///
    /// # Errors
    /// `wrong-answer`: not an answer to DLE EOT.
    pub fn note(&mut self, number: u8, answer: u8) -> Result<(), Fault> {
        if !is_status(answer) {
            return Err(Fault::new(Kind::Protocol, "wrong-answer"));
        }
        let has = |bits: u8| answer & bits != 0;
        match number {
            1 => self.off_line |= has(0x08),
            2 => {
                self.cover_open |= has(0x04);
                self.paper_out |= has(0x20);
                self.error |= has(0x40);
            }
            3 => self.error |= has(0x08 | 0x20 | 0x40),
            _ => {
                self.paper_low |= has(0x0c);
                self.paper_out |= has(0x60);
            }
        }
        Ok(())
    }
}

/// Whether a byte answers DLE EOT: bits 1 and 4 set, 0 and 7 clear.
#[must_use]
pub fn is_status(answer: u8) -> bool {
    answer & 0x93 == 0x12
}

/// Whether a byte answers GS r 1: bits 4 and 7 clear.
#[must_use]
pub fn is_fence(answer: u8) -> bool {
    answer & 0x90 == 0x00
}

//! What a check-in waits for.

use crate::decision::Decision;
use crate::state::State;
use crate::station::CheckIn;
use crate::voter::{FingerPosition, RollNumber};

/// What must happen next for one check-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// ask the policy about the case
    AskPolicy,
    /// ask for this finger
    CaptureFinger(FingerPosition),
    /// ask for a document
    AskDocument,
    /// compare a live face with this voter's portrait
    AskFace(RollNumber),
    /// the operator compares the roll's photo with the person
    ConfirmPhoto(RollNumber),
    /// two officers decide
    AskOfficers(Option<RollNumber>),
    /// send the receipt to the printer; copies after the first are marked
    PrintReceipt {
        /// whose
        voter: RollNumber,
        /// 1 for the original
        copy: u16,
    },
    /// the printer has it
    AwaitPrinter,
    /// the operator says whether a receipt came out
    AskWhetherPrinted,
    /// hand the receipt over
    HandOver,
    /// nothing: it has ended
    Done(State),
}

impl CheckIn {
    /// What this check-in waits for. Whatever happened, there is an answer.
    #[must_use]
    pub fn next(&self) -> Next {
        let voter = self.voter().unwrap_or(RollNumber(0));
        match self.state() {
            State::Collecting => self.ruling().map_or(Next::AskPolicy, |ruling| asked(&ruling.decision)),
            State::Identified | State::NotPrinted => Next::PrintReceipt {
                voter,
                copy: self.copies() + 1,
            },
            State::Printing => Next::AwaitPrinter,
            State::PrintUnknown => Next::AskWhetherPrinted,
            State::Printed => Next::HandOver,
            ended => Next::Done(ended),
        }
    }
}

/// The decisions that end a check-in never stay as its ruling: the station turns them into their event at once.
fn asked(decision: &Decision) -> Next {
    match *decision {
        Decision::CaptureFinger(finger) => Next::CaptureFinger(finger),
        Decision::AskDocument => Next::AskDocument,
        Decision::AskFace(voter) => Next::AskFace(voter),
        Decision::ConfirmPhoto(voter) => Next::ConfirmPhoto(voter),
        Decision::AskOfficers(voter) | Decision::Refer(voter) | Decision::Refuse(voter) => Next::AskOfficers(voter),
        Decision::Admit(voter) | Decision::Contest(voter) => Next::AskOfficers(Some(voter)),
    }
}

//! What operators, officers, devices and policies tell the station, and why it may say no.

use crate::decision::Ruling;
use crate::event::{CheckInId, PrintOutcome};
use crate::evidence::Evidence;
use crate::voter::RollNumber;

/// One thing that happened or is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// officers open the polls
    OpenPolls {
        /// two names
        officers: Vec<String>,
    },
    /// officers close the polls, for good
    ClosePolls {
        /// two names
        officers: Vec<String>,
    },
    /// after a start: prints that were under way when the kiosk stopped become unknown
    Recover,
    /// a person stands before the operator
    Start,
    /// something was seen; of officers, this is their override
    Observe(CheckInId, Evidence),
    /// the policy answered
    Rule(CheckInId, Ruling),
    /// the policy plugin gave no answer
    PolicyFailed(CheckInId),
    /// the receipt goes to the printer
    Print(CheckInId),
    /// the print ended, by the printer's word or, after `Unknown`, by the operator's
    PrintEnded(CheckInId, PrintOutcome),
    /// the operator handed the receipt over
    Issue(CheckInId),
    /// the printer is out of use and officers wrote the receipt by hand
    IssueByHand(CheckInId, Vec<String>),
    /// the admission is taken back
    Void {
        /// of which check-in
        id: CheckInId,
        /// two names once a receipt is out
        officers: Vec<String>,
        /// a code
        reason: String,
    },
    /// the person left
    Abandon(CheckInId),
}

/// Why a command was not carried out. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// a number that was never given out
    NoSuchCheckIn(CheckInId),
    /// the check-in is not where this can be done
    NotNow {
        /// which
        id: CheckInId,
        /// what was tried
        what: &'static str,
        /// where it stands, in words
        stands: &'static str,
    },
    /// evidence that the check-in does not wait for: a button of a page that is out of date
    NotAwaited(CheckInId),
    /// two different names are needed
    TwoOfficers,
    /// a reason is a code, so that no name gets into the journal in its place
    Reason,
    /// the polls were not opened yet
    PollsNotOpen,
    /// the polls are open already
    PollsAlreadyOpen,
    /// the polls were closed; they never open again on this journal
    PollsClosed,
    /// not on this station's roll
    NotOnRoll(RollNumber),
    /// the roll says that this voter may not vote here
    NotEntitled(RollNumber),
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSuchCheckIn(id) => write!(f, "there is no check-in {id}; start a new one"),
            Self::NotNow { id, what, stands } => {
                write!(
                    f,
                    "check-in {id} {stands}, so it cannot be {what} now; follow what the screen asks for"
                )
            }
            Self::NotAwaited(id) => {
                write!(
                    f,
                    "check-in {id} does not wait for that any more; look at the screen again and follow what it asks for"
                )
            }
            Self::TwoOfficers => {
                f.write_str("two commission members must give their names, and the names must differ; enter both")
            }
            Self::Reason => f.write_str(
                "the reason must be a code of 1 to 64 small letters, digits and hyphens, as `wrong-person`; enter one",
            ),
            Self::PollsNotOpen => f.write_str("the polls are not open; two officers open them first"),
            Self::PollsAlreadyOpen => f.write_str("the polls are open already; go on"),
            Self::PollsClosed => {
                f.write_str("the polls were closed on this kiosk and cannot open again; call the commission")
            }
            Self::NotOnRoll(voter) => {
                write!(
                    f,
                    "number {voter} is not on this station's roll; check the number or refer the voter"
                )
            }
            Self::NotEntitled(voter) => {
                write!(
                    f,
                    "the roll does not let voter {voter} vote here; the commission decides, on paper"
                )
            }
        }
    }
}

impl std::error::Error for Rejection {}

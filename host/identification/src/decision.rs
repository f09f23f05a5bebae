//! What a policy answers, and the case that it is asked about.

use crate::evidence::{Evidence, Modality};
use crate::voter::{FingerPosition, RollNumber, VoterFacts};
use serde::{Deserialize, Serialize};

/// All that a policy may know of one check-in (`kiosk:policy`, `case-file`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFile {
    /// oldest first
    pub evidence: Vec<Evidence>,
    /// of every voter that the evidence names
    pub voters: Vec<VoterFacts>,
    /// what can be asked for now
    pub available: Vec<Modality>,
    /// the polls are open
    pub polls_open: bool,
    /// minutes since midnight, local: 0 to 1,439
    pub time_of_day: u16,
    /// voters on the roll
    pub roll_size: u32,
    /// officers' overrides that the commission's limit leaves
    pub overrides_left: u16,
}

/// What a policy can decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", content = "of", rename_all = "kebab-case")]
pub enum Decision {
    /// ask for this finger (unknown: any enrolled one)
    CaptureFinger(FingerPosition),
    /// ask for a document
    AskDocument,
    /// compare the live face with this voter's portrait
    AskFace(RollNumber),
    /// the operator compares the roll's photo with the person
    ConfirmPhoto(RollNumber),
    /// two officers decide, about this voter where one is known
    AskOfficers(Option<RollNumber>),
    /// admit to vote
    Admit(RollNumber),
    /// already admitted, and other evidence says that this is the voter: the contested path
    Contest(RollNumber),
    /// not entitled to vote here now
    Refuse(Option<RollNumber>),
    /// to the commission at the station
    Refer(Option<RollNumber>),
}

/// A decision with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// what to do next
    #[serde(flatten)]
    pub decision: Decision,
    /// why: one of the policy's codes, at most 64 bytes of a-z, 0-9 and `-`
    pub reason: String,
    /// the policy's rule that fired, for the journal: at most 64 bytes
    pub rule: String,
}

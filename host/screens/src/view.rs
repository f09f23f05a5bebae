//! What the pages show, as data.

use identification::event::CheckInId;
use identification::evidence::Advice;
use identification::next::Next;
use identification::station::{Counts, Polls};

/// A voter as the operator may see one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// number on the roll
    pub number: u32,
    /// as in the document
    pub name: String,
    /// year of birth
    pub born: u16,
    /// the roll has a photo
    pub photo: bool,
}

/// One check-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckInView {
    /// its number
    pub id: CheckInId,
    /// what it waits for
    pub next: Next,
    /// why that is asked, as a code
    pub reason: Option<String>,
    /// what could be better about the last finger
    pub advice: Vec<Advice>,
    /// whom it is about, where known
    pub person: Option<Person>,
    /// fingerprint attempts so far
    pub attempts: usize,
}

/// The operator's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorView {
    /// number and name
    pub station: String,
    /// the election's id
    pub election: String,
    /// voters on the roll
    pub registered: u32,
    /// whether voters can be admitted
    pub polls: Polls,
    /// how the check-ins ended
    pub counts: Counts,
    /// the scanner's model, or what is wrong
    pub scanner: Result<String, String>,
    /// what is wrong with the printer, if anything
    pub printer: Result<(), String>,
    /// what the operator should know, newest last
    pub notices: Vec<String>,
    /// not ended yet, oldest first
    pub open: Vec<CheckInView>,
    /// ended with the officers, who can still decide, newest first; the state in words
    pub with_officers: Vec<(CheckInView, &'static str)>,
    /// the newest that ended: number, state in words
    pub ended: Vec<(CheckInId, String)>,
    /// ids and titles of the formats that can be exported
    pub formats: Vec<(String, String)>,
}

/// The wall monitor's page: what observers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WallView {
    /// number and name
    pub station: String,
    /// voters on the roll
    pub registered: u32,
    /// whether voters can be admitted
    pub polls: Polls,
    /// how the check-ins ended
    pub counts: Counts,
    /// whom the newest admissions are of, the newest first: several, since two can be made between two looks
    pub newest: Vec<Person>,
}

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
    /// why that is asked, in words or as a code
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
    /// the commission's words for the state of the polls, where it has any
    pub polls_text: Option<String>,
    /// when the polls are open, where the commission said so
    pub hours: Option<String>,
    /// how updates stand, where this kiosk takes any
    pub updates: Option<UpdatesLink>,
}

/// How updates stand, in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdatesLink {
    /// in words
    pub text: String,
    /// officers should look at once
    pub urgent: bool,
}

/// The page about updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdatesView {
    /// number and name
    pub station: String,
    /// whether voters can be admitted
    pub polls: Polls,
    /// the commission's words for that, where it has any
    pub polls_text: Option<String>,
    /// what runs and must not, in sentences without a full stop
    pub urgent: Vec<String>,
    /// what is wrong
    pub wrong: Vec<String>,
    /// what came of the last button
    pub answer: Option<Result<Vec<String>, String>>,
    /// what waits for two officers
    pub waits: Vec<String>,
    /// every item
    pub items: Vec<UpdateItem>,
    /// what was signed: names and values
    pub trust: Vec<(String, String)>,
    /// what happened, the newest first
    pub lines: Vec<String>,
}

/// One thing that is updated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateItem {
    /// `driver`, `policy`, ...
    pub kind: String,
    /// its name
    pub name: String,
    /// what runs
    pub active: Option<String>,
    /// the good release that can be gone back to
    pub previous: Option<u32>,
    /// what stands by, what comes
    pub next: Vec<String>,
    /// what is not used here, and why
    pub stopped: Vec<String>,
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
    /// the commission's words for that, where it has any
    pub polls_text: Option<String>,
    /// how the check-ins ended
    pub counts: Counts,
    /// whom the newest admissions are of, the newest first: several, since two can be made between two looks
    pub newest: Vec<Person>,
}

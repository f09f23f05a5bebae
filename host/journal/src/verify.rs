//! What a court would run: everything in the journal is read again and must agree with itself.

use crate::journal::{Entry, Journal, ReadError, leaf_of, short, state_name, unsigned};
use crate::note::{Checkpoint, NoteError};
use crate::tree::{self, Frontier, Hash};
use identification::event::{CheckInId, Event, Step};
use identification::evidence::Evidence;
use identification::station::{Counts, Polls, Station};
use identification::voter::RollNumber;
use std::collections::{BTreeMap, BTreeSet};

/// What a verified journal amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// events
    pub events: u64,
    /// of the tree over them
    pub root: Hash,
    /// checkpoints whose signature and root agree
    pub checkpoints: u32,
    /// how the check-ins stand
    pub counts: Counts,
}

/// The journal contradicts itself.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// cannot be read
    #[error(transparent)]
    Read(#[from] ReadError),
    /// a page fails its authentication
    #[error("the journal's file was changed or is damaged (page check); keep the file and call the commission")]
    Pages,
    /// an event does not hash to its leaf, or a number is missing
    #[error("event {0} of the journal was changed or is missing; keep the file and call the commission")]
    Event(u64),
    /// the stored tree is another
    #[error("the journal's tree does not belong to its events; keep the file and call the commission")]
    Tree,
    /// the tables are not what the events amount to
    #[error("the journal's {0} do not agree with its events; keep the file and call the commission")]
    Projection(&'static str),
    /// a step that the state machine does not know
    #[error("event {0} of the journal could not have happened there; keep the file and call the commission")]
    Impossible(u64),
    /// not a checkpoint of this kiosk at all
    #[error(transparent)]
    Note(#[from] NoteError),
    /// a checkpoint that is not of this journal
    #[error("the checkpoint of {0} events does not agree with the journal; keep both and call the commission")]
    Checkpoint(u64),
}

impl Journal {
    /// Reads everything again: pages, events, tree, states, admissions, checkpoints.
    ///
    /// # Errors
    /// [`VerifyError`]: the first thing that does not agree.
    pub fn verify(&self) -> Result<Report, VerifyError> {
        self.verify_pages()?;
        // All that follows is of one moment: a station may be writing.
        let _snapshot = self.connection.unchecked_transaction().map_err(unreadable)?;
        let leaves = self.verify_events()?;
        let mut frontier = Frontier::default();
        leaves.iter().for_each(|leaf| frontier.push(*leaf));
        let stored = crate::journal::frontier(&self.connection).map_err(unreadable)?;
        if stored.as_ref() != Some(&frontier) {
            return Err(VerifyError::Tree);
        }
        let entries = self.entries()?;
        let mut station = Station::default();
        for entry in &entries {
            if !fits(&station, &entry.event) {
                return Err(VerifyError::Impossible(entry.sequence));
            }
            station.apply(&entry.event);
        }
        self.verify_states(&station)?;
        self.verify_admissions(&station)?;
        self.verify_images(&entries)?;
        let checkpoints = self.verify_checkpoints(&leaves)?;
        Ok(Report {
            events: frontier.size(),
            root: frontier.root(),
            checkpoints,
            counts: station.counts(),
        })
    }

    fn verify_pages(&self) -> Result<(), VerifyError> {
        for pragma in ["PRAGMA cipher_integrity_check", "PRAGMA quick_check"] {
            let mut statement = self.connection.prepare(pragma).map_err(unreadable)?;
            let lines: rusqlite::Result<Vec<String>> =
                statement.query_map([], |row| row.get(0)).map_err(unreadable)?.collect();
            // The first answers with nothing, the second with `ok`.
            if lines.map_err(|_| VerifyError::Pages)?.iter().any(|line| line != "ok") {
                return Err(VerifyError::Pages);
            }
        }
        Ok(())
    }

    fn verify_events(&self) -> Result<Vec<Hash>, VerifyError> {
        let mut statement = self
            .connection
            .prepare("SELECT sequence, at, body, leaf FROM event ORDER BY sequence")
            .map_err(unreadable)?;
        let rows = statement
            .query_map([], |row| {
                let (sequence, at): (i64, i64) = (row.get(0)?, row.get(1)?);
                Ok((
                    unsigned(sequence),
                    unsigned(at),
                    row.get::<_, String>(2)?,
                    row.get::<_, Hash>(3)?,
                ))
            })
            .map_err(unreadable)?;
        (0_u64..)
            .zip(rows)
            .map(|(expected, row)| {
                let (sequence, at, body, leaf) = row.map_err(unreadable)?;
                if sequence == expected && leaf == leaf_of(sequence, at, &body) {
                    Ok(leaf)
                } else {
                    Err(VerifyError::Event(expected))
                }
            })
            .collect()
    }

    fn verify_states(&self, station: &Station) -> Result<(), VerifyError> {
        let folded: BTreeMap<i64, String> = station
            .check_ins()
            .map(|one| {
                (
                    i64::try_from(one.id().0).unwrap_or(i64::MAX),
                    state_name(one.state()).to_owned(),
                )
            })
            .collect();
        let mut statement = self
            .connection
            .prepare("SELECT id, state FROM check_in")
            .map_err(unreadable)?;
        let stored: rusqlite::Result<BTreeMap<i64, String>> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(unreadable)?
            .collect();
        if stored.map_err(unreadable)? == folded {
            Ok(())
        } else {
            Err(VerifyError::Projection("states"))
        }
    }

    fn verify_admissions(&self, station: &Station) -> Result<(), VerifyError> {
        let mut statement = self
            .connection
            .prepare("SELECT voter, check_in FROM admission")
            .map_err(unreadable)?;
        let stored: rusqlite::Result<Vec<(u32, i64)>> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(unreadable)?
            .collect();
        let stored = stored.map_err(unreadable)?;
        let agree = stored
            .iter()
            .all(|(voter, check_in)| station.admission(RollNumber(*voter)) == Some(CheckInId(unsigned(*check_in))));
        let holders = station.check_ins().filter(|one| one.state().holds_admission()).count();
        if agree && holders == stored.len() {
            Ok(())
        } else {
            Err(VerifyError::Projection("admissions"))
        }
    }

    fn verify_images(&self, entries: &[Entry]) -> Result<(), VerifyError> {
        let seen: BTreeSet<[u8; 32]> = entries
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::CheckIn {
                    step:
                        Step::Seen {
                            evidence: Evidence::Fingerprint { image: Some(image), .. },
                        },
                    ..
                } => Some(image.0),
                _ => None,
            })
            .collect();
        let mut statement = self
            .connection
            .prepare("SELECT digest FROM image")
            .map_err(unreadable)?;
        let stored: rusqlite::Result<BTreeSet<[u8; 32]>> =
            statement.query_map([], |row| row.get(0)).map_err(unreadable)?.collect();
        if stored.map_err(unreadable)? == seen {
            Ok(())
        } else {
            Err(VerifyError::Projection("images"))
        }
    }

    fn verify_checkpoints(&self, leaves: &[Hash]) -> Result<u32, VerifyError> {
        let mut statement = self
            .connection
            .prepare("SELECT note FROM checkpoint")
            .map_err(unreadable)?;
        let notes: rusqlite::Result<Vec<String>> =
            statement.query_map([], |row| row.get(0)).map_err(unreadable)?.collect();
        let mut good = 0;
        for note in notes.map_err(unreadable)? {
            self.agrees(&note, leaves)?;
            good += 1;
        }
        Ok(good)
    }

    /// Compares a checkpoint that was kept elsewhere (a printed one) with this journal.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify_checkpoint(&self, note: &str) -> Result<Checkpoint, VerifyError> {
        self.agrees(note, &self.verify_events()?)
    }

    fn agrees(&self, note: &str, leaves: &[Hash]) -> Result<Checkpoint, VerifyError> {
        let checkpoint = Checkpoint::open(note, &self.verifying_key())?;
        let size = usize::try_from(checkpoint.size).unwrap_or(usize::MAX);
        let same = leaves
            .get(..size)
            .is_some_and(|beginning| tree::root(beginning) == checkpoint.root);
        if same && checkpoint.origin == self.owner().origin() {
            Ok(checkpoint)
        } else {
            Err(VerifyError::Checkpoint(checkpoint.size))
        }
    }
}

/// Could this event have happened to this station? The same rules as in the state machine, from the journal's side.
fn fits(station: &Station, event: &Event) -> bool {
    let (id, step) = match event {
        Event::PollsOpened { .. } => return station.polls() == Polls::NotYet,
        Event::PollsClosed { .. } => return station.polls() == Polls::Open,
        Event::CheckIn { id, step } => (id, step),
        _ => return true,
    };
    match (station.check_in(*id), step) {
        (None, step) => *step == Step::Started,
        (Some(check_in), step) => {
            let may_be = match step {
                Step::Identified { voter, .. } => station.polls_open() && station.admission(*voter).is_none(),
                _ => true,
            };
            may_be && check_in.state().after(step).is_some()
        }
    }
}

fn unreadable(cause: rusqlite::Error) -> VerifyError {
    VerifyError::Read(ReadError(short(&cause)))
}

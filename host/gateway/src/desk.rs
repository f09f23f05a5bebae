//! The desk: commands become events, events become durable, and only then state (design, section 4, rule 3).

use crate::clock::{Clock, minute_of_day};
use crate::table::STRICTEST;
use crate::updates::state::Standing;
use identification::case::{Facts, Rules, Surroundings};
use identification::command::{Command, Rejection};
use identification::decision::CaseFile;
use identification::event::{CheckInId, Event};
use identification::evidence::{ImageDigest, Modality};
use identification::next::Next;
use identification::station::Station;
use identification::voter::{RollNumber, VoterFacts};
use journal::journal::{AppendError, Entry, Journal, ReadError};
use roll::Roll;
use std::sync::Arc;

/// Why a command was not carried out. Nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// the state machine says no
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// not durable, so not done
    #[error(transparent)]
    Journal(#[from] AppendError),
}

/// The station's state with its journal and roll.
pub struct Desk {
    station: Station,
    standing: Standing,
    journal: Journal,
    roll: Arc<Roll>,
    clock: Arc<dyn Clock>,
    utc_offset_minutes: i16,
}

/// What holds for one command, beside the roll and the time.
#[derive(Clone, Copy, Debug)]
pub struct Holds<'a> {
    /// the host's rules, of the same table as the policy that answered
    pub rules: Rules,
    /// what can be asked for now
    pub available: &'a [Modality],
}

/// The roll, as the state machine asks it.
struct RollFacts<'a>(&'a Roll);

impl Facts for RollFacts<'_> {
    fn facts(&self, voter: RollNumber) -> Option<VoterFacts> {
        self.0.facts(voter, false).unwrap_or_else(|error| {
            // To the state machine the voter is not on the roll, which leads to the officers.
            tracing::error!("{error}");
            None
        })
    }
}

impl Desk {
    /// The state that the journal tells. Prints that were under way when the kiosk stopped become unknown.
    ///
    /// # Errors
    /// [`ReadError`] where the journal cannot be read, else [`DeskError`].
    pub fn open(
        journal: Journal,
        roll: Arc<Roll>,
        clock: Arc<dyn Clock>,
        utc_offset_minutes: i16,
    ) -> Result<Self, OpenError> {
        let entries = journal.entries()?;
        let station = Station::replay(entries.iter().map(|entry| &entry.event));
        let standing = Standing::of(&entries);
        let mut desk = Self {
            station,
            standing,
            journal,
            roll,
            clock,
            utc_offset_minutes,
        };
        // What was under way at the last end is looked at without rules.
        let nothing = Holds {
            rules: STRICTEST,
            available: &[],
        };
        desk.tell(Command::Recover, nothing)?;
        Ok(desk)
    }

    /// The state.
    #[must_use]
    pub fn station(&self) -> &Station {
        &self.station
    }

    /// Which releases run, as the journal tells it.
    #[must_use]
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The journal, to be read.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    fn surroundings<'a>(&self, facts: &'a RollFacts<'a>, holds: Holds<'a>) -> Surroundings<'a> {
        Surroundings {
            roll: facts,
            roll_size: self.roll.len(),
            rules: holds.rules,
            available: holds.available,
            time_of_day: minute_of_day(self.clock.now(), self.utc_offset_minutes),
        }
    }

    /// Carries out a command: its events are durable when this returns.
    ///
    /// # Errors
    /// [`DeskError`]: nothing happened.
    pub fn tell(&mut self, command: Command, holds: Holds<'_>) -> Result<Vec<Event>, DeskError> {
        self.tell_with(command, holds, Vec::new())
    }

    /// The same, with events that belong to the command and become durable with it.
    ///
    /// # Errors
    /// [`DeskError`]: nothing happened.
    pub fn tell_with(
        &mut self,
        command: Command,
        holds: Holds<'_>,
        beside: Vec<Event>,
    ) -> Result<Vec<Event>, DeskError> {
        let roll = Arc::clone(&self.roll);
        let facts = RollFacts(&roll);
        let mut events = self.station.handle(command, &self.surroundings(&facts, holds))?;
        events.extend(beside);
        self.record(&events)?;
        Ok(events)
    }

    /// Makes events durable and applies them.
    ///
    /// # Errors
    /// [`AppendError`]: none of them is.
    pub fn record(&mut self, events: &[Event]) -> Result<(), AppendError> {
        let now = self.clock.now();
        self.journal.append(events, now)?;
        for event in events {
            self.station.apply(event);
            self.standing.apply(now, event);
        }
        Ok(())
    }

    /// The case of a check-in, for the policy.
    #[must_use]
    pub fn case(&self, id: CheckInId, holds: Holds<'_>) -> Option<CaseFile> {
        let facts = RollFacts(&self.roll);
        let check_in = self.station.check_in(id)?;
        Some(self.station.case(check_in, &self.surroundings(&facts, holds)))
    }

    /// What a check-in waits for.
    #[must_use]
    pub fn next(&self, id: CheckInId) -> Option<Next> {
        Some(self.station.check_in(id)?.next())
    }

    /// Under the journal's own key.
    #[must_use]
    pub fn image_digest(&self, image: &[u8]) -> ImageDigest {
        self.journal.image_digest(image)
    }

    /// All events, oldest first.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn entries(&self) -> Result<Vec<Entry>, ReadError> {
        self.journal.entries()
    }

    /// A signed checkpoint of the journal as it is now.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn checkpoint(&mut self) -> Result<String, AppendError> {
        self.journal.checkpoint()
    }
}

/// Why the desk could not take up its work.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// the journal
    #[error(transparent)]
    Read(#[from] ReadError),
    /// the first write
    #[error(transparent)]
    Desk(#[from] DeskError),
}

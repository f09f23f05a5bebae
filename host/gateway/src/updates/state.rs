//! Which release of what runs on this kiosk: a pure fold of its journal, so that a restart or a power cut finds the old release
//! or the new one, and never neither.
//!
//! A release becomes active by one row. Rows that must not be are without effect: no release below a floor that was ever signed,
//! and none that failed here, becomes active by any row. While the polls are open, what runs stays until officers agree to
//! another, whatever was signed meanwhile; once they are closed it must be neither withdrawn nor below its floor.

use ::updates::digest::Sha256;
use identification::event::{Event, Taken, UpdateStep};
use jiff::Timestamp;
use journal::journal::Entry;
use plan::choice::Local;
use plan::item::{ItemId, Kind};
use plan::plan::Plan;
use std::collections::{BTreeMap, VecDeque};

/// How many of the newest lines are kept for the screen.
const LINES: usize = 40;
/// At the beginning of the codes of what failed about updates, in the journal.
pub const TROUBLE: &str = "update-";

/// Why a release was refused though nothing is wrong with it by itself: it is tried again once something else changed.
pub mod passing {
    /// its bytes are damaged on this kiosk's disk
    pub const DAMAGED: &str = "artifact-damaged";
    /// settings that the policy of today does not take, or a policy that does not take the settings of today
    pub const PAIR: &str = "settings-and-policy";

    /// Is it one of these?
    #[must_use]
    pub fn is(reason: &str) -> bool {
        [DAMAGED, PAIR].contains(&reason)
    }
}

/// A release that runs or ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// its counter
    pub counter: u32,
    /// of its file
    pub digest: Sha256,
    /// of the plan under which it was verified
    pub plan: Sha256,
}

/// How far a release is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// its bytes are here
    Fetched,
    /// they are what was signed
    Verified,
    /// there is code for them
    Compiled,
    /// it answered as it must
    Probed,
    /// it can become active
    StandingBy,
}

/// What is known of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// of its file
    pub digest: Sha256,
    /// of the plan under which it was verified
    pub plan: Option<Sha256>,
    /// how far it is
    pub stage: Option<Stage>,
    /// why it runs here no more
    pub returned: Option<String>,
    /// why it was kept out
    pub refused: Option<String>,
    /// why the commission withdrew it
    pub withdrawn: Option<String>,
}

impl Known {
    fn new(digest: Sha256) -> Self {
        Self {
            digest,
            plan: None,
            stage: None,
            returned: None,
            refused: None,
            withdrawn: None,
        }
    }

    /// It must not be tried again; what was only refused may be, where somebody asks for it.
    fn has_failed(&self, again: bool) -> bool {
        let refused = self.refused.as_deref().filter(|_| !again);
        self.returned.is_some() || refused.is_some_and(|reason| !passing::is(reason))
    }
}

/// One item's releases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Releases {
    floor: u32,
    known: BTreeMap<u32, Known>,
    active: Option<Run>,
    previous: Option<Run>,
}

impl Releases {
    /// The largest floor that was ever signed.
    #[must_use]
    pub fn floor(&self) -> u32 {
        self.floor
    }

    /// What became active last and was not taken away since.
    #[must_use]
    pub fn active(&self) -> Option<Run> {
        self.active
    }

    /// The good release that was active before, which can be returned to.
    #[must_use]
    pub fn previous(&self) -> Option<Run> {
        self.previous.filter(|run| self.may_run(run))
    }

    /// What is known of a release.
    #[must_use]
    pub fn known(&self, counter: u32) -> Option<&Known> {
        self.known.get(&counter)
    }

    /// Everything that is known, by counter.
    pub fn all(&self) -> impl Iterator<Item = (u32, &Known)> {
        self.known.iter().map(|(counter, known)| (*counter, known))
    }

    /// Nothing that was signed or that happened here stands against it.
    fn may_run(&self, run: &Run) -> bool {
        let known = self.known.get(&run.counter).filter(|known| known.digest == run.digest);
        let stopped = known.is_some_and(|known| known.returned.is_some() || known.withdrawn.is_some());
        run.counter >= self.floor && !stopped
    }

    fn runs(&self, polls_open: bool) -> Option<Run> {
        let active = self.active?;
        let stays = polls_open || self.may_run(&active);
        if stays { Some(active) } else { self.previous() }
    }

    fn update(&mut self, counter: u32, digest: Sha256, step: &UpdateStep) {
        let known = self.known.entry(counter).or_insert_with(|| Known::new(digest));
        if known.digest != digest {
            *known = Known::new(digest);
        }
        match step {
            UpdateStep::Fetched => {
                known.stage = Some(Stage::Fetched);
                known.refused = None;
            }
            UpdateStep::Verified { plan } => {
                known.plan = plan.parse().ok();
                known.stage = Some(Stage::Verified);
                known.withdrawn = None;
            }
            UpdateStep::Compiled => known.stage = Some(Stage::Compiled),
            UpdateStep::Probed => known.stage = Some(Stage::Probed),
            UpdateStep::StandingBy => known.stage = Some(Stage::StandingBy),
            UpdateStep::Active { .. } => self.activate(counter),
            UpdateStep::Returned { reason } => {
                known.returned = Some(reason.clone());
                known.stage = None;
                self.leave(counter);
            }
            UpdateStep::Refused { reason } => {
                known.refused = Some(reason.clone());
                known.stage = None;
                self.leave(counter);
            }
            UpdateStep::Withdrawn { reason } => known.withdrawn = Some(reason.clone()),
            UpdateStep::Retired { .. } => {
                if let Some(run) = self.active.take_if(|run| run.counter == counter) {
                    self.previous = Some(run);
                }
            }
        }
    }

    fn activate(&mut self, counter: u32) {
        let Some(known) = self.known.get_mut(&counter) else {
            return;
        };
        let Some(plan) = known.plan.filter(|_| known.returned.is_none() && counter >= self.floor) else {
            return;
        };
        known.refused = None;
        known.withdrawn = None;
        // Should it be gone back to, it need not be tried again.
        known.stage = Some(Stage::Probed);
        let run = Run {
            counter,
            digest: known.digest,
            plan,
        };
        self.previous.take_if(|previous| previous.counter == counter);
        if let Some(before) = self.active.replace(run).filter(|before| before.counter != counter) {
            self.previous = Some(before).filter(|before| self.may_run(before)).or(self.previous);
        }
    }

    /// What ran before takes the place of a release that runs here no more.
    fn leave(&mut self, counter: u32) {
        self.previous.take_if(|run| run.counter == counter);
        if self.active.is_some_and(|run| run.counter == counter) {
            self.active = self.previous();
            self.previous = None;
        }
    }
}

/// What was signed, as the journal last said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// version of the root
    pub root: u64,
    /// version
    pub timestamp: u64,
    /// version
    pub snapshot: u64,
    /// version
    pub targets: u64,
    /// the plan
    pub plan: Taken,
    /// the emergency list
    pub emergency: Option<Taken>,
    /// the largest signed time, Unix ms
    pub signed_at: u64,
    /// when this was written down, by the kiosk's clock, Unix ms
    pub at: u64,
}

/// Why what runs must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Against {
    /// the commission withdrew it
    Withdrawn {
        /// why, as a code
        reason: String,
    },
    /// the floor was put above it
    BelowFloor {
        /// the floor
        floor: u32,
    },
}

impl Trust {
    /// When a source last answered with something new, by the kiosk's clock.
    #[must_use]
    pub fn answered(&self) -> Option<Timestamp> {
        unix_ms(self.at)
    }
}

/// A moment of the journal; none where no calendar has it.
#[must_use]
pub fn unix_ms(at: u64) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(at).ok()?).ok()
}

/// What the journal says of updates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    items: BTreeMap<ItemId, Releases>,
    trust: Option<Trust>,
    polls_open: bool,
    software: Option<String>,
    lines: VecDeque<(u64, Event)>,
}

impl Standing {
    /// The standing that these events led to, each with its time.
    #[must_use]
    pub fn replay<'a>(events: impl IntoIterator<Item = (u64, &'a Event)>) -> Self {
        let mut standing = Self::default();
        for (at, event) in events {
            standing.apply(at, event);
        }
        standing
    }

    /// The standing that a journal's entries led to.
    #[must_use]
    pub fn of(entries: &[Entry]) -> Self {
        Self::replay(entries.iter().map(|entry| (entry.at, &entry.event)))
    }

    /// What happened becomes state.
    pub fn apply(&mut self, at: u64, event: &Event) {
        match event {
            Event::PollsOpened { .. } => self.polls_open = true,
            Event::PollsClosed { .. } => self.polls_open = false,
            Event::KioskStarted { software, .. } => self.started(software),
            Event::Update {
                kind,
                name,
                counter,
                digest,
                step,
            } => {
                if let (Some(id), Ok(digest)) = (id(kind, name), digest.parse()) {
                    self.items.entry(id).or_default().update(*counter, digest, step);
                }
            }
            Event::Floor { kind, name, floor } => {
                if let Some(id) = id(kind, name) {
                    let releases = self.items.entry(id).or_default();
                    releases.floor = releases.floor.max(*floor);
                }
            }
            Event::Trust {
                root,
                timestamp,
                snapshot,
                targets,
                plan,
                emergency,
                signed_at,
            } => {
                let before = self.trust.as_ref();
                self.trust = Some(Trust {
                    root: *root,
                    timestamp: *timestamp,
                    snapshot: *snapshot,
                    targets: *targets,
                    plan: plan.clone(),
                    emergency: emergency.clone(),
                    signed_at: before.map_or(0, |before| before.signed_at).max(*signed_at),
                    at,
                });
            }
            _ => {}
        }
        if is_line(event) {
            self.lines.push_back((at, event.clone()));
            let old = self.lines.len().saturating_sub(LINES);
            self.lines.drain(..old);
        }
    }

    /// A program of another version may take what an older one refused.
    fn started(&mut self, software: &str) {
        if self.software.as_deref() == Some(software) {
            return;
        }
        self.software = Some(software.to_owned());
        for known in self.items.values_mut().flat_map(|item| item.known.values_mut()) {
            known.refused = None;
        }
    }

    /// Every item that was ever heard of.
    pub fn items(&self) -> impl Iterator<Item = (&ItemId, &Releases)> {
        self.items.iter()
    }

    /// One item.
    #[must_use]
    pub fn item(&self, id: &ItemId) -> Option<&Releases> {
        self.items.get(id)
    }

    /// What is to run now, after a start too.
    #[must_use]
    pub fn runs(&self, id: &ItemId) -> Option<Run> {
        self.items.get(id)?.runs(self.polls_open)
    }

    /// What stands against what runs of an item, where anything does: it runs on only because the polls are open.
    #[must_use]
    pub fn against(&self, id: &ItemId) -> Option<Against> {
        let releases = self.items.get(id)?;
        let run = releases.runs(self.polls_open)?;
        let known = releases.known(run.counter).filter(|known| known.digest == run.digest);
        if let Some(reason) = known.and_then(|known| known.withdrawn.clone()) {
            return Some(Against::Withdrawn { reason });
        }
        let floor = releases.floor;
        (run.counter < floor).then_some(Against::BelowFloor { floor })
    }

    /// Everything that is to run now.
    pub fn all_that_run(&self) -> impl Iterator<Item = (&ItemId, Run)> {
        let runs = |releases: &Releases| releases.runs(self.polls_open);
        self.items
            .iter()
            .filter_map(move |(id, releases)| Some((id, runs(releases)?)))
    }

    /// Between opening and closing: nothing is swapped without two officers.
    #[must_use]
    pub fn polls_open(&self) -> bool {
        self.polls_open
    }

    /// What was signed.
    #[must_use]
    pub fn trust(&self) -> Option<&Trust> {
        self.trust.as_ref()
    }

    /// What happened about updates, the newest first.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &Event)> {
        self.lines.iter().rev().map(|(at, event)| (*at, event))
    }

    /// What this kiosk knows by itself of the releases of a plan. `again` leaves out what was refused before it ever ran.
    #[must_use]
    pub fn local(&self, plan: &Plan, again: bool) -> Local {
        let mut local = Local::default();
        for (id, releases) in &self.items {
            local.floors.insert(id.clone(), releases.floor);
            if let Some(run) = releases.runs(self.polls_open) {
                local.active.insert(id.clone(), run.counter);
            }
            let Some(item) = plan.item(id) else {
                continue;
            };
            for release in &item.releases {
                let known = releases.known.get(&release.counter);
                // A counter that the commission gave to other bytes is another release.
                let same = known.filter(|known| known.digest.to_string() == release.file.sha256);
                if same.is_some_and(|known| known.has_failed(again)) {
                    local.failed.insert((id.clone(), release.counter));
                }
            }
        }
        local
    }
}

fn id(kind: &str, name: &str) -> Option<ItemId> {
    Some(ItemId {
        kind: kind.parse::<Kind>().ok()?,
        name: name.to_owned(),
    })
}

fn is_line(event: &Event) -> bool {
    match event {
        Event::Update { .. } | Event::Floor { .. } | Event::Trust { .. } => true,
        Event::Incident { code } => code.starts_with(TROUBLE),
        _ => false,
    }
}

#[cfg(test)]
mod tests;

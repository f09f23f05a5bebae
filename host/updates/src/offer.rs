//! What a kiosk asks for: the plan and the emergency list.

use crate::artifacts::Artifacts;
use crate::client::{Client, Versions};
use crate::digest::{Digests, Sha256};
use crate::metadata::{Metadata, TARGETS, TargetsContent};
use crate::refusal::Refusal;
use crate::signatures::verify;
use crate::source::Source;
use crate::store::Changes;
use jiff::Timestamp;
use plan::emergency::Emergency;
use plan::names::{EMERGENCY, EMERGENCY_ROLE, PLAN};
use plan::plan::Plan;

/// The targets that the last plan was taken with. None of these three ends in `.json`, which only metadata do.
const TAKEN_TARGETS: &str = "taken-targets";
/// The last plan that was taken.
const TAKEN_PLAN: &str = "taken-plan";
/// The last emergency list that was taken.
const TAKEN_EMERGENCY: &str = "taken-emergency";
/// The role that signs the plan.
const PLAN_ROLE: &str = "targets";

/// The largest counters that a kiosk has seen; 0 where it has seen none. Whoever keeps the journal knows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// of plans
    pub plan: u64,
    /// of emergency lists
    pub emergency: u64,
}

/// What the commission has signed for kiosks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// what runs
    pub plan: Plan,
    /// the digest of its file
    pub plan_file: Sha256,
    /// what no longer runs: empty where there is no such role
    pub emergency: Emergency,
    /// the digest of its file, where there is one
    pub emergency_file: Option<Sha256>,
    /// why the emergency list is the last one that was taken and not the newest, where that is so: it blocks nothing
    pub emergency_refusal: Option<Refusal>,
    /// what it was read from
    pub versions: Versions,
}

impl Client {
    /// Refreshes, and reads the plan and the emergency list. What was taken is kept: [`Client::kept`] gives it again without a
    /// source.
    ///
    /// # Errors
    /// [`Refusal`]: of the refresh, of the plan. The emergency list is never the reason.
    pub fn offer(
        &mut self,
        source: &dyn Source,
        now: Timestamp,
        artifacts: &Artifacts,
        seen: Seen,
    ) -> Result<Offer, Refusal> {
        self.refresh(source, now)?;
        let plan_bytes = self.document(source, PLAN, PLAN_ROLE, now, artifacts)?;
        let plan = Plan::read(&plan_bytes)?;
        not_older(PLAN, seen.plan, plan.counter)?;
        let newest = self.newest_emergency(source, now, artifacts, seen.emergency);
        let (emergency_bytes, emergency_refusal) = match newest {
            Ok(bytes) => (bytes, None),
            Err(refusal) => (self.taken_emergency()?, Some(refusal)),
        };
        let emergency = match &emergency_bytes {
            Some(bytes) => Emergency::read(bytes)?,
            None => Emergency::empty(plan.made),
        };
        let plan_file = Sha256::of(&plan_bytes);
        let emergency_file = emergency_bytes.as_deref().map(Sha256::of);
        self.take(plan_bytes, emergency_bytes)?;
        Ok(Offer {
            plan,
            plan_file,
            emergency,
            emergency_file,
            emergency_refusal,
            versions: self.trusted(),
        })
    }

    /// The last offer that was taken, without a source: what a kiosk works on that has no network. Nothing expires here, but the
    /// keys that signed the plan must still be keys of the root.
    ///
    /// # Errors
    /// [`Refusal`] where it is there but is not trusted any more; `None` where nothing was taken yet.
    pub fn kept(&self) -> Result<Option<Offer>, Refusal> {
        let (Some(targets), Some(plan_bytes)) = (self.store.read(TAKEN_TARGETS)?, self.store.read(TAKEN_PLAN)?) else {
            return Ok(None);
        };
        let targets: Metadata<TargetsContent> = Metadata::read(TARGETS, targets)?;
        verify(self.state.root.content(), TARGETS, &targets)?;
        let file = targets.content().targets.get(PLAN).ok_or_else(|| Refusal::Unsigned {
            target: PLAN.to_owned(),
        })?;
        Digests::read(PLAN, &file.hashes)?.check(PLAN, &plan_bytes)?;
        let plan = Plan::read(&plan_bytes)?;
        let emergency_bytes = self.taken_emergency()?;
        let emergency = match &emergency_bytes {
            Some(bytes) => Emergency::read(bytes)?,
            None => Emergency::empty(plan.made),
        };
        Ok(Some(Offer {
            plan,
            plan_file: Sha256::of(&plan_bytes),
            emergency,
            emergency_file: emergency_bytes.as_deref().map(Sha256::of),
            emergency_refusal: None,
            versions: self.trusted(),
        }))
    }

    /// The bytes of a target that only one role may sign.
    fn document(
        &mut self,
        source: &dyn Source,
        target: &str,
        expected: &'static str,
        now: Timestamp,
        artifacts: &Artifacts,
    ) -> Result<Vec<u8>, Refusal> {
        let found = self.find(source, target, now)?;
        if found.role != expected {
            return Err(Refusal::WrongSigner {
                target: found.target,
                role: quotation::phrase(&found.role),
                expected,
            });
        }
        let limit = plan::MAX_DOCUMENT_BYTES as u64;
        if found.length > limit {
            return Err(Refusal::Oversized {
                what: found.target,
                length: found.length,
                limit,
            });
        }
        let sha256 = self.download(source, &found, artifacts)?;
        artifacts.read(&sha256)
    }

    /// The list that is signed now; none where nobody may sign one.
    fn newest_emergency(
        &mut self,
        source: &dyn Source,
        now: Timestamp,
        artifacts: &Artifacts,
        seen: u64,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        let delegations = self
            .state
            .targets
            .as_ref()
            .and_then(|targets| targets.content().delegations.as_ref());
        let is_delegated = delegations.is_some_and(|all| all.0.iter().any(|one| one.role == EMERGENCY_ROLE));
        if !is_delegated {
            return Ok(None);
        }
        let bytes = self.document(source, EMERGENCY, EMERGENCY_ROLE, now, artifacts)?;
        let list = Emergency::read(&bytes)?;
        not_older(EMERGENCY, seen, list.counter)?;
        Ok(Some(bytes))
    }

    fn taken_emergency(&self) -> Result<Option<Vec<u8>>, Refusal> {
        self.store.read(TAKEN_EMERGENCY)
    }

    /// Keeps what was taken, all of it or nothing.
    fn take(&self, plan: Vec<u8>, emergency: Option<Vec<u8>>) -> Result<(), Refusal> {
        let targets = self.state.targets.as_ref().map(|targets| targets.bytes.clone());
        let taken = [
            (TAKEN_TARGETS, targets),
            (TAKEN_PLAN, Some(plan)),
            (TAKEN_EMERGENCY, emergency),
        ];
        let mut changes = Changes::new();
        for (name, bytes) in taken {
            if self.store.read(name)? != bytes {
                changes.insert(name.to_owned(), bytes);
            }
        }
        self.store.commit(&changes)
    }
}

fn not_older(what: &str, seen: u64, found: u64) -> Result<(), Refusal> {
    if found >= seen {
        return Ok(());
    }
    Err(Refusal::Older {
        what: what.to_owned(),
        seen,
        found,
    })
}

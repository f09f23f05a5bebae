//! Where everything stands: for the officer who looks in.

use crate::error::Error;
use crate::key::{KeyId, PublicKey, short};
use crate::role::Role;
use crate::state::State;
use crate::verify::{RoleReport, expiring};
use jiff::Timestamp;
use plan::item::{Item, ItemId, Kind, Release};
use plan::vendor::Vendor;
use plan::waves::{SEEDS, Waves};
use serde::Serialize;
use std::collections::BTreeMap;

/// Where everything stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Status {
    /// when it was looked at
    pub at: Timestamp,
    /// the root's fingerprint, for people to compare
    pub root_fingerprint: String,
    /// when the timestamp was signed
    pub signed_at: Option<String>,
    /// the roles
    pub roles: Vec<RoleStatus>,
    /// the plan's counter
    pub plan: u64,
    /// the emergency list's counter
    pub emergency: u64,
    /// vendors and what they may have
    pub vendors: BTreeMap<String, Vendor>,
    /// what runs
    pub items: Vec<ItemStatus>,
    /// what expires within the days that were asked for
    pub warnings: Vec<String>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RoleStatus {
    /// which
    pub role: Role,
    /// its version; 0 where it has signed nothing
    pub version: u64,
    /// when it expires
    pub expires: Option<Timestamp>,
    /// who holds its keys
    pub holders: Vec<String>,
    /// how many of them sign
    pub threshold: u64,
}

/// An item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ItemStatus {
    /// what it is
    pub kind: Kind,
    /// its name
    pub name: String,
    /// no release with a smaller counter runs
    pub floor: u32,
    /// oldest first
    pub releases: Vec<ReleaseStatus>,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReleaseStatus {
    /// its counter
    pub counter: u32,
    /// a plugin's version
    pub version: Option<String>,
    /// kiosks of 2,048 that its waves have reached
    pub share: u16,
    /// the next wave, and the share that it reaches
    pub next: Option<(Timestamp, u16)>,
    /// why it does not run
    pub withdrawn: Option<String>,
}

/// Kiosks of 2,048 that take a release by now.
#[must_use]
pub fn reached(waves: Option<&Waves>, now: Timestamp) -> u16 {
    let Some(waves) = waves else { return SEEDS };
    let begun = waves
        .steps
        .iter()
        .filter(|step| begins(waves, step.after_minutes) <= now);
    begun.map(|step| step.share).max().unwrap_or(0)
}

fn begins(waves: &Waves, after_minutes: u32) -> Timestamp {
    let after = jiff::SignedDuration::from_mins(i64::from(after_minutes));
    waves.start.saturating_add(after).unwrap_or(Timestamp::MAX)
}

fn next(waves: Option<&Waves>, now: Timestamp) -> Option<(Timestamp, u16)> {
    let waves = waves?;
    let steps = waves
        .steps
        .iter()
        .map(|step| (begins(waves, step.after_minutes), step.share));
    steps.filter(|(at, _)| *at > now).min()
}

impl Status {
    /// Looks at a repository; `holders` are the names that are known.
    ///
    /// # Errors
    /// [`Error::Metadata`].
    pub fn of(state: &State, holders: &[PublicKey], now: Timestamp, days: u16) -> Result<Self, Error> {
        let mut names = BTreeMap::new();
        for key in holders {
            names.insert(key.id()?, key.holder.clone());
        }
        let roles: Vec<RoleStatus> = state
            .all_roles()
            .into_iter()
            .map(|role| {
                let signers = state.signers(&role);
                let keys = signers.iter().flat_map(|signers| &signers.keys);
                // A vendor's key is in nobody's folder here.
                let name = |id: &KeyId| match (&role, names.get(id)) {
                    (_, Some(name)) => name.clone(),
                    (Role::Vendor(vendor), None) => format!("{vendor} (key {})", short(id)),
                    (_, None) => format!("key {}", short(id)),
                };
                RoleStatus {
                    version: state.version(&role),
                    expires: state.expires(&role),
                    holders: keys.map(|(id, _)| name(id)).collect(),
                    threshold: signers.as_ref().map_or(0, |signers| signers.threshold),
                    role,
                }
            })
            .collect();
        let expiries: Vec<RoleReport> = roles
            .iter()
            .map(|role| RoleReport {
                role: role.role.clone(),
                version: role.version,
                expires: role.expires,
            })
            .collect();
        let signed_at = state.timestamp.signed._extra.get(plan::names::SIGNED_AT);
        Ok(Self {
            at: now,
            root_fingerprint: crate::workshop::fingerprint(&state.root),
            signed_at: signed_at.and_then(|at| at.as_str()).map(str::to_owned),
            roles,
            plan: state.plan.counter,
            emergency: state.emergency.counter,
            vendors: state.plan.vendors.clone(),
            items: state
                .plan
                .items
                .iter()
                .map(|item| item_status(state, item, now))
                .collect(),
            warnings: expiring(&expiries, now, days),
        })
    }
}

fn item_status(state: &State, item: &Item, now: Timestamp) -> ItemStatus {
    let id = item.id();
    ItemStatus {
        kind: item.kind,
        name: item.name.clone(),
        floor: item.floor,
        releases: item
            .releases
            .iter()
            .map(|release| release_status(state, &id, release, now))
            .collect(),
    }
}

fn release_status(state: &State, id: &ItemId, release: &Release, now: Timestamp) -> ReleaseStatus {
    let in_plan = release.withdrawn.clone();
    let in_emergency = || {
        let reason = state.emergency.reason(id, release.counter)?;
        Some(format!("{reason}, emergency list"))
    };
    ReleaseStatus {
        counter: release.counter,
        version: release.plugin.as_ref().map(|plugin| plugin.version.clone()),
        share: reached(release.waves.as_ref(), now),
        next: next(release.waves.as_ref(), now),
        withdrawn: in_plan.or_else(in_emergency),
    }
}

/// A share of kiosks, in per cent.
#[must_use]
pub fn per_cent(share: u16) -> String {
    let thousandths = u32::from(share) * 1_000 / u32::from(SEEDS);
    match thousandths % 10 {
        0 => format!("{} %", thousandths / 10),
        rest => format!("{}.{rest} %", thousandths / 10),
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "root fingerprint  {}", self.root_fingerprint)?;
        writeln!(f, "signed at         {}", self.signed_at.as_deref().unwrap_or("never"))?;
        writeln!(f, "\nroles")?;
        for role in &self.roles {
            let expires = role
                .expires
                .map_or("nothing signed yet".to_owned(), |at| format!("until {at}"));
            writeln!(
                f,
                "  {:<16} {:>4}  {expires:<27} {} of {}",
                role.role,
                role.version,
                role.threshold,
                role.holders.join(", ")
            )?;
        }
        if !self.vendors.is_empty() {
            writeln!(f, "\nvendors")?;
        }
        for (name, vendor) in &self.vendors {
            writeln!(f, "  {name:<16} {}", crate::words::vendor(vendor))?;
        }
        writeln!(f, "\nplan {}, emergency list {}", self.plan, self.emergency)?;
        for item in &self.items {
            writeln!(f, "  {} {}, floor {}", item.kind, item.name, item.floor)?;
            for release in item.releases.iter().rev() {
                writeln!(f, "    {release}")?;
            }
        }
        if !self.warnings.is_empty() {
            writeln!(f, "\nsoon")?;
        }
        for warning in &self.warnings {
            writeln!(f, "  {warning}")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for ReleaseStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let version = self.version.as_ref().map(|version| format!(", version {version}"));
        write!(f, "release {}{}: ", self.counter, version.unwrap_or_default())?;
        if let Some(reason) = &self.withdrawn {
            return write!(f, "withdrawn ({reason})");
        }
        write!(f, "{} of the kiosks", per_cent(self.share))?;
        match self.next {
            Some((at, share)) => write!(f, ", {} from {at}", per_cent(share)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use plan::waves::Step;

    /// When it is looked at, kiosks that have it, the next wave.
    type Moment = (&'static str, u16, Option<(&'static str, u16)>);

    const MOMENTS: [Moment; 6] = [
        ("2026-11-02T05:59:59Z", 0, Some(("2026-11-02T06:00:00Z", 20))),
        ("2026-11-02T06:00:00Z", 20, Some(("2026-11-02T07:00:00Z", 512))),
        ("2026-11-02T06:59:59Z", 20, Some(("2026-11-02T07:00:00Z", 512))),
        ("2026-11-02T07:00:00Z", 512, Some(("2026-11-03T06:00:00Z", 2_047))),
        ("2026-11-03T05:59:59Z", 512, Some(("2026-11-03T06:00:00Z", 2_047))),
        ("2026-11-03T06:00:00Z", 2_047, None),
    ];

    #[test]
    fn the_share_that_waves_have_reached_grows_step_by_step() {
        let step = |after_minutes, share| Step { after_minutes, share };
        let waves = Waves {
            start: "2026-11-02T06:00:00Z".parse().unwrap(),
            steps: vec![step(0, 20), step(60, 512), step(1_440, 2_047)],
        };
        for (now, share, coming) in MOMENTS {
            let at = now.parse().unwrap();
            let coming = coming.map(|(at, share)| (at.parse().unwrap(), share));
            assert_eq!(
                (reached(Some(&waves), at), next(Some(&waves), at)),
                (share, coming),
                "{now}"
            );
            let taken = (0..SEEDS).filter(|seed| {
                let begins = waves.begins(plan::waves::Seed::new(*seed));
                begins.is_some_and(|begins| begins <= at)
            });
            assert_eq!(taken.count(), usize::from(share), "as the kiosks count: {now}");
        }
        assert_eq!(reached(None, Timestamp::UNIX_EPOCH), SEEDS);
    }

    #[test]
    fn a_share_is_told_in_per_cent() {
        let told = [0, 1, 20, 512, 1_024, 2_047, 2_048].map(per_cent);
        assert_eq!(told, ["0 %", "0 %", "0.9 %", "25 %", "50 %", "99.9 %", "100 %"]);
    }
}

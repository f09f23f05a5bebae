//! A repository as a kiosk sees it: read with the kiosks' own client, from the root on, with every file fetched.

use crate::error::Error;
use crate::role::Role;
use jiff::{SignedDuration, Timestamp};
use plan::item::File;
use plan::names::{EMERGENCY, PLAN};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use tough::schema::{Root, Signed, Snapshot, Targets};
use updates::artifacts::Artifacts;
use updates::client::Client;
use updates::offer::Seen;
use updates::source::{Source, SourceError};

/// Most bytes of one metadata file.
const MAX_METADATA: u64 = 5 << 20;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// the folder or address
    pub place: String,
    /// when it was looked at
    pub at: Timestamp,
    /// each role with its version and expiry
    pub roles: Vec<RoleReport>,
    /// when the timestamp was signed, as it says itself
    pub signed_at: Option<Timestamp>,
    /// the plan's counter
    pub plan: u64,
    /// the emergency list's counter
    pub emergency: u64,
    /// files that were fetched and had the signed digest
    pub files: usize,
    /// their bytes
    pub bytes: u64,
    /// what expires within the days that were asked for
    pub warnings: Vec<String>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RoleReport {
    /// which
    pub role: Role,
    /// its version
    pub version: u64,
    /// when it expires; not told of roles that the client does not ask
    pub expires: Option<Timestamp>,
}

/// What is looked at, from which root, at which time.
pub struct Question<'a> {
    /// the folder or server
    pub source: &'a dyn Source,
    /// the root that a kiosk is shipped with
    pub root: &'a [u8],
    /// what time it is
    pub now: Timestamp,
    /// so many days ahead are looked at for what expires
    pub days: u16,
}

/// Walks everything. `progress` hears of files done and files in all.
///
/// # Errors
/// [`Error::Unverified`], with the place and the client's sentence: what a kiosk would not take.
pub fn verify(question: &Question<'_>, progress: &mut dyn FnMut(usize, usize)) -> Result<Report, Error> {
    let place = question.source.describe();
    let unverified = |why: &dyn std::fmt::Display| Error::Unverified {
        place: place.clone(),
        why: why.to_string(),
    };
    let folder = tempfile::tempdir().map_err(Error::file(&std::env::temp_dir()))?;
    let artifacts = Artifacts::open(&folder.path().join("files")).map_err(|cause| unverified(&cause))?;
    let mut client = Client::open(&folder.path().join("trust"), question.root).map_err(|cause| unverified(&cause))?;
    let offer = client
        .offer(question.source, question.now, &artifacts, Seen::default())
        .map_err(|cause| unverified(&cause))?;
    let documents = Documents::read(question, client.trusted()).map_err(|cause| unverified(&cause))?;
    // A kiosk goes on without it; the commission must know.
    if let Some(refusal) = &offer.emergency_refusal {
        return Err(unverified(refusal));
    }

    let planned: Vec<&File> = offer
        .plan
        .items
        .iter()
        .flat_map(|item| &item.releases)
        .flat_map(|release| std::iter::once(&release.file).chain(&release.vectors))
        .collect();
    let extra = documents.unplanned(&planned);
    let total = planned.len() + extra.len();
    let mut bytes = 0;
    for (done, file) in planned.iter().enumerate() {
        progress(done, total);
        client
            .fetch_planned(question.source, file, question.now, &artifacts)
            .map_err(|cause| unverified(&cause))?;
        bytes += file.length;
    }
    for (done, target) in extra.iter().enumerate() {
        progress(planned.len() + done, total);
        let found = client
            .find(question.source, target, question.now)
            .map_err(|cause| unverified(&cause))?;
        client
            .download(question.source, &found, &artifacts)
            .map_err(|cause| unverified(&cause))?;
        bytes += found.length;
    }
    progress(total, total);
    let mut roles = documents.roles;
    roles.sort_by(|one, other| one.role.cmp(&other.role));
    let warnings = expiring(&roles, question.now, question.days);
    Ok(Report {
        place,
        at: question.now,
        roles,
        signed_at: client.trusted().signed_at,
        plan: offer.plan.counter,
        emergency: offer.emergency.counter,
        files: total,
        bytes,
        warnings,
    })
}

/// What expires in so many days, the first one first. Timestamps and snapshots are short, and signed anew all the time: they are
/// named once that was forgotten for a week or more.
pub(crate) fn expiring(roles: &[RoleReport], now: Timestamp, days: u16) -> Vec<String> {
    let ahead = |role: &Role| {
        let days = match role {
            Role::Timestamp => days.min(7),
            Role::Snapshot => days.min(14),
            _ => days,
        };
        SignedDuration::from_hours(i64::from(days) * 24)
    };
    let mut soon: Vec<(Timestamp, &Role)> = roles
        .iter()
        .filter_map(|role| Some((role.expires?, &role.role)))
        .filter(|(expires, role)| expires.duration_since(now) <= ahead(role))
        .collect();
    soon.sort();
    soon.into_iter()
        .map(|(expires, role)| {
            let left = expires.duration_since(now).as_hours() / 24;
            let renew = renewal(role);
            if expires <= now {
                format!("{role} expired at {expires}; {renew}")
            } else {
                format!("{role} expires at {expires}, in {left} days; {renew}")
            }
        })
        .collect()
}

fn renewal(role: &Role) -> String {
    match role {
        Role::Snapshot | Role::Timestamp => "sign it anew with `timestamp`".to_owned(),
        Role::Vendor(name) => format!("ask {name} to sign anew, and take it with `vendor renew`"),
        role => format!("sign it anew with `renew {role}`"),
    }
}

/// The documents behind what the client verified, for what it does not tell: expiry, and files that the plan does not name.
struct Documents {
    roles: Vec<RoleReport>,
    /// targets of the commission's own roles, with those that a list of a vendor may name without their being there left out
    listed: BTreeSet<String>,
}

impl Documents {
    fn read(question: &Question<'_>, versions: updates::client::Versions) -> Result<Self, String> {
        let mut roles = Vec::new();
        let mut add = |role: Role, version: u64, expires: Option<Timestamp>| {
            roles.push(RoleReport { role, version, expires });
        };
        let root = newest_root(question, versions.root)?;
        add(Role::Root, versions.root, Some(root.signed.expires));
        let timestamp: Signed<tough::schema::Timestamp> = fetch(question, &Role::Timestamp, 0)?;
        add(
            Role::Timestamp,
            timestamp.signed.version.get(),
            Some(timestamp.signed.expires),
        );
        let version = versions.snapshot.unwrap_or_default();
        let snapshot: Signed<Snapshot> = fetch(question, &Role::Snapshot, version)?;
        add(Role::Snapshot, version, Some(snapshot.signed.expires));
        let mut listed = BTreeSet::new();
        let files: BTreeMap<&String, u64> = snapshot
            .signed
            .meta
            .iter()
            .map(|(name, file)| (name, file.version.get()))
            .collect();
        for (name, version) in files {
            let name = name.trim_end_matches(".json");
            let role: Role = name.parse().map_err(|cause: crate::role::NoRole| cause.to_string())?;
            let document: Signed<Targets> = fetch(question, &role, version)?;
            if !matches!(role, Role::Vendor(_)) {
                listed.extend(document.signed.targets.keys().map(|name| name.raw().to_owned()));
            }
            add(role, version, Some(document.signed.expires));
        }
        Ok(Self { roles, listed })
    }

    fn unplanned(&self, planned: &[&File]) -> Vec<String> {
        let is_planned = |name: &&String| planned.iter().any(|file| file.target == **name);
        let is_read = |name: &&String| [PLAN, EMERGENCY].contains(&name.as_str());
        let rest = self.listed.iter().filter(|name| !is_planned(name) && !is_read(name));
        rest.cloned().collect()
    }
}

fn fetch<T: serde::de::DeserializeOwned>(question: &Question<'_>, role: &Role, version: u64) -> Result<T, String> {
    let name = role.file(version);
    let bytes = question.source.metadata(&name, MAX_METADATA);
    let bytes = bytes.map_err(|cause| cause.to_string())?;
    serde_json::from_slice(&bytes).map_err(|cause| format!("{name}: {cause}"))
}

/// The root that is trusted. A repository need not hold the one that a kiosk is shipped with; where it does, it must be that one.
fn newest_root(question: &Question<'_>, version: u64) -> Result<Signed<Root>, String> {
    let given: Signed<Root> = serde_json::from_slice(question.root).map_err(|cause| format!("the root: {cause}"))?;
    let name = Role::Root.file(version);
    match question.source.metadata(&name, MAX_METADATA) {
        Err(SourceError::NotFound(_)) => Ok(given),
        Err(cause) => Err(cause.to_string()),
        Ok(bytes) => {
            let root: Signed<Root> = serde_json::from_slice(&bytes).map_err(|cause| format!("{name}: {cause}"))?;
            if root.signed.version == given.signed.version && root != given {
                return Err(format!(
                    "{name} is not the root that was given; it is damaged or forged"
                ));
            }
            Ok(root)
        }
    }
}

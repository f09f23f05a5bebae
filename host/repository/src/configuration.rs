//! `commission.toml`: what the commission sets once.

use crate::error::Error;
use crate::role::Role;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file's name in a workshop. A folder with this file is one.
pub const FILE: &str = "commission.toml";

/// What a ceremony writes.
pub const EXAMPLE: &str = include_str!("commission.toml");

/// The configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Configuration {
    /// how long signatures hold
    pub lifetimes: Lifetimes,
    /// what a new release of an item does with the old ones
    pub releases: Releases,
}

/// How long signatures hold, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Lifetimes {
    /// the root
    pub root_days: u16,
    /// plan and delegations
    pub targets_days: u16,
    /// delegated roles
    pub delegated_days: u16,
    /// which versions belong together
    pub snapshot_days: u16,
    /// what is newest; a stick is good for so long
    pub timestamp_days: u16,
}

/// Releases that stay in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Releases {
    /// of each item, at most
    pub keep: u16,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            root_days: 730,
            targets_days: 365,
            delegated_days: 365,
            snapshot_days: 60,
            timestamp_days: 14,
        }
    }
}

impl Default for Releases {
    fn default() -> Self {
        Self { keep: 10 }
    }
}

impl Configuration {
    /// Reads a workshop's configuration.
    ///
    /// # Errors
    /// [`Error::Configuration`] with line and rule, [`Error::NoWorkshop`] where there is none.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Error::NoWorkshop(folder.to_owned()),
            _ => Error::file(&path)(cause),
        })?;
        let wrong = |why: String| Error::Configuration {
            path: path.clone(),
            why,
        };
        let read: Self = toml::from_str(&text).map_err(|cause| {
            let before = cause.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            wrong(format!(
                "line {}: {}",
                before.matches('\n').count() + 1,
                cause.message()
            ))
        })?;
        let days = read.lifetimes;
        let each = [
            ("root-days", days.root_days, 3_650),
            ("targets-days", days.targets_days, 1_100),
            ("delegated-days", days.delegated_days, 1_100),
            ("snapshot-days", days.snapshot_days, 366),
            ("timestamp-days", days.timestamp_days, 31),
        ];
        for (name, value, most) in each {
            if !(1..=most).contains(&value) {
                return Err(wrong(format!("`lifetimes.{name}` is {value}, but must be 1 to {most}")));
            }
        }
        if read.releases.keep < 2 {
            let keep = read.releases.keep;
            return Err(wrong(format!(
                "`releases.keep` is {keep}, but must be at least 2: kiosks go back to the one before"
            )));
        }
        Ok(read)
    }
}

impl Lifetimes {
    /// When a document that is signed now expires, in whole seconds.
    pub(crate) fn end(&self, role: &Role, now: Timestamp) -> Result<Timestamp, Error> {
        let days = match role {
            Role::Root => self.root_days,
            Role::Targets => self.targets_days,
            Role::Snapshot => self.snapshot_days,
            Role::Timestamp => self.timestamp_days,
            _ => self.delegated_days,
        };
        let span = SignedDuration::from_hours(i64::from(days) * 24);
        now.checked_add(span).map(whole_seconds).map_err(Error::metadata)
    }
}

/// TUF's times have no fractions of a second.
pub(crate) fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

//! Who signs what: the roles of the repository.

use plan::names::{EMERGENCY_ROLE, EXPORTS_ROLE, POLICIES_ROLE, VENDOR_ROLE, is_name, vendor_role};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Role {
    /// says whose keys are whose
    Root,
    /// signs the plan, and who the delegated roles are
    Targets,
    /// says which versions belong together
    Snapshot,
    /// says what is newest, every day
    Timestamp,
    /// stops releases
    Emergency,
    /// signs policies, matchers, settings and messages
    Policies,
    /// signs exporters
    Exports,
    /// signs the drivers of the vendor with this name
    Vendor(String),
}

impl Role {
    /// All but the vendors', in the order in which a ceremony names them.
    pub const FIXED: [Self; 7] = [
        Self::Root,
        Self::Targets,
        Self::Snapshot,
        Self::Timestamp,
        Self::Emergency,
        Self::Policies,
        Self::Exports,
    ];

    /// Are its keys named in the root, and not by the `targets` role?
    #[must_use]
    pub fn is_top(&self) -> bool {
        matches!(self, Self::Root | Self::Targets | Self::Snapshot | Self::Timestamp)
    }

    /// The file of one of its versions; the timestamp has one file only.
    #[must_use]
    pub fn file(&self, version: u64) -> String {
        match self {
            Self::Timestamp => "timestamp.json".to_owned(),
            role => format!("{version}.{role}.json"),
        }
    }

    /// Its name in a snapshot.
    #[must_use]
    pub fn in_snapshot(&self) -> String {
        format!("{self}.json")
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.pad("root"),
            Self::Targets => f.pad("targets"),
            Self::Snapshot => f.pad("snapshot"),
            Self::Timestamp => f.pad("timestamp"),
            Self::Emergency => f.pad(EMERGENCY_ROLE),
            Self::Policies => f.pad(POLICIES_ROLE),
            Self::Exports => f.pad(EXPORTS_ROLE),
            Self::Vendor(name) => f.pad(&vendor_role(name)),
        }
    }
}

/// A word that is no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of root, targets, snapshot, timestamp, emergency, policies, exports and vendor-NAME")]
pub struct NoRole(String);

impl FromStr for Role {
    type Err = NoRole;

    fn from_str(text: &str) -> Result<Self, NoRole> {
        if let Some(vendor) = text.strip_prefix(VENDOR_ROLE).filter(|name| is_name(name)) {
            return Ok(Self::Vendor(vendor.to_owned()));
        }
        Self::FIXED
            .into_iter()
            .find(|role| role.to_string() == text)
            .ok_or_else(|| NoRole(text.to_owned()))
    }
}

impl TryFrom<String> for Role {
    type Error = NoRole;

    fn try_from(text: String) -> Result<Self, NoRole> {
        text.parse()
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.to_string()
    }
}

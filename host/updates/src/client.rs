//! The workflow of a TUF client (section 5 of the specification), in its order.

use crate::artifacts::Artifacts;
use crate::digest::{Sha256, Sha512};
use crate::refusal::Refusal;
use crate::source::Source;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// Most bytes and steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// bytes of `root.json`
    pub root: u64,
    /// bytes of `timestamp.json`
    pub timestamp: u64,
    /// bytes of `snapshot.json`, where no length was signed
    pub snapshot: u64,
    /// bytes of `targets.json` and of each delegated role, where no length was signed
    pub targets: u64,
    /// bytes of a target
    pub target: u64,
    /// new roots in one refresh
    pub roots: u32,
    /// roles that the search for a target visits
    pub roles: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            root: 512 << 10,
            timestamp: 64 << 10,
            snapshot: 2 << 20,
            targets: 5 << 20,
            target: crate::artifacts::MAX_ARTIFACT_BYTES,
            roots: 256,
            roles: 32,
        }
    }
}

/// What a kiosk trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// version of the root
    pub root: u64,
    /// version of `timestamp.json`; none before the first refresh
    pub timestamp: Option<u64>,
    /// version of `snapshot.json`
    pub snapshot: Option<u64>,
    /// version of `targets.json`
    pub targets: Option<u64>,
    /// when `timestamp.json` was signed, as it says itself
    pub signed_at: Option<Timestamp>,
    /// when the first of the four expires
    pub expires: Option<Timestamp>,
}

/// What a refresh changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// what was trusted before
    pub before: Versions,
    /// what is trusted now
    pub after: Versions,
}

/// A target, and who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// its name
    pub target: String,
    /// the role that signed it: `targets`, `policies`, `vendor-acme`
    pub role: String,
    /// bytes
    pub length: u64,
    /// its SHA-256, where it was signed
    pub sha256: Option<Sha256>,
    /// its SHA-512, where it was signed; there is one of the two at least
    pub sha512: Option<Sha512>,
}

/// A kiosk's trust: what it has of a repository, in a folder that changes at once or not at all.
#[derive(Debug)]
pub struct Client {
    folder: PathBuf,
    limits: Limits,
}

impl Client {
    /// Opens the folder, and makes it where there is none. Trust begins with the larger of the root that was shipped with the
    /// kiosk and the root in the folder.
    ///
    /// # Errors
    /// [`Refusal`] where the shipped root is no root, or the folder cannot be used or is in use.
    pub fn open(folder: &Path, shipped_root: &[u8]) -> Result<Self, Refusal> {
        Self::with_limits(folder, shipped_root, Limits::default())
    }

    /// As [`Client::open`], with other limits.
    ///
    /// # Errors
    /// As [`Client::open`].
    pub fn with_limits(folder: &Path, shipped_root: &[u8], limits: Limits) -> Result<Self, Refusal> {
        let _ = shipped_root;
        Ok(Self {
            folder: folder.to_owned(),
            limits,
        })
    }

    /// Takes what is new (5.3 to 5.6): roots, timestamp, snapshot, targets. `now` is [`crate::time::TrustedTime::now`].
    ///
    /// # Errors
    /// [`Refusal`]. Where the source failed, nothing but new roots was taken.
    pub fn refresh(&mut self, source: &dyn Source, now: Timestamp) -> Result<Refreshed, Refusal> {
        let _ = (source, now, &self.folder);
        Err(Refusal::Empty)
    }

    /// Who signed a target, and what it must be (5.6.7). Roles are fetched as the search needs them.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Unsigned`] where nobody signed it, [`Refusal::Unanswered`] where that cannot be told.
    pub fn find(&mut self, source: &dyn Source, target: &str, now: Timestamp) -> Result<Found, Refusal> {
        let _ = (source, target, now, self.limits);
        Err(Refusal::Empty)
    }

    /// Finds a target and fetches it into the artifact store (5.7); what is there already is not fetched again.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn fetch(
        &mut self,
        source: &dyn Source,
        target: &str,
        now: Timestamp,
        artifacts: &Artifacts,
    ) -> Result<Sha256, Refusal> {
        let _ = artifacts;
        self.find(source, target, now).and(Err(Refusal::Empty))
    }

    /// As [`Client::fetch`], of a file that the plan pins: what its role signed must be that file.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Unplanned`] where its role signed something else.
    pub fn fetch_planned(
        &mut self,
        source: &dyn Source,
        file: &plan::item::File,
        now: Timestamp,
        artifacts: &Artifacts,
    ) -> Result<Sha256, Refusal> {
        self.fetch(source, &file.target, now, artifacts)
    }

    /// What is trusted now.
    #[must_use]
    pub fn trusted(&self) -> Versions {
        Versions::default()
    }
}

//! Fetching targets (5.7 of the specification).

use crate::artifacts::Artifacts;
use crate::client::{Client, Found};
use crate::digest::Sha256;
use crate::refusal::Refusal;
use crate::source::Source;
use jiff::Timestamp;

impl Client {
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
        let found = self.find(source, target, now)?;
        self.download(source, &found, artifacts)
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
        let found = self.find(source, &file.target, now)?;
        let signed = found.sha256.filter(|sha256| sha256.to_string() == file.sha256);
        if signed.is_none() || found.length != file.length {
            return Err(Refusal::Unplanned {
                target: found.target,
                role: quotation::phrase(&found.role),
            });
        }
        self.download(source, &found, artifacts)
    }

    /// Fetches what was found.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn download(&self, source: &dyn Source, found: &Found, artifacts: &Artifacts) -> Result<Sha256, Refusal> {
        let limit = self.limits.target;
        if found.length > limit {
            return Err(Refusal::Oversized {
                what: found.target.clone(),
                length: found.length,
                limit,
            });
        }
        artifacts.take(source, &self.target_path(found), found)
    }

    /// Where a target lies in the repository: `a/b` is `a/DIGEST.b` where it has consistent snapshots.
    fn target_path(&self, found: &Found) -> String {
        if !self.state.root.content().consistent_snapshot {
            return found.target.clone();
        }
        let digest = found.digests().name();
        match found.target.rsplit_once('/') {
            Some((folder, name)) => format!("{folder}/{digest}.{name}"),
            None => format!("{digest}.{}", found.target),
        }
    }
}

//! The search for a target among the roles (5.6.7 of the specification).
//!
//! Roles are asked in the order in which they are delegated, each before those that it delegates to, and only those on the way to
//! the target are fetched. A role that cannot be read ends the search: one that comes later must not answer in its place. So a
//! vendor's role that has expired harms that vendor's targets and nobody else's.

use crate::client::{Client, Found, State, as_announced, fetch, usable, versioned};
use crate::delegation::Delegation;
use crate::digest::Digests;
use crate::metadata::{Metadata, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, TargetsContent, role_file};
use crate::refusal::Refusal;
use crate::signatures::verify_delegated;
use crate::source::Source;
use crate::store::Changes;
use jiff::Timestamp;
use std::borrow::Cow;
use std::collections::HashSet;

/// The role that is asked first.
const FIRST: &str = "targets";
/// Longest name of a target in bytes.
const MAX_TARGET_NAME_BYTES: usize = 512;

impl Client {
    /// Who signed a target, and what it must be (5.6.7). Roles are fetched as the search needs them.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Unsigned`] where nobody signed it, [`Refusal::Unanswered`] where that cannot be told.
    pub fn find(&mut self, source: &dyn Source, target: &str, now: Timestamp) -> Result<Found, Refusal> {
        self.check_state(now)?;
        self.search(source, target, now)
    }

    /// Is what is trusted whole, and in time?
    fn check_state(&self, now: Timestamp) -> Result<(), Refusal> {
        let State {
            root,
            timestamp: Some(timestamp),
            snapshot: Some(snapshot),
            targets: Some(targets),
        } = &self.state
        else {
            return Err(Refusal::Empty);
        };
        root.check_expiry(ROOT, now)?;
        timestamp.check_expiry(TIMESTAMP, now)?;
        snapshot.check_expiry(SNAPSHOT, now)?;
        targets.check_expiry(TARGETS, now)?;
        // A refresh that was refused half-way leaves a timestamp without its snapshot, or a snapshot without its targets.
        let announced = timestamp.content().snapshot().ok_or(Refusal::Empty)?;
        as_announced(SNAPSHOT, announced.version.get(), snapshot.version())?;
        let announced = snapshot.content().meta.get(TARGETS).ok_or(Refusal::Empty)?;
        as_announced(TARGETS, announced.version.get(), targets.version())
    }

    fn search(&self, source: &dyn Source, target: &str, now: Timestamp) -> Result<Found, Refusal> {
        check_name(target)?;
        let limit = self.limits.roles;
        let first = self.state.targets.as_ref().ok_or(Refusal::Empty)?;
        let mut content = Cow::Borrowed(first.content());
        let mut role = FIRST.to_owned();
        let mut asked = HashSet::from([role.clone()]);
        // The next one to be asked stands at the end.
        let mut pending = Vec::new();
        loop {
            if let Some(file) = content.targets.get(target) {
                let Digests { sha256, sha512 } = Digests::read(target, &file.hashes)?;
                return Ok(Found {
                    target: target.to_owned(),
                    role,
                    length: file.length,
                    sha256,
                    sha512,
                });
            }
            ask_next(&content, target, &mut pending);
            let next = loop {
                let Some(next) = pending.pop() else {
                    let target = target.to_owned();
                    return Err(Refusal::Unsigned { target });
                };
                // Two may delegate to the same role, or roles to each other.
                if asked.insert(next.role.clone()) {
                    break next;
                }
            };
            if asked.len() as u64 > u64::from(limit) {
                let target = target.to_owned();
                return Err(Refusal::Delegations { target, limit });
            }
            let answer = self.role(source, &next, now).map_err(|cause| Refusal::Unanswered {
                target: target.to_owned(),
                role: quotation::phrase(&next.role),
                cause: Box::new(cause),
            })?;
            content = Cow::Owned(answer.into_content());
            role = next.role;
        }
    }

    /// A delegated role's file (5.6.1 to 5.6.6).
    fn role(
        &self,
        source: &dyn Source,
        delegation: &Delegation,
        now: Timestamp,
    ) -> Result<Metadata<TargetsContent>, Refusal> {
        let what = role_file(&delegation.role);
        // The snapshot lists roles by their names as they are; only files' names are encoded.
        let listed = format!("{}.json", delegation.role);
        let read = |bytes| {
            let metadata = Metadata::read(&what, bytes)?;
            verify_delegated(delegation, &what, &metadata)?;
            Ok(metadata)
        };
        let kept = usable(self.store.read(&what)?, read);
        let State {
            root,
            snapshot: Some(snapshot),
            ..
        } = &self.state
        else {
            return Err(Refusal::Empty);
        };
        let announced = snapshot
            .content()
            .meta
            .get(&listed)
            .ok_or_else(|| Refusal::Unlisted { what: what.clone() })?;
        let version = announced.version.get();
        if let Some(kept) = kept.filter(|kept| kept.version() == version)
            && announced.check(&what, &kept.bytes).is_ok()
        {
            kept.check_expiry(&what, now)?;
            return Ok(kept);
        }
        let name = versioned(root, version, &what);
        let limit = announced.length.unwrap_or(u64::MAX).min(self.limits.targets);
        let bytes = fetch(source, &name, limit, announced.length)?;
        announced.check(&what, &bytes)?;
        let new = read(bytes)?;
        as_announced(&what, version, new.version())?;
        new.check_expiry(&what, now)?;
        self.store
            .commit(&Changes::from([(what.clone(), Some(new.bytes.clone()))]))?;
        Ok(new)
    }
}

/// Puts the roles that this one delegates the target to before all that are still to be asked; after a terminating one, nobody
/// else is asked.
fn ask_next(content: &TargetsContent, target: &str, pending: &mut Vec<Delegation>) {
    let mut next = Vec::new();
    for delegation in content.delegations.iter().flat_map(|delegations| &delegations.0) {
        if delegation.covers(target) {
            next.push(delegation.clone());
            if delegation.terminating {
                pending.clear();
                break;
            }
        }
    }
    pending.extend(next.into_iter().rev());
}

/// Parts between `/`, none of them empty, `.` or `..`; no control character.
fn check_name(target: &str) -> Result<(), Refusal> {
    let part_is_plain = |part: &str| !matches!(part, "" | "." | "..");
    let plain = target.len() <= MAX_TARGET_NAME_BYTES
        && target.split('/').all(part_is_plain)
        && !target.chars().any(|letter| letter.is_control() || letter == '\\');
    if plain {
        Ok(())
    } else {
        let target = quotation::phrase(target.escape_default());
        Err(Refusal::Name { target })
    }
}

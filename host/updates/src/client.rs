//! The workflow of a TUF client (section 5 of the specification), in its order.

use crate::digest::{Digests, Sha256, Sha512};
use crate::disk::{Disk, SystemDisk};
use crate::metadata::{
    Metadata, ROOT, SNAPSHOT, SnapshotContent, TARGETS, TIMESTAMP, TargetsContent, TimestampContent,
};
use crate::refusal::Refusal;
use crate::signatures::{lost_keys, verify};
use crate::source::{Source, SourceError};
use crate::store::{Changes, Store};
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use tough::schema::{RoleType, Root};

/// Most bytes and steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// bytes of `root.json`
    pub root: u64,
    /// bytes of `timestamp.json`
    pub timestamp: u64,
    /// bytes of `snapshot.json`
    pub snapshot: u64,
    /// bytes of `targets.json` and of each delegated role
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
            target: 64 << 20,
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
    /// when `timestamp.json` was signed, as it says itself; never later than any of the four expires, so that whoever holds the
    /// timestamp's key alone cannot move a kiosk's time past what the other keys vouch for
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

impl Found {
    pub(crate) fn digests(&self) -> Digests {
        Digests {
            sha256: self.sha256,
            sha512: self.sha512,
        }
    }
}

/// What is trusted. Each file was verified with the keys of the one before it.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) root: Metadata<Root>,
    pub(crate) timestamp: Option<Metadata<TimestampContent>>,
    pub(crate) snapshot: Option<Metadata<SnapshotContent>>,
    pub(crate) targets: Option<Metadata<TargetsContent>>,
}

/// A kiosk's trust: what it has of a repository, in a folder that changes at once or not at all.
#[derive(Debug)]
pub struct Client {
    pub(crate) store: Store,
    pub(crate) limits: Limits,
    pub(crate) state: State,
}

impl Client {
    /// Opens the folder, and makes it where there is none. Trust begins with the larger of the root that was shipped with the
    /// kiosk and the root in the folder.
    ///
    /// # Errors
    /// [`Refusal`] where the shipped root is no root, or the folder cannot be used or is in use.
    pub fn open(folder: &Path, shipped_root: &[u8]) -> Result<Self, Refusal> {
        Self::with(folder, shipped_root, Limits::default(), Arc::new(SystemDisk))
    }

    /// As [`Client::open`], with other limits and another disk.
    ///
    /// # Errors
    /// As [`Client::open`].
    pub fn with(folder: &Path, shipped_root: &[u8], limits: Limits, disk: Arc<dyn Disk>) -> Result<Self, Refusal> {
        let shipped = read_root("the shipped root.json", shipped_root.to_vec())?;
        let store = Store::open(folder, disk)?;
        let stored = usable(store.read(ROOT)?, |bytes| read_root(ROOT, bytes));
        let root = match stored {
            Some(stored) if stored.version() >= shipped.version() => stored,
            stored => {
                // 5.2; a newer root that comes with a new kiosk's program is a rotation like any other.
                let mut changes = Changes::from([(ROOT.to_owned(), Some(shipped.bytes.clone()))]);
                if let Some(stored) = stored {
                    forget_rotated(&stored, &shipped, &mut changes);
                }
                store.commit(&changes)?;
                shipped
            }
        };
        let mut client = Self {
            state: State {
                root,
                timestamp: None,
                snapshot: None,
                targets: None,
            },
            store,
            limits,
        };
        client.load()?;
        Ok(client)
    }

    /// Takes what is new (5.3 to 5.6): roots, timestamp, snapshot, targets. `now` is [`crate::time::TrustedTime::now`].
    ///
    /// # Errors
    /// [`Refusal`]. Each file that was in order stays taken, as the specification has it. Where the source failed, because it
    /// could not be reached or was pulled, nothing but new roots was taken.
    pub fn refresh(&mut self, source: &dyn Source, now: Timestamp) -> Result<Refreshed, Refusal> {
        if self.store.settle()? {
            self.load()?;
        }
        let before = self.trusted();
        self.take_roots(source)?;
        self.state.root.check_expiry(ROOT, now)?;
        let mut changes = Changes::new();
        let result = self.take_all(source, now, &mut changes);
        match result {
            Err(refusal) if refusal.is_passing() => {
                self.load()?;
                return Err(refusal);
            }
            Err(refusal) => {
                self.keep(&changes)?;
                return Err(refusal);
            }
            Ok(()) => self.keep(&changes)?,
        }
        let after = self.trusted();
        tracing::debug!(?before, ?after, "refreshed");
        Ok(Refreshed { before, after })
    }

    /// What is trusted now.
    #[must_use]
    pub fn trusted(&self) -> Versions {
        let State {
            root,
            timestamp,
            snapshot,
            targets,
        } = &self.state;
        let expiries = [
            Some(root.expires()),
            timestamp.as_ref().map(Metadata::expires),
            snapshot.as_ref().map(Metadata::expires),
            targets.as_ref().map(Metadata::expires),
        ];
        let expires = expiries
            .iter()
            .all(Option::is_some)
            .then(|| expiries.into_iter().flatten().min())
            .flatten();
        let signed_at = timestamp.as_ref().and_then(|timestamp| timestamp.content().signed_at);
        Versions {
            root: root.version(),
            timestamp: timestamp.as_ref().map(Metadata::version),
            snapshot: snapshot.as_ref().map(Metadata::version),
            targets: targets.as_ref().map(Metadata::version),
            signed_at: signed_at.zip(expires).map(|(at, expires)| at.min(expires)),
            expires,
        }
    }

    /// What of the folder the root's keys vouch for.
    fn load(&mut self) -> Result<(), Refusal> {
        let root = usable(self.store.read(ROOT)?, |bytes| read_root(ROOT, bytes));
        if let Some(root) = root.filter(|root| root.version() > self.state.root.version()) {
            self.state.root = root;
        }
        let root = self.state.root.content();
        let timestamp = usable(self.store.read(TIMESTAMP)?, |bytes| {
            let timestamp = Metadata::read(TIMESTAMP, bytes)?;
            verify(root, TIMESTAMP, &timestamp)?;
            Ok(timestamp)
        });
        let snapshot = usable(self.store.read(SNAPSHOT)?, |bytes| {
            let snapshot = Metadata::read(SNAPSHOT, bytes)?;
            verify(root, SNAPSHOT, &snapshot)?;
            Ok(snapshot)
        });
        let targets = usable(self.store.read(TARGETS)?, |bytes| {
            let targets = Metadata::read(TARGETS, bytes)?;
            verify(root, TARGETS, &targets)?;
            Ok(targets)
        });
        self.state.timestamp = timestamp;
        self.state.snapshot = snapshot;
        self.state.targets = targets;
        Ok(())
    }

    /// Makes changes durable; where that fails, what is on the disk is what is trusted.
    fn keep(&mut self, changes: &Changes) -> Result<(), Refusal> {
        let kept = self.store.commit(changes);
        if kept.is_err() {
            self.load()?;
        }
        kept
    }

    /// Root after root, each signed by the one before it and by itself (5.3.2 to 5.3.9). Each is kept before the next is asked for.
    fn take_roots(&mut self, source: &dyn Source) -> Result<(), Refusal> {
        let limit = self.limits.roots;
        for taken in 0.. {
            let expected = self.state.root.version() + 1;
            let what = format!("{expected}.{ROOT}");
            let bytes = match source.metadata(&what, self.limits.root) {
                Ok(_) if taken == limit => return Err(Refusal::Roots { limit }),
                Ok(bytes) => bytes,
                Err(SourceError::NotFound(_)) => break,
                Err(cause) => return Err(failed(source, cause)),
            };
            let next = Metadata::read(&what, bytes)?;
            verify(self.state.root.content(), &what, &next)?;
            verify(next.content(), &what, &next)?;
            let found = next.version();
            if found != expected {
                return Err(Refusal::RootOrder { expected, found });
            }
            let mut changes = Changes::from([(ROOT.to_owned(), Some(next.bytes.clone()))]);
            forget_rotated(&self.state.root, &next, &mut changes);
            self.store.commit(&changes)?;
            self.state.root = next;
            self.load()?;
        }
        Ok(())
    }

    fn take_all(&mut self, source: &dyn Source, now: Timestamp, changes: &mut Changes) -> Result<(), Refusal> {
        self.take_timestamp(source, now, changes)?;
        self.take_snapshot(source, now, changes)?;
        self.take_targets(source, now, changes)
    }

    /// 5.4
    fn take_timestamp(&mut self, source: &dyn Source, now: Timestamp, changes: &mut Changes) -> Result<(), Refusal> {
        let bytes = source
            .metadata(TIMESTAMP, self.limits.timestamp)
            .map_err(|cause| failed(source, cause))?;
        let new: Metadata<TimestampContent> = Metadata::read(TIMESTAMP, bytes)?;
        verify(self.state.root.content(), TIMESTAMP, &new)?;
        if let Some(old) = &self.state.timestamp {
            not_older(TIMESTAMP, old.version(), new.version())?;
            if new.version() == old.version() {
                // 5.4.3.1: nothing new, and whatever else it says is not taken. What it announced may still have to be fetched.
                return old.check_expiry(TIMESTAMP, now);
            }
            let announced = |timestamp: &Metadata<TimestampContent>| {
                let snapshot = timestamp.content().snapshot();
                snapshot.map_or(0, |snapshot| snapshot.version.get())
            };
            not_older(&format!("{SNAPSHOT} in {TIMESTAMP}"), announced(old), announced(&new))?;
        }
        new.check_expiry(TIMESTAMP, now)?;
        changes.insert(TIMESTAMP.to_owned(), Some(new.bytes.clone()));
        self.state.timestamp = Some(new);
        Ok(())
    }

    /// 5.5
    fn take_snapshot(&mut self, source: &dyn Source, now: Timestamp, changes: &mut Changes) -> Result<(), Refusal> {
        let State {
            root,
            timestamp,
            snapshot: old,
            ..
        } = &self.state;
        let announced = timestamp
            .as_ref()
            .and_then(|timestamp| timestamp.content().snapshot())
            .ok_or(Refusal::Empty)?;
        let version = announced.version.get();
        if let Some(old) = old.as_ref().filter(|old| old.version() == version)
            && announced.check(SNAPSHOT, &old.bytes).is_ok()
        {
            return old.check_expiry(SNAPSHOT, now);
        }
        let name = versioned(root, version, SNAPSHOT);
        let limit = announced.length.unwrap_or(u64::MAX).min(self.limits.snapshot);
        let bytes = fetch(source, &name, limit, announced.length)?;
        announced.check(SNAPSHOT, &bytes)?;
        let new: Metadata<SnapshotContent> = Metadata::read(SNAPSHOT, bytes)?;
        verify(root.content(), SNAPSHOT, &new)?;
        as_announced(SNAPSHOT, version, new.version())?;
        if let Some(old) = old {
            not_older(SNAPSHOT, old.version(), new.version())?;
            for (what, seen) in &old.content().meta {
                let Some(found) = new.content().meta.get(what) else {
                    return Err(Refusal::Dropped {
                        what: quotation::phrase(what),
                    });
                };
                not_older(
                    &format!("{what} in {SNAPSHOT}"),
                    seen.version.get(),
                    found.version.get(),
                )?;
            }
        }
        new.check_expiry(SNAPSHOT, now)?;
        changes.insert(SNAPSHOT.to_owned(), Some(new.bytes.clone()));
        self.state.snapshot = Some(new);
        Ok(())
    }

    /// 5.6
    fn take_targets(&mut self, source: &dyn Source, now: Timestamp, changes: &mut Changes) -> Result<(), Refusal> {
        let State {
            root,
            snapshot,
            targets: old,
            ..
        } = &self.state;
        let announced = snapshot
            .as_ref()
            .and_then(|snapshot| snapshot.content().meta.get(TARGETS))
            .ok_or(Refusal::Empty)?;
        let version = announced.version.get();
        if let Some(old) = old.as_ref().filter(|old| old.version() == version)
            && announced.check(TARGETS, &old.bytes).is_ok()
        {
            return old.check_expiry(TARGETS, now);
        }
        let name = versioned(root, version, TARGETS);
        let limit = announced.length.unwrap_or(u64::MAX).min(self.limits.targets);
        let bytes = fetch(source, &name, limit, announced.length)?;
        announced.check(TARGETS, &bytes)?;
        let new: Metadata<TargetsContent> = Metadata::read(TARGETS, bytes)?;
        verify(root.content(), TARGETS, &new)?;
        as_announced(TARGETS, version, new.version())?;
        new.check_expiry(TARGETS, now)?;
        changes.insert(TARGETS.to_owned(), Some(new.bytes.clone()));
        self.state.targets = Some(new);
        Ok(())
    }
}

/// A root that its own keys signed.
fn read_root(what: &str, bytes: Vec<u8>) -> Result<Metadata<Root>, Refusal> {
    let root: Metadata<Root> = Metadata::read(what, bytes)?;
    verify(root.content(), what, &root)?;
    Ok(root)
}

/// What lies in the folder and is in order. What is not is as good as absent: it is fetched again.
pub(crate) fn usable<C>(
    bytes: Option<Vec<u8>>,
    read: impl FnOnce(Vec<u8>) -> Result<Metadata<C>, Refusal>,
) -> Option<Metadata<C>> {
    match read(bytes?) {
        Ok(metadata) => Some(metadata),
        Err(refusal) => {
            tracing::info!(code = refusal.code(), %refusal, "stored metadata are no longer trusted");
            None
        }
    }
}

/// 5.3.11: after keys were taken from the timestamp or the snapshot role, their files go, so that whoever had such a key and made
/// versions run ahead cannot keep the kiosk from what comes. A key that was only added takes nothing away.
fn forget_rotated(before: &Metadata<Root>, after: &Metadata<Root>, changes: &mut Changes) {
    let lost = |role| lost_keys(role, before.content(), after.content());
    if lost(RoleType::Timestamp) || lost(RoleType::Snapshot) {
        changes.insert(TIMESTAMP.to_owned(), None);
        changes.insert(SNAPSHOT.to_owned(), None);
    }
}

/// A metadata file's name in the repository.
pub(crate) fn versioned(root: &Metadata<Root>, version: u64, file: &str) -> String {
    if root.content().consistent_snapshot {
        format!("{version}.{file}")
    } else {
        file.to_owned()
    }
}

/// A metadata file of a signed length, where one was signed.
pub(crate) fn fetch(source: &dyn Source, name: &str, limit: u64, signed: Option<u64>) -> Result<Vec<u8>, Refusal> {
    source.metadata(name, limit).map_err(|cause| match (cause, signed) {
        (SourceError::TooLarge { .. }, Some(expected)) if expected == limit => Refusal::Length {
            what: name.to_owned(),
            expected,
            found: limit.saturating_add(1),
        },
        (cause, _) => failed(source, cause),
    })
}

pub(crate) fn failed(source: &dyn Source, cause: SourceError) -> Refusal {
    Refusal::Source {
        place: source.describe(),
        cause,
    }
}

fn not_older(what: &str, seen: u64, found: u64) -> Result<(), Refusal> {
    if found >= seen {
        return Ok(());
    }
    Err(Refusal::Rollback {
        what: quotation::phrase(what),
        seen,
        found,
    })
}

pub(crate) fn as_announced(what: &str, expected: u64, found: u64) -> Result<(), Refusal> {
    if found == expected {
        return Ok(());
    }
    Err(Refusal::Mixed {
        what: what.to_owned(),
        expected,
        found,
    })
}

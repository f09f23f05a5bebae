//! The commission's folder: configuration, public keys, the repository, and changes that wait.

use crate::ceremony::Ceremony;
use crate::change::{Base, Change};
use crate::configuration::{self, Configuration, whole_seconds};
use crate::draft::Draft;
use crate::error::Error;
use crate::key::{PublicKey, SecretKey};
use crate::metadata::{SPECIFICATION, Signers, encode, metafile, next, sha256, sign, unsigned};
use crate::role::Role;
use crate::state::{State, target_file};
use crate::write::{self, Batch, Writes};
use jiff::{SignedDuration, Timestamp};
use plan::item::{File as PlannedFile, ItemId};
use plan::names::SIGNED_AT;
use plugin_package::{Manifest, read_manifest};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use tough::schema::{Root, Signed, Snapshot, Targets, Timestamp as Newest};

/// The newest root, for new kiosks.
pub const ROOT: &str = "root.json";
/// The folder of public keys.
pub const KEYS: &str = "keys";
/// The folder that kiosks read, over HTTPS or on a stick.
pub const REPOSITORY: &str = "repository";
/// The folder of files of changes that wait for signatures.
pub const PENDING: &str = "pending";

/// A folder of the commission. One command works in it at a time.
#[derive(Debug)]
pub struct Workshop {
    folder: PathBuf,
    configuration: Configuration,
    _lock: File,
}

/// What a finished change brought: the new version of each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// by role
    pub versions: BTreeMap<Role, u64>,
    /// until when a kiosk takes this without news
    pub expires: Timestamp,
}

impl Workshop {
    /// Makes a folder with its configuration; one that is there is opened as it is.
    ///
    /// # Errors
    /// [`Error::File`], and those of [`Workshop::open`].
    pub fn create(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(configuration::FILE);
        if !path.exists() {
            for part in [KEYS, PENDING] {
                let part = folder.join(part);
                std::fs::create_dir_all(&part).map_err(Error::file(&part))?;
            }
            write::replace(&path, configuration::EXAMPLE.as_bytes())?;
        }
        Self::open(folder)
    }

    /// Opens a folder; what an interrupted command left is brought to its end.
    ///
    /// # Errors
    /// [`Error::NoWorkshop`], [`Error::Busy`], [`Error::Configuration`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let configuration = Configuration::read(folder)?;
        let path = folder.join(configuration::FILE);
        let lock = File::open(&path).map_err(Error::file(&path))?;
        file_lock::lock(&lock).map_err(|_| Error::Busy(folder.to_owned()))?;
        write::finish(folder, &mut Writes::default())?;
        Ok(Self {
            folder: folder.to_owned(),
            configuration,
            _lock: lock,
        })
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder that kiosks read.
    #[must_use]
    pub fn repository(&self) -> PathBuf {
        self.folder.join(REPOSITORY)
    }

    /// Its configuration.
    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// Works with another configuration than the file's.
    #[must_use]
    pub fn configured(mut self, configuration: Configuration) -> Self {
        self.configuration = configuration;
        self
    }

    /// The repository as it is; none before the ceremony.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn state(&self) -> Result<Option<State>, Error> {
        State::read(&self.repository())
    }

    /// The repository as it is.
    ///
    /// # Errors
    /// [`Error::Damaged`]; [`Error::Rule`] before the ceremony.
    pub fn present(&self) -> Result<State, Error> {
        self.state()?.ok_or_else(|| no_repository(&self.folder))
    }

    /// A change in the making.
    ///
    /// # Errors
    /// Those of [`Workshop::present`] and [`Workshop::holders`].
    pub fn draft(&self, now: Timestamp) -> Result<Draft, Error> {
        let mut draft = Draft::new(self.present()?, &self.configuration, now);
        draft.name_holders(&self.holders()?)?;
        Ok(draft)
    }

    /// The first change of a folder that has no repository.
    ///
    /// # Errors
    /// [`Error::Ceremony`] where there is one already.
    pub fn ceremony(&self, ceremony: &Ceremony, now: Timestamp) -> Result<Change, Error> {
        if self.state()?.is_some() {
            return Err(Error::Ceremony(self.folder.clone()));
        }
        ceremony.change(&self.configuration, now)
    }

    /// The public keys of the folder, by holder.
    ///
    /// # Errors
    /// [`Error::NotAPublicKey`].
    pub fn holders(&self) -> Result<Vec<PublicKey>, Error> {
        holders(&self.folder)
    }

    /// The public key of a holder.
    ///
    /// # Errors
    /// [`Error::Rule`] where the folder has none.
    pub fn holder(&self, name: &str) -> Result<PublicKey, Error> {
        let found = self.holders()?.into_iter().find(|key| key.holder == name);
        found.ok_or_else(|| {
            let path = self.folder.join(KEYS).join(crate::keyfile::public_name(name));
            Error::Rule(format!(
                "the public key of {name} is missing: copy it to {}, or make one with `keys new`",
                path.display()
            ))
        })
    }

    /// Files a public key under its holder's name.
    ///
    /// # Errors
    /// [`Error::Exists`] where the holder has another one.
    pub fn add_holder(&self, key: &PublicKey) -> Result<(), Error> {
        let folder = self.folder.join(KEYS);
        std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        let path = folder.join(crate::keyfile::public_name(&key.holder));
        if path.exists() {
            return match crate::keyfile::read_public(&path)? == *key {
                true => Ok(()),
                false => Err(Error::Exists(path)),
            };
        }
        write::replace(&path, &encode(key)?)
    }

    /// The bytes of a file of the plan.
    ///
    /// # Errors
    /// [`Error::File`] where it is missing, [`Error::Damaged`] where it is not what was signed.
    pub fn bytes(&self, file: &PlannedFile) -> Result<Vec<u8>, Error> {
        let path = self.repository().join(target_file(&file.target, &file.sha256));
        let bytes = std::fs::read(&path).map_err(Error::file(&path))?;
        if sha256(&bytes) == file.sha256 {
            return Ok(bytes);
        }
        Err(Error::damaged(&path, "its digest is not the one that was signed"))
    }

    /// What an item's newest component says of itself.
    ///
    /// # Errors
    /// [`Error::Rule`] where there is no such item, or it is no plugin; those of [`Workshop::bytes`].
    pub fn manifest(&self, id: &ItemId) -> Result<Manifest, Error> {
        let state = self.present()?;
        let newest = state.plan.item(id).and_then(|item| item.releases.last());
        let newest = newest.ok_or_else(|| Error::Rule(format!("the plan has no {id}; see `status`")))?;
        let bytes = self.bytes(&newest.file)?;
        read_manifest(&bytes).map_err(|cause| Error::Rule(format!("{id}: {cause}")))
    }

    /// Keeps the files of a change until it is finished.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn stage(&self, change: &Change) -> Result<(), Error> {
        let folder = self.folder.join(PENDING);
        std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        for (digest, bytes) in &change.bytes {
            write::replace(&folder.join(digest), bytes)?;
        }
        Ok(())
    }

    /// Writes a change that has all its signatures, with a new snapshot and timestamp.
    ///
    /// # Errors
    /// [`Error::Missing`] names who is missing, [`Error::Stale`] where the repository went on meanwhile.
    pub fn finish(&self, change: &Change, keys: &[SecretKey], now: Timestamp) -> Result<Finished, Error> {
        self.finish_counting(change, keys, now, &mut Writes::default())
    }

    /// As [`Workshop::finish`], but as if the power were cut before a write. For tests.
    ///
    /// # Errors
    /// [`Error::Stopped`], and those of [`Workshop::finish`].
    pub fn finish_until(
        &self,
        change: &Change,
        keys: &[SecretKey],
        now: Timestamp,
        write: usize,
    ) -> Result<Finished, Error> {
        self.finish_counting(change, keys, now, &mut Writes::stopping_before(write))
    }

    fn finish_counting(
        &self,
        change: &Change,
        keys: &[SecretKey],
        now: Timestamp,
        writes: &mut Writes,
    ) -> Result<Finished, Error> {
        let state = self.state()?;
        let change = self.on_present(change, state.as_ref())?;
        let missing = change.missing()?;
        if !missing.is_empty() {
            return Err(Error::Missing(missing.join("; ")));
        }
        let documents = Documents::of(&change, state.as_ref(), &self.configuration, whole_seconds(now))?;
        let documents = documents.signed(keys, &self.holders()?)?;
        let mut batch = Batch::default();
        for (path, bytes) in self.targets(&change)? {
            batch.add(Path::new(REPOSITORY).join(path), bytes);
        }
        documents.write(&mut batch)?;
        batch.commit(&self.folder, writes)?;
        for file in &change.files {
            // What stays is found by its digest, and does no harm.
            let _ = std::fs::remove_file(self.folder.join(PENDING).join(&file.sha256));
        }
        Ok(documents.finished())
    }

    /// The change, held against the repository as it is: what it says it builds on is not believed.
    fn on_present(&self, change: &Change, state: Option<&State>) -> Result<Change, Error> {
        let mut change = change.clone();
        let Some(state) = state else {
            if change.base.is_some() {
                let folder = self.folder.display();
                return Err(Error::Rule(format!(
                    "the change is for a repository, but {folder} has none; finish it where it was prepared"
                )));
            }
            return Ok(change);
        };
        if change.base.is_none() {
            return Err(Error::Ceremony(self.folder.clone()));
        }
        let root = change.root.as_ref().map(|root| (Role::Root, root.signed.version));
        let roles = change.roles.iter();
        let versions = root
            .into_iter()
            .chain(roles.map(|(role, document)| (role.clone(), document.signed.version)));
        for (role, version) in versions {
            let present = state.version(&role);
            // A vendor counts by itself.
            let fits = match role {
                Role::Vendor(_) => version.get() > present,
                _ => version.get() == present.saturating_add(1),
            };
            if !fits {
                return Err(Error::Stale {
                    role,
                    now: present,
                    then: version.get().saturating_sub(1),
                });
            }
        }
        let touched: BTreeSet<Role> = change.roles.keys().cloned().collect();
        change.base = Some(Base::of(state, &touched));
        if let Some(plan) = change.plan()? {
            plan.check()?;
        }
        Ok(change)
    }

    /// New targets with their paths below the repository.
    fn targets(&self, change: &Change) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let mut all = Vec::new();
        for (name, text) in &change.texts {
            all.push((target_file(name, &sha256(text.as_bytes())), text.clone().into_bytes()));
        }
        for file in &change.files {
            let path = target_file(&file.target, &file.sha256);
            let pending = self.folder.join(PENDING).join(&file.sha256);
            let bytes = match change.bytes.get(&file.sha256) {
                Some(bytes) => bytes.clone(),
                None if self.repository().join(&path).exists() => continue,
                None => std::fs::read(&pending).map_err(|_| Error::NoBytes(file.target.clone()))?,
            };
            if sha256(&bytes) != file.sha256 {
                return Err(Error::damaged(&pending, "its digest is not its name"));
            }
            all.push((path, bytes));
        }
        Ok(all)
    }

    /// What [`Workshop::timestamp`] would sign now.
    ///
    /// # Errors
    /// Those of [`Workshop::present`].
    pub fn due(&self, now: Timestamp) -> Result<String, Error> {
        let state = self.present()?;
        let next = |role: &Role| format!("{role} {}", state.version(role).saturating_add(1));
        Ok(match self.is_snapshot_old(&state, now) {
            true => format!("{}, {}", next(&Role::Snapshot), next(&Role::Timestamp)),
            false => next(&Role::Timestamp),
        })
    }

    /// A snapshot is signed anew once it has lived for half of its time.
    fn is_snapshot_old(&self, state: &State, now: Timestamp) -> bool {
        let half = SignedDuration::from_hours(i64::from(self.configuration.lifetimes.snapshot_days) * 12);
        state.snapshot.signed.expires.duration_since(now) < half
    }

    /// Signs the timestamp anew, and the snapshot too once it has lived for half of its time.
    ///
    /// # Errors
    /// [`Error::Missing`] where the keys are not at hand.
    pub fn timestamp(&self, keys: &[SecretKey], now: Timestamp) -> Result<Finished, Error> {
        let state = self.present()?;
        let now = whole_seconds(now);
        let is_old = self.is_snapshot_old(&state, now);
        let documents = Documents::again(&state, is_old, &self.configuration, now)?;
        let documents = documents.signed(keys, &self.holders()?)?;
        let mut batch = Batch::default();
        documents.write(&mut batch)?;
        batch.commit(&self.folder, &mut Writes::default())?;
        Ok(documents.finished())
    }
}

/// Looks at a folder without keeping others out: its repository, and the public keys that it knows.
///
/// # Errors
/// [`Error::NoWorkshop`], [`Error::Damaged`], [`Error::NotAPublicKey`]; [`Error::Rule`] before the ceremony.
pub fn look(folder: &Path) -> Result<(State, Vec<PublicKey>), Error> {
    Configuration::read(folder)?;
    let state = State::read(&folder.join(REPOSITORY))?;
    Ok((state.ok_or_else(|| no_repository(folder))?, holders(folder)?))
}

fn no_repository(folder: &Path) -> Error {
    Error::Rule(format!(
        "{} has no repository yet; hold a ceremony first",
        folder.display()
    ))
}

fn holders(folder: &Path) -> Result<Vec<PublicKey>, Error> {
    let folder = folder.join(KEYS);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut keys = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(Error::file(&folder))? {
        let path = entry.map_err(Error::file(&folder))?.path();
        if path.to_string_lossy().ends_with(crate::keyfile::PUBLIC_END) {
            keys.push(crate::keyfile::read_public(&path)?);
        }
    }
    keys.sort_by(|one, other| one.holder.cmp(&other.holder));
    Ok(keys)
}

/// All that is written: the change's documents, and the snapshot and timestamp made of them.
struct Documents {
    old_root: Option<Signed<Root>>,
    root: Signed<Root>,
    is_root_new: bool,
    roles: BTreeMap<Role, Signed<Targets>>,
    /// none where it stays
    snapshot: Option<Signed<Snapshot>>,
    timestamp: Signed<Newest>,
}

impl Documents {
    fn of(
        change: &Change,
        state: Option<&State>,
        configuration: &Configuration,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let root = change
            .new_root()
            .cloned()
            .ok_or_else(|| Error::Metadata("there is no root".to_owned()))?;
        let mut all: BTreeMap<Role, Signed<Targets>> = BTreeMap::new();
        if let Some(state) = state {
            all.insert(Role::Targets, state.targets.clone());
            all.extend(state.roles.clone());
        }
        all.extend(change.roles.clone());
        let version = state.map_or(NonZeroU64::MIN, |state| next(state.snapshot.signed.version));
        let end = configuration.lifetimes.end(&Role::Snapshot, now)?;
        let mut snapshot = Snapshot::new(SPECIFICATION.to_owned(), version, end);
        for (role, document) in &all {
            let listed = match state.filter(|_| !change.roles.contains_key(role)) {
                // As it lies there, byte for byte.
                Some(state) => state.snapshot.signed.meta.get(&role.in_snapshot()).cloned(),
                None => None,
            };
            let listed = match listed {
                Some(listed) => listed,
                None => metafile(document.signed.version, &encode(document)?),
            };
            snapshot.meta.insert(role.in_snapshot(), listed);
        }
        let documents = Self {
            old_root: state.map(|state| state.root.clone()),
            root,
            is_root_new: change.root.is_some(),
            roles: change.roles.clone(),
            snapshot: Some(unsigned(snapshot)),
            timestamp: new_timestamp(state, configuration, now)?,
        };
        Ok(documents)
    }

    fn again(state: &State, is_old: bool, configuration: &Configuration, now: Timestamp) -> Result<Self, Error> {
        let mut snapshot = state.snapshot.signed.clone();
        snapshot.version = next(snapshot.version);
        snapshot.expires = configuration.lifetimes.end(&Role::Snapshot, now)?;
        let mut timestamp = new_timestamp(Some(state), configuration, now)?;
        timestamp.signed.meta = state.timestamp.signed.meta.clone();
        Ok(Self {
            old_root: Some(state.root.clone()),
            root: state.root.clone(),
            is_root_new: false,
            roles: BTreeMap::new(),
            snapshot: is_old.then(|| unsigned(snapshot)),
            timestamp,
        })
    }

    /// Signs snapshot and timestamp. Outgoing keys sign too, so that a kiosk takes them under the old root and the new one.
    fn signed(mut self, keys: &[SecretKey], holders: &[PublicKey]) -> Result<Self, Error> {
        if let Some(snapshot) = &mut self.snapshot {
            sign_top(
                snapshot,
                &Role::Snapshot,
                &self.root,
                self.old_root.as_ref(),
                keys,
                holders,
            )?;
            let listed = metafile(snapshot.signed.version, &encode(snapshot)?);
            self.timestamp.signed.meta = HashMap::from([(Role::Snapshot.in_snapshot(), listed)]);
        }
        let (root, old) = (&self.root, self.old_root.as_ref());
        sign_top(&mut self.timestamp, &Role::Timestamp, root, old, keys, holders)?;
        Ok(self)
    }

    /// Would a kiosk that has only the old root take all this?
    fn holds_under_old_root(&self) -> bool {
        let Some(old) = &self.old_root else { return false };
        let targets = self.roles.get(&Role::Targets);
        old.signed.verify_role(&self.timestamp).is_ok()
            && self
                .snapshot
                .as_ref()
                .is_none_or(|snapshot| old.signed.verify_role(snapshot).is_ok())
            && targets.is_none_or(|targets| old.signed.verify_role(targets).is_ok())
    }

    /// New files first, then what makes them seen.
    fn write(&self, batch: &mut Batch) -> Result<(), Error> {
        let place =
            |role: &Role, version: NonZeroU64| Path::new(REPOSITORY).join("metadata").join(role.file(version.get()));
        let root = encode(&self.root)?;
        let root_last = self.holds_under_old_root();
        for (role, document) in &self.roles {
            batch.add(place(role, document.signed.version), encode(document)?);
        }
        if let Some(snapshot) = &self.snapshot {
            batch.add(place(&Role::Snapshot, snapshot.signed.version), encode(snapshot)?);
        }
        let timestamp = (place(&Role::Timestamp, NonZeroU64::MIN), encode(&self.timestamp)?);
        let root_place = place(&Role::Root, self.root.signed.version);
        if self.is_root_new && !root_last {
            batch.add(root_place.clone(), root.clone());
        }
        batch.add(timestamp.0, timestamp.1);
        if self.is_root_new && root_last {
            batch.add(root_place, root.clone());
        }
        if self.is_root_new {
            batch.add(ROOT, root);
        }
        Ok(())
    }

    fn finished(&self) -> Finished {
        let mut versions: BTreeMap<Role, u64> = self
            .roles
            .iter()
            .map(|(role, document)| (role.clone(), document.signed.version.get()))
            .collect();
        if self.is_root_new {
            versions.insert(Role::Root, self.root.signed.version.get());
        }
        if let Some(snapshot) = &self.snapshot {
            versions.insert(Role::Snapshot, snapshot.signed.version.get());
        }
        versions.insert(Role::Timestamp, self.timestamp.signed.version.get());
        Finished {
            versions,
            expires: self.timestamp.signed.expires,
        }
    }
}

fn new_timestamp(
    state: Option<&State>,
    configuration: &Configuration,
    now: Timestamp,
) -> Result<Signed<Newest>, Error> {
    let present = state.map(|state| &state.timestamp.signed);
    let before = present.and_then(|present| present._extra.get(SIGNED_AT)?.as_str()?.parse::<Timestamp>().ok());
    if let Some(before) = before.filter(|before| *before > now) {
        return Err(Error::Rule(format!(
            "this machine's clock says {now}, but the last timestamp was signed at {before}; set the clock"
        )));
    }
    let version = present.map_or(NonZeroU64::MIN, |present| next(present.version));
    let end = configuration.lifetimes.end(&Role::Timestamp, now)?;
    let mut timestamp = Newest::new(SPECIFICATION.to_owned(), version, end);
    timestamp
        ._extra
        .insert(SIGNED_AT.to_owned(), serde_json::Value::String(now.to_string()));
    Ok(unsigned(timestamp))
}

fn sign_top<T: tough::schema::Role>(
    document: &mut Signed<T>,
    role: &Role,
    root: &Signed<Root>,
    old: Option<&Signed<Root>>,
    keys: &[SecretKey],
    holders: &[PublicKey],
) -> Result<(), Error> {
    let nobody = || Error::Metadata(format!("nobody is named who signs {role}"));
    let signers = Signers::of_top(&root.signed, role).ok_or_else(nobody)?;
    let outgoing = old.and_then(|old| Signers::of_top(&old.signed, role));
    for key in keys {
        if signers.has(key.id()) || outgoing.as_ref().is_some_and(|outgoing| outgoing.has(key.id())) {
            sign(document, key)?;
        }
    }
    let signed = signers.signed(document)?;
    let count = signed.len() as u64;
    if count >= signers.threshold {
        return Ok(());
    }
    let name = |id: &crate::key::KeyId| {
        let known = holders.iter().find(|key| key.id().is_ok_and(|one| one == *id));
        known.map_or_else(|| format!("key {}", crate::key::short(id)), |key| key.holder.clone())
    };
    let names: Vec<String> = signers
        .keys
        .iter()
        .filter(|(id, _)| !signed.contains(id))
        .map(|(id, _)| name(id))
        .collect();
    Err(Error::Missing(format!(
        "{role} has {count} of {}, {} more of {}",
        signers.threshold,
        signers.threshold - count,
        names.join(", ")
    )))
}

/// Reads a root that someone keeps.
///
/// # Errors
/// [`Error::Damaged`] where it is none, or its own keys did not sign it.
pub fn read_root(path: &Path) -> Result<Signed<Root>, Error> {
    let bytes = std::fs::read(path).map_err(Error::file(path))?;
    let root: Signed<Root> = serde_json::from_slice(&bytes).map_err(|cause| Error::damaged(path, cause))?;
    root.signed
        .verify_role(&root)
        .map_err(|cause| Error::damaged(path, cause))?;
    Ok(root)
}

/// A fingerprint of a root for people to compare.
#[must_use]
pub fn fingerprint(root: &Signed<Root>) -> String {
    let bytes = tough::schema::Role::canonical_form(&root.signed).unwrap_or_default();
    let digest = sha256(&bytes);
    let groups: Vec<&str> = (0..4).map(|group| &digest[group * 8..group * 8 + 8]).collect();
    groups.join(" ")
}

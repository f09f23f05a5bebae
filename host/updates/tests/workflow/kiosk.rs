//! A kiosk's side of the tests.

use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use updates::artifacts::Artifacts;
use updates::client::{Client, Limits, Refreshed};
use updates::digest::Sha256;
use updates::disk::{Disk, SystemDisk};
use updates::refusal::Refusal;
use updates::source::Source;
use updates::testing::{NOW, Repository};

/// A disk that syncs nothing: most tests do not cut the power, and a thousand of them are done sooner.
#[derive(Debug)]
pub(crate) struct LooseDisk;

impl Disk for LooseDisk {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        SystemDisk.make_folder(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        SystemDisk.write(path, bytes)
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        SystemDisk.append(path, bytes)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        assert!(path.is_file());
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        assert!(path.is_dir());
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        SystemDisk.remove(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        SystemDisk.remove_folder(path)
    }
}

/// A client on a disk that syncs nothing.
pub(crate) fn client(folder: &Path, root: &[u8]) -> Client {
    Client::with(folder, root, Limits::default(), Arc::new(LooseDisk)).unwrap()
}

/// An artifact store on a disk that syncs nothing.
pub(crate) fn artifacts(folder: &Path) -> Artifacts {
    Artifacts::with(folder, Arc::new(LooseDisk)).unwrap()
}

/// A client with a folder of its own. It is shipped with the repository's first root, and begins anew with it each time.
pub(crate) struct Kiosk {
    pub(crate) folder: TempDir,
    pub(crate) root: Vec<u8>,
    pub(crate) client: Option<Client>,
    pub(crate) artifacts: Artifacts,
}

impl Kiosk {
    pub(crate) fn of(repository: &Repository) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let artifacts = artifacts(&folder.path().join("artifacts"));
        let mut kiosk = Self {
            folder,
            root: repository.root(1),
            client: None,
            artifacts,
        };
        kiosk.restart();
        kiosk
    }

    /// One that has taken what the repository has now.
    pub(crate) fn that_took(repository: &Repository) -> Self {
        let mut kiosk = Self::of(repository);
        kiosk.refresh(&repository.shelf).unwrap();
        kiosk
    }

    pub(crate) fn metadata(&self) -> PathBuf {
        self.folder.path().join("metadata")
    }

    /// Begins anew, with the root that it was shipped with.
    pub(crate) fn restart(&mut self) {
        drop(self.client.take());
        self.client = Some(client(&self.metadata(), &self.root));
    }

    pub(crate) fn client(&mut self) -> &mut Client {
        self.client.as_mut().unwrap()
    }

    pub(crate) fn refresh(&mut self, source: &dyn Source) -> Result<Refreshed, Refusal> {
        self.refresh_at(source, NOW)
    }

    pub(crate) fn refresh_at(&mut self, source: &dyn Source, now: Timestamp) -> Result<Refreshed, Refusal> {
        self.client().refresh(source, now)
    }

    pub(crate) fn fetch(&mut self, source: &dyn Source, target: &str) -> Result<Sha256, Refusal> {
        let artifacts = self.artifacts.clone();
        self.client().fetch(source, target, NOW, &artifacts)
    }

    /// Versions of root, timestamp, snapshot and targets; 0 for none.
    pub(crate) fn versions(&mut self) -> [u64; 4] {
        let trusted = self.client().trusted();
        let or_none = |version: Option<u64>| version.unwrap_or(0);
        [
            trusted.root,
            or_none(trusted.timestamp),
            or_none(trusted.snapshot),
            or_none(trusted.targets),
        ]
    }

    /// The trusted files, by name.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        files(&self.metadata())
    }
}

/// What is done to something, in words and in deed, and the code that must come of it.
pub(crate) type Case<T> = (&'static str, fn(&mut T), &'static str);

/// Every file below a folder, by its path.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// The code of a refusal; `taken` where there was none.
pub(crate) fn code<T>(result: &Result<T, Refusal>) -> &'static str {
    result.as_ref().err().map_or("taken", Refusal::code)
}

//! Where trusted metadata lie: a folder of `ROLE.json` files that changes at once or not at all.
//!
//! A change is first written whole into `.next`. The renaming of `.next` to `.commit` is the moment at which it happens; after it,
//! what lies in `.commit` is moved to its place, now or when the folder is opened the next time. So whoever opens the folder
//! finds the old files or the new ones, wherever the power was cut.

use crate::disk::Disk;
use crate::refusal::Refusal;
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A change that is being written.
const NEXT: &str = ".next";
/// A change that has happened, and is being put into place.
const COMMIT: &str = ".commit";
/// At the end of a name in a change: the file before it goes.
const GONE: &str = ".gone";

/// New bytes of files; none where the file goes.
pub(crate) type Changes = BTreeMap<String, Option<Vec<u8>>>;

/// An open folder. Nobody else has it open at the same time.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    /// A change failed, so it may have happened and not be in place.
    unsettled: AtomicBool,
    /// The lock goes with the open file.
    _lock: File,
}

impl Store {
    pub(crate) fn open(folder: &Path, disk: Arc<dyn Disk>) -> Result<Self, Refusal> {
        disk.make_folder(folder).map_err(refused(folder, "made"))?;
        let lock = File::open(folder).map_err(refused(folder, "opened"))?;
        match file_lock::lock(&lock) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let folder = folder.to_owned();
                return Err(Refusal::InUse { folder });
            }
            Err(TryLockError::Error(cause)) => return Err(refused(folder, "locked")(cause)),
        }
        let store = Self {
            folder: folder.to_owned(),
            disk,
            unsettled: AtomicBool::new(true),
            _lock: lock,
        };
        store.settle()?;
        Ok(store)
    }

    /// After a change that failed, puts the folder in order: the change has happened or has not. True where there was one, and so
    /// the folder must be read again.
    pub(crate) fn settle(&self) -> Result<bool, Refusal> {
        if !self.unsettled.load(Ordering::Relaxed) {
            return Ok(false);
        }
        self.disk
            .remove_folder(&self.folder.join(NEXT))
            .and_then(|()| self.put_into_place())
            .map_err(refused(&self.folder, "written"))?;
        self.unsettled.store(false, Ordering::Relaxed);
        Ok(true)
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let path = self.folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(refused(&path, "read")(cause)),
        }
    }

    /// Makes these changes, all or none.
    pub(crate) fn commit(&self, changes: &Changes) -> Result<(), Refusal> {
        if changes.is_empty() {
            return Ok(());
        }
        self.settle()?;
        self.unsettled.store(true, Ordering::Relaxed);
        self.write_next(changes)
            .and_then(|()| self.put_into_place())
            .map_err(refused(&self.folder, "written"))?;
        self.unsettled.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn write_next(&self, changes: &Changes) -> io::Result<()> {
        let next = self.folder.join(NEXT);
        self.disk.make_folder(&next)?;
        for (name, bytes) in changes {
            let path = match bytes {
                Some(_) => next.join(name),
                None => next.join(format!("{name}{GONE}")),
            };
            self.disk.write(&path, bytes.as_deref().unwrap_or_default())?;
            self.disk.sync(&path)?;
        }
        self.disk.sync_folder(&next)?;
        self.disk.rename(&next, &self.folder.join(COMMIT))?;
        self.disk.sync_folder(&self.folder)
    }

    /// Moves what lies in `.commit` to its place. What was moved already is no longer there, so this may be done again.
    fn put_into_place(&self) -> io::Result<()> {
        let commit = self.folder.join(COMMIT);
        let entries = match fs::read_dir(&commit) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(()),
            Err(cause) => return Err(cause),
        };
        for entry in entries {
            let name = entry?.file_name();
            match name.to_str().and_then(|name| name.strip_suffix(GONE)) {
                Some(gone) => self.disk.remove(&self.folder.join(gone))?,
                None => self.disk.rename(&commit.join(&name), &self.folder.join(&name))?,
            }
        }
        self.disk.sync_folder(&self.folder)?;
        self.disk.remove_folder(&commit)?;
        // Without this, a marker could come back after a power cut, and take away what a later change brought.
        self.disk.sync_folder(&self.folder)
    }
}

/// What the system said of a file.
pub(crate) fn refused(path: &Path, action: &'static str) -> impl Fn(io::Error) -> Refusal {
    let path = path.to_owned();
    move |cause| Refusal::Store {
        path: path.clone(),
        action,
        cause: cause.to_string(),
    }
}

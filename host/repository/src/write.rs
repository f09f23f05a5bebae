//! Files that are written all or not at all: first laid down beside, then moved into place in their order.
//!
//! A power cut while they are moved leaves a folder `unfinished`; the next command moves the rest. So what others read changes
//! file by file in the given order, each file whole, and never stays half done.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

const UNFINISHED: &str = "unfinished";
const LIST: &str = "list.json";

/// Counts writes, and stops before one of them where a test wants to know what a power cut leaves.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    done: usize,
    stop_before: Option<usize>,
}

impl Writes {
    pub(crate) fn stopping_before(write: usize) -> Self {
        Self {
            done: 0,
            stop_before: Some(write),
        }
    }

    fn next(&mut self) -> Result<(), Error> {
        if self.stop_before == Some(self.done) {
            return Err(Error::Stopped(self.done));
        }
        self.done += 1;
        Ok(())
    }
}

/// Files to be written below one folder, in order.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    files: Vec<(PathBuf, Vec<u8>)>,
}

#[derive(Serialize, Deserialize)]
struct List(Vec<PathBuf>);

impl Batch {
    pub(crate) fn add(&mut self, path: impl Into<PathBuf>, bytes: Vec<u8>) {
        self.files.push((path.into(), bytes));
    }

    /// Writes all; what was begun and not ended before is ended first.
    pub(crate) fn commit(self, folder: &Path, writes: &mut Writes) -> Result<(), Error> {
        let laid = folder.join(format!("{UNFINISHED}.new"));
        if laid.exists() {
            writes.next()?;
            fs::remove_dir_all(&laid).map_err(Error::file(&laid))?;
        }
        writes.next()?;
        fs::create_dir_all(&laid).map_err(Error::file(&laid))?;
        for (number, (_, bytes)) in self.files.iter().enumerate() {
            writes.next()?;
            write_durably(&laid.join(number.to_string()), bytes)?;
        }
        let list = List(self.files.into_iter().map(|(path, _)| path).collect());
        writes.next()?;
        write_durably(&laid.join(LIST), &serde_json::to_vec(&list).map_err(Error::metadata)?)?;
        sync(&laid)?;
        writes.next()?;
        let unfinished = folder.join(UNFINISHED);
        fs::rename(&laid, &unfinished).map_err(Error::file(&unfinished))?;
        sync(folder)?;
        finish(folder, writes)
    }
}

/// Moves into place what an interrupted command left.
pub(crate) fn finish(folder: &Path, writes: &mut Writes) -> Result<(), Error> {
    let unfinished = folder.join(UNFINISHED);
    let list = unfinished.join(LIST);
    if !list.exists() {
        // Only the removal of an emptied folder was left.
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(Error::file(&unfinished))?;
        }
        return Ok(());
    }
    let bytes = fs::read(&list).map_err(Error::file(&list))?;
    let List(paths) = serde_json::from_slice(&bytes).map_err(|cause| Error::damaged(&list, cause))?;
    for (number, path) in paths.iter().enumerate() {
        let from = unfinished.join(number.to_string());
        if !from.exists() {
            continue;
        }
        let to = folder.join(path);
        let parent = to.parent().unwrap_or(folder);
        writes.next()?;
        fs::create_dir_all(parent).map_err(Error::file(parent))?;
        writes.next()?;
        fs::rename(&from, &to).map_err(Error::file(&to))?;
        sync(parent)?;
    }
    writes.next()?;
    fs::remove_file(&list).map_err(Error::file(&list))?;
    fs::remove_dir_all(&unfinished).map_err(Error::file(&unfinished))
}

/// Writes a file's bytes onto the disk, under a name that nobody reads yet.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = File::create(path).map_err(Error::file(path))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(Error::file(path))
}

/// Puts a file that everybody may read in place of what is there: a reader sees the old or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let done = put_in_place(path, bytes)?;
    // A stick's file system may know no such thing (FAT), and lets everybody read as it is.
    let _ = done.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    sync(parent(path))
}

/// As [`replace`], a file for its owner alone.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    put_in_place(path, bytes)?;
    sync(parent(path))
}

/// A temporary file is its owner's alone.
fn put_in_place(path: &Path, bytes: &[u8]) -> Result<File, Error> {
    let file = tempfile::NamedTempFile::new_in(parent(path)).map_err(Error::file(path))?;
    write_durably(file.path(), bytes)?;
    file.persist(path).map_err(|cause| Error::file(path)(cause.error))
}

fn parent(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// A folder's entries onto the disk.
pub(crate) fn sync(folder: &Path) -> Result<(), Error> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(Error::file(folder))
}

//! A complete repository on a stick: for kiosks without a network.

use crate::error::Error;
use crate::role::Role;
use crate::state::{State, target_file};
use crate::verify::{Question, Report, verify};
use crate::write::{sync, write_durably};
use jiff::Timestamp;
use plan::names::{EMERGENCY, PLAN};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use updates::folder::FolderSource;

/// What goes onto a stick: paths below the repository, in the order in which they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    files: Vec<(String, u64)>,
}

impl Load {
    /// All that a kiosk may need of a repository: every root, the newest of each role, and every file that the plan names.
    ///
    /// # Errors
    /// [`Error::File`] where one of them is missing.
    pub fn of(repository: &Path, state: &State) -> Result<Self, Error> {
        let mut files = Vec::new();
        let planned = state
            .plan
            .items
            .iter()
            .flat_map(|item| &item.releases)
            .flat_map(|release| std::iter::once(&release.file).chain(&release.vectors))
            .map(|file| target_file(&file.target, &file.sha256));
        let listed = state.all_targets().filter(|(role, name, _)| {
            // A vendor's list may name files that were never published.
            !matches!(role, Role::Vendor(_)) || [PLAN, EMERGENCY].contains(&name.as_str())
        });
        let listed = listed.map(|(_, name, target)| target_file(&name, &crate::key::hex(&target.hashes.sha256)));
        let targets: BTreeSet<String> = planned.chain(listed).collect();
        files.extend(targets);
        for version in 1..=state.version(&Role::Root) {
            files.push(format!("metadata/{}", Role::Root.file(version)));
        }
        let roles = state.roles.keys().cloned();
        for role in roles.chain([Role::Targets, Role::Snapshot, Role::Timestamp]) {
            files.push(format!("metadata/{}", role.file(state.version(&role))));
        }
        let with_length = |file: String| {
            let path = repository.join(&file);
            let length = fs::metadata(&path).map_err(Error::file(&path))?.len();
            Ok((file, length))
        };
        let files = files.into_iter().map(with_length).collect::<Result<_, Error>>()?;
        Ok(Self { files })
    }

    /// Its files.
    #[must_use]
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// Their bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, length)| length).sum()
    }

    /// Bytes that a stick does not hold yet. What is named by its digest and has its length is taken to be there; it is verified
    /// in the end.
    #[must_use]
    pub fn needed(&self, stick: &Path) -> u64 {
        let missing = self
            .files
            .iter()
            .filter(|(file, length)| !is_there(stick, file, *length));
        missing.map(|(_, length)| length).sum()
    }
}

fn is_there(stick: &Path, file: &str, length: u64) -> bool {
    file.starts_with("targets/") && fs::metadata(stick.join(file)).is_ok_and(|about| about.len() == length)
}

/// Bytes that the system gives to a folder's file system.
///
/// # Errors
/// [`Error::File`].
pub fn free_space(folder: &Path) -> Result<u64, Error> {
    let about = rustix::fs::statvfs(folder).map_err(|cause| Error::file(folder)(cause.into()))?;
    Ok(about.f_bavail.saturating_mul(about.f_frsize))
}

/// Where a stick is written from and to.
pub struct Writing<'a> {
    /// the repository
    pub repository: &'a Path,
    /// the folder on the stick
    pub stick: &'a Path,
    /// the root that kiosks are shipped with
    pub root: &'a [u8],
    /// what time it is
    pub now: Timestamp,
    /// so many days ahead are looked at for what expires
    pub days: u16,
}

/// Writes a stick and reads it back as a kiosk does. `progress` hears of files done and files in all, first written and then read.
///
/// # Errors
/// [`Error::Space`] before anything is written where `free` bytes do not do, [`Error::File`], [`Error::Unverified`] where what is
/// read back is not what was written.
pub fn write(
    writing: &Writing<'_>,
    load: &Load,
    free: u64,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Report, Error> {
    let stick = writing.stick;
    let needed = load.needed(stick);
    if needed > free {
        return Err(Error::Space {
            path: stick.to_owned(),
            needed,
            free,
        });
    }
    // The timestamp is the last of them: until then the stick says what it said before.
    for (done, (file, length)) in load.files.iter().enumerate() {
        progress(done, load.files.len());
        if !is_there(stick, file, *length) {
            copy(&writing.repository.join(file), &stick.join(file))?;
        }
    }
    remove_the_rest(stick, load)?;
    for (file, _) in &load.files {
        forget(&stick.join(file))?;
    }
    let source = FolderSource::new(stick);
    let question = Question {
        source: &source,
        root: writing.root,
        now: writing.now,
        days: writing.days,
    };
    verify(&question, progress)
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let bytes = fs::read(from).map_err(Error::file(from))?;
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder).map_err(Error::file(folder))?;
    let new = PathBuf::from(format!("{}.new", to.display()));
    write_durably(&new, &bytes)?;
    fs::rename(&new, to).map_err(Error::file(to))?;
    sync(folder)
}

/// What earlier writings left in the two folders that are ours.
fn remove_the_rest(stick: &Path, load: &Load) -> Result<(), Error> {
    let keep: BTreeSet<PathBuf> = load.files.iter().map(|(file, _)| stick.join(file)).collect();
    let mut folders = vec![stick.join("metadata"), stick.join("targets")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(Error::file(&folder))? {
            let path = entry.map_err(Error::file(&folder))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if !keep.contains(&path) {
                fs::remove_file(&path).map_err(Error::file(&path))?;
            }
        }
    }
    Ok(())
}

/// Lets the system forget a file's pages, so that reading it back reads the stick.
fn forget(path: &Path) -> Result<(), Error> {
    let file = fs::File::open(path).map_err(Error::file(path))?;
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).map_err(|cause| Error::file(path)(cause.into()))
}

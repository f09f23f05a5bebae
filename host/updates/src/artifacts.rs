//! Files that were signed and fetched, named by their digest.

use crate::digest::Sha256;
use crate::refusal::Refusal;
use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The largest file that is taken, in bytes.
pub const MAX_ARTIFACT_BYTES: u64 = 64 << 20;

/// A folder of files whose names are their SHA-256. A file is there whole or not at all; one that is still being fetched ends in
/// `.partial`.
#[derive(Clone, Debug)]
pub struct Artifacts {
    folder: PathBuf,
}

impl Artifacts {
    /// Opens the store, and makes its folder where there is none.
    ///
    /// # Errors
    /// [`Refusal::Store`].
    pub fn open(folder: &Path) -> Result<Self, Refusal> {
        fs::create_dir_all(folder).map_err(store(folder, "made"))?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Is this file there?
    #[must_use]
    pub fn has(&self, sha256: &Sha256) -> bool {
        self.path(sha256).is_file()
    }

    /// The bytes of a file, whose digest is computed again.
    ///
    /// # Errors
    /// [`Refusal::Absent`], [`Refusal::Damaged`], [`Refusal::Store`].
    pub fn read(&self, sha256: &Sha256) -> Result<Vec<u8>, Refusal> {
        let path = self.path(sha256);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Err(Refusal::Absent { sha256: *sha256 }),
            Err(cause) => return Err(store(&path, "read")(cause)),
        };
        if Sha256::of(&bytes) == *sha256 {
            return Ok(bytes);
        }
        // It would stand in the way of fetching it again.
        fs::remove_file(&path).map_err(store(&path, "removed"))?;
        Err(Refusal::Damaged { sha256: *sha256 })
    }

    /// Puts bytes into the store.
    ///
    /// # Errors
    /// [`Refusal::Store`].
    pub fn put(&self, bytes: &[u8]) -> Result<Sha256, Refusal> {
        let sha256 = Sha256::of(bytes);
        let path = self.path(&sha256);
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).map_err(store(&path, "written"))?;
        file.write_all(bytes)
            .and_then(|()| file.as_file().sync_all())
            .map_err(store(&path, "written"))?;
        file.persist(&path)
            .map_err(|failed| store(&path, "written")(failed.error))?;
        Ok(sha256)
    }

    /// Removes what is not to be kept.
    ///
    /// # Errors
    /// [`Refusal::Store`].
    pub fn prune(&self, keep: &BTreeSet<Sha256>) -> Result<(), Refusal> {
        for entry in fs::read_dir(&self.folder).map_err(store(&self.folder, "read"))? {
            let path = entry.map_err(store(&self.folder, "read"))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let kept = name.parse().is_ok_and(|sha256| keep.contains(&sha256));
            if !kept {
                fs::remove_file(&path).map_err(store(&path, "removed"))?;
            }
        }
        Ok(())
    }

    /// Where a file lies, whether it is there or not.
    #[must_use]
    pub fn path(&self, sha256: &Sha256) -> PathBuf {
        self.folder.join(sha256.to_string())
    }
}

/// What the system said of a file.
pub(crate) fn store(path: &Path, action: &'static str) -> impl Fn(std::io::Error) -> Refusal {
    let path = path.to_owned();
    move |cause| Refusal::Store {
        path: path.clone(),
        action,
        cause: cause.to_string(),
    }
}

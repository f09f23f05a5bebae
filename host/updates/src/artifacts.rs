//! Files that were signed and fetched, named by their digest.

use crate::client::Found;
use crate::digest::{Hasher, Sha256};
use crate::disk::{Disk, SystemDisk};
use crate::refusal::Refusal;
use crate::source::{Source, SourceError};
use crate::store::refused;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// At the end of the name of a file that is still being fetched.
const PARTIAL: &str = ".partial";
/// Bytes that are taken from a source at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// A folder of files whose names are their SHA-256. A file is there whole or not at all; one that is still being fetched ends in
/// `.partial`.
#[derive(Clone, Debug)]
pub struct Artifacts {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
}

impl Artifacts {
    /// Opens the store, and makes its folder where there is none.
    ///
    /// # Errors
    /// [`Refusal::Store`].
    pub fn open(folder: &Path) -> Result<Self, Refusal> {
        Self::with(folder, Arc::new(SystemDisk))
    }

    /// As [`Artifacts::open`], with another disk.
    ///
    /// # Errors
    /// [`Refusal::Store`].
    pub fn with(folder: &Path, disk: Arc<dyn Disk>) -> Result<Self, Refusal> {
        disk.make_folder(folder).map_err(refused(folder, "made"))?;
        Ok(Self {
            folder: folder.to_owned(),
            disk,
        })
    }

    /// Is this file there? [`Artifacts::read`] says whether it is still whole.
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
            Err(cause) => return Err(refused(&path, "read")(cause)),
        };
        if Sha256::of(&bytes) == *sha256 {
            return Ok(bytes);
        }
        // It would stand in the way of fetching it again.
        self.disk.remove(&path).map_err(refused(&path, "removed"))?;
        Err(Refusal::Damaged { sha256: *sha256 })
    }

    /// Puts bytes into the store.
    ///
    /// # Errors
    /// [`Refusal::Store`].
    pub fn put(&self, bytes: &[u8]) -> Result<Sha256, Refusal> {
        let sha256 = Sha256::of(bytes);
        let partial = self.folder.join(format!("{sha256}{PARTIAL}"));
        self.disk.write(&partial, bytes).map_err(refused(&partial, "written"))?;
        self.finish(&partial, &sha256)?;
        Ok(sha256)
    }

    /// Removes what is not to be kept, whole or fetched in part.
    ///
    /// # Errors
    /// [`Refusal::Store`].
    pub fn prune(&self, keep: &BTreeSet<Sha256>) -> Result<(), Refusal> {
        for entry in fs::read_dir(&self.folder).map_err(refused(&self.folder, "read"))? {
            let path = entry.map_err(refused(&self.folder, "read"))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let digest = name.strip_suffix(PARTIAL).unwrap_or(name);
            let kept = digest.parse().is_ok_and(|sha256| keep.contains(&sha256));
            if !kept {
                self.disk.remove(&path).map_err(refused(&path, "removed"))?;
            }
        }
        Ok(())
    }

    /// Where a file lies, whether it is there or not.
    #[must_use]
    pub fn path(&self, sha256: &Sha256) -> PathBuf {
        self.folder.join(sha256.to_string())
    }

    /// Takes a target from a source (5.7): what is there already is not fetched, what is there in part is fetched from where it
    /// ended.
    pub(crate) fn take(&self, source: &dyn Source, path: &str, found: &Found) -> Result<Sha256, Refusal> {
        if let Some(sha256) = &found.sha256
            && self.has(sha256)
        {
            match self.read(sha256) {
                Ok(bytes) if bytes.len() as u64 == found.length => {
                    found.digests().check(&found.target, &bytes)?;
                    return Ok(*sha256);
                }
                // Other bytes than were signed have that digest only where the signed length is wrong: fetching tells.
                Ok(_) | Err(Refusal::Damaged { .. } | Refusal::Absent { .. }) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        let partial = self.folder.join(format!("{}{PARTIAL}", found.digests().name()));
        let (resumed, checked) = self.receive(source, path, found, &partial)?;
        let sha256 = match checked {
            // What lay here from an earlier attempt may have been another file's beginning, or damaged by a power cut.
            Err(_) if resumed => self.receive(source, path, found, &partial)?.1?,
            checked => checked?,
        };
        self.finish(&partial, &sha256)?;
        Ok(sha256)
    }

    /// Receives what is missing. Says whether there was something already, and whether it is what was signed; if not, it is gone.
    fn receive(
        &self,
        source: &dyn Source,
        path: &str,
        found: &Found,
        partial: &Path,
    ) -> Result<(bool, Result<Sha256, Refusal>), Refusal> {
        let what = &found.target;
        let failed = |cause: String| Refusal::Source {
            place: source.describe(),
            cause: SourceError::Failed(cause),
        };
        let mut hasher = Hasher::default();
        let mut have = hash_file(partial, found.length, &mut hasher).map_err(refused(partial, "read"))?;
        if have.is_none() {
            self.remove(partial)?;
        }
        let resumed = have.is_some_and(|have| have > 0);
        let mut have = have.take().unwrap_or(0);
        if have < found.length {
            let part = source.target(path, have).map_err(|cause| Refusal::Source {
                place: source.describe(),
                cause,
            })?;
            if part.offset != have {
                if part.offset != 0 {
                    return Err(failed(format!("{what} was answered from the wrong place")));
                }
                self.remove(partial)?;
                hasher = Hasher::default();
                have = 0;
            }
            // One byte more than was signed tells that there are too many.
            let mut bytes = part.bytes.take((found.length - have).saturating_add(1));
            let mut chunk = vec![0; CHUNK_BYTES];
            loop {
                let read = match bytes.read(&mut chunk) {
                    Ok(0) => break,
                    Ok(read) => read,
                    Err(cause) if cause.kind() == ErrorKind::Interrupted => continue,
                    // The digest says whether it is whole, not how the connection ended.
                    Err(_) if have == found.length => break,
                    Err(cause) => {
                        return Err(failed(format!(
                            "{what} broke off after {have} of {} bytes ({cause})",
                            found.length
                        )));
                    }
                };
                have += read as u64;
                if have > found.length {
                    self.remove(partial)?;
                    let length = Refusal::Length {
                        what: what.clone(),
                        expected: found.length,
                        found: have,
                    };
                    return Ok((resumed, Err(length)));
                }
                hasher.update(&chunk[..read]);
                self.disk
                    .append(partial, &chunk[..read])
                    .map_err(refused(partial, "written"))?;
            }
        }
        if have < found.length {
            return Err(failed(format!("{what} ended after {have} of {} bytes", found.length)));
        }
        if found.length == 0 {
            self.disk.write(partial, &[]).map_err(refused(partial, "written"))?;
        }
        let checked = found.digests().check_hashed(what, hasher);
        if checked.is_err() {
            self.remove(partial)?;
        }
        Ok((resumed, checked))
    }

    /// Makes a whole file durable under its name.
    fn finish(&self, partial: &Path, sha256: &Sha256) -> Result<(), Refusal> {
        let path = self.path(sha256);
        self.disk
            .sync(partial)
            .and_then(|()| self.disk.rename(partial, &path))
            .and_then(|()| self.disk.sync_folder(&self.folder))
            .map_err(refused(&path, "written"))
    }

    fn remove(&self, path: &Path) -> Result<(), Refusal> {
        self.disk.remove(path).map_err(refused(path, "removed"))
    }
}

/// Takes in a file of at most so many bytes, and says how many; none where there are more.
fn hash_file(path: &Path, most: u64, hasher: &mut Hasher) -> std::io::Result<Option<u64>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Some(0)),
        Err(cause) => return Err(cause),
    };
    let mut file = file.take(most.saturating_add(1));
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut length = 0;
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        hasher.update(&chunk[..read]);
        length += read as u64;
    }
    if length > most {
        *hasher = Hasher::default();
        return Ok(None);
    }
    Ok(Some(length))
}

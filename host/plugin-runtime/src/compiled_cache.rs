//! Compiled code kept between starts: loading it takes a thousandth of the time that compiling takes.
//!
//! A file holds code for one component and says for which engine, version and processor it was made; behind it stands an HMAC-SHA-256 by the
//! device's key over all of it. A file that is missing, was changed, is another device's, or was made for anything else, is made anew.
//! A folder that cannot be written costs speed, and nothing else.

use crate::limits::COMPILED_BYTES;
use crate::plugin::Digest;
use crate::precompiled::{Code, DeviceKey, FILE_OVERHEAD, Purpose};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How a whole file's name ends, after the component's digest.
const WHOLE: &str = ".compiled";
/// How the name of one ends that is being written.
const BEGUN: &str = ".compiled-new";

/// A folder of compiled code.
pub struct CompiledCache {
    folder: PathBuf,
    key: DeviceKey,
    /// names files that are being written
    begun: AtomicU64,
}

/// The folder alone: never the key.
impl std::fmt::Debug for CompiledCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "compiled code in {}", self.folder.display())
    }
}

impl CompiledCache {
    /// A cache in this folder, which is made where it is missing and can be. The key must be a secret of this device, and used for
    /// nothing else.
    #[must_use]
    pub fn open(folder: &Path, key: &[u8; 32]) -> Self {
        // Where this fails, so will every file, and each says so when it is kept.
        let _ = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        Self {
            folder: folder.to_owned(),
            key: DeviceKey::new(key),
            begun: AtomicU64::new(0),
        }
    }

    fn path(&self, component: Digest, end: &str) -> PathBuf {
        self.folder.join(format!("{component}{end}"))
    }

    /// The code for this purpose, if it is there and good.
    pub(crate) fn find(&self, purpose: &Purpose) -> Option<Code> {
        let path = self.path(purpose.component, WHOLE);
        // Looked at before it is opened: opening a pipe waits for its other end.
        if !fs::symlink_metadata(&path).ok()?.is_file() {
            return None;
        }
        let most = COMPILED_BYTES + FILE_OVERHEAD;
        let mut file = Vec::new();
        File::open(&path)
            .ok()?
            .take(u64::try_from(most).unwrap_or(u64::MAX))
            .read_to_end(&mut file)
            .ok()?;
        let code = Code::authentic(file, purpose, &self.key);
        if code.is_none() {
            tracing::warn!(component = %purpose.component, "compiled code is not this device's, or not for it; compiling again");
        }
        code
    }

    /// Keeps code, in the place of what was there. Whoever reads meanwhile finds the old file or the new one, whole.
    ///
    /// # Errors
    /// The system's: nothing is kept then.
    pub(crate) fn keep(&self, purpose: &Purpose, code: &Code) -> io::Result<()> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let begun = self.path(purpose.component, &format!("{BEGUN}-{}-{number}", std::process::id()));
        let written = self.write(&begun, &code.sealed(purpose, &self.key), purpose.component);
        if written.is_err() {
            // It may not have been made at all.
            let _ = fs::remove_file(&begun);
        }
        written
    }

    fn write(&self, begun: &Path, bytes: &[u8], component: Digest) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(begun)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(begun, self.path(component, WHOLE))?;
        File::open(&self.folder)?.sync_all()
    }

    /// Removes all code but that of these components, and what a power cut left half-written. How many files went.
    ///
    /// # Errors
    /// The first that the system reports; the others are removed all the same.
    pub fn prune(&self, keep: &BTreeSet<Digest>) -> io::Result<usize> {
        let mut removed = 0;
        let mut failed = None;
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            // Files that are not the cache's are left alone.
            let Some((digest, end)) = name.split_at_checked(64) else {
                continue;
            };
            let Ok(digest) = digest.parse::<Digest>() else {
                continue;
            };
            let whole = end == WHOLE;
            if (whole && !keep.contains(&digest)) || end.starts_with(BEGUN) {
                match fs::remove_file(&path) {
                    Ok(()) => removed += 1,
                    Err(cause) => failed = failed.or(Some(cause)),
                }
            }
        }
        failed.map_or(Ok(removed), Err)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::engine::{Arithmetic, Configuration, Threads, engine};

    #[test]
    fn code_is_found_for_what_it_was_made_for_and_for_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CompiledCache::open(folder.path(), &[1; 32]);
        let engine = engine(Arithmetic::Exact, Threads::One).unwrap();
        let component = wasm_encoder::Component::new().finish();
        let code = Code::compile(&engine, &component).unwrap();
        let purpose = Purpose {
            component: Digest::of(&component),
            arithmetic: Arithmetic::Exact,
            configuration: Configuration::of(&engine),
        };
        cache.keep(&purpose, &code).unwrap();
        let found = cache.find(&purpose).unwrap();
        assert!(found.bytes() == code.bytes() && found.component(&engine).is_ok());
        let others = [
            Purpose {
                arithmetic: Arithmetic::Fast,
                ..purpose
            },
            // Another version of wasmtime, another processor: whatever it is, the digest is another one.
            Purpose {
                configuration: Configuration([9; 32]),
                ..purpose
            },
            Purpose {
                component: Digest([9; 32]),
                ..purpose
            },
        ];
        for other in others {
            // Under the other's name, too: what counts is what stands under the tag.
            if other.component != purpose.component {
                fs::copy(cache.path(purpose.component, WHOLE), cache.path(other.component, WHOLE)).unwrap();
            }
            assert!(cache.find(&other).is_none(), "{other:?}");
        }
        let stranger = CompiledCache::open(folder.path(), &[2; 32]);
        assert!(stranger.find(&purpose).is_none());
        assert!(cache.find(&purpose).is_some());
    }

    #[test]
    fn the_key_is_in_no_debug_output() {
        let shown = format!("{:?}", CompiledCache::open(Path::new("/proc/nowhere"), &[0xa7; 32]));
        assert_eq!(shown, "compiled code in /proc/nowhere");
    }
}

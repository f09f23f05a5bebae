//! What the figures were measured on.

use std::path::Path;

/// The machine and the build.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// as the system names it
    pub(crate) processor: String,
    /// that this process may use
    pub(crate) cores: usize,
    /// of the folder in which the journal is measured
    pub(crate) file_system: String,
    /// how the native side was built
    pub(crate) native_build: &'static str,
}

impl Machine {
    /// This machine; `folder` is where files are measured.
    pub(crate) fn look(folder: &Path) -> Self {
        Self {
            processor: processor().unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
            file_system: file_system(folder).unwrap_or_else(|| "unknown".to_owned()),
            native_build: if cfg!(debug_assertions) {
                "dev profile (optimised, overflow checks, debug assertions but in the matcher: a release build would be faster)"
            } else {
                "release profile (overflow checks)"
            },
        }
    }
}

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The type of the mount that is nearest above the folder.
fn file_system(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let text = std::fs::read_to_string("/proc/self/mounts").ok()?;
    let mounts = text.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (at, kind) = (words.nth(1)?, words.next()?);
        folder.starts_with(at).then(|| (at.len(), kind.to_owned()))
    });
    // Of two mounts at one place the later one hides the earlier, and `max_by_key` gives the later.
    mounts.max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
}

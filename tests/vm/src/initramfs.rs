//! What the kernel finds when it starts: an archive of the kind that `cpio -H newc` writes, uncompressed, for
//! interpreted decompression takes longer than reading.

use crate::kernel::output;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const SECRET: u32 = 0o100_600;
const LINK: u32 = 0o120_777;
/// Files in the archive begin at multiples of this.
const ALIGNMENT: usize = 4;
const END: &str = "TRAILER!!!";

/// An archive that is being filled.
#[derive(Default)]
pub struct Archive {
    bytes: Vec<u8>,
    entries: u32,
    inside: BTreeSet<String>,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "initramfs of {} files, {} bytes", self.entries, self.bytes.len())
    }
}

impl Archive {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty folder, with those above it.
    pub fn folder(&mut self, path: &str) {
        let path = path.trim_matches('/');
        if path.is_empty() || self.inside.contains(path) {
            return;
        }
        self.above(path);
        self.entry(path, FOLDER, &[]);
    }

    /// A file that may be run, at this place.
    pub fn file(&mut self, path: &str, content: &[u8]) {
        self.above(path);
        self.entry(path, PROGRAM, content);
    }

    /// A file that its owner alone may read, as key files must be.
    pub fn secret(&mut self, path: &str, content: &[u8]) {
        self.above(path);
        self.entry(path, SECRET, content);
    }

    /// A symbolic link.
    pub fn link(&mut self, path: &str, to: &str) {
        self.above(path);
        self.entry(path, LINK, to.as_bytes());
    }

    /// A file of this machine.
    ///
    /// # Errors
    /// A sentence with its path.
    pub fn copy(&mut self, path: &str, from: &Path) -> Result<(), String> {
        let content = fs::read(from).map_err(|cause| format!("{}: {cause}", from.display()))?;
        self.file(path, &content);
        Ok(())
    }

    /// All files of a folder of this machine, and of those in it.
    ///
    /// # Errors
    /// A sentence with the path of what cannot be read.
    pub fn copy_folder(&mut self, path: &str, from: &Path) -> Result<(), String> {
        let failed = |cause: std::io::Error| format!("{}: {cause}", from.display());
        for entry in fs::read_dir(from).map_err(failed)? {
            let from = entry.map_err(failed)?.path();
            let name = from.file_name().unwrap_or_default().to_string_lossy();
            let path = format!("{path}/{name}");
            if from.is_dir() {
                self.copy_folder(&path, &from)?;
            } else {
                self.copy(&path, &from)?;
            }
        }
        Ok(())
    }

    /// A program of this machine with the libraries and the loader that it is linked to.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn program(&mut self, path: &str, from: &Path) -> Result<(), String> {
        self.copy(path, from)?;
        for library in libraries(from)? {
            if let Some(place) = library.to_str()
                && !self.inside.contains(place.trim_start_matches('/'))
            {
                self.copy(place, &library)?;
            }
        }
        Ok(())
    }

    /// The whole archive.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.entry(END, 0, &[]);
        self.bytes
    }

    fn above(&mut self, path: &str) {
        if let Some((folder, _)) = path.trim_matches('/').rsplit_once('/') {
            self.folder(folder);
        }
    }

    fn entry(&mut self, path: &str, mode: u32, content: &[u8]) {
        let path = path.trim_start_matches('/');
        if !self.inside.insert(path.to_owned()) {
            return;
        }
        self.entries += 1;
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        // inode, mode, user, group, links, time, size, device and its own device (two numbers each), length of the name
        let fields = [
            self.entries,
            mode,
            0,
            0,
            1,
            0,
            number(content.len()),
            0,
            0,
            0,
            0,
            number(path.len() + 1),
            0,
        ];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(path.as_bytes());
        self.bytes.push(0);
        self.align();
        self.bytes.extend_from_slice(content);
        self.align();
    }

    fn align(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(ALIGNMENT), 0);
    }
}

/// What `ldd` names: the shared libraries of a program, and the loader. None of a program that is linked statically.
fn libraries(of: &Path) -> Result<Vec<PathBuf>, String> {
    let Ok(text) = output(Command::new("ldd").arg(of)) else {
        return Ok(Vec::new());
    };
    if let Some(line) = text.lines().find(|line| line.contains("not found")) {
        return Err(format!("{}: {}", of.display(), line.trim()));
    }
    let path = |line: &str| {
        line.split_ascii_whitespace()
            .find(|word| word.starts_with('/'))
            .map(PathBuf::from)
    };
    Ok(text.lines().filter_map(path).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_what_cpio_writes() {
        let mut archive = Archive::new();
        archive.file("/a/b", b"five.");
        archive.link("c", "/a/b");
        archive.secret("a/key", b"its owner's");
        let bytes = archive.finish();
        let text = String::from_utf8_lossy(&bytes);
        let starts: Vec<usize> = text.match_indices("070701").map(|(at, _)| at).collect();
        assert_eq!(starts.len(), 5, "the folder, two files, the link and the end");
        assert!(starts.iter().all(|at| at % ALIGNMENT == 0));
        let modes: Vec<&str> = starts.iter().map(|at| &text[at + 14..at + 22]).collect();
        assert_eq!(modes[..4], ["000041ed", "000081ed", "0000a1ff", "00008180"]);
        assert!(text.contains("five.") && text.ends_with("TRAILER!!!\0\0\0\0"));
    }
}

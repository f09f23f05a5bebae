//! A repository in a folder: a stick, or a mounted disk.

use crate::source::{Part, Source, SourceError};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

/// How folders are opened.
const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// How files are opened: a pipe that somebody put there must not hold the kiosk.
const FILE: OFlags = OFlags::NONBLOCK.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// `metadata/` and `targets/` below a folder. Links below it are not followed, so nothing outside of it is read.
#[derive(Clone, Debug)]
pub struct FolderSource {
    folder: PathBuf,
}

impl FolderSource {
    /// The repository in this folder, which need not be there yet.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn open(&self, under: &str, name: &str) -> Result<File, SourceError> {
        let what = format!("{under}/{name}");
        // A stick that was pulled has no files at all, which is not the same as having one file less.
        let gone = |cause: Errno| {
            let folder = self.folder.join(under);
            SourceError::Failed(format!("there is no folder {} ({cause})", folder.display()))
        };
        let base = openat(CWD, &self.folder, FOLDER.difference(OFlags::NOFOLLOW), Mode::empty()).map_err(gone)?;
        let mut folder = openat(&base, under, FOLDER, Mode::empty()).map_err(gone)?;
        let (parents, last) = name
            .rsplit_once('/')
            .map_or((None, name), |(parents, last)| (Some(parents), last));
        for part in parents.into_iter().flat_map(|parents| parents.split('/')) {
            folder = self.step(&folder, part, FOLDER, &what)?;
        }
        let file = File::from(self.step(&folder, last, FILE, &what)?);
        match file.metadata() {
            Ok(about) if about.is_file() => Ok(file),
            Ok(_) => Err(SourceError::Failed(format!("{what} is no file"))),
            Err(cause) => Err(SourceError::Failed(format!("{what} could not be read ({cause})"))),
        }
    }

    fn step(&self, folder: &OwnedFd, part: &str, flags: OFlags, what: &str) -> Result<OwnedFd, SourceError> {
        if matches!(part, "" | "." | "..") || part.contains('\0') {
            return Err(SourceError::NotFound(what.to_owned()));
        }
        openat(folder, part, flags, Mode::empty()).map_err(|cause| match cause {
            Errno::NOENT if self.folder.is_dir() => SourceError::NotFound(what.to_owned()),
            Errno::NOENT => SourceError::Failed(format!("{} is gone", self.folder.display())),
            Errno::LOOP => SourceError::Failed(format!("{what} is a link, and links are not followed")),
            Errno::NOTDIR => SourceError::Failed(format!("{what} is a link or lies in a file, and is not followed")),
            cause => SourceError::Failed(format!("{what} could not be read ({cause})")),
        })
    }
}

impl Source for FolderSource {
    fn metadata(&self, name: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        let file = self.open("metadata", name)?;
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|cause| SourceError::Failed(format!("metadata/{name} could not be read ({cause})")))?;
        if bytes.len() as u64 > limit {
            let what = format!("metadata/{name}");
            return Err(SourceError::TooLarge { what, limit });
        }
        Ok(bytes)
    }

    fn target(&self, path: &str, offset: u64) -> Result<Part, SourceError> {
        let mut file = self.open("targets", path)?;
        let offset = file
            .seek(SeekFrom::Start(offset))
            .map_err(|cause| SourceError::Failed(format!("targets/{path} could not be read ({cause})")))?;
        Ok(Part {
            offset,
            bytes: Box::new(file),
        })
    }

    fn describe(&self) -> String {
        self.folder.display().to_string()
    }
}

//! The folder of a list: every file that a line names lies in it.

use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

/// A photo or a finger image of 2000 x 2000 pixels fits; anything larger is some other file.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// The folder that the list lies in.
pub(crate) struct Folder {
    /// without links, so that what a path leads to can be compared with it
    real: PathBuf,
}

/// A named file that cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileFlaw {
    #[error("leads out of the list's folder; write a path inside it, without `..`, links or a leading `/`")]
    Outside,
    #[error("is missing; put the file there, or correct the path")]
    Missing,
    #[error("is not a file; write the path of a file")]
    NotAFile,
    #[error("is larger than 16 MiB; save it smaller")]
    TooLarge,
    #[error("could not be read ({0}); check its permissions, or copy it again")]
    Unreadable(ErrorKind),
}

impl From<std::io::Error> for FileFlaw {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::Missing,
            kind => Self::Unreadable(kind),
        }
    }
}

impl Folder {
    /// The folder that a list lies in.
    pub(crate) fn of(list: &Path) -> std::io::Result<Self> {
        let real = list.canonicalize()?;
        let parent = real.parent().map(Path::to_owned);
        Ok(Self {
            real: parent.unwrap_or(real),
        })
    }

    /// Reads a file that a line names.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, FileFlaw> {
        let path = self.locate(name)?;
        let metadata = path.metadata()?;
        if !metadata.is_file() {
            // a pipe or a device would be waited for without end
            return Err(FileFlaw::NotAFile);
        }
        if metadata.len() > MAX_FILE_BYTES {
            return Err(FileFlaw::TooLarge);
        }
        let mut bytes = Vec::new();
        std::fs::File::open(path)?
            .take(MAX_FILE_BYTES)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn locate(&self, name: &str) -> Result<PathBuf, FileFlaw> {
        let relative = Path::new(name);
        let inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
        // A backslash and a colon lead out of the folder on other systems than this one.
        if !inside || name.contains(['\\', ':', '\0']) {
            return Err(FileFlaw::Outside);
        }
        let real = self.real.join(relative).canonicalize()?;
        if real.starts_with(&self.real) {
            Ok(real)
        } else {
            Err(FileFlaw::Outside)
        }
    }
}

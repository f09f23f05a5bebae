use crate::format::Format;
use std::fmt;
use std::path::PathBuf;

/// An image that cannot be taken. Shown, it is one sentence: which image, what is wrong with it, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureError {
    /// where it was to be read from; none for bytes
    pub path: Option<PathBuf>,
    /// what is wrong with it
    pub flaw: Flaw,
}

impl fmt::Display for PictureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "the image {} {}", path.display(), self.flaw),
            None => write!(f, "the image {}", self.flaw),
        }
    }
}

impl std::error::Error for PictureError {}

impl From<Flaw> for PictureError {
    fn from(flaw: Flaw) -> Self {
        Self { path: None, flaw }
    }
}

/// What is wrong with an image. Shown, it is a sentence without its subject, for a caller with a name for the image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// no such file
    #[error("is not there; check its name")]
    Missing,
    /// a folder, a device
    #[error("is not a file; give the path of an image file")]
    NotAFile,
    /// the system refuses, with its words
    #[error("could not be read ({0}); check its permissions, or copy it again")]
    Unreadable(String),
    /// more than [`crate::MAX_BYTES`]
    #[error("has more than 64 MiB; save it with one finger on it and at most 4000 x 4000 pixels")]
    TooManyBytes,
    /// a file without bytes
    #[error("is empty; copy the file again")]
    Empty,
    /// nothing that is known
    #[error("is not a PNG, BMP or TIFF; save it as one of these")]
    Unknown,
    /// the FBI's fingerprint compression
    #[error(
        "is a WSQ, which cannot be read here; convert it to PNG at its full size with the program that wrote it, and keep \
         the WSQ"
    )]
    Wsq,
    /// a format that is known by name only
    #[error("is a {0}, which cannot be read here; save it as PNG, BMP or TIFF")]
    Foreign(&'static str),
    /// begins right, does not go on so
    #[error("is a damaged or cut-off {0}; copy the file again")]
    Damaged(Format),
    /// a variety of the format that is not read; which, in words that follow "is a TIFF"
    #[error("is a {0} {1}; save it as plain 8-bit grey")]
    Unsupported(Format, &'static str),
    /// a side of zero
    #[error("has no pixels; save it again")]
    NoPixels,
    /// width and height, one of them over [`crate::MAX_SIDE`]
    #[error("has {0} x {1} pixels; save it with one finger on it and at most 4000 x 4000")]
    TooLarge(u32, u32),
    /// pixels per inch across and down
    #[error("has {0} pixels per inch across and {1} down; save it with the same number both ways")]
    Oblong(u16, u16),
    /// bare pixels that are too few or too many for their size
    #[error("has {bytes} bytes where {width} x {height} grey pixels are {0}; check width and height", usize::from(*.width) * usize::from(*.height))]
    RawLength {
        /// as it was told
        width: u16,
        /// as it was told
        height: u16,
        /// as they are
        bytes: usize,
    },
}

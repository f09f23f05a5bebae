use crate::error::Flaw;
use std::fmt;

/// File formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// ISO/IEC 15948
    Png,
    /// Windows bitmap
    Bmp,
    /// TIFF 6.0 and BigTIFF
    Tiff,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Png => "PNG",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
        })
    }
}

/// First bytes of what is read.
const READ: [(&[u8], Format); 6] = [
    (b"\x89PNG\r\n\x1a\n", Format::Png),
    (b"BM", Format::Bmp),
    (b"II*\0", Format::Tiff),
    (b"MM\0*", Format::Tiff),
    (b"II+\0", Format::Tiff),
    (b"MM\0+", Format::Tiff),
];

/// First bytes of what people try.
const FOREIGN: [(&[u8], &str); 7] = [
    (b"\xff\xd8\xff", "JPEG"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"GIF8", "GIF"),
    (b"%PDF", "PDF"),
    (b"FIR\0", "finger image record (ISO/IEC 19794-4)"),
    (b"FMR\0", "minutiae record (ISO/IEC 19794-2)"),
];

/// Start of image, WSQ Gray-Scale Fingerprint Image Compression Specification, IAFIS-IC-0110, table 2.
const WSQ: &[u8] = b"\xff\xa0";

impl Format {
    /// By the first bytes alone: names of files are often wrong.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, Flaw> {
        if bytes.is_empty() {
            return Err(Flaw::Empty);
        }
        if bytes.starts_with(WSQ) {
            return Err(Flaw::Wsq);
        }
        if let Some((_, format)) = READ.iter().find(|(magic, _)| bytes.starts_with(magic)) {
            return Ok(*format);
        }
        let foreign = FOREIGN.iter().find(|(magic, _)| bytes.starts_with(magic));
        Err(foreign.map_or(Flaw::Unknown, |(_, name)| Flaw::Foreign(name)))
    }
}

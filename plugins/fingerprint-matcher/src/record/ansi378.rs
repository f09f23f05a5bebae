//! ANSI INCITS 378-2004, clause 6.
//!
//! | bytes | content |
//! |---|---|
//! | 0..8 | `FMR`, 0, ` 20`, 0 |
//! | 8..10 | length of the record, or 0 and then four bytes of length |
//! | +4 | product identifier (CBEFF): owner, type |
//! | +2 | compliance (4 bits) and number (12) of the device |
//! | +4 | width and height of the image in pixels |
//! | +4 | resolution across and down in pixels per centimetre |
//! | +2 | number of views, reserved |
//! | .. | views, as in ISO/IEC 19794-2:2005, but angles in units of 2 degrees |

use super::error::RecordError;
use super::marks::{Angles, Marks, Qualities};
use super::reader::Reader;
use super::standard::{Part, Standard};
use super::view;
use crate::gallery::Probe;
use crate::number::count16;
use crate::template::Template;

static STANDARD: Standard = Standard {
    name: "ANSI INCITS 378-2004",
    header: "6.4",
    view: "6.5.1",
    minutia: "6.5.2",
    extended: "6.6",
};
const VERSION: &str = " 20";
const LENGTH: usize = 8;
const MARKS: Marks = Marks {
    angles: Angles::Ansi,
    qualities: Qualities::Zero,
};

/// Whether the record is of this form, by its version and its length.
pub(super) fn claims(bytes: &[u8]) -> bool {
    open(bytes).is_ok()
}

pub(super) fn import(bytes: &[u8]) -> Result<Vec<Probe>, RecordError> {
    let mut reader = open(bytes)?;
    reader.skip(4 + 2, Part::Header)?;
    view::read_all(reader, MARKS)
}

fn open(bytes: &[u8]) -> Result<Reader<'_>, RecordError> {
    let mut reader = Reader::new(bytes, &STANDARD);
    reader.magic(VERSION)?;
    let stated = match reader.short(Part::Header)? {
        0 => reader.count(Part::Header)?,
        short => short.into(),
    };
    reader.check_length(LENGTH, stated)?;
    Ok(reader)
}

/// Nobody has registered a product identifier for this plugin, so that owner and type are 0.
pub(super) fn export(template: &Template, position: u8) -> Vec<u8> {
    let mut bytes = b"FMR\0 20\0\0\0".to_vec();
    bytes.extend([0; 4 + 2]);
    view::write_all(template, position, MARKS, &mut bytes);
    // one view of at most 255 minutiae always fits two bytes
    let length = count16(bytes.len()).to_be_bytes();
    bytes[LENGTH..LENGTH + 2].copy_from_slice(&length);
    bytes
}

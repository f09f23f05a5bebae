//! ISO/IEC 19794-2:2005, clause 7, record format.
//!
//! | bytes | content |
//! |---|---|
//! | 0..8 | `FMR`, 0, ` 20`, 0 |
//! | 8..12 | length of the record |
//! | 12..14 | certificates and type of the device |
//! | 14..18 | width and height of the image in pixels |
//! | 18..22 | resolution across and down in pixels per centimetre |
//! | 22..24 | number of views, reserved |
//! | 24.. | views |

use super::error::RecordError;
use super::marks::{Angles, Marks, Qualities};
use super::reader::Reader;
use super::standard::{Part, Standard};
use super::view;
use crate::gallery::Probe;
use crate::number::count32;
use crate::template::Template;

static STANDARD: Standard = Standard {
    name: "ISO/IEC 19794-2:2005",
    header: "7.3",
    view: "7.4.1",
    minutia: "7.4.2",
    extended: "7.5",
};
const VERSION: &str = " 20";
const LENGTH: usize = 8;
const MARKS: Marks = Marks {
    angles: Angles::Iso,
    qualities: Qualities::Zero,
};

/// Whether the record is of this form, by its version and its length.
pub(super) fn claims(bytes: &[u8]) -> bool {
    open(bytes).is_ok()
}

pub(super) fn import(bytes: &[u8]) -> Result<Vec<Probe>, RecordError> {
    let mut reader = open(bytes)?;
    reader.skip(2, Part::Header)?;
    view::read_all(reader, MARKS)
}

fn open(bytes: &[u8]) -> Result<Reader<'_>, RecordError> {
    let mut reader = Reader::new(bytes, &STANDARD);
    reader.magic(VERSION)?;
    let stated = reader.count(Part::Header)?;
    reader.check_length(LENGTH, stated)?;
    Ok(reader)
}

pub(super) fn export(template: &Template, position: u8) -> Vec<u8> {
    let mut bytes = b"FMR\0 20\0\0\0\0\0".to_vec();
    // no certificates, no device
    bytes.extend([0, 0]);
    view::write_all(template, position, MARKS, &mut bytes);
    let length = count32(bytes.len()).to_be_bytes();
    bytes[LENGTH..LENGTH + 4].copy_from_slice(&length);
    bytes
}

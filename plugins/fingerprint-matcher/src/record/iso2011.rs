//! ISO/IEC 19794-2:2011, clause 8, record format.
//!
//! | bytes | content |
//! |---|---|
//! | 0..8 | `FMR`, 0, `030`, 0 |
//! | 8..12 | length of the record |
//! | 12..14 | number of representations |
//! | 14 | whether representations have certificates |
//! | 15.. | representations |
//!
//! A representation: its length (4 bytes); date and time of the capture (9); technology (1), vendor (2) and type (2) of
//! the device; a count of qualities (1) and five bytes for each: score, vendor and algorithm; where there are
//! certificates, their count (1) and three bytes for each; position (1), number (1); resolution across and down (4);
//! kind of impression (1); width and height (4); bytes of a minutia (4 bits) and kind of ridge ending (4); count of
//! minutiae (1); the minutiae; extended data.

use super::error::{Flaw, RecordError};
use super::frame::{Frame, WORKING, read_resolution, read_size};
use super::marks::{Angles, Marks, Qualities, count};
use super::reader::Reader;
use super::standard::{Part, Standard};
use super::view::POSITIONS;
use super::{extended, view};
use crate::gallery::Probe;
use crate::number::count32;
use crate::template::Template;

static STANDARD: Standard = Standard {
    name: "ISO/IEC 19794-2:2011",
    header: "8.3",
    view: "8.4.1",
    minutia: "8.4.2",
    extended: "8.5",
};
const VERSION: &str = "030";
const LENGTH: usize = 8;
const HEADER: usize = 15;
/// Up to the count of qualities.
const FIRST_FIELDS: usize = 4 + 9 + 1 + 2 + 2;
/// No bits of the date are known.
const NO_DATE: [u8; 9] = [0xff; 9];
/// A quality that an algorithm failed to tell.
const FAILED: u8 = 255;
/// The end of a ridge's skeleton, where 0 is the fork of a valley's.
const RIDGE_SKELETON: u8 = 1;
const MARKS: Marks = Marks {
    angles: Angles::Iso,
    qualities: Qualities::Special,
};

/// Whether the record is of this form; no other has its version.
pub(super) fn claims(bytes: &[u8]) -> bool {
    Reader::new(bytes, &STANDARD).magic(VERSION).is_ok()
}

pub(super) fn import(bytes: &[u8]) -> Result<Vec<Probe>, RecordError> {
    let mut reader = Reader::new(bytes, &STANDARD);
    reader.magic(VERSION)?;
    let stated = reader.count(Part::Header)?;
    reader.check_length(LENGTH, stated)?;
    let views = u16::from(*view::VIEWS.start())..=u16::from(*view::VIEWS.end());
    let count = reader.short_in("the number of representations", views, Part::Header)?;
    let certified = reader.byte_in("the flag for certificates", 0..=1, Part::Header)? == 1;
    let probes = (0..count)
        .map(|_| representation(&mut reader, certified))
        .collect::<Result<_, _>>()?;
    reader.finish(Part::Header)?;
    Ok(probes)
}

fn representation(record: &mut Reader<'_>, certified: bool) -> Result<Probe, RecordError> {
    let start = record.at();
    let mut reader = record.part(4);
    let length = reader.count(Part::View)?;
    let mut reader = record.part(length);
    record
        .skip(length, Part::View)
        .map_err(|_| record.refuse(start, Flaw::CutOff(Part::View), Part::View))?;
    reader.skip(FIRST_FIELDS, Part::View)?;
    let quality = quality(&mut reader)?;
    if certified {
        let certificates = reader.byte(Part::View)?;
        reader.skip(3 * usize::from(certificates), Part::View)?;
    }
    let position = reader.byte_in("the finger position", POSITIONS, Part::View)?;
    // number of the representation
    reader.byte(Part::View)?;
    let resolution = read_resolution(&mut reader, Part::View)?;
    // kind of impression
    reader.byte(Part::View)?;
    let size = read_size(&mut reader, Part::View)?;
    let marks = form(&mut reader)?;
    let count = reader.byte(Part::View)?;
    let probe = marks.read(&mut reader, count, &Frame::new(size, resolution), (position, quality))?;
    extended::skip(&mut reader)?;
    reader.finish(Part::View)?;
    Ok(probe)
}

/// The first score that an algorithm could tell, 0 where there is none.
fn quality(reader: &mut Reader<'_>) -> Result<u8, RecordError> {
    let mut first = None;
    for _ in 0..reader.byte(Part::View)? {
        let at = reader.at();
        match reader.byte(Part::View)? {
            score @ 0..=100 => first = first.or(Some(score)),
            FAILED => {}
            score => {
                let flaw = Flaw::Number {
                    what: "the finger's quality",
                    value: score.into(),
                    from: 0,
                    to: 100,
                };
                return Err(reader.refuse(at, flaw, Part::View));
            }
        }
        reader.skip(4, Part::View)?;
    }
    Ok(first.unwrap_or(0))
}

/// Minutiae of six bytes, or of five without a quality.
fn form(reader: &mut Reader<'_>) -> Result<Marks, RecordError> {
    let at = reader.at();
    let byte = reader.byte(Part::View)?;
    let number = |what, value: u8, from, to| Flaw::Number {
        what,
        value: value.into(),
        from,
        to,
    };
    let (length, ending) = (byte >> 4, byte & 0x0f);
    if ending > RIDGE_SKELETON {
        return Err(reader.refuse(at, number("the kind of ridge ending", ending, 0, 1), Part::View));
    }
    match length {
        5 => Ok(Marks {
            qualities: Qualities::Absent,
            ..MARKS
        }),
        6 => Ok(MARKS),
        _ => Err(reader.refuse(at, number("the bytes of a minutia", length, 5, 6), Part::View)),
    }
}

pub(super) fn export(template: &Template, position: u8) -> Vec<u8> {
    let mut bytes = b"FMR\x00030\0\0\0\0\0\0\x01\0".to_vec();
    bytes.extend([0; 4]);
    bytes.extend(NO_DATE);
    // technology, vendor and type of the device
    bytes.extend([0; 1 + 2 + 2]);
    // one quality, of no registered algorithm
    bytes.extend([1, template.quality(), 0, 0, 0, 0]);
    bytes.extend([position, 0]);
    bytes.extend([WORKING.to_be_bytes(), WORKING.to_be_bytes()].concat());
    bytes.push(0);
    bytes.extend([template.width().to_be_bytes(), template.height().to_be_bytes()].concat());
    bytes.extend([6 << 4 | RIDGE_SKELETON, count(template)]);
    MARKS.write(template, &mut bytes);
    bytes.extend([0, 0]);
    let (whole, representation) = (count32(bytes.len()), count32(bytes.len() - HEADER));
    bytes[LENGTH..LENGTH + 4].copy_from_slice(&whole.to_be_bytes());
    bytes[HEADER..HEADER + 4].copy_from_slice(&representation.to_be_bytes());
    bytes
}

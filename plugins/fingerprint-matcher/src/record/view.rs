//! A finger view as 2005 and 378 have it: position, number of the view and kind of impression, quality, count of
//! minutiae; the minutiae; extended data.

use super::error::RecordError;
use super::frame::Frame;
use super::marks::{Marks, count};
use super::reader::Reader;
use super::standard::Part;
use super::{extended, frame};
use crate::gallery::Probe;
use crate::template::Template;
use std::ops::RangeInclusive;

/// Unknown, right thumb to left little finger.
pub(super) const POSITIONS: RangeInclusive<u8> = 0..=10;
/// Eleven positions with sixteen views each.
pub(super) const VIEWS: RangeInclusive<u8> = 1..=176;

/// From the size of the image to the end of the record, which both have alike.
pub(super) fn read_all(mut reader: Reader<'_>, marks: Marks) -> Result<Vec<Probe>, RecordError> {
    let frame = Frame::read(&mut reader, Part::Header)?;
    let views = reader.byte_in("the number of finger views", VIEWS, Part::Header)?;
    // reserved
    reader.byte(Part::Header)?;
    let probes = (0..views)
        .map(|_| read(&mut reader, marks, &frame))
        .collect::<Result<_, _>>()?;
    reader.finish(Part::Header)?;
    Ok(probes)
}

fn read(reader: &mut Reader<'_>, marks: Marks, frame: &Frame) -> Result<Probe, RecordError> {
    let position = reader.byte_in("the finger position", POSITIONS, Part::View)?;
    // number of the view, kind of impression
    reader.byte(Part::View)?;
    let quality = reader.byte_in("the finger's quality", 0..=100, Part::View)?;
    let count = reader.byte(Part::View)?;
    let probe = marks.read(reader, count, frame, (position, quality))?;
    extended::skip(reader)?;
    Ok(probe)
}

/// From the size of the image to the end of the record.
pub(super) fn write_all(template: &Template, position: u8, marks: Marks, bytes: &mut Vec<u8>) {
    for side in [template.width(), template.height(), frame::WORKING, frame::WORKING] {
        bytes.extend(side.to_be_bytes());
    }
    bytes.extend([1, 0]);
    bytes.extend([position, 0, template.quality(), count(template)]);
    marks.write(template, bytes);
    bytes.extend([0, 0]);
}

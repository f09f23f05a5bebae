//! The minutiae of a view, in the six (or five) bytes that all forms share: kind (2 bits) and x (14), reserved (2) and
//! y (14), angle, quality.

use super::error::{Flaw, RecordError};
use super::frame::Frame;
use super::reader::Reader;
use super::standard::Part;
use crate::gallery::Probe;
use crate::minutia::{Kind, Minutia};
use crate::template::{MOST_MINUTIAE, Template};
use std::cmp::Reverse;

/// How a form writes what differs.
#[derive(Clone, Copy)]
pub(super) struct Marks {
    pub(super) angles: Angles,
    pub(super) qualities: Qualities,
}

/// Units of an angle, counter-clockwise from the right.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Angles {
    /// 1.40625 degrees, 1/256 of a turn, as here
    Iso,
    /// 2 degrees, 0 to 179
    Ansi,
}

/// How a quality that is not known is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Qualities {
    /// as 0
    Zero,
    /// as 254 (not reported); 255 (failed) is read as well
    Special,
    /// there is no byte for a quality
    Absent,
}

const LOW_14: u16 = 0x3fff;
/// Units of 2 degrees in a turn.
const TURN: u16 = 180;
const NOT_REPORTED: u8 = 254;

impl Angles {
    fn read(self, reader: &mut Reader<'_>) -> Result<u8, RecordError> {
        match self {
            Self::Iso => reader.byte(Part::Minutia),
            Self::Ansi => {
                let unit = reader.byte_in("the angle (units of 2 degrees)", 0..=179, Part::Minutia)?;
                Ok(nearest(unit, 256, TURN))
            }
        }
    }

    fn write(self, angle: u8) -> u8 {
        match self {
            Self::Iso => angle,
            Self::Ansi => nearest(angle, TURN, 256),
        }
    }
}

/// `angle * to / from`, rounded, within the turn of `to` units.
fn nearest(angle: u8, to: u16, from: u16) -> u8 {
    let scaled = (u32::from(angle) * u32::from(to) + u32::from(from) / 2) / u32::from(from) % u32::from(to);
    u8::try_from(scaled).unwrap_or(0)
}

impl Qualities {
    fn read(self, reader: &mut Reader<'_>) -> Result<u8, RecordError> {
        const WHAT: &str = "the quality of a minutia";
        match self {
            Self::Absent => Ok(0),
            Self::Zero => reader.byte_in(WHAT, 0..=100, Part::Minutia),
            Self::Special => {
                let at = reader.at();
                match reader.byte(Part::Minutia)? {
                    quality @ 0..=100 => Ok(quality),
                    NOT_REPORTED.. => Ok(0),
                    quality => {
                        let flaw = Flaw::Number {
                            what: WHAT,
                            value: quality.into(),
                            from: 0,
                            to: 100,
                        };
                        Err(reader.refuse(at, flaw, Part::Minutia))
                    }
                }
            }
        }
    }

    fn write(self, quality: u8) -> u8 {
        match (self, quality) {
            (Self::Special, 0) => NOT_REPORTED,
            _ => quality,
        }
    }
}

impl Marks {
    /// So many minutiae as a probe.
    pub(super) fn read(
        self,
        reader: &mut Reader<'_>,
        count: u8,
        frame: &Frame,
        (position, quality): (u8, u8),
    ) -> Result<Probe, RecordError> {
        let minutiae = (0..count)
            .map(|_| self.read_one(reader, frame))
            .collect::<Result<Vec<_>, _>>()?;
        let (width, height) = frame.size();
        Ok(Probe {
            template: Template::new(width, height, quality, best(minutiae)).to_bytes(),
            position,
        })
    }

    fn read_one(self, reader: &mut Reader<'_>, frame: &Frame) -> Result<Minutia, RecordError> {
        let at = reader.at();
        let (word, y) = (reader.short(Part::Minutia)?, reader.short(Part::Minutia)?);
        let kind = match word >> 14 {
            0 => Kind::Other,
            1 => Kind::Ending,
            2 => Kind::Bifurcation,
            _ => return Err(reader.refuse(at, Flaw::Kind, Part::Minutia)),
        };
        let (x, y) = frame.place(reader, at, (word & LOW_14, y & LOW_14))?;
        Ok(Minutia {
            x,
            y,
            angle: self.angles.read(reader)?,
            kind,
            quality: self.qualities.read(reader)?,
        })
    }

    /// All minutiae of a template, six bytes each, or five without a quality.
    pub(super) fn write(self, template: &Template, bytes: &mut Vec<u8>) {
        for minutia in template.minutiae() {
            let kind: u16 = match minutia.kind {
                Kind::Other => 0,
                Kind::Ending => 1,
                Kind::Bifurcation => 2,
            };
            bytes.extend((kind << 14 | minutia.x).to_be_bytes());
            bytes.extend(minutia.y.to_be_bytes());
            bytes.push(self.angles.write(minutia.angle));
            if self.qualities != Qualities::Absent {
                bytes.push(self.qualities.write(minutia.quality));
            }
        }
    }
}

/// The count of a template's minutiae as records state it; a template keeps no more than a byte counts.
pub(super) fn count(template: &Template) -> u8 {
    u8::try_from(template.minutiae().len()).unwrap_or(u8::MAX)
}

/// As many as a template keeps. Many records state no quality at all; then what is nearest to the middle of all is most
/// likely to be in the next print as well.
fn best(mut minutiae: Vec<Minutia>) -> Vec<Minutia> {
    if minutiae.len() <= MOST_MINUTIAE {
        return minutiae;
    }
    let count = u32::try_from(minutiae.len()).unwrap_or(u32::MAX);
    let middle = |coordinate: fn(&Minutia) -> u16| {
        let sum: u32 = minutiae.iter().map(|minutia| u32::from(coordinate(minutia))).sum();
        sum / count
    };
    let (x, y) = (middle(|minutia| minutia.x), middle(|minutia| minutia.y));
    let distance = |minutia: &Minutia| {
        let (across, down) = (u32::from(minutia.x).abs_diff(x), u32::from(minutia.y).abs_diff(y));
        u64::from(across).pow(2) + u64::from(down).pow(2)
    };
    minutiae.sort_by_key(|minutia| (Reverse(minutia.quality), distance(minutia), *minutia));
    minutiae.truncate(MOST_MINUTIAE);
    minutiae
}

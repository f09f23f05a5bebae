//! Prints as standard records, so that templates can come from and go to other systems.
//!
//! ISO/IEC 19794-2:2005, clause 8 (record format), big-endian: a header of 24 bytes; for each view four bytes, the
//! minutiae of six bytes each, and the length of extended data, which is skipped.

use crate::gallery::Probe;
use crate::minutia::{Kind, Minutia};
use crate::number::{count32, short};
use crate::template::Template;
use std::fmt;

/// Standard record forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFormat {
    /// ISO/IEC 19794-2:2005, record format
    Iso19794v2005,
    /// ANSI INCITS 378-2004
    Ansi378v2004,
    /// ISO/IEC 19794-2:2011
    Iso19794v2011,
}

/// Why a record cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// this form is not supported yet
    NotSupportedYet(RecordFormat),
    /// the bytes do not begin like this form
    Foreign,
    /// the record ends early, or goes on after its end
    Length,
    /// a value out of its range; which
    Value(&'static str),
    /// the template to be written cannot be read
    Template,
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSupportedYet(format) => write!(f, "records of form {format:?} are not supported yet"),
            Self::Foreign => f.write_str("not a record of this form"),
            Self::Length => f.write_str("the record's length contradicts its content"),
            Self::Value(which) => write!(f, "the record's {which} is out of range"),
            Self::Template => f.write_str("the template cannot be read"),
        }
    }
}

impl std::error::Error for RecordError {}

/// Format identifier and version of ISO/IEC 19794-2:2005.
const MAGIC: [u8; 8] = *b"FMR\0 20\0";
/// 500 dpi in pixels per centimetre, as records state it.
const WORKING: u16 = 197;
/// Resolutions accepted: 99 to 1,200 dpi.
const RESOLUTIONS: std::ops::RangeInclusive<u16> = 39..=473;

/// One probe per finger view in the record.
pub fn import(bytes: &[u8], format: RecordFormat) -> Result<Vec<Probe>, RecordError> {
    if format != RecordFormat::Iso19794v2005 {
        return Err(RecordError::NotSupportedYet(format));
    }
    let mut reader = Reader { rest: bytes };
    if reader.take::<8>() != Ok(MAGIC) {
        return Err(RecordError::Foreign);
    }
    if u32::from_be_bytes(reader.take()?) != count32(bytes.len()) {
        return Err(RecordError::Length);
    }
    let [_, _] = reader.take()?;
    let (width, height) = (reader.short()?, reader.short()?);
    let (across, down) = (reader.short()?, reader.short()?);
    if !RESOLUTIONS.contains(&across) || !RESOLUTIONS.contains(&down) {
        return Err(RecordError::Value("resolution"));
    }
    let [views, _] = reader.take()?;
    let scale = (Scale::from(across), Scale::from(down));
    let probes = (0..views)
        .map(|_| view(&mut reader, (width, height), scale))
        .collect::<Result<_, _>>()?;
    if reader.rest.is_empty() {
        Ok(probes)
    } else {
        Err(RecordError::Length)
    }
}

/// One probe as a record of one view. The kind of impression is not known to a template and given as live, plain.
pub fn export(probe: &Probe, format: RecordFormat) -> Result<Vec<u8>, RecordError> {
    if format != RecordFormat::Iso19794v2005 {
        return Err(RecordError::NotSupportedYet(format));
    }
    let template = Template::parse(&probe.template).map_err(|_| RecordError::Template)?;
    let count = template.minutiae().len();
    let length = 24 + 4 + 6 * count + 2;
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(MAGIC);
    bytes.extend(count32(length).to_be_bytes());
    bytes.extend([0, 0]);
    for side in [template.width(), template.height(), WORKING, WORKING] {
        bytes.extend(side.to_be_bytes());
    }
    bytes.extend([1, 0]);
    // at most MOST_MINUTIAE
    let count = u8::try_from(count).unwrap_or(u8::MAX);
    bytes.extend([probe.position, 0, template.quality(), count]);
    for minutia in template.minutiae() {
        let kind: u16 = match minutia.kind {
            Kind::Other => 0,
            Kind::Ending => 1,
            Kind::Bifurcation => 2,
        };
        bytes.extend((kind << 14 | minutia.x).to_be_bytes());
        bytes.extend(minutia.y.to_be_bytes());
        bytes.extend([minutia.angle, minutia.quality]);
    }
    bytes.extend([0, 0]);
    Ok(bytes)
}

fn view(reader: &mut Reader<'_>, size: (u16, u16), scale: (Scale, Scale)) -> Result<Probe, RecordError> {
    let [position, _, quality, count] = reader.take()?;
    if position > 10 {
        return Err(RecordError::Value("finger position"));
    }
    if quality > 100 {
        return Err(RecordError::Value("quality"));
    }
    let mut minutiae = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let (word, y) = (reader.short()?, reader.short()? & 0x3fff);
        let [angle, quality] = reader.take()?;
        let kind = match word >> 14 {
            1 => Kind::Ending,
            2 => Kind::Bifurcation,
            _ => Kind::Other,
        };
        let x = word & 0x3fff;
        if x >= size.0 || y >= size.1 {
            return Err(RecordError::Value("minutia position"));
        }
        minutiae.push(Minutia {
            x: scale.0.apply(x),
            y: scale.1.apply(y),
            angle,
            kind,
            quality: quality.min(100),
        });
    }
    let extended = usize::from(reader.short()?);
    reader.rest = reader.rest.get(extended..).ok_or(RecordError::Length)?;
    let (width, height) = (
        scale.0.apply(size.0).saturating_add(1),
        scale.1.apply(size.1).saturating_add(1),
    );
    let (width, height) = if scale == (Scale(1.0), Scale(1.0)) {
        size
    } else {
        (width, height)
    };
    Ok(Probe {
        template: Template::new(width, height, quality, minutiae).to_bytes(),
        position,
    })
}

/// From a record's resolution to 500 dpi.
#[derive(Clone, Copy, PartialEq)]
struct Scale(f32);

impl Scale {
    /// Records round pixels per centimetre, so 196 to 198 are 500 dpi.
    fn from(resolution: u16) -> Self {
        if resolution.abs_diff(WORKING) <= 1 {
            Self(1.0)
        } else {
            Self(500.0 / 2.54 / f32::from(resolution))
        }
    }

    fn apply(self, place: u16) -> u16 {
        short(f32::from(place) * self.0)
    }
}

/// What is left of a record.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(RecordError::Length)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn short(&mut self) -> Result<u16, RecordError> {
        self.take().map(u16::from_be_bytes)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn probe() -> Probe {
        let minutiae = (0..40u16)
            .map(|n| Minutia {
                x: n * 37 % 300,
                y: n * 53 % 400,
                angle: u8::try_from(n * 7 % 256).unwrap(),
                kind: [Kind::Other, Kind::Ending, Kind::Bifurcation][usize::from(n % 3)],
                quality: u8::try_from(n % 101).unwrap(),
            })
            .collect();
        Probe {
            template: Template::new(300, 400, 77, minutiae).to_bytes(),
            position: 7,
        }
    }

    #[test]
    fn a_record_read_back_is_the_same_probe() {
        let bytes = export(&probe(), RecordFormat::Iso19794v2005).unwrap();
        assert_eq!(bytes.len(), 24 + 4 + 40 * 6 + 2);
        assert_eq!(import(&bytes, RecordFormat::Iso19794v2005), Ok(vec![probe()]));
    }

    #[test]
    fn a_record_of_another_resolution_is_brought_to_500_dpi() {
        let mut bytes = export(&probe(), RecordFormat::Iso19794v2005).unwrap();
        for at in [18, 20] {
            bytes[at..at + 2].copy_from_slice(&394u16.to_be_bytes());
        }
        let read = import(&bytes, RecordFormat::Iso19794v2005).unwrap();
        let (before, after) = (
            Template::parse(&probe().template).unwrap(),
            Template::parse(&read[0].template).unwrap(),
        );
        let sum = |template: &Template| {
            template
                .minutiae()
                .iter()
                .map(|minutia| u32::from(minutia.x))
                .sum::<u32>()
        };
        assert!(sum(&before).abs_diff(2 * sum(&after)) < 80);
    }

    #[test]
    fn two_views_are_two_probes_and_extended_data_is_skipped() {
        let one = export(&probe(), RecordFormat::Iso19794v2005).unwrap();
        let mut both = one.clone();
        both[22] = 2;
        let end = both.len() - 1;
        both[end] = 3;
        both.extend([9, 9, 9]);
        both.extend(&one[24..]);
        let length = count32(both.len()).to_be_bytes();
        both[8..12].copy_from_slice(&length);
        assert_eq!(import(&both, RecordFormat::Iso19794v2005), Ok(vec![probe(), probe()]));
    }

    #[test]
    fn each_fault_has_its_name() {
        let good = export(&probe(), RecordFormat::Iso19794v2005).unwrap();
        let with = |at: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[at] = value;
            bytes
        };
        let cases: [(&str, Vec<u8>, RecordError); 7] = [
            ("nothing", vec![], RecordError::Foreign),
            ("another version", with(5, b'3'), RecordError::Foreign),
            ("one byte short", good[..good.len() - 1].to_vec(), RecordError::Length),
            ("no resolution", with(19, 0), RecordError::Value("resolution")),
            ("finger 11", with(24, 11), RecordError::Value("finger position")),
            ("quality 101", with(26, 101), RecordError::Value("quality")),
            (
                "a minutia outside",
                with(28, 0x3f),
                RecordError::Value("minutia position"),
            ),
        ];
        for (name, bytes, expected) in cases {
            assert_eq!(import(&bytes, RecordFormat::Iso19794v2005), Err(expected), "{name}");
        }
        for format in [RecordFormat::Ansi378v2004, RecordFormat::Iso19794v2011] {
            assert_eq!(import(&good, format), Err(RecordError::NotSupportedYet(format)));
        }
    }
}

//! This plugin's own template form.
//!
//! | bytes | content |
//! |---|---|
//! | 0..4 | `KFT` and the version, [`TEMPLATE_VERSION`] |
//! | 4..6 | width of the sample at 500 dpi, big-endian |
//! | 6..8 | height |
//! | 8 | quality, 0 to 100 |
//! | 9 | count of minutiae, 0 to [`MOST_MINUTIAE`] |
//! | then | six bytes each: kind (2 bits) and x (14), 0 (2) and y (14), angle, quality |
//! | then | the field of ridge directions: squares left of it, above it, in a row of it, rows of it; none for imported records |
//! | then | a byte each square: 0 outside the finger, 1 no direction, 2 to 129 direction in 1/128 of half a turn |
//!
//! Minutiae are sorted by x, then y, so that equal prints have equal bytes.

use crate::field::{DIRECTIONS, FIRST, Field};
use crate::minutia::{Kind, Minutia};
use std::cmp::Reverse;
use std::fmt;

/// Version of the form; the host extracts anew when it changes.
pub const TEMPLATE_VERSION: u32 = 2;

/// The best so many minutiae are kept.
pub const MOST_MINUTIAE: usize = 80;

const MAGIC: [u8; 4] = *b"KFT\x02";
const HEADER: usize = 10;
const MINUTIA: usize = 6;
const FIELD: usize = 4;
/// Coordinates have 14 bits.
const LARGEST_SIDE: u16 = 0x3fff;

/// A print as minutiae.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    width: u16,
    height: u16,
    quality: u8,
    minutiae: Vec<Minutia>,
    field: Field,
}

// Minutiae are biometric data and never get into a log.
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Template(quality {}, {} minutiae)",
            self.quality,
            self.minutiae.len()
        )
    }
}

/// Why bytes are not a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// not this plugin's form
    Foreign,
    /// this plugin's form, another version
    OtherVersion,
    /// longer or shorter than its count of minutiae says
    Length,
    /// a value out of its range
    Value,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Foreign => "not a template of this plugin",
            Self::OtherVersion => "a template of another version",
            Self::Length => "the template's length contradicts its header",
            Self::Value => "the template has a value out of range",
        })
    }
}

impl std::error::Error for TemplateError {}

impl Template {
    /// Keeps the best [`MOST_MINUTIAE`] that lie inside; size in pixels at 500 dpi.
    #[must_use]
    pub fn new(width: u16, height: u16, quality: u8, mut minutiae: Vec<Minutia>) -> Self {
        let (width, height) = (width.min(LARGEST_SIDE), height.min(LARGEST_SIDE));
        minutiae.retain(|minutia| minutia.x < width && minutia.y < height);
        for minutia in &mut minutiae {
            minutia.quality = minutia.quality.min(100);
        }
        minutiae.sort_unstable_by_key(|minutia| (Reverse(minutia.quality), *minutia));
        minutiae.dedup();
        minutiae.truncate(MOST_MINUTIAE);
        minutiae.sort_unstable();
        Self {
            width,
            height,
            quality: quality.min(100),
            minutiae,
            field: Field::default(),
        }
    }

    /// The same with its ridge directions.
    #[must_use]
    pub(crate) fn with_field(mut self, field: Field) -> Self {
        self.field = field;
        self
    }

    /// Ridge directions; empty for imported records.
    pub(crate) fn field(&self) -> &Field {
        &self.field
    }

    /// Width of the sample in pixels at 500 dpi.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Height of the sample in pixels at 500 dpi.
    #[must_use]
    pub fn height(&self) -> u16 {
        self.height
    }

    /// 0 worst to 100 best.
    #[must_use]
    pub fn quality(&self) -> u8 {
        self.quality
    }

    /// Sorted by x, then y.
    #[must_use]
    pub fn minutiae(&self) -> &[Minutia] {
        &self.minutiae
    }

    /// The form described at the top.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + MINUTIA * self.minutiae.len());
        bytes.extend(MAGIC);
        bytes.extend(self.width.to_be_bytes());
        bytes.extend(self.height.to_be_bytes());
        bytes.push(self.quality);
        // at most MOST_MINUTIAE
        bytes.push(u8::try_from(self.minutiae.len()).unwrap_or(u8::MAX));
        for minutia in &self.minutiae {
            let kind: u16 = match minutia.kind {
                Kind::Other => 0,
                Kind::Ending => 1,
                Kind::Bifurcation => 2,
            };
            bytes.extend((kind << 14 | minutia.x).to_be_bytes());
            bytes.extend(minutia.y.to_be_bytes());
            bytes.extend([minutia.angle, minutia.quality]);
        }
        let Field {
            left,
            top,
            columns,
            squares,
        } = &self.field;
        // as many rows as fit a byte, from `Field::of`
        let rows = squares.len().checked_div(usize::from(*columns)).unwrap_or(0);
        bytes.extend([*left, *top, *columns, u8::try_from(rows).unwrap_or(u8::MAX)]);
        bytes.extend(squares);
        bytes
    }

    /// Minutiae of bytes that [`Template::parse`] has read before, without checking again.
    pub(crate) fn minutiae_of(bytes: &[u8]) -> impl Iterator<Item = Minutia> + '_ {
        let count = bytes.get(9).map_or(0, |count| usize::from(*count));
        let parts = bytes.get(HEADER..).unwrap_or_default();
        let parts = parts.as_chunks::<MINUTIA>().0.iter().take(count);
        parts.filter_map(|part| minutia(*part, u16::MAX, u16::MAX))
    }

    /// Reads the form, checking everything.
    pub fn parse(bytes: &[u8]) -> Result<Self, TemplateError> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>().ok_or(TemplateError::Foreign)?;
        let [k, f, t, version, w0, w1, h0, h1, quality, count] = *header;
        if [k, f, t] != MAGIC[..3] {
            return Err(TemplateError::Foreign);
        }
        if version != MAGIC[3] {
            return Err(TemplateError::OtherVersion);
        }
        let count = usize::from(count);
        let (parts, rest) = rest.split_at_checked(count * MINUTIA).ok_or(TemplateError::Length)?;
        let ([left, top, columns, rows], squares) = rest.split_first_chunk::<FIELD>().ok_or(TemplateError::Length)?;
        if squares.len() != usize::from(*columns) * usize::from(*rows) {
            return Err(TemplateError::Length);
        }
        let (width, height) = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
        if count > MOST_MINUTIAE || width > LARGEST_SIDE || height > LARGEST_SIDE || quality > 100 {
            return Err(TemplateError::Value);
        }
        let (parts, _) = parts.as_chunks::<MINUTIA>();
        let minutiae: Vec<Minutia> = parts
            .iter()
            .map(|part| minutia(*part, width, height))
            .collect::<Option<_>>()
            .ok_or(TemplateError::Value)?;
        if !minutiae.is_sorted_by(|one, two| one < two) {
            return Err(TemplateError::Value);
        }
        if squares.iter().any(|square| *square >= FIRST + DIRECTIONS) || (*columns == 0) != (*rows == 0) {
            return Err(TemplateError::Value);
        }
        let field = Field {
            left: *left,
            top: *top,
            columns: *columns,
            squares: squares.to_vec(),
        };
        Ok(Self {
            width,
            height,
            quality,
            minutiae,
            field,
        })
    }
}

fn minutia([x0, x1, y0, y1, angle, quality]: [u8; MINUTIA], width: u16, height: u16) -> Option<Minutia> {
    let (word, y) = (u16::from_be_bytes([x0, x1]), u16::from_be_bytes([y0, y1]));
    let kind = match word >> 14 {
        0 => Kind::Other,
        1 => Kind::Ending,
        2 => Kind::Bifurcation,
        _ => return None,
    };
    let x = word & LARGEST_SIDE;
    (x < width && y < height && quality <= 100).then_some(Minutia {
        x,
        y,
        angle,
        kind,
        quality,
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn sample() -> Template {
        let minutiae = (0..100u16)
            .map(|n| Minutia {
                x: n * 37 % 300,
                y: n * 53 % 400,
                angle: u8::try_from(n * 7 % 256).unwrap(),
                kind: if n % 3 == 0 { Kind::Ending } else { Kind::Bifurcation },
                quality: u8::try_from(n % 101).unwrap(),
            })
            .collect();
        Template::new(300, 400, 77, minutiae)
    }

    #[test]
    fn a_template_survives_its_bytes_and_keeps_the_best_minutiae() {
        let template = sample();
        assert_eq!(template.minutiae().len(), MOST_MINUTIAE);
        assert!(template.minutiae().iter().all(|minutia| minutia.quality >= 20));
        assert_eq!(Template::parse(&template.to_bytes()), Ok(template));
    }

    #[test]
    fn changed_bytes_are_refused_or_read_as_another_valid_template_but_never_panic() {
        let good = sample().to_bytes();
        let mut state = 1u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            usize::try_from(state >> 8).unwrap()
        };
        for _ in 0..20_000 {
            let mut bytes = good.clone();
            for _ in 0..=next() % 4 {
                let at = next() % bytes.len();
                bytes[at] = u8::try_from(next() % 256).unwrap();
            }
            bytes.truncate(if next() % 4 == 0 {
                next() % (bytes.len() + 1)
            } else {
                bytes.len()
            });
            if let Ok(template) = Template::parse(&bytes) {
                assert_eq!(template.to_bytes(), bytes);
            }
        }
    }

    #[test]
    fn each_kind_of_damage_has_its_name() {
        let good = sample().to_bytes();
        let with = |at: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[at] = value;
            bytes
        };
        let cases: [(&str, Vec<u8>, TemplateError); 7] = [
            ("nothing", vec![], TemplateError::Foreign),
            ("another magic", with(0, b'X'), TemplateError::Foreign),
            ("another version", with(3, 1), TemplateError::OtherVersion),
            ("one byte short", good[..good.len() - 1].to_vec(), TemplateError::Length),
            ("another count", with(9, 3), TemplateError::Length),
            ("quality above 100", with(8, 101), TemplateError::Value),
            ("kind 3", with(10, 0xc0), TemplateError::Value),
        ];
        for (name, bytes, expected) in cases {
            assert_eq!(Template::parse(&bytes), Err(expected), "{name}");
        }
    }
}

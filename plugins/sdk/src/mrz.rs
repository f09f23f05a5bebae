//! The machine-readable zone of a document, as far as a reader has to know it: its shapes, its characters, and where its
//! lines end (ICAO Doc 9303, eighth edition; the section numbers are those of its parts).
//!
//! A driver delivers lines as they were read: what stands in them, and whether their check digits are right, the host
//! judges (`wit/driver`, `document-reader.document`), since it alone knows what a document with a wrong digit is worth.
//! [`check_digit`] is here for tests and for whoever makes specimens.

use crate::fault::{Fault, Kind};

/// Most characters of a line.
const LONGEST: usize = 44;
/// Weights of a check digit, from the left, over and over (part 3, section 4.9).
const WEIGHTS: [u32; 3] = [7, 3, 1];

/// The three shapes of a zone. The length of its first line tells which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// cards: 3 lines of 30 characters (part 5, section 4.2)
    Td1,
    /// documents, and visas of format B: 2 lines of 36 characters (part 6, section 4.2; part 7, section 5)
    Td2,
    /// passports, and visas of format A: 2 lines of 44 characters (part 4, section 4.2; part 7, section 4)
    Td3,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Td1, Self::Td2, Self::Td3];

    /// How many lines it has.
    #[must_use]
    pub const fn lines(self) -> usize {
        match self {
            Self::Td1 => 3,
            Self::Td2 | Self::Td3 => 2,
        }
    }

    /// How many characters each of its lines has.
    #[must_use]
    pub const fn characters(self) -> usize {
        match self {
            Self::Td1 => 30,
            Self::Td2 => 36,
            Self::Td3 => LONGEST,
        }
    }

    /// The shape whose lines have so many characters.
    #[must_use]
    pub fn of_line(characters: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.characters() == characters)
    }
}

/// Is this one of the zone's characters: A to Z, 0 to 9, and the filler `<` (part 3, section 4.3)?
#[must_use]
pub const fn is_character(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'<')
}

/// The check digit of these characters, 0 to 9 (part 3, section 4.9); none where one of them is not of the zone.
#[must_use]
pub fn check_digit(characters: &[u8]) -> Option<u8> {
    let weighted = characters.iter().zip(WEIGHTS.into_iter().cycle());
    let sum = weighted.map(|(character, weight)| Some(value(*character)? * weight));
    let sum: u32 = sum.sum::<Option<u32>>()?;
    u8::try_from(sum % 10).ok()
}

/// Digits are themselves, A to Z 10 to 35, and the filler is 0.
fn value(character: u8) -> Option<u32> {
    match character {
        b'0'..=b'9' => Some(u32::from(character - b'0')),
        b'A'..=b'Z' => Some(u32::from(character - b'A') + 10),
        b'<' => Some(0),
        _ => None,
    }
}

/// Lines as they come in, character by character. What it holds is always the beginning of a zone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Lines {
    ended: Vec<String>,
    /// known from the first line's end
    shape: Option<Shape>,
    line: String,
}

/// How many lines and characters there are: they name a voter.
impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} lines and {} characters", self.ended.len(), self.line.len())
    }
}

impl Lines {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next character.
    ///
    /// # Errors
    /// `not-an-mrz`: not one of the zone's, or one more than a line has.
    pub fn push(&mut self, byte: u8) -> Result<(), Fault> {
        let room = self.shape.map_or(LONGEST, Shape::characters);
        if !is_character(byte) || self.line.len() >= room {
            return Err(not_an_mrz());
        }
        self.line.push(char::from(byte));
        Ok(())
    }

    /// The line's end: the whole zone, if this was its last line.
    ///
    /// # Errors
    /// `not-an-mrz`: no shape has such a line, or this zone has not.
    pub fn end(&mut self) -> Result<Option<Vec<String>>, Fault> {
        let shape = Shape::of_line(self.line.len()).ok_or_else(not_an_mrz)?;
        if *self.shape.get_or_insert(shape) != shape {
            return Err(not_an_mrz());
        }
        self.ended.push(std::mem::take(&mut self.line));
        if self.ended.len() < shape.lines() {
            return Ok(None);
        }
        self.shape = None;
        Ok(Some(std::mem::take(&mut self.ended)))
    }
}

fn not_an_mrz() -> Fault {
    Fault::new(Kind::Protocol, "not-an-mrz")
}

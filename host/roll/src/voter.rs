//! A voter as the roll has one, and a reference finger.

use crate::date::Date;
use identification::voter::{FingerPosition, RollNumber};

/// As the identity document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// `f` in the list, 1 in front of a personal number
    Female,
    /// `m` in the list, 2 in front of a personal number
    Male,
}

impl Sex {
    /// `f` or `m`, as in the list and in the file.
    #[must_use]
    pub fn letter(self) -> &'static str {
        match self {
            Self::Female => "f",
            Self::Male => "m",
        }
    }

    /// The sex of a letter, or none for any other text.
    #[must_use]
    pub fn from_letter(letter: &str) -> Option<Self> {
        match letter {
            "f" => Some(Self::Female),
            "m" => Some(Self::Male),
            _ => None,
        }
    }
}

/// A voter. `Debug` shows the roll number alone, so that a voter can stand in a log line.
#[derive(Clone, PartialEq, Eq)]
pub struct Voter {
    /// from 1, once on a roll
    pub number: RollNumber,
    /// 1 to 200 characters
    pub name: String,
    /// date of birth
    pub born: Date,
    /// as in the document
    pub sex: Sex,
    /// personal number, 14 digits
    pub pin: String,
    /// document number, A-Z and 0-9
    pub document: String,
    /// this station is the one that the voter is registered at
    pub home: bool,
    /// why the voter may not vote, as a code
    pub excluded: Option<String>,
    /// registered to vote at another place (abroad, at home)
    pub votes_elsewhere: bool,
    /// a PNG
    pub photo: Option<Vec<u8>>,
}

impl Voter {
    /// Whole years on a day.
    #[must_use]
    pub fn age_on(&self, day: Date) -> u8 {
        self.born.years_until(day)
    }
}

impl std::fmt::Debug for Voter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Voter")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// One finger of a voter, as a template in the matcher's own form. `Debug` does not show the template.
#[derive(Clone, PartialEq, Eq)]
pub struct Reference {
    /// whose
    pub voter: RollNumber,
    /// which finger
    pub position: FingerPosition,
    /// opaque; bound to the template version that the roll was sealed with
    pub template: Vec<u8>,
    /// 0 worst to 100 best
    pub quality: u8,
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reference")
            .field("voter", &self.voter)
            .field("position", &self.position)
            .field("quality", &self.quality)
            .finish_non_exhaustive()
    }
}

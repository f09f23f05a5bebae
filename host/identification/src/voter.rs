//! A voter as the check-in knows one: a number on this station's roll.

use serde::{Deserialize, Serialize};

/// The voter's number on this polling station's roll, from 1. Logs and journal name a voter by it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RollNumber(pub u32);

impl std::fmt::Display for RollNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// ISO/IEC 19794-2:2005, table 2 (codes 0 to 10, in order).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FingerPosition {
    /// code 0
    #[default]
    Unknown,
    /// code 1
    RightThumb,
    /// code 2
    RightIndex,
    /// code 3
    RightMiddle,
    /// code 4
    RightRing,
    /// code 5
    RightLittle,
    /// code 6
    LeftThumb,
    /// code 7
    LeftIndex,
    /// code 8
    LeftMiddle,
    /// code 9
    LeftRing,
    /// code 10
    LeftLittle,
}

impl FingerPosition {
    /// All positions in the order of their ISO codes, so that `ALL[code]` is the position of a code.
    pub const ALL: [Self; 11] = [
        Self::Unknown,
        Self::RightThumb,
        Self::RightIndex,
        Self::RightMiddle,
        Self::RightRing,
        Self::RightLittle,
        Self::LeftThumb,
        Self::LeftIndex,
        Self::LeftMiddle,
        Self::LeftRing,
        Self::LeftLittle,
    ];

    /// The ISO/IEC 19794-2 code, 0 to 10.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The position of an ISO/IEC 19794-2 code, or none above 10.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

/// What the roll says of a voter that the evidence names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoterFacts {
    /// whose facts these are
    pub voter: RollNumber,
    /// this station has admitted the voter already
    pub already_admitted: bool,
    /// why the roll excludes the voter, as a code, where it does
    pub excluded: Option<String>,
    /// registered to vote at another place (abroad, at home)
    pub votes_elsewhere: bool,
    /// this station is the one the roll gives
    pub home_station: bool,
    /// fingers with a reference template
    pub fingers_on_file: Vec<FingerPosition>,
    /// 0 to 100, of the best reference
    pub best_reference_quality: Option<u8>,
    /// the roll has a photo
    pub portrait_on_file: bool,
    /// whole years on election day
    pub age: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finger_position_has_the_code_of_the_standards_table() {
        for (code, position) in (0..).zip(FingerPosition::ALL) {
            assert_eq!(position.code(), code);
            assert_eq!(FingerPosition::from_code(code), Some(position));
        }
        assert_eq!(FingerPosition::from_code(11), None);
    }
}

//! What was seen of a voter in one check-in, oldest first.

use crate::voter::{FingerPosition, RollNumber};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A way to identify a voter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Modality {
    /// a finger against the gallery (1:N)
    Fingerprint,
    /// an identity document with an MRZ
    Document,
    /// a live face against the roll's portrait (1:1)
    Face,
    /// two commission members
    Officers,
}

/// -100 x log10 of the estimated false match rate of one comparison: 400 means one in ten thousand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Score(pub u16);

/// One candidate of a 1:N search or the answer of a 1:1 comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scored {
    /// who
    pub voter: RollNumber,
    /// how much alike
    pub score: Score,
    /// the enrolled finger that agreed best, which need not be the one asked for; unknown where the roll does not say
    pub finger: FingerPosition,
}

/// What an operator can do about a poor sample of a finger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Advice {
    /// moisten the finger
    TooDry,
    /// dry the finger
    TooWet,
    /// lay the finger flat
    TooSmallAnArea,
    /// hold still
    Moved,
    /// put it in the middle
    OffCentre,
    /// nothing like a finger
    NotAFinger,
    /// clean the sensor
    DirtySensor,
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooDry => "too dry",
            Self::TooWet => "too wet",
            Self::TooSmallAnArea => "too small an area",
            Self::Moved => "moved",
            Self::OffCentre => "off centre",
            Self::NotAFinger => "not a finger",
            Self::DirtySensor => "dirty sensor",
        })
    }
}

/// A keyed digest of a captured image, so that the same image presented twice is refused as a replay. It says nothing
/// about the image to anyone without the kiosk's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImageDigest(pub [u8; 32]);

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Evidence {
    /// a finger was asked for, and this came of it
    Fingerprint {
        /// the finger that was asked for, or unknown for "any enrolled one"
        asked: FingerPosition,
        /// 0 to 100; none when nothing usable was captured
        quality: Option<u8>,
        /// best first, at most 5
        candidates: Vec<Scored>,
        /// what the matcher found wrong with the sample, gravest first
        #[serde(default)]
        advice: Vec<Advice>,
        /// from the request to the end of the capture
        elapsed_ms: u32,
        /// of the captured image, where there was one
        image: Option<ImageDigest>,
    },
    /// a document was read
    Document {
        /// check digits all right
        valid: bool,
        /// past its date of expiry
        expired: bool,
        /// the roll's voter with this number
        voter: Option<RollNumber>,
        /// 0 to 100, how well the names agree
        name_agreement: u8,
    },
    /// a live face was compared with the roll's portrait
    Face {
        /// whose portrait
        voter: RollNumber,
        /// calibrated like a fingerprint score
        score: Score,
        /// 0 to 100
        quality: u8,
        /// 0 live to 100 attack, where judged
        presentation_attack: Option<u8>,
    },
    /// officers vouched for the voter
    Officers {
        /// for whom
        voter: RollNumber,
        /// their names, as journaled; two are needed for an override
        officers: Vec<String>,
        /// a code
        reason: String,
    },
    /// the number as typed by the operator, where no document could be read
    TypedNumber {
        /// the roll's voter with this number
        voter: Option<RollNumber>,
    },
    /// the operator looked at the roll's photo and at the person
    Photo {
        /// whose photo
        voter: RollNumber,
        /// what the operator answered
        same_person: bool,
    },
    /// a device could not be used; the modality is out for now
    Unavailable {
        /// which
        modality: Modality,
    },
    /// the voter does not have this finger
    FingerAbsent {
        /// which
        finger: FingerPosition,
    },
}

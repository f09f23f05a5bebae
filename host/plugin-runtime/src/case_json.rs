//! A policy's case as JSON, with the names of `kiosk:policy`: a record is an object, a variant an object with one key, an
//! enum its name. What the contract does not have is refused, so that a name with a slip of the pen is not passed over.

use identification::decision;
use identification::evidence::{self, Advice, Modality, Score};
use identification::voter::{self, FingerPosition, RollNumber};
use serde::{Deserialize, Serialize};

/// Settings and case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyCase {
    /// what the policy is configured with; whoever calls it chooses where they are left out
    pub settings: Option<serde_json::Value>,
    /// what is decided
    pub case: CaseFile,
}

/// `case-file`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaseFile {
    evidence: Vec<Evidence>,
    voters: Vec<VoterFacts>,
    available: Vec<Modality>,
    polls_open: bool,
    time_of_day: u16,
    roll_size: u32,
    overrides_left: u16,
}

/// `evidence`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
enum Evidence {
    Fingerprint {
        asked: FingerPosition,
        quality: Option<u8>,
        candidates: Vec<Scored>,
        advice: Vec<Advice>,
        elapsed_ms: u32,
    },
    Document {
        valid: bool,
        expired: bool,
        voter: Option<RollNumber>,
        name_agreement: u8,
    },
    Face {
        voter: RollNumber,
        score: Score,
        quality: u8,
        presentation_attack: Option<u8>,
    },
    Officers {
        voter: RollNumber,
        officers: u8,
        reason: String,
    },
    TypedNumber {
        voter: Option<RollNumber>,
    },
    Photo {
        voter: RollNumber,
        same_person: bool,
    },
    Unavailable(Modality),
    FingerAbsent(FingerPosition),
}

/// `scored`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scored {
    voter: RollNumber,
    score: Score,
    finger: FingerPosition,
}

/// `voter-facts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct VoterFacts {
    voter: RollNumber,
    already_admitted: bool,
    excluded: Option<String>,
    votes_elsewhere: bool,
    home_station: bool,
    fingers_on_file: Vec<FingerPosition>,
    best_reference_quality: Option<u8>,
    portrait_on_file: bool,
    age: u8,
}

impl From<CaseFile> for decision::CaseFile {
    fn from(case: CaseFile) -> Self {
        Self {
            evidence: case.evidence.into_iter().map(Into::into).collect(),
            voters: case.voters.into_iter().map(Into::into).collect(),
            available: case.available,
            polls_open: case.polls_open,
            time_of_day: case.time_of_day,
            roll_size: case.roll_size,
            overrides_left: case.overrides_left,
        }
    }
}

impl From<Evidence> for evidence::Evidence {
    fn from(given: Evidence) -> Self {
        match given {
            Evidence::Fingerprint {
                asked,
                quality,
                candidates,
                advice,
                elapsed_ms,
            } => Self::Fingerprint {
                asked,
                quality,
                candidates: candidates.into_iter().map(Into::into).collect(),
                advice,
                elapsed_ms,
                // The host's own: a policy is not told.
                image: None,
            },
            Evidence::Document {
                valid,
                expired,
                voter,
                name_agreement,
            } => Self::Document {
                valid,
                expired,
                voter,
                name_agreement,
            },
            Evidence::Face {
                voter,
                score,
                quality,
                presentation_attack,
            } => Self::Face {
                voter,
                score,
                quality,
                presentation_attack,
            },
            Evidence::Officers {
                voter,
                officers,
                reason,
            } => Self::Officers {
                voter,
                // A policy is told how many, the host knows their names.
                officers: (1..=officers).map(|number| format!("officer {number}")).collect(),
                reason,
            },
            Evidence::TypedNumber { voter } => Self::TypedNumber { voter },
            Evidence::Photo { voter, same_person } => Self::Photo { voter, same_person },
            Evidence::Unavailable(modality) => Self::Unavailable { modality },
            Evidence::FingerAbsent(finger) => Self::FingerAbsent { finger },
        }
    }
}

impl From<Scored> for evidence::Scored {
    fn from(given: Scored) -> Self {
        Self {
            voter: given.voter,
            score: given.score,
            finger: given.finger,
        }
    }
}

impl From<VoterFacts> for voter::VoterFacts {
    fn from(given: VoterFacts) -> Self {
        Self {
            voter: given.voter,
            already_admitted: given.already_admitted,
            excluded: given.excluded,
            votes_elsewhere: given.votes_elsewhere,
            home_station: given.home_station,
            fingers_on_file: given.fingers_on_file,
            best_reference_quality: given.best_reference_quality,
            portrait_on_file: given.portrait_on_file,
            age: given.age,
        }
    }
}

//! What surrounds a check-in: the roll's facts, the rules that the commission signed, devices and time as data.

use crate::decision::CaseFile;
use crate::evidence::{Evidence, Modality, Score};
use crate::station::{CheckIn, Station};
use crate::voter::{RollNumber, VoterFacts};
use std::collections::BTreeSet;

/// What the roll says of a voter. `already_admitted` in the answer is not looked at: the station knows better.
pub trait Facts {
    /// The facts of a voter, or none where the number is not on the roll.
    fn facts(&self, voter: RollNumber) -> Option<VoterFacts>;
}

/// What the commission signed, whatever a policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// no biometric evidence below this admits anyone
    pub floor: Score,
    /// officers' overrides that are expected at most; more are counted, never refused
    pub overrides: u16,
    /// 0 to 100: how well the names on document and roll must agree
    pub name_agreement: u8,
}

/// The surroundings of one command.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// the roll
    pub roll: &'a dyn Facts,
    /// voters on it
    pub roll_size: u32,
    /// the commission's rules
    pub rules: Rules,
    /// what can be asked for now
    pub available: &'a [Modality],
    /// minutes since midnight, local: 0 to 1,439
    pub time_of_day: u16,
}

/// Voters that a check-in's evidence names.
fn named(check_in: &CheckIn) -> BTreeSet<RollNumber> {
    let mut voters = BTreeSet::new();
    for evidence in check_in.evidence() {
        match evidence {
            Evidence::Fingerprint { candidates, .. } => {
                voters.extend(candidates.iter().map(|candidate| candidate.voter))
            }
            Evidence::Document { voter, .. } | Evidence::TypedNumber { voter } => voters.extend(*voter),
            Evidence::Face { voter, .. } | Evidence::Officers { voter, .. } | Evidence::Photo { voter, .. } => {
                voters.insert(*voter);
            }
            Evidence::Unavailable { .. } | Evidence::FingerAbsent { .. } => {}
        }
    }
    voters
}

impl Station {
    /// The case that the policy is asked about.
    #[must_use]
    pub fn case(&self, check_in: &CheckIn, surroundings: &Surroundings<'_>) -> CaseFile {
        let voters = named(check_in)
            .into_iter()
            .filter_map(|voter| surroundings.roll.facts(voter))
            .map(|facts| VoterFacts {
                already_admitted: self.admission(facts.voter).is_some(),
                ..facts
            })
            .collect();
        CaseFile {
            evidence: check_in.evidence().to_vec(),
            voters,
            available: surroundings.available.to_vec(),
            polls_open: self.polls_open(),
            time_of_day: surroundings.time_of_day,
            roll_size: surroundings.roll_size,
            overrides_left: surroundings.rules.overrides.saturating_sub(self.overrides()),
        }
    }
}

//! The policy as a component.

mod bindings {
    wit_bindgen::generate!({
        path: ["wit/types/v0", "wit/policy/v0"],
        world: "kiosk:policy/identification-policy",
        generate_all,
    });
    export!(Policy);
    use super::Policy;
}

use crate::rules::{CODES, Decision, Known, decide};
use bindings::exports::kiosk::policy::identification as contract;
use bindings::kiosk::types::samples::FingerPosition;

/// Fingers that a person can have.
const FINGERS: usize = 10;
/// From this score on a finger agrees: three, and the decimal logarithm of the roll, in hundredths.
const THRESHOLD: u16 = 700;

struct Policy;

impl contract::Guest for Policy {
    /// There are no settings: `{}`, or nothing.
    fn configure(settings: String) -> Result<(), Vec<contract::SettingError>> {
        if matches!(settings.trim(), "" | "{}") {
            return Ok(());
        }
        Err(vec![contract::SettingError {
            path: "/".to_owned(),
            message: "this policy has no settings".to_owned(),
        }])
    }

    fn decide(case: contract::CaseFile) -> contract::Ruling {
        let (decision, code) = decide(&known(&case));
        contract::Ruling {
            decision: match decision {
                Decision::Finger => contract::Decision::CaptureFinger(FingerPosition::Unknown),
                Decision::Photo(voter) => contract::Decision::ConfirmPhoto(voter),
                Decision::Admit(voter) => contract::Decision::Admit(voter),
                Decision::Officers(voter) => contract::Decision::AskOfficers(voter),
                Decision::Refuse(voter) => contract::Decision::Refuse(Some(voter)),
            },
            reason: code.to_owned(),
            rule: code.to_owned(),
        }
    }

    fn codes() -> Vec<String> {
        CODES.iter().map(|code| (*code).to_owned()).collect()
    }
}

fn known(case: &contract::CaseFile) -> Known {
    let mut known = Known {
        scanner: case.available.contains(&contract::Modality::Fingerprint),
        ..Known::default()
    };
    let mut absent = 0;
    for evidence in &case.evidence {
        match evidence {
            contract::Evidence::Fingerprint(attempt) => {
                known.attempts += 1;
                let best = attempt.candidates.first().filter(|best| best.score >= THRESHOLD);
                known.voter = best.map(|best| best.voter).or(known.voter);
            }
            contract::Evidence::Photo(photo) if Some(photo.voter) == known.voter => {
                known.photo = Some(photo.same_person);
            }
            contract::Evidence::Unavailable(contract::Modality::Fingerprint) => known.scanner = false,
            contract::Evidence::FingerAbsent(_) => absent += 1,
            _ => {}
        }
    }
    // A voter without fingers goes the way of one for whom the scanner is out.
    known.scanner &= absent < FINGERS;
    if let Some(facts) = case.voters.iter().find(|facts| Some(facts.voter) == known.voter) {
        known.entitled = facts.home_station && !facts.votes_elsewhere && facts.excluded.is_none();
        known.admitted = facts.already_admitted;
    }
    known
}

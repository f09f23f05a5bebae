//! The rules that hold whatever a policy answers (design, section 4).

use crate::case::Surroundings;
use crate::decision::{Decision, Ruling};
use crate::event::{Basis, Step};
use crate::evidence::{Evidence, Modality, Score};
use crate::station::{CheckIn, Station};
use crate::voter::{FingerPosition, RollNumber, VoterFacts};

/// Most pieces of evidence in one check-in: a policy that asks for ever ends with the officers.
pub const MAX_EVIDENCE: usize = 24;
/// Longest code of a policy, in bytes.
const MAX_CODE_BYTES: usize = 64;

/// The highest score with which the evidence names this voter first, where it reaches the floor.
fn passing_score(check_in: &CheckIn, voter: RollNumber, floor: Score) -> Option<Score> {
    let scores = check_in.evidence().iter().filter_map(|evidence| match evidence {
        Evidence::Fingerprint { candidates, .. } => candidates
            .first()
            .filter(|best| best.voter == voter)
            .map(|best| best.score),
        Evidence::Face {
            voter: compared, score, ..
        } if *compared == voter => Some(*score),
        _ => None,
    });
    scores.filter(|score| *score >= floor).max()
}

fn document_names(check_in: &CheckIn, voter: RollNumber, name_agreement: u8) -> bool {
    check_in.evidence().iter().any(|evidence| {
        matches!(evidence, Evidence::Document { valid: true, voter: Some(named), name_agreement: agreed, .. }
            if *named == voter && *agreed >= name_agreement)
    })
}

/// The operator's last word on this voter's photo.
fn photo_confirmed(check_in: &CheckIn, voter: RollNumber) -> bool {
    let last = check_in.evidence().iter().rev().find_map(|evidence| match evidence {
        Evidence::Photo {
            voter: shown,
            same_person,
        } if *shown == voter => Some(*same_person),
        _ => None,
    });
    last == Some(true)
}

/// Fingers that hit this voter at or above the floor, by the matcher's word which finger each was: somebody who is asked
/// for any finger, and then for another one, can lay the same finger on the sensor twice.
fn fingers_that_hit(check_in: &CheckIn, voter: RollNumber, floor: Score) -> Vec<FingerPosition> {
    let mut fingers: Vec<FingerPosition> = check_in
        .evidence()
        .iter()
        .filter_map(|evidence| match evidence {
            Evidence::Fingerprint { candidates, .. } => candidates
                .first()
                .filter(|best| best.voter == voter && best.score >= floor)
                .map(|best| best.finger),
            _ => None,
        })
        .collect();
    // One of which nobody knows which it was may be any of the others.
    fingers.retain(|finger| *finger != FingerPosition::Unknown);
    fingers.sort_unstable();
    fingers.dedup();
    fingers
}

/// More than one search says that this is the voter: a 1:N hit alone never makes "already admitted" final.
fn corroborated(check_in: &CheckIn, voter: RollNumber, surroundings: &Surroundings<'_>) -> bool {
    let rules = surroundings.rules;
    document_names(check_in, voter, rules.name_agreement)
        || photo_confirmed(check_in, voter) && passing_score(check_in, voter, rules.floor).is_some()
        || fingers_that_hit(check_in, voter, rules.floor).len() > 1
}

/// The step that a policy's ruling leads to, after the ruling itself: none where the ruling stands as asked.
pub(crate) fn judge(
    station: &Station,
    check_in: &CheckIn,
    ruling: &Ruling,
    surroundings: &Surroundings<'_>,
) -> Option<Step> {
    if !is_code(&ruling.reason) || !is_code(&ruling.rule) {
        return Some(overruled("policy-code", Decision::AskOfficers(None)));
    }
    let facts = |voter: RollNumber| surroundings.roll.facts(voter);
    match ruling.decision {
        Decision::Admit(voter) => Some(admission(station, check_in, voter, surroundings)),
        Decision::Contest(voter) => Some(overruled("contest-needs-officers", Decision::AskOfficers(Some(voter)))),
        Decision::Refuse(voter) => Some(refusal(station, check_in, voter, &ruling.reason, surroundings)),
        Decision::Refer(voter) => Some(Step::Referred {
            voter,
            reason: ruling.reason.clone(),
        }),
        _ if check_in.evidence().len() >= MAX_EVIDENCE => {
            Some(overruled("too-many-attempts", Decision::AskOfficers(None)))
        }
        Decision::ConfirmPhoto(voter) | Decision::AskFace(voter) => match facts(voter) {
            None => Some(overruled("not-on-roll", Decision::AskOfficers(None))),
            Some(facts) if !facts.portrait_on_file => {
                Some(overruled("no-portrait", Decision::AskOfficers(Some(voter))))
            }
            Some(_) => unavailable(check_in, &ruling.decision, surroundings),
        },
        _ => unavailable(check_in, &ruling.decision, surroundings),
    }
}

/// Can this be asked for: it is there, and the operator did not say that it cannot be used?
fn is_available(check_in: &CheckIn, modality: Modality, surroundings: &Surroundings<'_>) -> bool {
    let out = Evidence::Unavailable { modality };
    surroundings.available.contains(&modality) && !check_in.evidence().contains(&out)
}

/// What cannot be asked for now goes to the officers.
fn unavailable(check_in: &CheckIn, decision: &Decision, surroundings: &Surroundings<'_>) -> Option<Step> {
    let modality = match decision {
        Decision::CaptureFinger(_) => Modality::Fingerprint,
        Decision::AskDocument => Modality::Document,
        Decision::AskFace(_) => Modality::Face,
        _ => return None,
    };
    (!is_available(check_in, modality, surroundings)).then(|| overruled("not-available", Decision::AskOfficers(None)))
}

fn admission(station: &Station, check_in: &CheckIn, voter: RollNumber, surroundings: &Surroundings<'_>) -> Step {
    let rules = surroundings.rules;
    if !station.polls_open() {
        return Step::Referred {
            voter: Some(voter),
            reason: "polls-not-open".to_owned(),
        };
    }
    let Some(facts) = surroundings.roll.facts(voter) else {
        return overruled("not-on-roll", Decision::AskOfficers(None));
    };
    if !is_entitled(&facts) {
        return overruled("not-entitled", Decision::AskOfficers(Some(voter)));
    }
    if station.admission(voter).is_some() {
        return already(check_in, &facts, surroundings);
    }
    let score = passing_score(check_in, voter, rules.floor);
    if score.is_none() && !document_names(check_in, voter, rules.name_agreement) {
        return overruled("below-the-floor", more_evidence(check_in, &facts, surroundings));
    }
    if !photo_confirmed(check_in, voter) {
        let refused = check_in.evidence().iter().any(
            |evidence| matches!(evidence, Evidence::Photo { voter: shown, same_person: false } if *shown == voter),
        );
        let decision = if refused || !facts.portrait_on_file {
            Decision::AskOfficers(Some(voter))
        } else {
            Decision::ConfirmPhoto(voter)
        };
        return overruled("photo-not-confirmed", decision);
    }
    Step::Identified {
        voter,
        basis: Basis::Confirmed { score },
    }
}

fn refusal(
    station: &Station,
    check_in: &CheckIn,
    voter: Option<RollNumber>,
    reason: &str,
    surroundings: &Surroundings<'_>,
) -> Step {
    // Fail toward the voter: only the roll itself, or an admission that more than one search confirms, turns anyone away.
    let Some(facts) = voter.and_then(|voter| surroundings.roll.facts(voter)) else {
        return overruled("refusal-without-grounds", Decision::AskOfficers(None));
    };
    if station.admission(facts.voter).is_some() {
        already(check_in, &facts, surroundings)
    } else if is_entitled(&facts) {
        overruled("refusal-without-grounds", Decision::AskOfficers(voter))
    } else {
        Step::Refused {
            voter,
            reason: reason.to_owned(),
        }
    }
}

fn already(check_in: &CheckIn, facts: &VoterFacts, surroundings: &Surroundings<'_>) -> Step {
    if corroborated(check_in, facts.voter, surroundings) {
        Step::AlreadyIdentified { voter: facts.voter }
    } else {
        overruled(
            "already-admitted-on-one-hit",
            more_evidence(check_in, facts, surroundings),
        )
    }
}

/// The next thing to ask for: a finger not tried yet, a document, the officers.
fn more_evidence(check_in: &CheckIn, facts: &VoterFacts, surroundings: &Surroundings<'_>) -> Decision {
    let tried = |finger: &FingerPosition| {
        check_in.evidence().iter().any(|evidence| match evidence {
            Evidence::Fingerprint { asked, candidates, .. } => {
                let seen = candidates.first().filter(|best| best.voter == facts.voter);
                asked == finger || seen.is_some_and(|best| best.finger == *finger)
            }
            Evidence::FingerAbsent { finger: absent } => absent == finger,
            _ => false,
        })
    };
    let read = check_in
        .evidence()
        .iter()
        .any(|evidence| matches!(evidence, Evidence::Document { .. }));
    let available = |modality| is_available(check_in, modality, surroundings);
    if check_in.evidence().len() >= MAX_EVIDENCE {
        return Decision::AskOfficers(Some(facts.voter));
    }
    let other = facts.fingers_on_file.iter().find(|finger| !tried(finger));
    match other {
        Some(finger) if available(Modality::Fingerprint) => Decision::CaptureFinger(*finger),
        _ if !read && available(Modality::Document) => Decision::AskDocument,
        _ => Decision::AskOfficers(Some(facts.voter)),
    }
}

/// The roll lets this voter vote here.
pub(crate) fn is_entitled(facts: &VoterFacts) -> bool {
    facts.excluded.is_none() && !facts.votes_elsewhere && facts.home_station
}

/// Two names that differ, whatever their case and the blanks around them.
#[must_use]
pub fn are_two(officers: &[String]) -> bool {
    let mut names: Vec<String> = officers.iter().map(|name| name.trim().to_lowercase()).collect();
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    names.dedup();
    names.len() >= 2
}

pub(crate) fn overruled(rule: &str, decision: Decision) -> Step {
    let ruling = Ruling {
        decision,
        reason: rule.to_owned(),
        rule: "host".to_owned(),
    };
    Step::Overruled {
        rule: rule.to_owned(),
        ruling,
    }
}

/// Codes may be shown and filed: 1 to 64 bytes of a-z, 0-9 and `-`.
pub(crate) fn is_code(text: &str) -> bool {
    (1..=MAX_CODE_BYTES).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

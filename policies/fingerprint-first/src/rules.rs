//! The rules, in the order in which they are tried.

use crate::case::{Case, Evidence, Finger, Voter};
use crate::settings::{Settings, Way};

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// ask for this finger; 0 is any enrolled one
    CaptureFinger(Finger),
    /// ask for a document
    AskDocument,
    /// compare the face with this voter's portrait
    AskFace(u32),
    /// the operator compares the photo
    ConfirmPhoto(u32),
    /// two officers decide
    AskOfficers(Option<u32>),
    /// admit to vote
    Admit(u32),
    /// admitted earlier, or not entitled
    Refuse(Option<u32>),
    /// to the commission at the station
    Refer(Option<u32>),
}

/// Every rule and reason, as the journal and the screens name them.
pub const CODES: [&str; 19] = [
    "polls-not-open",
    "not-the-person-on-the-photo",
    "identified",
    "not-entitled",
    "already-admitted",
    "another-finger",
    "photo",
    "no-portrait",
    "document-agrees",
    "first-attempt",
    "poor-image",
    "not-found",
    "attempts-used-up",
    "no-scanner",
    "document-not-on-roll",
    "ask-document",
    "ask-face",
    "face-agrees",
    "ask-officers",
];

/// A decision and the rule that made it; the reason is the rule's code.
pub type Ruled = (Decision, &'static str);

/// The policy.
#[must_use]
pub fn decide(settings: &Settings, case: &Case) -> Ruled {
    if !case.polls_open {
        return (Decision::Refer(None), "polls-not-open");
    }
    match identified(settings, case) {
        Some((voter, by)) => known(settings, case, voter, by),
        None => unknown(settings, case),
    }
}

/// What names a voter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Finger,
    Document,
    Face,
}

/// Who the newest telling evidence names, and which evidence it is.
fn identified(settings: &Settings, case: &Case) -> Option<(u32, By)> {
    case.evidence.iter().rev().find_map(|evidence| match evidence {
        Evidence::Fingerprint {
            best: Some(best),
            second,
            ..
        } => is_hit(settings, case, best.score, *second).then_some((best.voter, By::Finger)),
        Evidence::Document {
            valid: true,
            voter: Some(voter),
            name_agreement,
        } => (*name_agreement >= settings.name_agreement).then_some((*voter, By::Document)),
        // One comparison with one portrait: the roll's size makes nobody likelier to be mistaken.
        Evidence::Face { voter, score } => (*score >= settings.threshold).then_some((*voter, By::Face)),
        _ => None,
    })
}

/// The lowest score at which a search in a roll of so many voters identifies: N voters are N chances to be wrong, so the
/// threshold rises by 100 x log10 N.
#[must_use]
pub fn needed(settings: &Settings, roll_size: u32) -> u16 {
    settings.threshold.saturating_add(hundred_log10(roll_size))
}

/// High enough for the roll; and the best must stand out from the second best.
fn is_hit(settings: &Settings, case: &Case, score: u16, second: Option<u16>) -> bool {
    const CLEARLY: u16 = 100;
    score >= needed(settings, case.roll_size) && second.is_none_or(|second| score >= second.saturating_add(CLEARLY))
}

/// 100 x log10, rounded up to the next of 0, 10, 20, ...: a table, so that it is the same everywhere.
fn hundred_log10(size: u32) -> u16 {
    /// 10^0, 10^0.1 and so on to 10^0.9, in thousandths
    const TENTHS: [u64; 10] = [1_000, 1_258, 1_584, 1_995, 2_511, 3_162, 3_981, 5_011, 6_309, 7_943];
    let size = u64::from(size) * 1_000;
    let mut decade = 1;
    for hundreds in 0..10u16 {
        if let Some(tenths) = (0..).zip(TENTHS).find(|(_, least)| size <= least * decade) {
            return 100 * hundreds + 10 * tenths.0;
        }
        decade *= 10;
    }
    // beyond any count of 32 bits
    1_000
}

fn known(settings: &Settings, case: &Case, voter: u32, by: By) -> Ruled {
    let Some(facts) = case.voter(voter) else {
        return (Decision::Refer(None), "document-not-on-roll");
    };
    let photo = case.evidence.iter().rev().find_map(|evidence| match evidence {
        Evidence::Photo {
            voter: shown,
            same_person,
        } if *shown == voter => Some(*same_person),
        _ => None,
    });
    if !facts.entitled {
        return (Decision::Refuse(Some(voter)), "not-entitled");
    }
    if facts.already_admitted {
        return already(settings, case, facts, by);
    }
    match photo {
        Some(true) => (Decision::Admit(voter), "identified"),
        Some(false) => (Decision::AskOfficers(Some(voter)), "not-the-person-on-the-photo"),
        None if !facts.portrait => (Decision::AskOfficers(Some(voter)), "no-portrait"),
        None => (
            Decision::ConfirmPhoto(voter),
            match by {
                By::Finger => "photo",
                By::Document => "document-agrees",
                By::Face => "face-agrees",
            },
        ),
    }
}

/// "Already admitted" is said only after a second search: of another finger, by the matcher's word; then a document; else the officers say it.
fn already(settings: &Settings, case: &Case, facts: &Voter, by: By) -> Ruled {
    let hits: Vec<Finger> = case
        .evidence
        .iter()
        .filter_map(|evidence| match evidence {
            Evidence::Fingerprint {
                best: Some(best),
                second,
                ..
            } if best.voter == facts.voter && is_hit(settings, case, best.score, *second) => Some(best.finger),
            _ => None,
        })
        // One of which nobody knows which it was may be any of the others.
        .filter(|finger| *finger != 0)
        .collect();
    let several = hits.iter().any(|finger| *finger != hits[0]);
    if by == By::Document || several {
        return (Decision::Refuse(Some(facts.voter)), "already-admitted");
    }
    let untried = facts
        .fingers
        .iter()
        .find(|finger| !is_tried(case, facts.voter, **finger));
    match untried {
        Some(finger) if case.can_scan() => (Decision::CaptureFinger(*finger), "another-finger"),
        _ if case.can_read() && !has_document(case) => (Decision::AskDocument, "ask-document"),
        _ => (Decision::AskOfficers(Some(facts.voter)), "already-admitted"),
    }
}

/// It was asked for, or it is the one that was laid on the sensor when any finger was.
fn is_tried(case: &Case, voter: u32, finger: Finger) -> bool {
    case.evidence.iter().any(|evidence| match evidence {
        Evidence::Fingerprint { asked, best, .. } => {
            *asked == finger || best.is_some_and(|best| best.voter == voter && best.finger == finger)
        }
        Evidence::FingerAbsent(absent) => *absent == finger,
        _ => false,
    })
}

fn has_document(case: &Case) -> bool {
    case.evidence
        .iter()
        .any(|evidence| matches!(evidence, Evidence::Document { .. }))
}

/// Whose portrait a face is compared with: whom the newest evidence names, though not with enough weight. Once for each voter.
fn to_compare(case: &Case) -> Option<u32> {
    let named = case.evidence.iter().rev().find_map(|evidence| match evidence {
        Evidence::Document { voter, .. } => *voter,
        Evidence::Fingerprint { best, .. } => best.map(|best| best.voter),
        _ => None,
    })?;
    let compared = |evidence: &Evidence| matches!(evidence, Evidence::Face { voter, .. } if *voter == named);
    let has_portrait = case.voter(named).is_some_and(|facts| facts.portrait);
    let can = case.can_photograph() && has_portrait && !case.evidence.iter().any(compared);
    can.then_some(named)
}

fn unknown(settings: &Settings, case: &Case) -> Ruled {
    let attempts = case
        .evidence
        .iter()
        .filter(|evidence| matches!(evidence, Evidence::Fingerprint { .. }))
        .count();
    if case.can_scan() && attempts < usize::from(settings.attempts) {
        let last = case.evidence.iter().rev().find_map(|evidence| match evidence {
            Evidence::Fingerprint { quality, .. } => Some(*quality),
            _ => None,
        });
        let rule = match last {
            None => "first-attempt",
            Some(quality) if quality.is_none_or(|quality| quality < settings.minimum_quality) => "poor-image",
            Some(_) => "not-found",
        };
        return (Decision::CaptureFinger(0), rule);
    }
    let asked = settings.fallback.ways().find_map(|way| match way {
        Way::Document => (case.can_read() && !has_document(case)).then_some((Decision::AskDocument, "ask-document")),
        Way::Face => Some((Decision::AskFace(to_compare(case)?), "ask-face")),
        Way::Officers => Some((Decision::AskOfficers(None), "ask-officers")),
    });
    if let Some(asked) = asked {
        return asked;
    }
    let rule = if !case.can_scan() && attempts == 0 {
        "no-scanner"
    } else if has_document(case) {
        "document-not-on-roll"
    } else {
        "attempts-used-up"
    };
    (Decision::Refer(None), rule)
}

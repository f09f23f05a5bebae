//! The policy's case table: what was seen, and what must come of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fingerprint_first::case::{Candidate, Case, Evidence, Voter};
use fingerprint_first::rules::{CODES, Decision, decide};
use fingerprint_first::settings::Settings;

/// The finger that the roll has, whatever was asked for: 2, the right index.
fn finger(asked: u8, quality: u8, best: Option<(u32, u16)>) -> Evidence {
    let best = best.map(|(voter, score)| Candidate {
        voter,
        score,
        finger: 2,
    });
    Evidence::Fingerprint {
        asked,
        quality: Some(quality),
        best,
        second: None,
    }
}

/// A hit on this finger of the roll.
fn hit_on(asked: u8, voter: u32, finger: u8) -> Evidence {
    Evidence::Fingerprint {
        asked,
        quality: Some(80),
        best: Some(Candidate {
            voter,
            score: 900,
            finger,
        }),
        second: None,
    }
}

fn poor() -> Evidence {
    Evidence::Fingerprint {
        asked: 0,
        quality: None,
        best: None,
        second: None,
    }
}

fn hit(asked: u8, voter: u32) -> Evidence {
    finger(asked, 80, Some((voter, 900)))
}

fn document(voter: Option<u32>) -> Evidence {
    Evidence::Document {
        valid: true,
        voter,
        name_agreement: 95,
    }
}

fn photo(voter: u32, same_person: bool) -> Evidence {
    Evidence::Photo { voter, same_person }
}

/// Voter 1 is plain, 2 was admitted, 3 is not entitled, 4 has no portrait.
fn case(evidence: Vec<Evidence>) -> Case {
    let voters = (1..=4)
        .map(|voter| Voter {
            voter,
            already_admitted: voter == 2,
            entitled: voter != 3,
            fingers: vec![2, 7],
            portrait: voter != 4,
        })
        .collect();
    Case {
        evidence,
        voters,
        fingerprint: true,
        document: true,
        polls_open: true,
        roll_size: 1_300,
    }
}

fn without_reader(evidence: Vec<Evidence>) -> Case {
    Case {
        document: false,
        ..case(evidence)
    }
}

#[test]
fn every_case_of_the_table_is_decided_as_it_says() {
    use Decision::{Admit, AskDocument, AskOfficers, CaptureFinger, ConfirmPhoto, Refer, Refuse};
    let two_close = Evidence::Fingerprint {
        asked: 0,
        quality: Some(80),
        best: Some(Candidate {
            voter: 1,
            score: 900,
            finger: 2,
        }),
        second: Some(850),
    };
    let table = [
        (
            "nobody has touched the scanner",
            case(vec![]),
            CaptureFinger(0),
            "first-attempt",
        ),
        (
            "nothing usable came",
            case(vec![poor()]),
            CaptureFinger(0),
            "poor-image",
        ),
        (
            "a poor image that hits nobody",
            case(vec![finger(0, 10, None)]),
            CaptureFinger(0),
            "poor-image",
        ),
        (
            "a good image that hits nobody",
            case(vec![finger(0, 80, None)]),
            CaptureFinger(0),
            "not-found",
        ),
        (
            "below the threshold for this roll",
            case(vec![finger(0, 80, Some((1, 619)))]),
            CaptureFinger(0),
            "not-found",
        ),
        (
            "at the threshold for this roll",
            case(vec![finger(0, 80, Some((1, 620)))]),
            ConfirmPhoto(1),
            "photo",
        ),
        (
            "two candidates close together",
            case(vec![two_close]),
            CaptureFinger(0),
            "not-found",
        ),
        (
            "three attempts and a reader",
            case(vec![poor(), poor(), poor()]),
            AskDocument,
            "ask-document",
        ),
        (
            "three attempts, no reader",
            without_reader(vec![poor(), poor(), poor()]),
            Refer(None),
            "attempts-used-up",
        ),
        (
            "a document of nobody on the roll",
            case(vec![poor(), poor(), poor(), document(None)]),
            Refer(None),
            "document-not-on-roll",
        ),
        (
            "a document of a voter",
            case(vec![poor(), poor(), poor(), document(Some(1))]),
            ConfirmPhoto(1),
            "document-agrees",
        ),
        ("a hit", case(vec![hit(0, 1)]), ConfirmPhoto(1), "photo"),
        (
            "a hit after a poor image",
            case(vec![poor(), hit(0, 1)]),
            ConfirmPhoto(1),
            "photo",
        ),
        (
            "a hit and the photo",
            case(vec![hit(0, 1), photo(1, true)]),
            Admit(1),
            "identified",
        ),
        (
            "a hit, and the photo is of another",
            case(vec![hit(0, 1), photo(1, false)]),
            AskOfficers(Some(1)),
            "not-the-person-on-the-photo",
        ),
        (
            "a hit without a portrait",
            case(vec![hit(0, 4)]),
            AskOfficers(Some(4)),
            "no-portrait",
        ),
        (
            "a voter who may not vote here",
            case(vec![hit(0, 3)]),
            Refuse(Some(3)),
            "not-entitled",
        ),
        (
            "admitted earlier, one hit",
            case(vec![hit(0, 2)]),
            CaptureFinger(7),
            "another-finger",
        ),
        (
            "admitted earlier, two fingers",
            case(vec![hit(0, 2), hit_on(7, 2, 7)]),
            Refuse(Some(2)),
            "already-admitted",
        ),
        (
            "admitted earlier, the same finger twice",
            case(vec![hit(0, 2), hit(7, 2)]),
            AskDocument,
            "ask-document",
        ),
        (
            "admitted earlier, and nobody knows which fingers they were",
            without_reader(vec![hit_on(0, 2, 0), hit_on(2, 2, 0), hit_on(7, 2, 0)]),
            AskOfficers(Some(2)),
            "already-admitted",
        ),
        (
            "admitted earlier, other fingers fail",
            case(vec![hit(0, 2), Evidence::FingerAbsent(2), Evidence::FingerAbsent(7)]),
            AskDocument,
            "ask-document",
        ),
        (
            "admitted earlier, a document",
            case(vec![hit(0, 2), document(Some(2))]),
            Refuse(Some(2)),
            "already-admitted",
        ),
        (
            "no scanner, no reader",
            Case {
                fingerprint: false,
                ..without_reader(vec![])
            },
            Refer(None),
            "no-scanner",
        ),
        (
            "no scanner, a reader",
            Case {
                fingerprint: false,
                ..case(vec![])
            },
            AskDocument,
            "ask-document",
        ),
        (
            "the scanner cannot be used for this voter",
            without_reader(vec![Evidence::ScannerOut]),
            Refer(None),
            "no-scanner",
        ),
        (
            "no scanner, and the voter has no document",
            case(vec![Evidence::ScannerOut, Evidence::ReaderOut]),
            Refer(None),
            "no-scanner",
        ),
        (
            "no right hand",
            case((1..=5).map(Evidence::FingerAbsent).collect()),
            CaptureFinger(0),
            "first-attempt",
        ),
        (
            "no fingers",
            case((1..=10).map(Evidence::FingerAbsent).collect()),
            AskDocument,
            "ask-document",
        ),
        (
            "no fingers, no reader",
            without_reader((1..=10).map(Evidence::FingerAbsent).collect()),
            Refer(None),
            "no-scanner",
        ),
        (
            "before opening",
            Case {
                polls_open: false,
                ..case(vec![hit(0, 1)])
            },
            Refer(None),
            "polls-not-open",
        ),
    ];
    for (name, case, decision, rule) in table {
        assert_eq!(decide(&Settings::default(), &case), (decision, rule), "{name}");
        assert!(CODES.contains(&rule), "{rule} is not documented");
    }
}

#[test]
fn every_setting_out_of_range_is_named() {
    let text = r#"{"attempts": 0, "threshold": 100, "minimum-quality": 101}"#;
    let problems = Settings::read(text).unwrap_err();
    let told: Vec<String> = problems
        .iter()
        .map(|problem| format!("{} {}", problem.path, problem.message))
        .collect();
    assert_eq!(
        told,
        [
            "attempts is 0, but must be 1 to 10",
            "threshold is 100, but must be 200 to 1200",
            "minimum-quality is 101, but must be 0 to 100",
        ]
    );
    assert!(
        Settings::read(r#"{"attemps": 3}"#).unwrap_err()[0]
            .message
            .contains("unknown field `attemps`")
    );
    assert_eq!(Settings::read(" ").unwrap(), Settings::default());
}

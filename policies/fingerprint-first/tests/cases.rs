//! The policy's case table: what was seen, and what must come of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fingerprint_first::case::{Candidate, Case, Evidence, Voter};
use fingerprint_first::rules::{CODES, Decision, decide};
use fingerprint_first::settings::{Fallback, Settings, Way};

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
        face: false,
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

/// A camera is there too.
fn with_camera(evidence: Vec<Evidence>) -> Case {
    Case {
        face: true,
        ..case(evidence)
    }
}

/// A document whose name does not agree well enough.
fn doubtful(voter: u32) -> Evidence {
    Evidence::Document {
        valid: true,
        voter: Some(voter),
        name_agreement: 40,
    }
}

fn face(voter: u32, score: u16) -> Evidence {
    Evidence::Face { voter, score }
}

/// Three attempts that found nobody, and what was seen after them.
fn used_up(after: Vec<Evidence>) -> Vec<Evidence> {
    [vec![poor(), poor(), poor()], after].concat()
}

#[test]
fn after_the_attempts_what_the_settings_name_is_asked_for_in_their_order() {
    use Decision::{Admit, AskDocument, AskFace, AskOfficers, ConfirmPhoto, Refer};
    let weak = || finger(0, 80, Some((1, 400)));
    let table = [
        (
            "nothing is named",
            vec![],
            case(used_up(vec![])),
            Refer(None),
            "attempts-used-up",
        ),
        (
            "officers alone",
            vec![Way::Officers],
            case(used_up(vec![])),
            AskOfficers(None),
            "ask-officers",
        ),
        (
            "officers alone, and a finger is still to be tried",
            vec![Way::Officers],
            case(vec![poor(), poor()]),
            Decision::CaptureFinger(0),
            "poor-image",
        ),
        (
            "a document before the officers",
            vec![Way::Document, Way::Officers],
            case(used_up(vec![])),
            AskDocument,
            "ask-document",
        ),
        (
            "no reader, so the officers",
            vec![Way::Document, Way::Officers],
            without_reader(used_up(vec![])),
            AskOfficers(None),
            "ask-officers",
        ),
        (
            "a document of nobody on the roll, so the officers",
            vec![Way::Document, Way::Officers],
            case(used_up(vec![document(None)])),
            AskOfficers(None),
            "ask-officers",
        ),
        (
            "a document whose name differs, so the face",
            vec![Way::Document, Way::Face, Way::Officers],
            with_camera(used_up(vec![doubtful(1)])),
            AskFace(1),
            "ask-face",
        ),
        (
            "a finger that is a little alike, and faces before documents",
            vec![Way::Face, Way::Document],
            with_camera(vec![weak(), weak(), weak()]),
            AskFace(1),
            "ask-face",
        ),
        (
            "nobody to compare the face with",
            vec![Way::Face, Way::Document],
            with_camera(used_up(vec![])),
            AskDocument,
            "ask-document",
        ),
        (
            "no portrait to compare the face with",
            vec![Way::Face],
            with_camera(used_up(vec![doubtful(4)])),
            Refer(None),
            "document-not-on-roll",
        ),
        (
            "no camera",
            vec![Way::Face, Way::Officers],
            case(used_up(vec![doubtful(1)])),
            AskOfficers(None),
            "ask-officers",
        ),
        (
            "the camera cannot be used for this voter",
            vec![Way::Face, Way::Officers],
            with_camera(used_up(vec![doubtful(1), Evidence::CameraOut])),
            AskOfficers(None),
            "ask-officers",
        ),
        (
            "the face agrees",
            vec![Way::Face],
            with_camera(used_up(vec![doubtful(1), face(1, 300)])),
            ConfirmPhoto(1),
            "face-agrees",
        ),
        (
            "the face agrees, and the operator too",
            vec![Way::Face],
            with_camera(used_up(vec![doubtful(1), face(1, 300), photo(1, true)])),
            Admit(1),
            "identified",
        ),
        (
            "the face does not agree, and is asked for once",
            vec![Way::Face, Way::Officers],
            with_camera(used_up(vec![doubtful(1), face(1, 299)])),
            AskOfficers(None),
            "ask-officers",
        ),
    ];
    for (name, ways, case, decision, rule) in table {
        let settings = Settings {
            fallback: Fallback::try_from(ways).unwrap(),
            ..Settings::default()
        };
        assert_eq!(decide(&settings, &case), (decision, rule), "{name}");
        assert!(CODES.contains(&rule), "{rule} is not documented");
    }
}

/// (the setting, what is wrong with it)
const FALLBACKS: [(&str, &str); 4] = [
    (r#"["document", "document"]"#, "`fallback` names `document` twice"),
    (r#"["officers", "face"]"#, "`fallback` must end with `officers`"),
    (r#"["iris"]"#, "unknown variant `iris`"),
    (r#""document""#, "expected a sequence"),
];

#[test]
fn a_fallback_that_could_not_be_followed_is_refused() {
    for (fallback, expected) in FALLBACKS {
        let problems = Settings::read(&format!(r#"{{"fallback": {fallback}}}"#)).unwrap_err();
        assert!(problems[0].message.contains(expected), "{fallback}: {problems:?}");
    }
    let ways = Settings::read(r#"{"fallback": ["face", "document", "officers"]}"#).unwrap();
    let ways: Vec<Way> = ways.fallback.ways().collect();
    assert_eq!(ways, [Way::Face, Way::Document, Way::Officers]);
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

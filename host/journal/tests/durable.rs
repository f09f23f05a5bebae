//! The journal as a file: what is in it after good and bad days.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use identification::decision::{Decision, Ruling};
use identification::event::{Basis, CheckInId, Event, Step};
use identification::evidence::{Evidence, ImageDigest};
use identification::voter::{FingerPosition, RollNumber};
use journal::journal::{AppendError, Journal, Moment, OpenError, Owner};
use journal::{StoreKey, tree};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

fn key() -> StoreKey {
    StoreKey::from_bytes([3; 32])
}

fn owner() -> Owner {
    Owner {
        station: "1234".to_owned(),
        kiosk: "1".to_owned(),
    }
}

fn open(path: &Path) -> Journal {
    Journal::open(path, &key(), &owner()).unwrap()
}

/// A new journal whose polls are open.
fn opened(path: &Path) -> Journal {
    let mut journal = open(path);
    let officers = vec!["A".into(), "B".into()];
    journal.append(&[Event::PollsOpened { officers }], 1).unwrap();
    journal
}

fn at(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("journal.db")
}

fn step(id: u64, step: Step) -> Event {
    Event::CheckIn {
        id: CheckInId(id),
        step,
    }
}

fn admitted(id: u64, voter: u32) -> Vec<Event> {
    let voter = RollNumber(voter);
    vec![
        step(id, Step::Started),
        step(
            id,
            Step::Identified {
                voter,
                basis: Basis::Confirmed { score: None },
            },
        ),
    ]
}

fn seen(id: u64, image: u8) -> Event {
    let evidence = Evidence::Fingerprint {
        asked: FingerPosition::Unknown,
        quality: Some(60),
        candidates: Vec::new(),
        advice: Vec::new(),
        elapsed_ms: 1,
        image: Some(ImageDigest([image; 32])),
    };
    step(id, Step::Seen { evidence })
}

#[test]
fn what_was_appended_is_there_after_a_restart_and_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = opened(&at(&folder));
    journal.append(&admitted(1, 42), 2).unwrap();
    journal.append(&[step(1, Step::Printing { copy: 1 })], 3).unwrap();
    let note = journal.checkpoint().unwrap();
    journal.append(&admitted(2, 43), 4).unwrap();
    let (entries, root) = (journal.entries().unwrap(), journal.root());
    drop(journal);
    let journal = open(&at(&folder));
    assert_eq!(journal.entries().unwrap(), entries);
    assert_eq!(journal.root(), root);
    let report = journal.verify().unwrap();
    assert_eq!((report.events, report.counts.identified, report.checkpoints), (6, 2, 1));
    assert_eq!(journal.verify_checkpoint(&note).unwrap().size, 4);
}

#[test]
fn the_file_itself_refuses_a_second_admission_and_a_replayed_image() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = opened(&at(&folder));
    journal.append(&admitted(1, 42), 1).unwrap();
    assert!(matches!(
        journal.append(&admitted(2, 42), 2),
        Err(AppendError::AlreadyAdmitted)
    ));
    journal.append(&[step(2, Step::Started), seen(2, 9)], 3).unwrap();
    journal.append(&[step(3, Step::Started)], 4).unwrap();
    assert!(matches!(journal.append(&[seen(3, 9)], 5), Err(AppendError::Replayed)));
    // What was refused left nothing behind.
    assert_eq!(journal.verify().unwrap().events, 6);
    let voided = step(
        1,
        Step::Voided {
            officers: Vec::new(),
            reason: "mistake".into(),
        },
    );
    journal.append(&[voided], 6).unwrap();
    journal.append(&admitted(4, 42), 7).unwrap();
    assert_eq!(journal.verify().unwrap().counts.identified, 1);
}

#[test]
fn a_step_that_has_no_place_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(&at(&folder));
    assert!(matches!(
        journal.append(&[step(1, Step::Issued)], 1),
        Err(AppendError::Failed(_))
    ));
    assert_eq!(journal.size(), 0);
}

#[test]
fn a_full_disk_is_one_sentence_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = opened(&at(&folder));
    journal.append(&admitted(1, 1), 1).unwrap();
    journal.limit_pages(30).unwrap();
    let mut last = 1;
    let error = loop {
        match journal.append(&admitted(last + 1, u32::try_from(last + 1).unwrap()), 2) {
            Ok(()) => last += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(
        error.to_string(),
        "the journal's disk is full, so nothing more is admitted; free some space and go on: nothing is lost"
    );
    assert_eq!(u64::from(journal.verify().unwrap().counts.identified), last);
    journal.limit_pages(1_000_000).unwrap();
    journal
        .append(&admitted(last + 1, u32::try_from(last + 1).unwrap()), 3)
        .unwrap();
    assert_eq!(
        u64::from(
            Journal::open_existing(&at(&folder), &key())
                .unwrap()
                .verify()
                .unwrap()
                .counts
                .identified
        ),
        last + 1
    );
}

#[test]
fn a_wrong_key_another_kiosk_and_a_file_that_is_none_are_one_sentence_each() {
    let folder = tempfile::tempdir().unwrap();
    opened(&at(&folder)).append(&admitted(1, 1), 1).unwrap();
    let wrong = Journal::open(&at(&folder), &StoreKey::from_bytes([4; 32]), &owner()).unwrap_err();
    assert!(matches!(wrong, OpenError::KeyOrDamage(_)), "{wrong}");
    let other = Owner {
        kiosk: "2".to_owned(),
        ..owner()
    };
    let foreign = Journal::open(&at(&folder), &key(), &other).unwrap_err().to_string();
    assert!(
        foreign.ends_with(
            "belongs to kiosk-journal/1234/1, not to kiosk-journal/1234/2; give the path of this kiosk's journal"
        ),
        "{foreign}"
    );
    let text = folder.path().join("text.db");
    std::fs::write(&text, "not a journal, but long enough to be taken for one by mistake").unwrap();
    assert!(matches!(
        Journal::open(&text, &key(), &owner()),
        Err(OpenError::KeyOrDamage(_))
    ));
    let missing = Journal::open_existing(&folder.path().join("none.db"), &key())
        .unwrap_err()
        .to_string();
    assert!(missing.ends_with("give the path of this kiosk's journal"), "{missing}");
    // Nothing was lost by any of these.
    assert_eq!(open(&at(&folder)).verify().unwrap().counts.identified, 1);
}

#[test]
fn a_changed_byte_is_noticed_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = opened(&at(&folder));
    for id in 1..=40 {
        journal.append(&admitted(id, u32::try_from(id).unwrap()), id).unwrap();
    }
    drop(journal);
    let good = std::fs::read(at(&folder)).unwrap();
    assert!(
        !folder.path().join("journal.db-wal").exists(),
        "closing wrote the log back"
    );
    for offset in (0..good.len()).step_by(good.len() / 97) {
        let mut bad = good.clone();
        bad[offset] ^= 0x10;
        let path = folder.path().join("changed.db");
        std::fs::write(&path, &bad).unwrap();
        let seen = Journal::open_existing(&path, &key()).map_err(|error| error.to_string());
        let seen = seen.and_then(|journal| journal.verify().map_err(|error| error.to_string()));
        let sentence = seen.expect_err("a changed byte went unnoticed");
        assert!(
            sentence.contains("damaged") || sentence.contains("could not be read"),
            "{offset}: {sentence}"
        );
    }
}

#[test]
fn an_observer_hears_the_three_moments_of_every_append() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(&at(&folder));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    journal.observe(Box::new(move |number, moment| {
        ear.lock().unwrap().push((number, moment))
    }));
    journal.append(&admitted(1, 1), 1).unwrap();
    journal.append(&[seen(1, 1)], 2).unwrap_err();
    let expected = vec![
        (1, Moment::Before),
        (1, Moment::Written),
        (1, Moment::Durable),
        (2, Moment::Before),
    ];
    assert_eq!(*heard.lock().unwrap(), expected);
}

#[test]
fn the_tree_is_the_one_of_the_standard_over_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = open(&at(&folder));
    let ruling = Ruling {
        decision: Decision::AskDocument,
        reason: "r".into(),
        rule: "r".into(),
    };
    journal
        .append(&[step(1, Step::Started), step(1, Step::Ruled { ruling })], 77)
        .unwrap();
    let rows = [
        r#"0 77 {"event":"check-in","id":1,"step":"started"}"#,
        r#"1 77 {"event":"check-in","id":1,"step":"ruled","ruling":{"decision":"ask-document","reason":"r","rule":"r"}}"#,
    ];
    let leaves: Vec<tree::Hash> = rows.iter().map(|row| tree::leaf(row.as_bytes())).collect();
    assert_eq!(journal.root(), tree::root(&leaves));
}

#[test]
fn a_second_program_on_a_running_stations_journal_is_refused_but_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = opened(&at(&folder));
    for refused in [
        Journal::open(&at(&folder), &key(), &owner()),
        Journal::open_idle(&at(&folder), &key()),
    ] {
        let sentence = refused.unwrap_err().to_string();
        assert!(
            sentence.ends_with("is in use, for the station is running; stop it first, or use its page"),
            "{sentence}"
        );
    }
    let reader = Journal::open_existing(&at(&folder), &key()).unwrap();
    assert_eq!(reader.verify().unwrap().events, 1);
    journal.append(&admitted(1, 1), 2).unwrap();
    assert_eq!(reader.verify().unwrap().events, 3);
    drop(journal);
    Journal::open_idle(&at(&folder), &key()).unwrap();
}

#[test]
fn a_journal_is_verified_while_its_station_appends() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = opened(&at(&folder));
    let path = at(&folder);
    let reader = std::thread::spawn(move || {
        for _ in 0..40 {
            let journal = Journal::open_existing(&path, &key()).unwrap();
            journal.verify().unwrap();
        }
    });
    let mut id = 0;
    while !reader.is_finished() {
        id += 1;
        journal.append(&admitted(id, u32::try_from(id).unwrap()), id).unwrap();
    }
    reader.join().unwrap();
    println!("verified 40 times over {id} appends");
}

#[test]
fn what_did_not_happen_in_this_order_does_not_verify() {
    let polls = |opened: bool| {
        let officers = vec!["A".to_owned(), "B".to_owned()];
        if opened {
            Event::PollsOpened { officers }
        } else {
            Event::PollsClosed { officers }
        }
    };
    // (what happened, the event that could not have)
    let cases = [
        (admitted(1, 1), 1),
        (vec![polls(false)], 0),
        (vec![polls(true), polls(true)], 1),
        ([vec![polls(true), polls(false)], admitted(1, 1)].concat(), 3),
        (vec![polls(true), polls(false), polls(true)], 2),
    ];
    for (events, impossible) in cases {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = open(&at(&folder));
        journal.append(&events, 1).unwrap();
        let found = journal.verify();
        assert!(
            matches!(found, Err(journal::verify::VerifyError::Impossible(event)) if event == impossible),
            "{events:?}: {found:?}"
        );
    }
}

#[test]
fn checkpoints_of_a_kiosk_whose_name_has_blanks_are_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let owner = Owner {
        station: "Бишкек 2041".to_owned(),
        kiosk: "Kiosk 1".to_owned(),
    };
    let mut journal = Journal::open(&at(&folder), &key(), &owner).unwrap();
    let note = journal.checkpoint().unwrap();
    assert_eq!(journal.verify().unwrap().checkpoints, 1);
    assert_eq!(journal.verify_checkpoint(&note).unwrap().origin, owner.origin());
    let unreadable = journal.verify_checkpoint("hello").unwrap_err().to_string();
    assert_eq!(unreadable, "the checkpoint is not readable; scan or copy it again");
}

#[test]
fn a_secret_is_of_one_journal_and_one_purpose_and_the_same_after_a_restart() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let journal = open(&at(&one));
    let (compiled, tokens) = (journal.secret_for("compiled"), journal.secret_for("tokens"));
    drop(journal);
    assert_eq!(open(&at(&one)).secret_for("compiled"), compiled);
    let elsewhere = open(&at(&other)).secret_for("compiled");
    assert!(compiled != tokens && compiled != elsewhere && *compiled != [0; 32]);
}

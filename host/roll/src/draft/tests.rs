//! What becomes of the old roll when a new one is not finished.

use super::*;
use crate::voter::Sex;
use identification::voter::{FingerPosition, RollNumber};

fn key() -> RollKey {
    RollKey::from_bytes([7; 32])
}

fn station() -> Station {
    let election_date = "2027-01-24".parse().expect("a date");
    Station::new("2041", "School no. 5", "Osh", "presidential-2027", election_date).expect("a station")
}

/// A made-up voter with a photo of 100,000 bytes.
fn voter(number: u32) -> Voter {
    Voter {
        number: RollNumber(number),
        name: "Aida Example".to_owned(),
        born: "1987-03-14".parse().expect("a date"),
        sex: Sex::Female,
        pin: format!("114031987{number:05}"),
        document: format!("ID{number}"),
        home: true,
        excluded: None,
        votes_elsewhere: false,
        photo: Some(vec![1; 100_000]),
    }
}

/// A folder with a sealed roll of one voter, and that roll's bytes.
fn old_roll() -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("roll.db");
    let mut draft = Draft::create(&out, &key()).expect("a draft");
    draft.add_voter(&voter(1)).expect("a voter");
    draft.finish(&station(), &key(), "toy", 1).expect("finished");
    let bytes = std::fs::read(&out).expect("the roll");
    (folder, out, bytes)
}

fn files(folder: &tempfile::TempDir) -> usize {
    std::fs::read_dir(folder.path()).expect("the folder").count()
}

#[test]
fn a_draft_that_is_dropped_leaves_the_old_roll_and_nothing_else() {
    let (folder, out, before) = old_roll();
    let mut draft = Draft::create(&out, &key()).expect("a draft");
    draft.add_voter(&voter(2)).expect("a voter");
    assert_eq!(files(&folder), 2);
    drop(draft);
    assert!(std::fs::read(&out).expect("the roll") == before);
    assert_eq!(files(&folder), 1);
}

#[test]
fn a_power_cut_before_the_renaming_leaves_the_old_roll_and_the_next_import_tidies_up() {
    let (folder, out, before) = old_roll();
    // what a process that is no more leaves behind: the unfinished file, and no lock
    let left = folder.path().join("roll.db.0123456789abcdef.part");
    std::fs::write(&left, &before[..5000]).expect("an unfinished file");
    assert!(Roll::open(&out, &key()).is_ok());

    let mut draft = Draft::create(&out, &key()).expect("a draft");
    assert!(!left.exists());
    draft.add_voter(&voter(2)).expect("a voter");
    draft.finish(&station(), &key(), "toy", 1).expect("finished");
    let roll = Roll::open(&out, &key()).expect("the new roll");
    assert!(roll.voter(RollNumber(2)).expect("readable").is_some());
    assert_eq!(files(&folder), 1);
}

#[test]
fn two_imports_at_once_do_not_touch_each_others_files() {
    let (folder, out, _) = old_roll();
    let mut slow = Draft::create(&out, &key()).expect("a draft");
    slow.add_voter(&voter(2)).expect("a voter");
    let mut fast = Draft::create(&out, &key()).expect("another draft");
    assert_eq!(files(&folder), 3);
    fast.add_voter(&voter(3)).expect("a voter");
    fast.finish(&station(), &key(), "toy", 1).expect("finished");
    slow.finish(&station(), &key(), "toy", 1).expect("finished later");
    let roll = Roll::open(&out, &key()).expect("the later roll");
    assert!(roll.voter(RollNumber(2)).expect("readable").is_some());
    assert_eq!(files(&folder), 1);
}

#[test]
fn files_of_others_are_not_tidied_up() {
    let (folder, out, _) = old_roll();
    let names = [
        "roll.db.part",
        "roll.db.old.part",
        "other.db.0123456789abcdef.part",
        "roll.db.0123456789abcdef",
    ];
    for name in names {
        std::fs::write(folder.path().join(name), "kept").expect("a file");
    }
    drop(Draft::create(&out, &key()).expect("a draft"));
    assert_eq!(files(&folder), 1 + names.len());
}

#[test]
fn a_full_disk_leaves_the_old_roll() {
    let (folder, out, before) = old_roll();
    let mut draft = Draft::create(&out, &key()).expect("a draft");
    draft.limit_pages(100).expect("a limit");
    let full = (2..100).find_map(|number| draft.add_voter(&voter(number)).err());
    assert!(matches!(full, Some(DraftError::Full)), "{full:?}");
    drop(draft);
    assert!(std::fs::read(&out).expect("the roll") == before);
    assert_eq!(files(&folder), 1);
}

#[test]
fn a_disk_that_is_full_at_the_last_moment_leaves_the_old_roll() {
    let (folder, out, before) = old_roll();
    let mut draft = Draft::create(&out, &key()).expect("a draft");
    draft.add_voter(&voter(2)).expect("a voter");
    let pages = draft
        .connection
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .expect("a count");
    draft.limit_pages(pages).expect("a limit");
    let matcher = "a matcher with a name that does not fit any more ".repeat(1000);
    let full = draft.finish(&station(), &key(), &matcher, 1);
    assert!(matches!(full, Err(DraftError::Full)), "{full:?}");
    assert!(std::fs::read(&out).expect("the roll") == before);
    assert_eq!(files(&folder), 1);
}

#[test]
fn an_opened_roll_refuses_every_write() {
    let (_folder, out, before) = old_roll();
    let roll = Roll::open(&out, &key()).expect("a good roll");
    for sql in [
        "DELETE FROM voter",
        "CREATE TABLE more (x) STRICT",
        "PRAGMA user_version = 2",
        "VACUUM",
    ] {
        assert!(roll.connection().execute_batch(sql).is_err(), "{sql}");
        // not even where someone takes back the second lock
        assert!(
            roll.connection()
                .execute_batch(&format!("PRAGMA query_only = OFF; {sql}"))
                .is_err(),
            "{sql}"
        );
    }
    assert!(std::fs::read(&out).expect("the roll") == before);
}

#[test]
fn a_row_that_no_list_can_hold_is_refused_by_the_file_itself() {
    let (_folder, out, _) = old_roll();
    let mut draft = Draft::create(&out, &key()).expect("a draft");
    draft.add_voter(&voter(2)).expect("a voter");
    let twice = draft.add_voter(&Voter {
        number: RollNumber(3),
        ..voter(2)
    });
    assert!(matches!(twice, Err(DraftError::Other(_))));
    let nobodys = Reference {
        voter: RollNumber(9),
        position: FingerPosition::LeftIndex,
        template: vec![1],
        quality: 50,
    };
    assert!(matches!(draft.add_reference(&nobodys), Err(DraftError::Other(_))));
}

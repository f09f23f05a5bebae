//! A roll that opens is whole; anything else is refused with a sentence.

mod commission;

use commission::Commission;
use identification::voter::RollNumber;
use roll::{OpenError, Roll, RollKey};

fn sealed() -> (Commission, Vec<u8>) {
    let commission = Commission::new().with_two_voters();
    commission.seal().expect("sealed");
    let bytes = std::fs::read(commission.roll()).expect("the roll");
    (commission, bytes)
}

/// What opening says, with the place of the roll left out.
fn refusal(commission: &Commission, key: &RollKey) -> String {
    let error = Roll::open(&commission.roll(), key).expect_err("a bad roll");
    error
        .to_string()
        .replace(commission.path("").to_str().expect("a name"), "")
}

const KEY_OR_DAMAGE: &str = "the key does not open the roll at sealed/roll.db, or the file is damaged; use the key that \
                             the commission sent with this roll, or copy the roll again";
const DAMAGED: &str = "the roll at sealed/roll.db is damaged or cut off; copy it again from the commission's stick";

#[test]
fn another_rolls_key_is_refused() {
    let (commission, _) = sealed();
    assert_eq!(refusal(&commission, &RollKey::from_bytes([8; 32])), KEY_OR_DAMAGE);
}

#[test]
fn a_missing_roll_is_refused() {
    let commission = Commission::new();
    assert_eq!(
        refusal(&commission, &commission.key),
        "there is no roll at sealed/roll.db; copy it there from the commission's stick"
    );
    std::fs::create_dir(commission.roll()).expect("a folder in its place");
    assert_eq!(
        refusal(&commission, &commission.key),
        "the roll at sealed/roll.db could not be read (it is not a file); check its permissions, or copy it again"
    );
}

#[test]
fn a_roll_cut_off_anywhere_is_refused() {
    let (commission, bytes) = sealed();
    let page = 4096;
    for length in [
        0,
        1,
        15,
        16,
        100,
        page - 1,
        page,
        page + 1,
        2 * page,
        bytes.len() - page,
        bytes.len() - 1,
    ] {
        commission.write("sealed/roll.db", &bytes[..length]);
        let sentence = refusal(&commission, &commission.key);
        let known = [KEY_OR_DAMAGE, DAMAGED].contains(&sentence.as_str());
        assert!(known, "{length} bytes: {sentence}");
    }
}

#[test]
fn a_roll_with_something_after_its_end_is_refused() {
    let (commission, bytes) = sealed();
    for tail in [&[0][..], &[0; 4096], &bytes[4096..8192]] {
        commission.write("sealed/roll.db", &[&bytes, tail].concat());
        assert_eq!(refusal(&commission, &commission.key), DAMAGED);
    }
}

#[test]
fn a_bit_turned_anywhere_is_refused() {
    let (commission, bytes) = sealed();
    // 37 is prime to the page, so that the samples meet salt, content, vectors and codes of different pages
    for (at, bit) in (0..bytes.len()).step_by(37).zip((0..8).cycle()) {
        let mut turned = bytes.clone();
        turned[at] ^= 1 << bit;
        commission.write("sealed/roll.db", &turned);
        let sentence = refusal(&commission, &commission.key);
        let known = [KEY_OR_DAMAGE, DAMAGED].contains(&sentence.as_str());
        assert!(known, "byte {at}: {sentence}");
    }
}

#[test]
fn pages_that_changed_places_are_refused() {
    let (commission, mut bytes) = sealed();
    let (first, second) = bytes[4096..].split_at_mut(4096);
    first.swap_with_slice(&mut second[..4096]);
    commission.write("sealed/roll.db", &bytes);
    assert_eq!(refusal(&commission, &commission.key), DAMAGED);
}

/// Whoever has the key can write pages that are whole; the digest still tells.
#[test]
fn content_that_was_changed_with_the_right_key_is_refused() {
    for (change, refused) in [
        ("UPDATE voter SET excluded = NULL", DAMAGED),
        ("DELETE FROM reference", DAMAGED),
        ("UPDATE photo SET png = x'00'", DAMAGED),
        (
            "UPDATE meta SET value = 'Another school' WHERE name = 'station-name'",
            DAMAGED,
        ),
        ("DELETE FROM meta WHERE name = 'digest'", DAMAGED),
        ("DROP TABLE meta", DAMAGED),
        (
            "UPDATE meta SET value = '2' WHERE name = 'format'",
            "the roll at sealed/roll.db has format 2, but this program reads format 1; install the version that the \
             commission names",
        ),
    ] {
        let (commission, _) = sealed();
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
        let connection = encrypted_store::open(commission.roll(), flags, &commission.key).expect("the file");
        connection.execute_batch(change).expect("the change");
        connection.close().expect("closed");
        assert_eq!(refusal(&commission, &commission.key), refused, "{change}");
    }
}

#[test]
fn an_opened_roll_is_never_written_and_nothing_appears_beside_it() {
    let (commission, bytes) = sealed();
    let roll = Roll::open(&commission.roll(), &commission.key).expect("a good roll");
    roll.voter(RollNumber(1)).expect("readable");
    drop(roll);
    assert!(std::fs::read(commission.roll()).expect("the roll") == bytes);
    assert_eq!(commission.sealed(), ["roll.db"]);
}

#[cfg(unix)]
#[test]
fn a_journal_that_someone_put_beside_a_roll_is_not_obeyed() {
    let (commission, bytes) = sealed();
    commission.write("sealed/roll.db-journal", &bytes);
    commission.write("sealed/roll.db-wal", &bytes);
    assert!(Roll::open(&commission.roll(), &commission.key).is_ok());
}

#[test]
fn a_roll_may_lie_at_any_path() {
    let (commission, bytes) = sealed();
    std::fs::create_dir(commission.path("участок 5")).expect("a folder");
    for name in ["участок 5/a roll?mode=rwc#x", "100%25.db", "a&b='c'"] {
        commission.write(name, &bytes);
        assert!(Roll::open(&commission.path(name), &commission.key).is_ok(), "{name}");
    }
}

#[test]
fn a_roll_that_is_replaced_while_it_is_open_stays_what_it_was() {
    let (commission, _) = sealed();
    let old = Roll::open(&commission.roll(), &commission.key).expect("a good roll");
    let list = std::fs::read_to_string(commission.path("voters.jsonl")).expect("the list");
    commission.write("voters.jsonl", list.replace("Bakyt", "Baktı").as_bytes());
    commission.seal().expect("sealed again");
    let name = |roll: &Roll| roll.voter(RollNumber(4)).expect("readable").map(|voter| voter.name);
    assert_eq!(name(&old).as_deref(), Some("Bakyt Sample"));
    let new = Roll::open(&commission.roll(), &commission.key).expect("a good roll");
    assert_eq!(name(&new).as_deref(), Some("Baktı Sample"));
}

/// Marsaglia's xorshift (2003), 32 bits, shifts 13, 17, 5.
fn noise() -> impl Iterator<Item = u8> {
    std::iter::successors(Some(2_463_534_242_u32), |last| {
        let step = last ^ (last << 13);
        let step = step ^ (step >> 17);
        Some(step ^ (step << 5))
    })
    .map(|word| word.to_be_bytes()[0])
}

#[test]
fn a_medium_that_fails_while_the_roll_is_open_is_one_sentence() {
    let (commission, _) = sealed();
    // too large for SQLite's cache, so that it has to be read again; noise, so that the PNG stays as large
    let noise: Vec<u8> = noise().take(3_000_000).collect();
    commission.write(
        "photos/1.png",
        &commission::png_of(png::ColorType::Rgb, 1000, 1000, &noise),
    );
    commission.seal().expect("sealed");
    let roll = Roll::open(&commission.roll(), &commission.key).expect("a good roll");
    let length = std::fs::metadata(commission.roll()).expect("the roll").len();
    assert!(length > 2_100_000, "{length}");
    // in place, as a failing medium would; `write` keeps the file and empties it
    commission.write("sealed/roll.db", &vec![0; usize::try_from(length).expect("a size")]);
    let sentence = roll.photo(RollNumber(1)).expect_err("zeroes").to_string();
    let (before, after) = sentence.split_once(" (SQLite error ").expect("a code");
    assert!(before.ends_with("sealed/roll.db cannot be read any more"), "{sentence}");
    assert!(
        after.ends_with("); copy it again from the commission's stick"),
        "{sentence}"
    );
}

#[test]
fn a_roll_can_go_to_another_thread() {
    fn sendable<T: Send + Sync + 'static>() {}
    sendable::<Roll>();
    sendable::<OpenError>();
}

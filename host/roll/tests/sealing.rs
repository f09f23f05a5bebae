//! A roll is sealed whole or not at all.

mod commission;
mod other_images;

use commission::{Commission, png, png_of};
use identification::voter::{FingerPosition, RollNumber, VoterFacts};
use other_images::{bmp, tiff};
use roll::{Demographic, Reference, Roll, SealError, Sex, Voter};

fn aida(photo: Vec<u8>) -> Voter {
    Voter {
        number: RollNumber(1),
        name: "Aida Example".to_owned(),
        born: "1987-03-14".parse().expect("a date"),
        sex: Sex::Female,
        pin: "11403198700011".to_owned(),
        document: "ID1234567".to_owned(),
        home: true,
        excluded: None,
        votes_elsewhere: false,
        photo: Some(photo),
    }
}

fn bakyt() -> Voter {
    Voter {
        number: RollNumber(4),
        name: "Bakyt Sample".to_owned(),
        born: "2009-01-25".parse().expect("a date"),
        sex: Sex::Male,
        pin: "22501200900022".to_owned(),
        document: "ID7654321".to_owned(),
        home: false,
        excluded: Some("under-18".to_owned()),
        votes_elsewhere: true,
        photo: None,
    }
}

#[test]
fn what_is_read_back_is_what_was_imported() {
    let commission = Commission::new().with_two_voters();
    let sealed = commission.seal().expect("sealed");
    let roll = Roll::open(&commission.roll(), &commission.key).expect("a good roll");

    assert_eq!((sealed.voters, sealed.references), (2, 2));
    assert_eq!((roll.len(), roll.reference_count(), roll.is_empty()), (2, 2, false));
    assert_eq!(roll.station(), &commission.station);
    assert_eq!((roll.matcher(), roll.template_version()), ("toy 1.0.0", 3));
    assert_eq!(roll.digest_hex(), sealed.digest);

    let photo = png(30, 40, 200);
    let (one, four) = (Some(aida(photo.clone())), Some(bakyt()));
    // not assert_eq: where it fails, it would print what the roll must not
    assert!(roll.voter(RollNumber(1)) == Ok(one.clone()));
    assert!(roll.by_document("ID1234567") == Ok(one));
    assert!(roll.voter(RollNumber(4)) == Ok(four.clone()));
    assert!(roll.by_pin("22501200900022") == Ok(four));
    assert!(roll.photo(RollNumber(1)) == Ok(Some(photo)));
    assert_eq!(roll.photo(RollNumber(4)), Ok(None));
    for nobody in [
        roll.voter(RollNumber(2)),
        roll.by_document("ID"),
        roll.by_pin("' OR 1 = 1"),
    ] {
        assert_eq!(nobody, Ok(None));
    }
}

#[test]
fn the_facts_of_a_voter_are_those_of_the_roll_and_the_journals_word() {
    let commission = Commission::new().with_two_voters();
    commission.seal().expect("sealed");
    let roll = Roll::open(&commission.roll(), &commission.key).expect("a good roll");
    let facts = VoterFacts {
        voter: RollNumber(1),
        already_admitted: true,
        excluded: None,
        votes_elsewhere: false,
        home_station: true,
        fingers_on_file: vec![FingerPosition::RightIndex, FingerPosition::LeftIndex],
        best_reference_quality: Some(90),
        portrait_on_file: true,
        age: 39,
    };
    assert_eq!(roll.facts(RollNumber(1), true), Ok(Some(facts)));
    let facts = VoterFacts {
        voter: RollNumber(4),
        already_admitted: false,
        excluded: Some("under-18".to_owned()),
        votes_elsewhere: true,
        home_station: false,
        fingers_on_file: vec![],
        best_reference_quality: None,
        portrait_on_file: false,
        age: 17,
    };
    assert_eq!(roll.facts(RollNumber(4), false), Ok(Some(facts)));
    assert_eq!(roll.facts(RollNumber(2), false), Ok(None));
}

#[test]
fn turnout_is_counted_by_sex_and_age_on_election_day() {
    let commission = Commission::new().with_two_voters();
    commission.seal().expect("sealed");
    let roll = Roll::open(&commission.roll(), &commission.key).expect("a good roll");
    let of = |voter, sex, age| Demographic {
        voter: RollNumber(voter),
        sex,
        age,
    };
    let demographics: Vec<_> = roll.demographics().expect("readable").collect();
    assert_eq!(demographics, [of(1, Sex::Female, 39), of(4, Sex::Male, 17)]);
}

#[test]
fn references_come_in_pages_of_whole_voters() {
    let commission = Commission::new().with_two_voters();
    commission.write(
        "fingers/colour.png",
        &png_of(png::ColorType::Rgb, 2, 1, &[0, 100, 0, 255, 255, 255]),
    );
    let mut list = std::fs::read_to_string(commission.path("voters.jsonl")).expect("the list");
    for number in [7, 9] {
        list.push_str(&format!(
            r#"{{"number":{number},"name":"Aida Example","born":"1987-03-14","sex":"f","pin":"1140319870003{number}","document":"ID{number}","fingers":[{{"position":"right-thumb","image":"fingers/colour.png","dpi":500}}]}}"#
        ));
        list.push('\n');
    }
    commission.write("voters.jsonl", list.as_bytes());
    commission.seal().expect("sealed");
    let roll = Roll::open(&commission.roll(), &commission.key).expect("a good roll");

    let first = roll.references(RollNumber(0), 2).expect("a page");
    let second = roll.references(first.next.expect("another page"), 2).expect("a page");
    let reference = |voter, position, template: &[u8], quality| Reference {
        voter: RollNumber(voter),
        position,
        template: template.to_vec(),
        quality,
    };
    // the better one of the record's two views of that finger
    let left = reference(1, FingerPosition::LeftIndex, &[0x3c], 0x3c);
    let right = reference(1, FingerPosition::RightIndex, &[0, 20, 0, 10, 0, 90], 90);
    let thumb = |voter| reference(voter, FingerPosition::RightThumb, &[0, 2, 0, 1, 0, 59], 59);
    assert!(first.references == [right, left, thumb(7)]);
    assert_eq!(first.next, Some(RollNumber(9)));
    assert!(second.references == [thumb(9)]);
    assert_eq!(second.next, None);
    assert_eq!(
        roll.references(RollNumber(10), 2).map(|page| page.references.len()),
        Ok(0)
    );
}

#[test]
fn the_image_of_a_finger_may_be_a_png_a_bmp_or_a_tiff_whatever_its_name() {
    let mut digests = Vec::new();
    for image in [png(20, 10, 90), bmp(20, 10, 90), tiff(20, 10, 90)] {
        let commission = Commission::new().with_two_voters();
        commission.write("fingers/1-2.png", &image);
        let sealed = commission.seal().expect("sealed");
        assert_eq!(sealed.references, 2);
        digests.push(sealed.digest);
    }
    // the toy's template is made of size and shade, so the same content is the same pixels
    assert_eq!(digests[0], digests[1]);
    assert_eq!(digests[0], digests[2]);
}

#[test]
fn the_digest_is_of_the_content_alone() {
    let commission = Commission::new().with_two_voters();
    let first = commission.seal().expect("sealed");
    let bytes = std::fs::read(commission.roll()).expect("the roll");
    assert_eq!(commission.seal().expect("sealed again").digest, first.digest);
    assert!(
        std::fs::read(commission.roll()).expect("the roll") != bytes,
        "SQLCipher salts each file"
    );

    let list = std::fs::read_to_string(commission.path("voters.jsonl")).expect("the list");
    commission.write("voters.jsonl", list.replace("Bakyt", "Baktı").as_bytes());
    assert_ne!(commission.seal().expect("sealed").digest, first.digest);
}

#[test]
fn no_voters_data_stand_in_the_file_as_they_are() {
    let commission = Commission::new().with_two_voters();
    commission.seal().expect("sealed");
    let bytes = std::fs::read(commission.roll()).expect("the roll");
    // three letters alone stand in such a file by chance, once in 300 files
    let png = b"\x89PNG\r\n\x1a\n";
    for plain in [&b"SQLite format 3"[..], b"Aida", b"11403198700011", b"voter", png] {
        assert!(!bytes.windows(plain.len()).any(|window| window == plain));
    }
}

#[test]
fn debug_shows_a_voter_by_number_and_a_template_by_quality() {
    assert_eq!(
        format!("{:?}", aida(png(2, 2, 2))),
        "Voter { number: RollNumber(1), .. }"
    );
    let reference = Reference {
        voter: RollNumber(1),
        position: FingerPosition::LeftIndex,
        template: vec![99; 3],
        quality: 40,
    };
    let shown = "Reference { voter: RollNumber(1), position: LeftIndex, quality: 40, .. }";
    assert_eq!(format!("{reference:?}"), shown);
}

#[test]
fn progress_counts_to_the_end_and_never_back() {
    let commission = Commission::new().with_two_voters();
    let mut steps = Vec::new();
    let request = roll::SealRequest {
        list: &commission.path("voters.jsonl"),
        station: &commission.station,
        key: &commission.key,
        out: &commission.roll(),
    };
    roll::seal(&request, &mut commission::Toy, &mut |done, total| {
        steps.push((done, total))
    })
    .expect("sealed");
    assert_eq!(steps, [(0, 4), (1, 4), (2, 4), (2, 4), (3, 4), (4, 4)]);
}

#[test]
fn a_matcher_that_fails_leaves_the_old_roll() {
    let commission = Commission::new().with_two_voters();
    commission.seal().expect("sealed");
    let before = std::fs::read(commission.roll()).expect("the old roll");
    commission.write("fingers/1-2.png", &png(2, 2, 1));
    let error = commission.seal().expect_err("the toy breaks at shade 1");
    assert_eq!(
        error.to_string(),
        "nothing was sealed, for the matcher failed on line 2 (it trapped at 0x1); try again, or use another matcher"
    );
    assert!(std::fs::read(commission.roll()).expect("the old roll") == before);
    assert_eq!(commission.sealed(), ["roll.db"]);
}

#[test]
fn a_file_taken_away_between_the_check_and_the_templates_leaves_the_old_roll() {
    let commission = Commission::new().with_two_voters();
    let record = commission.path("fingers/1-7.fmr");
    // Two of four steps are the check; after them every file was there.
    let mut thief = |done: usize, _: usize| {
        if done == 2 && record.exists() {
            std::fs::remove_file(&record).expect("the record");
        }
    };
    let Err(SealError::Bad(found)) = commission.seal_while(&mut commission::Toy, &mut thief) else {
        panic!("the list must be refused");
    };
    let report = found.problems.to_string();
    let sentence = "line 2, fingers[1].template: the file `fingers/1-7.fmr` is missing; put the file there, or correct \
                    the path\n";
    assert_eq!(report, sentence);
    assert_eq!(commission.sealed(), Vec::<String>::new());
}

#[test]
fn a_place_that_cannot_be_written_is_one_sentence() {
    let commission = Commission::new().with_two_voters();
    std::fs::remove_dir(commission.path("sealed")).expect("the folder");
    let error = commission.seal().expect_err("no folder");
    let sentence = error
        .to_string()
        .replace(commission.path("").to_str().expect("a name"), "");
    assert_eq!(
        sentence,
        "nothing was sealed, for sealed/roll.db could not be written (entity not found); check the folder and the disk"
    );
    std::fs::create_dir_all(commission.roll()).expect("a folder where the roll should be");
    assert!(matches!(commission.seal(), Err(SealError::Write { .. })));
    assert_eq!(commission.sealed(), ["roll.db"]);
}

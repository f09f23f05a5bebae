//! What every synthetic voter holds to.

use super::*;
use std::collections::BTreeSet;

fn roll() -> Vec<Person> {
    (1..=1300).map(|number| person(20_270_124, number)).collect()
}

#[test]
fn thirteen_hundred_people_have_distinct_pins_and_documents() {
    let roll = roll();
    assert_eq!(
        roll.iter().map(|person| &person.pin).collect::<BTreeSet<_>>().len(),
        1300
    );
    assert_eq!(
        roll.iter()
            .map(|person| &person.document_number)
            .collect::<BTreeSet<_>>()
            .len(),
        1300
    );
}

#[test]
fn a_pin_agrees_with_the_sex_and_the_birth_date() {
    for person in roll() {
        assert_eq!(person.pin.len(), 14);
        assert!(person.pin.bytes().all(|digit| digit.is_ascii_digit()));
        assert_eq!(&person.pin[..1], if person.sex.letter() == 'f' { "1" } else { "2" });
        let date = format!("{}-{}-{}", &person.pin[5..9], &person.pin[3..5], &person.pin[1..3]);
        assert_eq!(date, person.born.to_string());
    }
}

#[test]
fn a_document_number_is_id_and_seven_digits() {
    for person in roll() {
        assert_eq!(person.document_number.len(), 9);
        let digits = person.document_number.strip_prefix("ID").unwrap_or_default();
        assert!(digits.len() == 7 && digits.bytes().all(|digit| digit.is_ascii_digit()));
    }
}

#[test]
fn names_have_only_cyrillic_letters_spaces_and_hyphens() {
    for person in roll() {
        let name = person.name.to_string();
        assert!(
            name.chars()
                .all(|letter| letter == ' ' || letter == '-' || ('\u{400}'..='\u{4ff}').contains(&letter)),
            "{name}"
        );
    }
}

#[test]
fn everyone_is_of_age_and_the_young_are_more_than_the_old() {
    let ages: Vec<u16> = roll().iter().map(|person| person.born.years_to(ELECTION)).collect();
    assert!(ages.iter().all(|age| (18..=95).contains(age)));
    let between = |first: u16, last: u16| ages.iter().filter(|age| (first..=last).contains(age)).count();
    assert!(between(25, 44) > between(45, 64) && between(45, 64) > between(65, 95) && between(65, 95) > 80);
}

#[test]
fn half_are_women_and_about_three_in_four_have_kyrgyz_names() {
    let roll = roll();
    let women = roll.iter().filter(|person| person.sex == Sex::Female).count();
    assert!((570..730).contains(&women), "{women} women");
    let russian = roll
        .iter()
        .filter(|person| {
            let given = person.name.given.as_str();
            names_russian::SURNAMES
                .iter()
                .any(|surname| person.name.surname.starts_with(surname))
                && (names_russian::WOMEN.contains(&given) || names_russian::MEN.iter().any(|(name, _)| *name == given))
        })
        .count();
    assert!((300..402).contains(&russian), "{russian} Russian names");
}

#[test]
fn kyrgyz_letters_and_both_forms_of_the_fathers_name_occur() {
    let names: Vec<String> = roll().iter().map(|person| person.name.to_string()).collect();
    for part in ["ө", "ү", "ң", " уулу ", " кызы ", "ович", "овна", "евич"] {
        assert!(names.iter().any(|name| name.contains(part)), "no name has {part}");
    }
}

#[test]
fn two_different_fingers_are_enrolled_mostly_the_index_fingers() {
    let roll = roll();
    for person in &roll {
        let [first, second] = person.enrolled_fingers;
        assert!((1..=10).contains(&first) && (1..=10).contains(&second) && first != second);
    }
    let usual = roll.iter().filter(|person| person.enrolled_fingers == [2, 7]).count();
    assert!((1100..1300).contains(&usual), "{usual} of 1300 have both index fingers");
}

#[test]
fn every_finger_of_everyone_has_its_own_seed() {
    let seeds: BTreeSet<u64> = roll()
        .iter()
        .flat_map(|person| (1..=10).map(|position| person.finger_seed(position)))
        .collect();
    assert_eq!(seeds.len(), 13_000);
}

#[test]
fn the_same_number_gives_the_same_person_and_another_seed_another() {
    assert_eq!(person(1, 7), person(1, 7));
    assert_ne!(person(1, 7), person(2, 7));
    assert_ne!(person(1, 7).pin, person(1, 8).pin);
}

#[test]
fn portraits_are_png_files_that_differ_by_seed() {
    let files: BTreeSet<Vec<u8>> = (0..50).map(portrait).collect();
    assert_eq!(files.len(), 50);
    assert_eq!(portrait(3), portrait(3));
    for file in files {
        assert_eq!(&file[..8], b"\x89PNG\r\n\x1a\n");
        // the sizes stand in the header, highest byte first
        assert_eq!(file[16..24], [0, 0, 0, 120, 0, 0, 0, 150]);
    }
}

#[test]
fn the_people_of_a_seed_never_change() {
    let first = person(20_270_124, 1);
    assert_eq!(
        format!("{} {} {} {}", first.name, first.born, first.pin, first.document_number),
        "Абдиев Өмүрбек Улукбекович 1980-04-20 22004198056479 ID9610227"
    );
}

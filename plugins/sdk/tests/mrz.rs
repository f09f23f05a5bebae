//! Shapes, characters and check digits of machine-readable zones.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::mrz::{Lines, Shape, check_digit, is_character};
use proptest::prelude::*;

const NOT_AN_MRZ: Fault = Fault::new(Kind::Protocol, "not-an-mrz");

/// Characters and their check digit: the examples of ICAO Doc 9303, part 3, section 4.9 and appendix A, and fields of the
/// specimens of parts 4 to 6.
const DIGITS: [(&str, u8); 9] = [
    ("520727", 3),
    ("AB2134<<<", 5),
    ("HA672242<658022549601086<<<<<<<<<<<<<<0", 8),
    ("L898902C3", 6),
    ("740812", 2),
    ("120415", 9),
    ("ZE184226B<<<<<", 1),
    ("L898902C3674081221204159ZE184226B<<<<<1", 0),
    ("D231458907<<<<<<<<<<<<<<<74081221204159<<<<<<<<<<<", 6),
];

#[test]
fn the_standards_own_examples_have_the_standards_own_digits() {
    for (characters, digit) in DIGITS {
        assert_eq!(check_digit(characters.as_bytes()), Some(digit), "{characters}");
    }
}

#[test]
fn what_is_not_of_the_zone_has_no_check_digit() {
    for characters in ["12a4", "12 4", "12\u{416}", "12>4"] {
        assert_eq!(check_digit(characters.as_bytes()), None, "{characters}");
    }
    assert_eq!(check_digit(b""), Some(0));
}

/// Feeds lines, each with its end; what came of the last end.
fn fed(lines: &[String]) -> Result<Option<Vec<String>>, Fault> {
    let mut gathered = Lines::new();
    let mut last = None;
    for line in lines {
        for byte in line.bytes() {
            gathered.push(byte)?;
        }
        last = gathered.end()?;
    }
    Ok(last)
}

/// Lines by their lengths, and whether a zone comes of them.
const LENGTHS: [(&str, &[usize], Result<bool, Fault>); 12] = [
    ("a card", &[30, 30, 30], Ok(true)),
    ("a document", &[36, 36], Ok(true)),
    ("a passport", &[44, 44], Ok(true)),
    ("a card without its last line", &[30, 30], Ok(false)),
    ("one line", &[44], Ok(false)),
    ("two shapes", &[36, 44], Err(NOT_AN_MRZ)),
    ("a line too short", &[44, 43], Err(NOT_AN_MRZ)),
    ("a line too long", &[44, 45], Err(NOT_AN_MRZ)),
    ("a card's line too long", &[30, 31], Err(NOT_AN_MRZ)),
    ("a first line of no shape", &[31], Err(NOT_AN_MRZ)),
    ("an empty line", &[0], Err(NOT_AN_MRZ)),
    ("an empty line between", &[44, 0], Err(NOT_AN_MRZ)),
];

#[test]
fn only_the_three_shapes_are_a_zone() {
    for (name, lengths, expected) in LENGTHS {
        let lines: Vec<String> = lengths.iter().map(|length| "<".repeat(*length)).collect();
        let came = fed(&lines).map(|zone| zone.is_some_and(|zone| zone == lines));
        assert_eq!(came, expected, "{name}");
    }
}

#[test]
fn what_was_gathered_is_never_shown() {
    let mut lines = Lines::new();
    b"SPECIMEN".iter().for_each(|byte| lines.push(*byte).unwrap());
    assert_eq!(format!("{lines:?}"), "0 lines and 8 characters");
}

fn shape() -> impl Strategy<Value = Shape> {
    prop::sample::select(Shape::ALL.to_vec())
}

fn zone() -> impl Strategy<Value = Vec<String>> {
    shape().prop_flat_map(|shape| {
        let line = prop::string::string_regex(&format!("[A-Z0-9<]{{{}}}", shape.characters())).unwrap();
        prop::collection::vec(line, shape.lines())
    })
}

/// Lines that are a zone's, and lines that are nearly so.
fn any_line() -> impl Strategy<Value = String> {
    let length = prop::sample::select(vec![0_usize, 29, 30, 30, 31, 36, 36, 43, 44, 44, 45]);
    length.prop_flat_map(|length| prop::string::string_regex(&format!("[A-Z0-9<]{{{length}}}[a-z]?")).unwrap())
}

proptest! {
    #[test]
    fn every_zone_comes_out_as_it_went_in(zone in zone()) {
        prop_assert_eq!(fed(&zone), Ok(Some(zone)));
    }

    #[test]
    fn a_zone_with_one_character_too_few_or_too_many_is_none(zone in zone(), line in 0usize..3, more: bool) {
        let mut broken = zone.clone();
        let line = line % broken.len();
        if more {
            broken[line].push('<');
        } else {
            broken[line].pop();
        }
        prop_assert_ne!(fed(&broken).ok().flatten(), Some(broken));
    }

    #[test]
    fn whatever_lines_come_a_zone_is_one_of_the_three_shapes(lines in prop::collection::vec(any_line(), 0..6)) {
        let mut gathered = Lines::new();
        let mut since = 0;
        for (place, line) in lines.iter().enumerate() {
            let fits = line.bytes().try_for_each(|byte| gathered.push(byte));
            let Ok(ended) = fits.and_then(|()| gathered.end()) else {
                (gathered, since) = (Lines::new(), place + 1);
                continue;
            };
            if let Some(zone) = ended {
                prop_assert_eq!(&zone, &lines[since..=place]);
                let shape = Shape::of_line(zone[0].len()).unwrap();
                prop_assert_eq!(zone.len(), shape.lines());
                prop_assert!(zone.iter().all(|line| line.len() == shape.characters()));
                prop_assert!(zone.concat().bytes().all(is_character));
                since = place + 1;
            }
        }
    }

    #[test]
    fn a_check_digit_tells_every_single_wrong_digit(digits in "[0-9]{1,20}", place in 0usize..20, other in b'0'..=b'9') {
        let mut wrong = digits.clone().into_bytes();
        let place = place % wrong.len();
        prop_assume!(wrong[place] != other);
        wrong[place] = other;
        prop_assert_ne!(check_digit(&wrong), check_digit(digits.as_bytes()));
    }

    #[test]
    fn fillers_at_the_end_do_not_change_a_check_digit(characters in "[A-Z0-9<]{0,30}", fillers in 0usize..9) {
        let filled = format!("{characters}{}", "<".repeat(fillers));
        prop_assert_eq!(check_digit(filled.as_bytes()), check_digit(characters.as_bytes()));
    }
}

//! `docs/mosip-ctk.md` says what of a public catalogue is covered; here it is held to the catalogue and to the kit's own list.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use plugin_kit::check::{cases, contracts};
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/mosip-ctk.md"));

/// What the page can say of a row.
const VERDICTS: [&str; 3] = ["covered", "does not apply", "not covered"];

/// A row: the catalogue's numbers, the verdict, and our cases or the reason.
struct Row {
    ids: Vec<String>,
    verdict: &'static str,
    why: &'static str,
}

fn rows() -> Vec<Row> {
    let lines = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    lines
        .filter(|line| !line.starts_with("their numbers"))
        .map(|line| {
            let cells: Vec<&'static str> = line.split(" | ").collect();
            let [ids, idea, verdict, why] = cells[..] else {
                panic!("a row has four cells: {line}");
            };
            assert!(!idea.is_empty() && VERDICTS.contains(&verdict), "{line}");
            Row {
                ids: ids.split(", ").flat_map(each).collect(),
                verdict,
                why,
            }
        })
        .collect()
}

/// `SBI1000`, or each of `SBI1000-SBI1003`.
fn each(range: &str) -> Vec<String> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let parts = |id: &str| {
        let digits = id.find(|letter: char| letter.is_ascii_digit()).unwrap();
        let (kind, number) = id.split_at(digits);
        (kind.to_owned(), number.parse::<u32>().unwrap())
    };
    let ((kind, first), (same, last)) = (parts(first), parts(last));
    assert!(kind == same && first <= last, "{range} is no range");
    (first..=last).map(|number| format!("{kind}{number}")).collect()
}

/// Words that have the form of a case's number: a letter and three digits.
fn named(text: &str) -> BTreeSet<&str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| {
            let bytes = word.as_bytes();
            bytes.len() == 4 && bytes[0].is_ascii_uppercase() && bytes[1..].iter().all(u8::is_ascii_digit)
        })
        .collect()
}

#[test]
fn every_case_that_the_page_about_mosip_names_is_one_of_the_kits() {
    let known: BTreeSet<String> = contracts()
        .iter()
        .flat_map(|contract| cases(contract))
        .map(|case| case.id)
        .collect();
    let named_here = named(PAGE);
    assert!(named_here.len() > 30, "{named_here:?}");
    for case in named_here {
        assert!(known.contains(case), "there is no case {case}");
    }
    for row in rows() {
        let covered = row.verdict == "covered";
        assert!(
            !covered || !named(row.why).is_empty(),
            "{:?} is said to be covered, by no case",
            row.ids
        );
    }
}

#[test]
fn the_page_about_mosip_counts_what_stands_in_it() {
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows() {
        *counted.entry(row.verdict).or_default() += row.ids.len();
    }
    assert_eq!(counted.values().sum::<usize>(), 304);
    for (verdict, word) in VERDICTS.iter().zip(["covered", "do not apply", "not covered"]) {
        let stated = format!("- **{} {word}**", counted[verdict]);
        assert!(PAGE.contains(&stated), "the page does not say `{stated}`");
    }
}

#[test]
fn every_case_of_mosips_catalogue_stands_in_the_page_once() {
    let test = "every_case_of_mosips_catalogue_stands_in_the_page_once";
    let Some(folder) = fixtures::shared(test, "vectors/mosip-ctk") else {
        return;
    };
    let mut theirs = Vec::new();
    for kind in ["sbi", "sdk", "abis"] {
        let path = folder.join(format!("compliance_test_definitions_{kind}.json"));
        let cases: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let ids = cases
            .as_array()
            .unwrap()
            .iter()
            .map(|case| case["testId"].as_str().unwrap());
        theirs.extend(ids.map(str::to_owned));
    }
    let mut ours: Vec<String> = rows().into_iter().flat_map(|row| row.ids).collect();
    theirs.sort();
    ours.sort();
    assert_eq!(ours, theirs);
}

//! The definitions of the figures, on tables that are small enough to count by hand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use accuracy::figures::{Figures, voters};
use accuracy::name::ImageName;
use accuracy::table::Table;

fn name(text: &str) -> ImageName {
    let (set, stem) = text.split_once('/').unwrap();
    ImageName::of_file(set, stem).unwrap()
}

/// Of these images; pairs that are not listed score 1.
fn table(images: &[&str], scores: &[(&str, &str, f64)]) -> Table {
    let mut names: Vec<ImageName> = images.iter().map(|image| name(image)).collect();
    names.sort();
    let listed = |a: &ImageName, b: &ImageName| {
        let is = |image: &str, other: &ImageName| other.to_string() == image;
        let found = scores
            .iter()
            .find(|(x, y, _)| is(x, a) && is(y, b) || is(x, b) && is(y, a));
        found.map_or(1.0, |(_, _, score)| *score)
    };
    Table::new(names.clone(), |a, b| listed(&names[a], &names[b]))
}

const TWO_FINGERS: [&str; 4] = ["s/1_1", "s/1_2", "s/2_1", "s/2_2"];

#[test]
fn where_every_genuine_pair_is_above_every_impostor_nothing_is_missed() {
    let genuine = [("s/1_1", "s/1_2", 9.0), ("s/2_1", "s/2_2", 7.0)];
    let figures = Figures::of(&table(&TWO_FINGERS, &genuine));
    let counted = (figures.images, figures.fingers, figures.genuine, figures.impostors);
    assert_eq!(counted, (4, 2, 2, 4));
    assert_eq!(figures.equal_error, Some(0.0));
    for rate in &figures.pooled {
        // Four impostors cannot show a rate of one in a hundred, so that all of them must be below.
        assert_eq!(rate.threshold, Some(1.0_f64.next_up()));
        assert_eq!((rate.missed, rate.interval), (Some(0.0), Some((0.0, 0.0))));
    }
    assert_eq!(figures.sets[0].missed, Some(0.0));
    assert_eq!(figures.identification.rank_one, Some(1.0));
    assert_eq!(figures.identification.missed, Some(0.0));
}

#[test]
fn a_genuine_pair_below_an_impostor_is_missed_and_not_found() {
    let scores = [
        ("s/1_1", "s/1_2", 9.0),
        ("s/2_1", "s/2_2", 3.0),
        ("s/1_1", "s/2_2", 5.0),
    ];
    let figures = Figures::of(&table(&TWO_FINGERS, &scores));
    // Thresholds 1, 3, 5, 9: misses 0, 0, 1/2, 1/2; matches 1, 1/4, 1/4, 0. At 3 and at 5 they are a quarter apart, and
    // the lower threshold counts: half of 0 + 1/4.
    assert_eq!(figures.equal_error, Some(0.125));
    assert_eq!(figures.pooled[2].threshold, Some(5.0_f64.next_up()));
    assert_eq!(figures.pooled[2].missed, Some(0.5));
    // Enrolled are 1_1 and 2_1. 1_2 is found. 2_2 scores 5 with 1_1 and 3 with its own.
    assert_eq!(figures.identification.rank_one, Some(0.5));
    // The highest scores of others are 1 and 5: the threshold is above 5, and 1_2 is at 9.
    assert_eq!(figures.identification.missed, Some(0.5));
}

#[test]
fn a_search_with_two_best_names_the_first_by_name() {
    let scores = [
        ("s/1_1", "s/1_2", 6.0),
        ("s/2_1", "s/1_2", 6.0),
        ("s/1_1", "s/2_2", 6.0),
        ("s/2_1", "s/2_2", 6.0),
    ];
    let figures = Figures::of(&table(&TWO_FINGERS, &scores));
    // 1_2 finds finger 1 first, and 2_2 does too.
    assert_eq!(figures.identification.rank_one, Some(0.5));
}

#[test]
fn impostors_of_other_sets_count_when_all_sets_are_taken_together() {
    let images = ["a/1_1", "a/1_2", "a/2_1", "b/1_1", "b/1_2", "b/2_1"];
    let scores = [
        ("a/1_1", "a/1_2", 4.0),
        ("b/1_1", "b/1_2", 4.0),
        ("a/1_1", "b/1_2", 5.0),
    ];
    let figures = Figures::of(&table(&images, &scores));
    // Finger 1 of set a is not finger 1 of set b.
    assert_eq!((figures.fingers, figures.genuine, figures.impostors), (4, 2, 13));
    let alone: Vec<_> = figures.sets.iter().map(|set| (set.name.as_str(), set.missed)).collect();
    assert_eq!(alone, [("a", Some(0.0)), ("b", Some(0.0))]);
    assert_eq!(figures.pooled[2].missed, Some(1.0));
}

#[test]
fn fingers_on_a_second_sensor_are_neither_genuine_nor_impostors_and_no_other_people() {
    let images = [
        "fvc2000_db1/1_1",
        "fvc2000_db1/2_1",
        "fvc2000_db2/1_1",
        "fvc2000_db2/2_1",
        "fvc2000_db2/2_2",
    ];
    let scores = [
        ("fvc2000_db1/1_1", "fvc2000_db2/1_1", 8.0),
        ("fvc2000_db1/2_1", "fvc2000_db2/2_1", 0.0),
        ("fvc2000_db1/2_1", "fvc2000_db2/2_2", 8.0),
        ("fvc2000_db2/2_1", "fvc2000_db2/2_2", 9.0),
    ];
    let figures = Figures::of(&table(&images, &scores));
    let counted = (figures.images, figures.fingers, figures.genuine, figures.impostors);
    assert_eq!(counted, (5, 2, 1, 6));
    let cross = figures.cross_sensor.unwrap();
    assert_eq!((cross.pairs, cross.missed), (3, Some(1.0 / 3.0)));
    assert_eq!(figures.two_fingers.voters, 1);
    assert_eq!((figures.identification.fingers, figures.identification.probes), (2, 0));
    assert_eq!(figures.identification.rank_one, None);
}

#[test]
fn two_fingers_are_added_where_both_were_touched_at_once() {
    // Two voters: 1 with 2, and 9 with 10. Finger 10 lacks its second touch, finger 11 has no other.
    let images = ["s/1_1", "s/1_2", "s/2_1", "s/2_2", "s/9_1", "s/9_2", "s/10_1", "s/11_1"];
    let scores = [
        ("s/1_1", "s/1_2", 2.0),
        ("s/2_1", "s/2_2", 2.0),
        ("s/1_1", "s/9_1", 6.0),
    ];
    let table = table(&images, &scores);
    let touches: Vec<Vec<u32>> = voters(table.names())
        .iter()
        .map(|voter| voter.touches.keys().copied().collect())
        .collect();
    assert_eq!(touches, [vec![1, 2], vec![1]]);
    let two = Figures::of(&table).two_fingers;
    // Impostors: 6 + 1 for the first touch of both, 1 + 1 for the second of the one with the first of the other.
    assert_eq!((two.voters, two.impostors), (2, 2));
    // The only genuine sum is 2 + 2, below 7.
    assert_eq!(two.missed, [(1e-3, Some(1.0)), (1e-4, Some(1.0))]);
}

#[test]
fn a_table_without_impostors_has_no_rates_and_says_so() {
    let figures = Figures::of(&table(&["s/1_1", "s/1_2"], &[]));
    assert_eq!((figures.genuine, figures.impostors), (1, 0));
    assert_eq!(figures.equal_error, None);
    assert!(
        figures
            .pooled
            .iter()
            .all(|rate| rate.missed.is_none() && rate.threshold.is_none())
    );
    insta::assert_snapshot!(accuracy::text::figures(&figures));
}

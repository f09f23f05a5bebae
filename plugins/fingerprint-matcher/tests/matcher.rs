//! The matcher on synthetic voters: samples in, decisions out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fingerprint_matcher::template::Template;
use fingerprint_matcher::{Advice, ExtractionError, Gallery, Image, Probe, Reference, extract, record};
use simulator::finger::{Finger, View};
use std::sync::LazyLock;

/// Voters in these tests; `cargo xtask bench` searches 5,000.
const VOTERS: u32 = 60;
/// Right and left index finger; ISO/IEC 19794-2:2005, table 2.
const FINGERS: [(u64, u8); 2] = [(0, 2), (1, 7)];

/// One voter's prints, in the order of [`FINGERS`].
struct Voter {
    enrolled: Vec<Probe>,
    live: Vec<Probe>,
}

static PEOPLE: LazyLock<Vec<Voter>> = LazyLock::new(|| {
    std::thread::scope(|scope| {
        let part = |from: u32| scope.spawn(move || (from..from + VOTERS / 4).map(voter).collect::<Vec<_>>());
        let parts: Vec<_> = (0..4).map(|number| part(number * VOTERS / 4)).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
});

fn voter(subject: u32) -> Voter {
    let mut voter = Voter {
        enrolled: vec![],
        live: vec![],
    };
    for (number, position) in FINGERS {
        let seed = 2 * u64::from(subject) + number;
        let finger = Finger::new(seed);
        let probe = |view: View| Probe {
            template: extract(&picture(&finger, &view)).unwrap().template,
            position,
        };
        voter.enrolled.push(probe(View::reference(seed, 388, 374, 500)));
        voter.live.push(probe(View::live(seed, 256, 180, 385)));
    }
    voter
}

fn picture(finger: &Finger, view: &View) -> Image {
    let image = finger.impression(view);
    Image {
        width: image.width,
        height: image.height,
        dpi: image.dpi,
        pixels: image.pixels,
    }
}

fn references() -> Vec<Reference> {
    let views = |(subject, voter): (u32, &Voter)| -> Vec<Reference> {
        voter
            .enrolled
            .iter()
            .map(|probe| Reference {
                subject,
                probe: probe.clone(),
            })
            .collect()
    };
    (0u32..).zip(PEOPLE.iter()).flat_map(views).collect()
}

fn enrolled(references: &[Reference]) -> Gallery {
    let mut gallery = Gallery::new(VOTERS);
    gallery.enrol(references).unwrap();
    gallery
}

fn with_position(probes: &[Probe], position: u8) -> Vec<Probe> {
    probes
        .iter()
        .map(|probe| Probe {
            position,
            ..probe.clone()
        })
        .collect()
}

#[test]
fn the_right_voter_is_first_with_both_fingers_and_with_one_and_when_fingers_are_not_named() {
    let gallery = enrolled(&references());
    assert_eq!(gallery.len(), VOTERS);
    for (subject, voter) in (0u32..).zip(PEOPLE.iter()) {
        let cases = [
            ("both fingers", voter.live.clone()),
            ("right index finger", voter.live[..1].to_vec()),
            ("left index finger", voter.live[1..].to_vec()),
            ("fingers not named", with_position(&voter.live, 0)),
        ];
        for (name, probes) in cases {
            let found = gallery.identify(&probes, 3);
            let best = found
                .first()
                .unwrap_or_else(|| panic!("voter {subject}, {name}: nobody found"));
            assert_eq!(best.subject, subject, "{name}: {found:?}");
            let second = found.get(1).map_or(0, |other| other.score);
            assert!(
                best.score >= 600 && best.score >= second + 200,
                "voter {subject}, {name}: {found:?}"
            );
            let verified = gallery.verify(subject, &probes).unwrap();
            assert_eq!(verified, *best, "voter {subject}, {name}");
        }
    }
}

#[test]
fn a_voter_who_is_not_enrolled_is_not_found_with_a_score_that_admits() {
    let gallery = enrolled(&references()[..80]);
    for voter in &PEOPLE[40..] {
        let found = gallery.identify(&voter.live, 1);
        assert!(found.first().is_none_or(|best| best.score < 600), "{found:?}");
    }
}

#[test]
fn the_order_and_the_batches_of_enrolment_change_nothing() {
    let forwards = references();
    let mut backwards = forwards.clone();
    backwards.reverse();
    let one = enrolled(&forwards);
    let mut other = enrolled(&backwards[..50]);
    other.enrol(&backwards[40..]).unwrap();
    assert_eq!(other.len(), VOTERS);
    for voter in &PEOPLE[..10] {
        assert_eq!(one.identify(&voter.live, 5), other.identify(&voter.live, 5));
    }
}

#[test]
fn what_is_found_does_not_depend_on_how_voters_are_spread_over_galleries() {
    let all = references();
    let whole = enrolled(&all);
    let (first, second) = all.split_at(60);
    let halves = [enrolled(first), enrolled(second)];
    for voter in &PEOPLE[25..35] {
        let mut merged: Vec<_> = halves.iter().flat_map(|half| half.identify(&voter.live, 5)).collect();
        merged.sort_by_key(|candidate| (std::cmp::Reverse(candidate.score), candidate.subject));
        merged.truncate(5);
        assert_eq!(whole.identify(&voter.live, 5), merged);
    }
}

#[test]
fn equal_scores_go_to_the_smaller_subject() {
    let probe = |subject| Reference {
        subject,
        probe: PEOPLE[0].enrolled[0].clone(),
    };
    let gallery = enrolled(&[probe(9), probe(3), probe(7)]);
    let found = gallery.identify(&PEOPLE[0].live, 2);
    assert_eq!(
        found.iter().map(|candidate| candidate.subject).collect::<Vec<_>>(),
        [3, 7]
    );
    assert_eq!(found[0].score, found[1].score);
}

#[test]
fn a_removed_voter_is_gone_and_the_others_stay() {
    let mut gallery = enrolled(&references());
    gallery.remove(5);
    gallery.remove(5);
    assert_eq!(gallery.len(), VOTERS - 1);
    assert!(
        gallery
            .identify(&PEOPLE[5].live, 5)
            .iter()
            .all(|candidate| candidate.subject != 5)
    );
    assert_eq!(gallery.verify(5, &PEOPLE[5].live), None);
    assert!(gallery.explain(5, &PEOPLE[5].live[0]).is_empty());
    assert_eq!(gallery.identify(&PEOPLE[6].live, 1)[0].subject, 6);
}

#[test]
fn the_same_finger_twice_is_worth_no_more_than_once() {
    let gallery = enrolled(&references());
    let once = with_position(&PEOPLE[2].live[..1], 0);
    let twice = [once[0].clone(), once[0].clone()];
    assert_eq!(gallery.verify(2, &once), gallery.verify(2, &twice));
}

#[test]
fn named_fingers_that_differ_are_not_compared() {
    let gallery = enrolled(&references());
    let swapped = with_position(&PEOPLE[0].live[..1], 3);
    assert_eq!(gallery.verify(0, &swapped), None);
    assert!(gallery.identify(&swapped, 5).is_empty());
}

#[test]
fn explanation_pairs_minutiae_of_both_prints() {
    let gallery = enrolled(&references());
    let probe = &PEOPLE[1].live[0];
    let pairings = gallery.explain(1, probe);
    assert!(pairings.len() >= 10, "{} pairs", pairings.len());
    let places = |template: &[u8]| -> Vec<(u16, u16)> {
        Template::parse(template)
            .unwrap()
            .minutiae()
            .iter()
            .map(|minutia| (minutia.x, minutia.y))
            .collect()
    };
    let (probe, reference) = (places(&probe.template), places(&PEOPLE[1].enrolled[0].template));
    for pairing in pairings {
        assert!(probe.contains(&(pairing.probe.x, pairing.probe.y)));
        assert!(reference.contains(&(pairing.reference.x, pairing.reference.y)));
    }
}

#[test]
fn a_poor_view_is_unusable_or_of_low_quality() {
    for seed in 0..30 {
        match extract(&picture(&Finger::new(seed), &View::poor(seed, 256, 180, 385))) {
            Err(ExtractionError::Unusable(advice)) => assert!(!advice.is_empty()),
            Err(other) => panic!("{seed}: {other}"),
            Ok(read) => assert!(read.quality < 20 && !read.advice.is_empty(), "{seed}: {read:?}"),
        }
    }
}

#[test]
fn usual_views_have_better_quality_than_poor_ones() {
    for voter in PEOPLE.iter() {
        for probe in voter.enrolled.iter().chain(&voter.live) {
            let quality = Template::parse(&probe.template).unwrap().quality();
            assert!(quality >= 25, "quality {quality}");
        }
    }
}

#[test]
fn what_is_not_a_finger_is_unusable_and_says_so() {
    let mut state = 7u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(state >> 24).unwrap()
    };
    let pixels: [(&str, Vec<u8>); 4] = [
        ("black", vec![0; 300 * 400]),
        ("white", vec![255; 300 * 400]),
        ("noise", (0..300 * 400).map(|_| noise()).collect()),
        (
            "one edge",
            (0..300 * 400).map(|at| if at % 300 < 150 { 30 } else { 220 }).collect(),
        ),
    ];
    for (name, pixels) in pixels {
        let image = Image {
            width: 300,
            height: 400,
            dpi: 500,
            pixels,
        };
        match extract(&image) {
            Err(ExtractionError::Unusable(advice)) => {
                assert!(
                    advice.contains(&Advice::NotAFinger) || advice.contains(&Advice::TooSmallAnArea),
                    "{name}: {advice:?}"
                );
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

/// The picture as a finger leaves it that slides by this many pixels, right and down.
fn slid(image: &Image, right: f32, down: f32) -> Image {
    const STEPS: i32 = 16;
    let (width, height) = (usize::from(image.width), usize::from(image.height));
    let at = |place: usize, by: f32, side: usize| {
        let moved = (place as f32 + by).round().clamp(0.0, (side - 1) as f32);
        (0..side).find(|known| *known as f32 >= moved).unwrap()
    };
    let columns: Vec<Vec<usize>> = shifts(STEPS, right)
        .map(|by| (0..width).map(|x| at(x, by, width)).collect())
        .collect();
    let rows: Vec<Vec<usize>> = shifts(STEPS, down)
        .map(|by| (0..height).map(|y| at(y, by, height)).collect())
        .collect();
    let pixel = |place: usize| {
        let (x, y) = (place % width, place / width);
        let seen = columns
            .iter()
            .zip(&rows)
            .map(|(columns, rows)| u32::from(image.pixels[rows[y] * width + columns[x]]));
        u8::try_from(seen.sum::<u32>() / 16).unwrap()
    };
    Image {
        pixels: (0..width * height).map(pixel).collect(),
        ..image.clone()
    }
}

fn shifts(steps: i32, length: f32) -> impl Iterator<Item = f32> {
    (0..steps).map(move |step| length * (step as f32 / (steps - 1) as f32 - 0.5))
}

#[test]
fn a_finger_that_slid_is_told_to_hold_still_and_one_that_lay_still_is_not() {
    let (mut still, mut told, mut told_still) = (0, 0, 0);
    for seed in 1..=8 {
        let lain = picture(&Finger::new(seed), &View::reference(seed, 388, 374, 500));
        let says = |image: &Image| match extract(image) {
            Ok(read) => (read.advice.contains(&Advice::Moved), read.quality),
            Err(ExtractionError::Unusable(advice)) => (advice.contains(&Advice::Moved), 0),
            Err(other) => panic!("{other}"),
        };
        let (moved, quality) = says(&lain);
        (still, told_still) = (still + 1, told_still + u32::from(moved));
        for (right, down) in [(14.0, 0.0), (0.0, 14.0), (10.0, 10.0)] {
            let (moved, smeared) = says(&slid(&lain, right, down));
            told += u32::from(moved);
            assert!(!moved || smeared < quality, "a smear costs quality");
        }
    }
    println!(
        "{told} of {} that slid, {told_still} of {still} that lay still",
        3 * still
    );
    assert!(told_still == 0 && 2 * told >= 3 * still, "{told}, {told_still}");
}

#[test]
fn an_image_of_any_size_and_resolution_is_judged_without_panic() {
    let mut state = 3u32;
    let mut next = |limit: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u16::try_from((state >> 16) % limit).unwrap()
    };
    for _ in 0..300 {
        let (width, height, dpi) = (1 + next(90), 1 + next(90), 100 + next(1_101));
        let pixels = (0..u32::from(width) * u32::from(height))
            .map(|_| u8::try_from(next(256)).unwrap())
            .collect();
        let image = Image {
            width,
            height,
            dpi,
            pixels,
        };
        // Small noise is no finger, whatever is said about it.
        if let Ok(read) = extract(&image) {
            assert!(read.quality < 30, "{image:?}: {read:?}");
        }
    }
}

#[test]
fn a_template_that_cannot_be_read_is_refused_and_nothing_of_its_batch_is_enrolled() {
    let mut references = references();
    references[3].probe.template.pop();
    let mut gallery = Gallery::new(VOTERS);
    assert!(gallery.enrol(&references).is_err());
    assert!(gallery.is_empty());
    references.truncate(1);
    references[0].probe.position = 11;
    assert!(gallery.enrol(&references).is_err());
    let garbage = Probe {
        template: vec![1, 2, 3],
        position: 0,
    };
    assert!(gallery.identify(std::slice::from_ref(&garbage), 5).is_empty());
    assert!(gallery.explain(0, &garbage).is_empty());
}

#[test]
fn a_template_of_any_content_is_compared_without_panic() {
    let mut state = 11u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(state >> 24).unwrap()
    };
    let gallery = enrolled(&references()[..4]);
    let mut read = 0;
    for _ in 0..2_000 {
        let mut template = PEOPLE[0].live[0].template.clone();
        let (header, count) = (10, usize::from(template[9]));
        // angles, qualities and low bytes of rows: mostly still valid
        for part in template[header..].chunks_mut(6).take(count) {
            (part[3], part[4], part[5]) = (next(), next(), next() % 101);
        }
        let probe = Probe { template, position: 0 };
        read += u32::from(gallery.verify(0, std::slice::from_ref(&probe)).is_some());
    }
    assert!(read > 0);
}

#[test]
fn a_print_that_went_through_a_standard_record_still_matches() {
    let gallery = enrolled(&references());
    for (subject, voter) in (0u32..).zip(&PEOPLE[..10]) {
        let bytes = record::export(&voter.live[0], record::RecordFormat::Iso19794v2005).unwrap();
        let read = record::import(&bytes, record::RecordFormat::Iso19794v2005).unwrap();
        assert_eq!(
            record::export(&read[0], record::RecordFormat::Iso19794v2005).unwrap(),
            bytes,
            "all that a record holds is kept"
        );
        assert_eq!(gallery.identify(&read, 1)[0].subject, subject);
    }
}

#[test]
fn debug_output_shows_neither_pixels_nor_minutiae() {
    let image = picture(&Finger::new(1), &View::live(1, 256, 180, 385));
    let read = extract(&image).unwrap();
    let probe = Probe {
        template: read.template.clone(),
        position: 2,
    };
    let pairing = enrolled(&references()).explain(1, &probe);
    let template = Template::parse(&read.template).unwrap();
    for text in [
        format!("{image:?}"),
        format!("{read:?}"),
        format!("{probe:?}"),
        format!("{template:?}"),
        format!("{:?}", Reference { subject: 1, probe }),
    ] {
        assert!(text.len() < 120 && !text.contains(", 1"), "{text}");
    }
    assert!(!format!("{pairing:?}").contains(char::is_numeric));
}

#[test]
fn a_resolution_that_is_not_known_is_estimated_well_enough_to_match() {
    let gallery = enrolled(&references());
    for dpi in [300u16, 385, 500, 569, 700, 1_000] {
        let mut found = 0;
        for subject in 0..10 {
            let seed = 2 * u64::from(subject) + FINGERS[0].0;
            // 18 x 19 mm
            let side = |tenths: u32| u16::try_from(tenths * u32::from(dpi) / 254).unwrap();
            let finger = Finger::new(seed);
            let image = Image {
                dpi: 0,
                ..picture(&finger, &View::reference(seed, side(180), side(190), dpi))
            };
            let Ok(read) = extract(&image) else { continue };
            let probe = Probe {
                template: read.template,
                position: 0,
            };
            let best = gallery.identify(&[probe], 1);
            found += u32::from(
                best.first()
                    .is_some_and(|best| best.subject == subject && best.score >= 400),
            );
        }
        assert!(found >= 8, "{dpi} dpi: {found} of 10");
    }
}

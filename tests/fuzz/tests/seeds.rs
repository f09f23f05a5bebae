//! What holds without libFuzzer: the table of targets, and that every target takes every seed, its own and the others'.

use fuzz::targets;

#[test]
fn the_targets_stand_in_the_order_of_their_names() {
    let names = targets::ALL.map(|target| target.name);
    assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
    for name in names {
        assert_eq!(targets::named(name).map(|target| target.name), Some(name));
    }
    assert!(targets::named("other").is_none());
}

#[test]
fn every_target_has_seeds_within_its_length() {
    for target in targets::ALL {
        let lengths: Vec<usize> = (target.seeds)().iter().map(Vec::len).collect();
        let longest = usize::try_from(target.longest).unwrap_or_default();
        assert!(!lengths.is_empty(), "{}", target.name);
        assert!(
            lengths.iter().all(|length| *length <= longest),
            "{}: {lengths:?}",
            target.name
        );
    }
}

#[test]
fn every_target_takes_every_seed_whole_and_cut_off() {
    let seeds: Vec<Vec<u8>> = targets::ALL.iter().flat_map(|target| (target.seeds)()).collect();
    for target in targets::ALL {
        for seed in &seeds {
            for length in [0, seed.len() / 3, seed.len() / 2, seed.len()] {
                (target.run)(&seed[..length]);
            }
        }
    }
}

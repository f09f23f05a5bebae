//! Which release a kiosk chooses, over all plans that can be drawn.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use jiff::{SignedDuration, Timestamp};
use plan::choice::{Local, Obstacle, choose, obstacle};
use plan::emergency::{Emergency, Withdrawal};
use plan::item::{File, Item, Kind, Release};
use plan::waves::{SEEDS, Seed, Step, Waves};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn start() -> Timestamp {
    "2027-01-10T00:00:00Z".parse().unwrap()
}

fn at(minute: u16) -> Timestamp {
    start()
        .checked_add(SignedDuration::from_mins(i64::from(minute)))
        .unwrap()
}

/// What is drawn of a release: is it withdrawn by the plan, by the emergency list, did it fail here, and its waves.
type Drawn = (bool, bool, bool, Option<Vec<(u32, u16)>>);

fn release(counter: u32, drawn: &Drawn) -> Release {
    let steps = drawn.3.as_ref().map(|steps| {
        steps
            .iter()
            .map(|&(after_minutes, share)| Step { after_minutes, share })
            .collect()
    });
    let file = File {
        target: format!("settings/s-{counter}.json"),
        sha256: "0".repeat(64),
        length: 1,
    };
    Release {
        waves: steps.map(|steps| Waves { start: start(), steps }),
        withdrawn: drawn.0.then(|| "bad".to_owned()),
        ..Release::of(counter, file)
    }
}

struct Kiosk {
    item: Item,
    emergency: Emergency,
    local: Local,
}

fn kiosk(drawn: &[Drawn], floor: u32, seen_floor: u32, active: Option<u32>) -> Kiosk {
    let counters = || (1_u32..).zip(drawn);
    let item = Item {
        kind: Kind::Settings,
        name: "station".to_owned(),
        floor,
        releases: counters().map(|(counter, drawn)| release(counter, drawn)).collect(),
    };
    let id = item.id();
    let emergency = Emergency {
        withdrawn: counters()
            .filter(|(_, drawn)| drawn.1)
            .map(|(counter, _)| Withdrawal {
                item: id.clone(),
                counter,
                reason: "bad".to_owned(),
            })
            .collect(),
        ..Emergency::empty(start())
    };
    let failed: BTreeSet<_> = counters()
        .filter(|(_, drawn)| drawn.2)
        .map(|(counter, _)| (id.clone(), counter))
        .collect();
    let local = Local {
        floors: [(id.clone(), seen_floor)].into(),
        failed,
        active: active.map(|counter| (id, counter)).into_iter().collect(),
    };
    Kiosk { item, emergency, local }
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let waves = proptest::collection::vec((1_u32..60, 1_u16..500), 1..4).prop_map(|steps| {
        // Each later and larger than the one before it.
        let mut sum = (0, 0);
        let grown = steps.into_iter().map(|(after, share)| {
            sum = (sum.0 + after, sum.1 + share);
            sum
        });
        grown.collect::<Vec<_>>()
    });
    let rarely = || proptest::bool::weighted(0.25);
    (rarely(), rarely(), rarely(), proptest::option::of(waves))
}

proptest! {
    #[test]
    fn what_is_chosen_is_the_newest_release_that_nothing_stands_against(
        drawn in proptest::collection::vec(drawn(), 1..6),
        floor in 1_u32..4,
        seen_floor in 0_u32..5,
        active in proptest::option::of(1_u32..6),
        seed in 0..SEEDS,
        minute in 0_u16..200,
    ) {
        let Kiosk { item, emergency, local } = kiosk(&drawn, floor, seen_floor, active);
        let (seed, now) = (Seed::new(seed), at(minute));
        let may_run = |counter: u32| {
            let (withdrawn, emergency, failed, waves) = &drawn[usize::try_from(counter - 1).unwrap()];
            let reached = waves.as_ref().is_none_or(|steps| {
                steps
                    .iter()
                    .find(|(_, share)| seed.number() < *share)
                    .is_some_and(|(after, _)| *after <= u32::from(minute))
            });
            counter >= floor && counter >= seen_floor && !withdrawn && !emergency && !failed
                && (reached || active == Some(counter))
        };
        let expected = (1..=u32::try_from(drawn.len()).unwrap()).rev().find(|counter| may_run(*counter));
        let chosen = choose(&item, &emergency, &local, seed, now).map(|release| release.counter);
        prop_assert_eq!(chosen, expected);
    }

    #[test]
    fn a_kiosk_that_a_wave_has_reached_stays_reached(
        steps in proptest::collection::vec((1_u32..60, 1_u16..500), 1..4),
        seed in 0..SEEDS,
        minute in 0_u16..200,
    ) {
        let mut sum = (0, 0);
        let steps = steps.into_iter().map(|(after, share)| { sum = (sum.0 + after, sum.1 + share); sum }).collect();
        let Kiosk { item, emergency, local } = kiosk(&[(false, false, false, Some(steps))], 1, 0, None);
        let chosen = |minute| choose(&item, &emergency, &local, Seed::new(seed), at(minute)).is_some();
        prop_assert!(!chosen(minute) || chosen(minute + 1));
    }
}

#[test]
fn what_stands_against_a_release_is_told_in_the_order_of_its_weight() {
    let later = Some(vec![(90, 2_048)]);
    let never = Some(vec![(0, 1)]);
    let cases: [(Drawn, u32, Option<Obstacle>); 7] = [
        ((false, false, false, None), 1, None),
        (
            (true, true, true, later.clone()),
            2,
            Some(Obstacle::BelowFloor { floor: 2 }),
        ),
        (
            (true, false, true, later.clone()),
            1,
            Some(Obstacle::Withdrawn {
                reason: "bad".to_owned(),
            }),
        ),
        (
            (false, true, true, later.clone()),
            1,
            Some(Obstacle::Withdrawn {
                reason: "bad".to_owned(),
            }),
        ),
        ((false, false, true, later.clone()), 1, Some(Obstacle::Failed)),
        (
            (false, false, false, later),
            1,
            Some(Obstacle::Wave { from: Some(at(90)) }),
        ),
        ((false, false, false, never), 1, Some(Obstacle::Wave { from: None })),
    ];
    for (drawn, floor, expected) in cases {
        let Kiosk { item, emergency, local } = kiosk(&[drawn], floor, 0, None);
        let found = obstacle(&item, &item.releases[0], &emergency, &local, Seed::new(7), at(0));
        assert_eq!(found, expected);
    }
}

#[test]
fn a_country_of_kiosks_spreads_over_the_waves() {
    // 2,400 stations of two kiosks: each eighth of the seeds gets an eighth of them, within a quarter of it.
    let mut eighths = [0_u32; 8];
    for station in 0..2_400 {
        for kiosk in 1..=2 {
            let seed = Seed::of(&format!("station-{station:04}/kiosk-{kiosk}"));
            eighths[usize::from(seed.number() / (SEEDS / 8))] += 1;
        }
    }
    assert!(eighths.iter().all(|count| (450..=750).contains(count)), "{eighths:?}");
    assert_eq!(Seed::of("a"), Seed::of("a"));
}

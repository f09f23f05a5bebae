use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;

const NAMES: [&str; 2] = ["first", "second"];

fn policy(name: &str) -> ItemId {
    ItemId {
        kind: Kind::Policy,
        name: name.to_owned(),
    }
}

fn digest_of(counter: u32) -> Sha256 {
    Sha256::of(&counter.to_be_bytes())
}

fn plan() -> Sha256 {
    Sha256::of(b"plan")
}

fn row(name: &str, counter: u32, step: UpdateStep) -> Event {
    Event::Update {
        kind: Kind::Policy.name().to_owned(),
        name: name.to_owned(),
        counter,
        digest: digest_of(counter).to_string(),
        step,
    }
}

fn floor(name: &str, floor: u32) -> Event {
    Event::Floor {
        kind: Kind::Policy.name().to_owned(),
        name: name.to_owned(),
        floor,
    }
}

fn code() -> String {
    "a-code".to_owned()
}

fn officers() -> Vec<String> {
    vec!["A".to_owned(), "B".to_owned()]
}

fn verified(counter: u32) -> Event {
    let plan = plan().to_string();
    row("first", counter, UpdateStep::Verified { plan })
}

fn active(counter: u32) -> Event {
    row("first", counter, UpdateStep::Active { officers: Vec::new() })
}

fn returned(counter: u32) -> Event {
    row("first", counter, UpdateStep::Returned { reason: code() })
}

fn withdrawn(counter: u32) -> Event {
    row("first", counter, UpdateStep::Withdrawn { reason: code() })
}

fn retired(counter: u32) -> Event {
    row("first", counter, UpdateStep::Retired { officers: Vec::new() })
}

fn refused(counter: u32, reason: &str) -> Event {
    let reason = reason.to_owned();
    row("first", counter, UpdateStep::Refused { reason })
}

fn opened() -> Event {
    Event::PollsOpened { officers: officers() }
}

fn closed() -> Event {
    Event::PollsClosed { officers: officers() }
}

fn started(software: &str) -> Event {
    Event::KioskStarted {
        software: software.to_owned(),
        roll: String::new(),
        roll_size: 1,
    }
}

fn replay(events: &[Event]) -> Standing {
    Standing::replay(events.iter().map(|event| (0, event)))
}

/// What runs, and what it can be returned to.
fn runs(events: &[Event]) -> (Option<u32>, Option<u32>) {
    let standing = replay(events);
    let id = policy("first");
    let previous = standing.item(&id).and_then(Releases::previous);
    (
        standing.runs(&id).map(|run| run.counter),
        previous.map(|run| run.counter),
    )
}

/// Told as a story: (what happened, the rows, what runs, what can be returned to).
#[test]
fn every_story_ends_with_the_release_that_it_says() {
    let good = [verified(1), active(1), verified(2), active(2), retired(1)];
    let with = |rows: &[Event]| [good.as_slice(), rows].concat();
    let table = [
        ("nothing was ever signed", vec![], None, None),
        ("fetched is not active", vec![verified(1)], None, None),
        ("active without being verified", vec![active(1)], None, None),
        ("the first", vec![verified(1), active(1)], Some(1), None),
        ("the second in its place", good.to_vec(), Some(2), Some(1)),
        (
            "the same again, under another plan",
            with(&[verified(2), active(2)]),
            Some(2),
            Some(1),
        ),
        (
            "a third, so that the first is not kept",
            with(&[verified(3), active(3), retired(2)]),
            Some(3),
            Some(2),
        ),
        ("it failed: the one before", with(&[returned(2)]), Some(1), None),
        (
            "it failed, and the row of the one before",
            with(&[returned(2), active(1)]),
            Some(1),
            None,
        ),
        (
            "what failed never runs again",
            with(&[returned(2), active(1), active(2)]),
            Some(1),
            None,
        ),
        ("both failed", with(&[returned(2), returned(1)]), None, None),
        ("the one before failed", with(&[returned(1)]), Some(2), None),
        (
            "damaged at a start",
            with(&[refused(2, passing::DAMAGED)]),
            Some(1),
            None,
        ),
        (
            "damaged at a start, and fetched again",
            with(&[refused(2, passing::DAMAGED), active(1), verified(2), active(2)]),
            Some(2),
            Some(1),
        ),
        ("withdrawn: the one before", with(&[withdrawn(2)]), Some(1), Some(1)),
        (
            "withdrawn, and no one before",
            vec![verified(1), active(1), withdrawn(1)],
            None,
            None,
        ),
        (
            "withdrawn, and not any more",
            with(&[withdrawn(2), active(1), active(2)]),
            Some(2),
            Some(1),
        ),
        ("the one before is withdrawn", with(&[withdrawn(1)]), Some(2), None),
        (
            "withdrawn while the polls are open",
            with(&[opened(), withdrawn(2)]),
            Some(2),
            Some(1),
        ),
        (
            "withdrawn while the polls were open",
            with(&[opened(), withdrawn(2), closed()]),
            Some(1),
            Some(1),
        ),
        (
            "withdrawn while the polls are open, and both agree",
            with(&[opened(), withdrawn(2), active(1)]),
            Some(1),
            None,
        ),
        ("a floor below", with(&[floor("first", 1)]), Some(2), Some(1)),
        ("a floor at what runs", with(&[floor("first", 2)]), Some(2), None),
        ("a floor above what runs", with(&[floor("first", 3)]), None, None),
        (
            "a floor above what runs, while the polls are open",
            with(&[opened(), floor("first", 3)]),
            Some(2),
            None,
        ),
        (
            "a floor above what ran while the polls were open",
            with(&[opened(), floor("first", 3), closed()]),
            None,
            None,
        ),
        (
            "below the floor by any row",
            vec![verified(2), active(2), floor("first", 2), verified(1), active(1)],
            Some(2),
            None,
        ),
        (
            "a floor never sinks",
            with(&[floor("first", 2), floor("first", 1)]),
            Some(2),
            None,
        ),
        ("gone from the plan", with(&[retired(2)]), None, Some(2)),
        (
            "another item's rows",
            with(&[row("second", 2, UpdateStep::Returned { reason: code() })]),
            Some(2),
            Some(1),
        ),
    ];
    // While the polls are closed, a release that must not run gives way to the one before at once.
    for (what, events, running, previous) in table {
        let (now, before) = runs(&events);
        assert_eq!(now, running, "{what}");
        if now != before {
            assert_eq!(before, previous, "{what}");
        }
    }
}

#[test]
fn another_program_tries_again_what_this_one_refused_and_not_what_failed() {
    let failed = |events: &[Event], again| {
        let standing = replay(events);
        let known = standing.item(&policy("first")).and_then(|item| item.known(1)).cloned();
        known.is_some_and(|known| known.has_failed(again))
    };
    let before = [started("0.1.0"), verified(1), refused(1, "host"), started("0.1.0")];
    assert!(failed(&before, false));
    assert!(!failed(&before, true));
    assert!(!failed(&[before.as_slice(), &[started("0.2.0")]].concat(), false));
    let returned = [started("0.1.0"), verified(1), active(1), returned(1), started("0.2.0")];
    assert!(failed(&returned, false));
    assert!(failed(&returned, true));
    assert!(!failed(&[verified(1), refused(1, passing::PAIR)], false));
}

#[test]
fn a_counter_that_was_given_to_other_bytes_is_another_release() {
    let other = Event::Update {
        kind: "policy".to_owned(),
        name: "first".to_owned(),
        counter: 1,
        digest: digest_of(9).to_string(),
        step: UpdateStep::Fetched,
    };
    let standing = replay(&[verified(1), active(1), other]);
    let id = policy("first");
    assert_eq!(standing.runs(&id).map(|run| run.digest), Some(digest_of(1)));
    let known = standing
        .item(&id)
        .and_then(|item| item.known(1))
        .map(|known| known.digest);
    assert_eq!(known, Some(digest_of(9)));
}

#[test]
fn signed_time_and_the_newest_lines_are_kept() {
    let trust = |signed_at| Event::Trust {
        root: 1,
        timestamp: 1,
        snapshot: 1,
        targets: 1,
        plan: Taken {
            counter: 1,
            digest: code(),
        },
        emergency: None,
        signed_at,
    };
    let mut standing = Standing::default();
    standing.apply(5, &trust(70));
    standing.apply(6, &trust(60));
    assert_eq!(standing.trust().map(|trust| (trust.signed_at, trust.at)), Some((70, 6)));
    let incident = |code: &str| Event::Incident { code: code.to_owned() };
    standing.apply(7, &incident("plugin-refused"));
    standing.apply(8, &incident("update-source-failed"));
    let times: Vec<u64> = standing.lines().map(|(at, _)| at).collect();
    assert_eq!(times, [8, 6, 5]);
    (0..100).for_each(|at| standing.apply(at, &verified(1)));
    assert_eq!(standing.lines().count(), LINES);
}

fn step() -> impl Strategy<Value = UpdateStep> {
    let plan = plan().to_string();
    prop_oneof![
        Just(UpdateStep::Fetched),
        Just(UpdateStep::Verified { plan }),
        Just(UpdateStep::StandingBy),
        Just(UpdateStep::Active { officers: Vec::new() }),
        Just(UpdateStep::Active { officers: officers() }),
        Just(UpdateStep::Returned { reason: code() }),
        Just(UpdateStep::Retired { officers: Vec::new() }),
        Just(UpdateStep::Refused { reason: code() }),
        Just(UpdateStep::Refused {
            reason: passing::DAMAGED.to_owned()
        }),
        Just(UpdateStep::Withdrawn { reason: code() }),
    ]
}

/// Any row at all, also such as no kiosk writes.
fn any_event() -> impl Strategy<Value = Event> {
    let name = prop::sample::select(NAMES.to_vec());
    prop_oneof![
        12 => (name.clone(), 1_u32..5, step()).prop_map(|(name, counter, step)| row(name, counter, step)),
        2 => (name, 1_u32..5).prop_map(|(name, counter)| floor(name, counter)),
        1 => Just(opened()),
        1 => Just(closed()),
        1 => prop::sample::select(vec!["0.1.0", "0.2.0"]).prop_map(started),
    ]
}

/// May this row take away what runs, without putting another into its place?
fn may_stop(event: &Event) -> bool {
    match event {
        Event::Floor { .. } | Event::PollsClosed { .. } => true,
        Event::Update { step, .. } => matches!(
            step,
            UpdateStep::Returned { .. }
                | UpdateStep::Retired { .. }
                | UpdateStep::Refused { .. }
                | UpdateStep::Withdrawn { .. }
        ),
        _ => false,
    }
}

fn name_of(event: &Event) -> Option<&str> {
    match event {
        Event::Update { name, .. } | Event::Floor { name, .. } => Some(name),
        _ => None,
    }
}

/// What the journal amounts to, read in another way than the fold reads it.
#[derive(Default)]
struct Told {
    floors: BTreeMap<String, u32>,
    verified: BTreeSet<(String, u32)>,
    activated: BTreeSet<(String, u32)>,
    returned: BTreeSet<(String, u32)>,
}

impl Told {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::Floor { name, floor, .. } => {
                let known = self.floors.entry(name.clone()).or_default();
                *known = (*known).max(*floor);
            }
            Event::Update {
                name, counter, step, ..
            } => {
                let release = (name.clone(), *counter);
                match step {
                    UpdateStep::Verified { .. } => drop(self.verified.insert(release)),
                    UpdateStep::Active { .. } => drop(self.activated.insert(release)),
                    UpdateStep::Returned { .. } => drop(self.returned.insert(release)),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        max_global_rejects: 20_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Wherever the journal ends, what runs was verified and made active, did not fail here, and is not below a floor that was
    /// ever signed once the polls are closed; no row about one item changes another; and only rows that take a release away
    /// leave an item without any.
    #[test]
    fn whatever_the_rows_are_what_runs_may_run(events in vec(any_event(), 0..60)) {
        let mut standing = Standing::default();
        let mut told = Told::default();
        for event in &events {
            let before = standing.clone();
            standing.apply(0, event);
            told.hear(event);
            for name in NAMES {
                let id = policy(name);
                let (was, is) = (before.runs(&id), standing.runs(&id));
                if let Some(run) = is {
                    let release = (name.to_owned(), run.counter);
                    prop_assert!(told.verified.contains(&release) && told.activated.contains(&release));
                    prop_assert!(!told.returned.contains(&release), "{release:?} failed here");
                    let floor = told.floors.get(name).copied().unwrap_or(0);
                    prop_assert!(standing.polls_open() || run.counter >= floor, "{release:?} is below {floor}");
                    if was != is && !matches!(event, Event::PollsOpened { .. }) {
                        prop_assert!(run.counter >= floor, "{release:?} began below {floor}");
                    }
                }
                if was.is_some() && is.is_none() {
                    prop_assert!(may_stop(event), "{event:?} left {name} without any");
                }
                if name_of(event).is_some_and(|about| about != name) {
                    prop_assert_eq!(before.item(&id), standing.item(&id));
                }
            }
        }
        prop_assert_eq!(&standing, &replay(&events));
    }

    /// One row swaps: wherever the power is cut in a swap, a start finds the old release or the new one.
    #[test]
    fn a_swap_that_is_cut_off_leaves_the_old_release_or_the_new_one(
        before in vec(any_event(), 0..40),
        counter in 1_u32..5,
        cut in 0_usize..4,
    ) {
        let id = policy("first");
        let start = replay(&before);
        let old = start.runs(&id);
        // A kiosk swaps only what may run.
        let mut swapped = start.clone();
        [verified(counter), active(counter)].iter().for_each(|event| swapped.apply(0, event));
        prop_assume!(swapped.runs(&id).is_some_and(|run| run.counter == counter));
        let swap: Vec<Event> = [verified(counter), active(counter)]
            .into_iter()
            .chain(old.filter(|old| old.counter != counter).map(|old| retired(old.counter)))
            .collect();
        let mut standing = start;
        swap.iter().take(cut).for_each(|event| standing.apply(0, event));
        let is = standing.runs(&id);
        let new = is.is_some_and(|run| run.counter == counter);
        prop_assert!(is == old || new, "{is:?} after {old:?} and {counter}");
        prop_assert!(old.is_none() || is.is_some(), "neither");
    }
}

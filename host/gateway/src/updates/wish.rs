//! What is to change on this kiosk: what the plan wants of it, beside what runs.

use crate::updates::terms::Terms;
use jiff::Timestamp;
use plan::choice::{Local, Obstacle, choose, obstacle};
use plan::emergency::Emergency;
use plan::item::{ItemId, Release};
use plan::plan::Plan;
use plan::waves::Seed;
use std::collections::BTreeMap;

/// What was signed, and for whom and when it is looked at.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// what runs everywhere
    pub plan: &'a Plan,
    /// what no longer runs
    pub emergency: &'a Emergency,
    /// this kiosk's place among the waves
    pub seed: Seed,
    /// trusted time
    pub now: Timestamp,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// this release is to run, in place of what runs of its item
    Run {
        /// of which item
        id: ItemId,
        /// which release
        counter: u32,
    },
    /// what runs of this item is to end, and nothing takes its place
    Stop {
        /// of which item
        id: ItemId,
        /// what runs
        counter: u32,
    },
}

impl Wish {
    /// About which item.
    #[must_use]
    pub fn id(&self) -> &ItemId {
        match self {
            Self::Run { id, .. } | Self::Stop { id, .. } => id,
        }
    }
}

/// What runs, by item: its counter, and the terms under which it runs.
pub type Running<'a> = BTreeMap<&'a ItemId, (u32, &'a Terms)>;

/// Everything that is to change, by item.
#[must_use]
pub fn wishes(view: View<'_>, local: &Local, running: &Running<'_>) -> Vec<Wish> {
    let View {
        plan,
        emergency,
        seed,
        now,
    } = view;
    let chosen = plan.items.iter().filter_map(|item| {
        let id = item.id();
        let runs = running.get(&id);
        match choose(item, emergency, local, seed, now) {
            Some(release) => {
                let terms = Terms::of(plan, item, release);
                let same = runs.is_some_and(|(counter, under)| *counter == release.counter && **under == terms);
                (!same).then_some(Wish::Run {
                    id,
                    counter: release.counter,
                })
            }
            None => runs.map(|(counter, _)| Wish::Stop { id, counter: *counter }),
        }
    });
    let gone = running.iter().filter(|(id, _)| plan.item(id).is_none());
    let gone = gone.map(|(id, (counter, _))| Wish::Stop {
        id: (*id).clone(),
        counter: *counter,
    });
    chosen.chain(gone).collect()
}

/// Releases whose wave comes later: they are made ready before, so that a stick need not be there twice.
#[must_use]
pub fn coming(view: View<'_>, local: &Local) -> Vec<(ItemId, u32, Timestamp)> {
    let View {
        plan,
        emergency,
        seed,
        now,
    } = view;
    let coming = plan.items.iter().filter_map(|item| {
        let wave = |release: &&Release| match obstacle(item, release, emergency, local, seed, now) {
            Some(Obstacle::Wave { from }) => from,
            _ => None,
        };
        let newest = item.releases.last()?;
        Some((item.id(), newest.counter, wave(&newest)?))
    });
    coming.collect()
}

/// What was withdrawn, by item and counter, with the reason as a code.
#[must_use]
pub fn withdrawn(plan: &Plan, emergency: &Emergency) -> Vec<(ItemId, u32, String)> {
    let in_plan = plan.items.iter().flat_map(|item| {
        item.releases.iter().filter_map(|release| {
            let reason = release.withdrawn.clone()?;
            Some((item.id(), release.counter, reason))
        })
    });
    let in_emergency = emergency
        .withdrawn
        .iter()
        .map(|one| (one.item.clone(), one.counter, one.reason.clone()));
    in_plan.chain(in_emergency).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::emergency::Withdrawal;
    use plan::item::{File, Item, Kind};
    use plan::waves::{Step, Waves};

    fn at(hour: i8) -> Timestamp {
        let noon: Timestamp = "2026-11-02T00:00:00Z".parse().unwrap_or_default();
        noon + jiff::SignedDuration::from_hours(i64::from(hour))
    }

    fn id() -> ItemId {
        ItemId {
            kind: Kind::Messages,
            name: "texts".to_owned(),
        }
    }

    fn release(counter: u32) -> Release {
        let file = File {
            target: "messages/texts.json".to_owned(),
            sha256: format!("{counter:064x}"),
            length: 1,
        };
        Release::of(counter, file)
    }

    fn from(hour: i8) -> Option<Waves> {
        Some(Waves {
            start: at(hour),
            steps: vec![Step {
                after_minutes: 0,
                share: 2_048,
            }],
        })
    }

    fn plan(releases: Vec<Release>) -> Plan {
        let item = Item {
            kind: Kind::Messages,
            name: "texts".to_owned(),
            floor: 1,
            releases,
        };
        Plan {
            items: vec![item],
            ..Plan::empty(at(0))
        }
    }

    /// What is wished for at ten o'clock, when `runs` runs under the terms of `under`.
    fn told(plan: &Plan, emergency: &Emergency, local: Local, runs: Option<(u32, &Plan)>) -> Vec<String> {
        let view = View {
            plan,
            emergency,
            seed: Seed::new(7),
            now: at(10),
        };
        let (id, mut local) = (id(), local);
        let terms = runs.map(|(counter, under)| (counter, Terms::find(under, &id, counter)));
        let mut running = Running::new();
        if let Some((counter, Some(terms))) = &terms {
            running.insert(&id, (*counter, terms));
            local.active.insert(id.clone(), *counter);
        }
        let mut told: Vec<String> = wishes(view, &local, &running)
            .into_iter()
            .map(|wish| match wish {
                Wish::Run { counter, .. } => format!("run {counter}"),
                Wish::Stop { counter, .. } => format!("stop {counter}"),
            })
            .collect();
        told.extend(
            coming(view, &local)
                .iter()
                .map(|(_, counter, when)| format!("{counter} from {when}")),
        );
        told
    }

    #[test]
    fn what_is_wished_for_follows_plan_emergency_list_waves_and_what_failed() {
        let two = plan(vec![release(1), release(2)]);
        let none = Emergency::empty(at(0));
        let plain = Local::default;
        let failed = |counter| Local {
            failed: [(id(), counter)].into(),
            ..Local::default()
        };
        let without_two = Emergency {
            withdrawn: vec![Withdrawal {
                item: id(),
                counter: 2,
                reason: "bad".to_owned(),
            }],
            ..none.clone()
        };
        let later = plan(vec![
            release(1),
            Release {
                waves: from(11),
                ..release(2)
            },
        ]);
        let begun = plan(vec![
            release(1),
            Release {
                waves: from(9),
                ..release(2)
            },
        ]);
        let mut floor = two.clone();
        floor.items[0].floor = 3;
        let mut granted = two.clone();
        granted.items[0].releases[1].rows = vec!["turnout".to_owned()];
        let empty = plan(Vec::new());
        let gone = Plan::empty(at(0));
        let expect = |found: Vec<String>, expected: &[&str]| assert_eq!(found, expected);
        expect(told(&two, &none, plain(), None), &["run 2"]);
        expect(told(&two, &none, plain(), Some((1, &two))), &["run 2"]);
        expect(told(&two, &none, plain(), Some((2, &two))), &[]);
        expect(told(&two, &none, failed(2), Some((1, &two))), &[]);
        expect(told(&two, &without_two, plain(), Some((2, &two))), &["run 1"]);
        expect(told(&two, &without_two, failed(1), Some((2, &two))), &["stop 2"]);
        expect(
            told(&later, &none, plain(), Some((1, &two))),
            &["2 from 2026-11-02T11:00:00Z"],
        );
        expect(told(&begun, &none, plain(), Some((1, &two))), &["run 2"]);
        expect(told(&floor, &none, plain(), Some((2, &two))), &["stop 2"]);
        expect(told(&granted, &none, plain(), Some((2, &two))), &["run 2"]);
        expect(told(&empty, &none, plain(), Some((2, &two))), &["stop 2"]);
        expect(told(&gone, &none, plain(), Some((2, &two))), &["stop 2"]);
    }
}

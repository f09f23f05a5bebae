//! Rows of the journal about updates.

use crate::updates::state::{Releases, Run, Standing};
use crate::updates::wish::withdrawn;
use ::updates::digest::Sha256;
use ::updates::offer::Offer;
use identification::event::{Event, Taken, UpdateStep};
use plan::item::ItemId;

/// A release's step.
#[must_use]
pub fn row(id: &ItemId, run: &Run, step: UpdateStep) -> Event {
    step_of(id, run.counter, &run.digest, step)
}

/// The same of a release that was not verified yet.
#[must_use]
pub fn step_of(id: &ItemId, counter: u32, digest: &Sha256, step: UpdateStep) -> Event {
    Event::Update {
        kind: id.kind.name().to_owned(),
        name: id.name.clone(),
        counter,
        digest: digest.to_string(),
        step,
    }
}

/// What an offer says that the journal does not say yet: what is trusted, floors, and what was withdrawn of that which is known
/// here.
#[must_use]
pub fn news(offer: &Offer, standing: &Standing) -> Vec<Event> {
    let mut events: Vec<Event> = trust(offer, standing).into_iter().collect();
    for item in &offer.plan.items {
        let id = item.id();
        let floor = standing.item(&id).map_or(0, Releases::floor);
        if item.floor > floor {
            events.push(Event::Floor {
                kind: id.kind.name().to_owned(),
                name: id.name.clone(),
                floor: item.floor,
            });
        }
    }
    let withdrawn = withdrawn(&offer.plan, &offer.emergency);
    events.extend(forgiven(&withdrawn, standing));
    for (id, counter, reason) in withdrawn {
        let known = standing.item(&id).and_then(|releases| releases.known(counter));
        if let Some(known) = known.filter(|known| known.withdrawn.as_ref() != Some(&reason)) {
            let step = UpdateStep::Withdrawn { reason };
            events.push(step_of(&id, counter, &known.digest, step));
        }
    }
    events
}

/// What the journal calls withdrawn, and the commission does not any more: it is as it was when it was verified.
fn forgiven(withdrawn: &[(ItemId, u32, String)], standing: &Standing) -> Vec<Event> {
    let still = |id: &ItemId, counter: u32| {
        withdrawn
            .iter()
            .any(|(other, release, _)| other == id && *release == counter)
    };
    let all = standing
        .items()
        .flat_map(|(id, releases)| releases.all().map(move |(counter, known)| (id, counter, known)));
    all.filter(|(id, counter, known)| known.withdrawn.is_some() && !still(id, *counter))
        .filter_map(|(id, counter, known)| {
            let plan = known.plan?.to_string();
            Some(step_of(id, counter, &known.digest, UpdateStep::Verified { plan }))
        })
        .collect()
}

fn trust(offer: &Offer, standing: &Standing) -> Option<Event> {
    let versions = &offer.versions;
    let before = standing.trust();
    let plan = Taken {
        counter: offer.plan.counter,
        digest: offer.plan_file.to_string(),
    };
    let emergency = offer.emergency_file.map(|digest| Taken {
        counter: offer.emergency.counter,
        digest: digest.to_string(),
    });
    let signed_at = versions.signed_at.map(|at| at.as_millisecond());
    let signed_at = u64::try_from(signed_at.unwrap_or(0)).unwrap_or(0);
    let (timestamp, snapshot, targets) = (
        versions.timestamp.unwrap_or(0),
        versions.snapshot.unwrap_or(0),
        versions.targets.unwrap_or(0),
    );
    let known = before.is_some_and(|before| {
        (before.root, before.timestamp, before.snapshot, before.targets)
            == (versions.root, timestamp, snapshot, targets)
            && before.plan == plan
            && before.emergency == emergency
            && before.signed_at >= signed_at
    });
    (!known).then_some(Event::Trust {
        root: versions.root,
        timestamp,
        snapshot,
        targets,
        plan,
        emergency,
        signed_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::updates::client::Versions;
    use jiff::Timestamp;
    use plan::emergency::{Emergency, Withdrawal};
    use plan::item::{File, Item, Kind, Release};
    use plan::plan::Plan;

    fn id() -> ItemId {
        ItemId {
            kind: Kind::Settings,
            name: "general".to_owned(),
        }
    }

    /// Release 1 of the settings, below no floor, as of this version of the timestamp.
    fn offer(timestamp: u64, floor: u32, withdrawn: bool) -> Offer {
        let made = Timestamp::UNIX_EPOCH;
        let file = File {
            target: "settings/general.json".to_owned(),
            sha256: Sha256::of(b"1").to_string(),
            length: 1,
        };
        let item = Item {
            kind: Kind::Settings,
            name: "general".to_owned(),
            floor,
            releases: vec![Release::of(1, file)],
        };
        let withdrawal = Withdrawal {
            item: id(),
            counter: 1,
            reason: "wrong-floor".to_owned(),
        };
        Offer {
            plan: Plan {
                items: vec![item],
                ..Plan::empty(made)
            },
            plan_file: Sha256::of(b"plan"),
            emergency: Emergency {
                withdrawn: if withdrawn { vec![withdrawal] } else { Vec::new() },
                ..Emergency::empty(made)
            },
            emergency_file: None,
            emergency_refusal: None,
            versions: Versions {
                root: 1,
                timestamp: Some(timestamp),
                snapshot: Some(1),
                targets: Some(1),
                signed_at: Some(made),
                expires: None,
            },
        }
    }

    /// What is new about an offer, by the names of its rows; it is taken.
    fn told(standing: &mut Standing, offer: &Offer) -> Vec<String> {
        let news = news(offer, standing);
        news.iter().for_each(|event| standing.apply(0, event));
        let name = |event: &Event| match event {
            Event::Trust { timestamp, .. } => format!("trust {timestamp}"),
            Event::Floor { floor, .. } => format!("floor {floor}"),
            Event::Update { step, .. } => step.name().to_owned(),
            _ => String::new(),
        };
        news.iter().map(name).collect()
    }

    #[test]
    fn what_is_new_is_written_down_once() {
        let mut standing = Standing::default();
        assert_eq!(told(&mut standing, &offer(1, 1, false)), ["trust 1", "floor 1"]);
        assert_eq!(told(&mut standing, &offer(1, 1, false)), [""; 0]);
        // What was never here is not worth a row.
        assert_eq!(told(&mut standing, &offer(2, 2, true)), ["trust 2", "floor 2"]);
        assert_eq!(told(&mut standing, &offer(2, 1, false)), [""; 0]);
    }

    #[test]
    fn what_is_not_withdrawn_any_more_is_as_it_was() {
        let mut standing = Standing::default();
        told(&mut standing, &offer(1, 1, false));
        let plan = Sha256::of(b"plan").to_string();
        for step in [
            UpdateStep::Fetched,
            UpdateStep::Verified { plan },
            UpdateStep::Active { officers: Vec::new() },
        ] {
            standing.apply(0, &step_of(&id(), 1, &Sha256::of(b"1"), step));
        }
        let runs = |standing: &Standing| standing.runs(&id()).map(|run| run.counter);
        assert_eq!(told(&mut standing, &offer(2, 1, true)), ["trust 2", "withdrawn"]);
        assert_eq!(runs(&standing), None);
        assert_eq!(told(&mut standing, &offer(2, 1, true)), [""; 0]);
        assert_eq!(told(&mut standing, &offer(3, 1, false)), ["trust 3", "verified"]);
        assert_eq!(runs(&standing), Some(1));
    }
}

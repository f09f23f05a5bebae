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
    for (id, counter, reason) in withdrawn(&offer.plan, &offer.emergency) {
        let known = standing.item(&id).and_then(|releases| releases.known(counter));
        if let Some(known) = known.filter(|known| known.withdrawn.as_ref() != Some(&reason)) {
            let step = UpdateStep::Withdrawn { reason };
            events.push(step_of(&id, counter, &known.digest, step));
        }
    }
    events
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

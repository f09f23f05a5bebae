//! The signed releases that run, and the table that they make.

use crate::table::{Origin, Parts};
use crate::updates::depot::{Depot, Unusable, Ware, plugin_digest};
use crate::updates::rows;
use crate::updates::state::{Releases, Run, Standing};
use crate::updates::terms::Terms;
use crate::updates::wish::Running;
use identification::event::{Event, UpdateStep};
use plan::item::{ItemId, Kind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A release in its place.
#[derive(Clone, Debug)]
pub struct Placed {
    /// which one
    pub run: Run,
    /// under which terms
    pub terms: Terms,
    /// itself
    pub ware: Ware,
}

/// What runs, by item.
#[derive(Clone, Debug, Default)]
pub struct Lineup(BTreeMap<ItemId, Placed>);

impl Lineup {
    /// One item's release.
    #[must_use]
    pub fn get(&self, id: &ItemId) -> Option<&Placed> {
        self.0.get(id)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&ItemId, &Placed)> {
        self.0.iter()
    }

    /// What runs, as wishes are held against it.
    #[must_use]
    pub fn running(&self) -> Running<'_> {
        self.0
            .iter()
            .map(|(id, placed)| (id, (placed.run.counter, &placed.terms)))
            .collect()
    }

    /// Puts a release into its item's place, or takes what is there away.
    pub fn put(&mut self, id: ItemId, placed: Option<Placed>) {
        match placed {
            Some(placed) => drop(self.0.insert(id, placed)),
            None => drop(self.0.remove(&id)),
        }
    }

    /// The item whose plugin has these bytes.
    #[must_use]
    pub fn item_of(&self, plugin: plugin_runtime::plugin::Digest) -> Option<&ItemId> {
        self.0
            .iter()
            .find(|(_, placed)| plugin_digest(&placed.run.digest) == plugin)
            .map(|(id, _)| id)
    }

    /// The parts of a table. What `base` has is left where nothing signed takes its place: on a bench alone it has anything.
    #[must_use]
    pub fn parts(&self, base: &Parts) -> Parts {
        let mut parts = base.clone();
        for (id, placed) in &self.0 {
            let origin = Origin {
                counter: placed.run.counter,
                digest: plugin_digest(&placed.run.digest),
            };
            parts.releases.insert(id.clone(), origin);
            match &placed.ware {
                Ware::Settings(settings) => parts.set(settings),
                Ware::Messages(messages) => parts.messages = Arc::clone(messages),
                Ware::Plugin(plugin) => {
                    parts.shelf.remove(plugin.name());
                    match id.kind {
                        Kind::Policy => parts.shelf.policies.clear(),
                        Kind::Matcher => parts.shelf.matchers.clear(),
                        _ => {}
                    }
                    // It was placed on an empty shelf when it was opened.
                    let _ = parts.shelf.place((**plugin).clone());
                }
            }
        }
        parts
    }
}

/// What a start finds.
#[derive(Debug, Default)]
pub struct Begun {
    /// what runs
    pub lineup: Lineup,
    /// what the journal must say of it
    pub events: Vec<Event>,
    /// what the operator should know
    pub notices: Vec<String>,
}

/// Opens every release that the journal says runs. One whose bytes are damaged gives way to the good one before it.
#[must_use]
pub fn begin(depot: &Depot, standing: &Standing) -> Begun {
    let mut begun = Begun::default();
    for (id, releases) in standing.items() {
        if let Some(active) = releases.active() {
            begin_one(depot, id, (releases, active), standing.runs(id), &mut begun);
        }
    }
    begun
}

fn begin_one(depot: &Depot, id: &ItemId, (releases, active): (&Releases, Run), first: Option<Run>, begun: &mut Begun) {
    let second = releases.previous().filter(|run| Some(*run) != first);
    let mut is_active = active;
    for run in first.into_iter().chain(second) {
        let opened = depot
            .terms(id, &run)
            .and_then(|terms| depot.take_out(id, &terms).map(|ware| (terms, ware)));
        match opened {
            Ok((terms, ware)) => {
                if run != is_active {
                    let officers = Vec::new();
                    begun.events.push(rows::row(id, &run, UpdateStep::Active { officers }));
                }
                begun.lineup.put(id.clone(), Some(Placed { run, terms, ware }));
                return;
            }
            Err(why) => {
                begun.events.push(refused(id, &run, &why));
                begun
                    .notices
                    .push(format!("{id} {} cannot be used: {why}", run.counter));
                is_active = run;
            }
        }
    }
    if first.is_none() {
        // What was signed forbids it, and nothing can take its place.
        let officers = Vec::new();
        begun
            .events
            .push(rows::row(id, &active, UpdateStep::Retired { officers }));
    }
}

fn refused(id: &ItemId, run: &Run, why: &Unusable) -> Event {
    let reason = why.code().to_owned();
    rows::row(id, run, UpdateStep::Refused { reason })
}

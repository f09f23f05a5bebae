//! What an update can change: one immutable table, swapped whole between two calls. Whoever begins a call takes the table
//! once and ends on it, so that no decision mixes two of them.

use crate::identify::{Search, SearchError};
use crate::ports::is_same;
use crate::shelf::Shelf;
use identification::case::Rules;
use identification::evidence::Score;
use plan::item::ItemId;
use plan::messages::Messages;
use plan::settings::{Hours, Settings};
use plugin_runtime::exporter::{ExportError, Exporter, Format};
use plugin_runtime::plugin::{Digest, Plugin};
use plugin_runtime::policy::{Policy, PolicyError};
use roll::Roll;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, PoisonError, RwLock};

/// What holds where nobody signed rules: no score admits anyone, every admission is the officers'.
pub const STRICTEST: Rules = Rules {
    floor: Score(u16::MAX),
    overrides: 0,
    name_agreement: 100,
};

/// What a table is made of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// every plugin, by its place
    pub shelf: Shelf,
    /// the host's rules
    pub rules: Rules,
    /// the policy's settings, as the policy takes them
    pub settings: String,
    /// when the polls are open, where the commission said so
    pub hours: Option<Hours>,
    /// texts for codes
    pub messages: Arc<Messages>,
    /// the releases that these are, where they were signed
    pub releases: BTreeMap<ItemId, Origin>,
}

/// Where a part of a table comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// the release's counter
    pub counter: u32,
    /// SHA-256 of its file
    pub digest: Digest,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            shelf: Shelf::default(),
            rules: STRICTEST,
            settings: "{}".to_owned(),
            hours: None,
            messages: Arc::default(),
            releases: BTreeMap::new(),
        }
    }
}

impl Parts {
    /// Takes rules, hours and the policy's settings out of what the commission signed.
    pub fn set(&mut self, settings: &Settings) {
        self.rules = Rules {
            floor: Score(settings.rules.floor),
            overrides: settings.rules.overrides,
            name_agreement: settings.rules.name_agreement,
        };
        self.settings = settings.for_policy();
        self.hours = settings.hours;
    }

    /// SHA-256 of the host's rules and hours, as the zero report names it.
    #[must_use]
    pub fn rules_digest(&self) -> Digest {
        let Rules {
            floor,
            overrides,
            name_agreement,
        } = self.rules;
        let hours = self.hours.map_or_else(String::new, |hours| {
            format!("{} {}", String::from(hours.opens), String::from(hours.closes))
        });
        let said = format!(
            "floor {}\noverrides {overrides}\nname-agreement {name_agreement}\nhours {hours}\n",
            floor.0
        );
        Digest::of(said.as_bytes())
    }

    /// SHA-256 of the policy's settings, as the zero report names it.
    #[must_use]
    pub fn settings_digest(&self) -> Digest {
        Digest::of(self.settings.as_bytes())
    }
}

/// A part that cannot be used, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// the policy, alone or with these settings
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// an exporter
    #[error(transparent)]
    Exporter(#[from] ExportError),
    /// the matcher
    #[error(transparent)]
    Matcher(#[from] SearchError),
}

/// A part that cannot be used, and the plugin that it is, by the digest of its file.
#[derive(Debug)]
pub struct Fault {
    /// which plugin
    pub plugin: Digest,
    /// why
    pub why: Unfit,
}

/// The station's plugins and settings of one moment.
pub struct Table {
    parts: Parts,
    policy: Option<Arc<Policy>>,
    search: Arc<Search>,
    exporters: Vec<Arc<Exporter>>,
}

/// What tables of one station share.
#[derive(Clone)]
pub struct Grounds {
    /// the roll that is searched
    pub roll: Arc<Roll>,
    /// matcher instances
    pub shards: NonZeroUsize,
}

impl Table {
    /// Tries every part; what cannot be used is left out and told. Parts that the table before had too are taken from it,
    /// with all that they hold. A new matcher is not filled yet: [`Search::ready`].
    #[must_use]
    pub fn build(parts: Parts, grounds: &Grounds, before: Option<&Self>) -> (Self, Vec<Fault>) {
        let mut faults = Vec::new();
        let shelf = &parts.shelf;
        let policy = shelf.policies.first().and_then(|plugin| {
            let kept = before.filter(|before| before.parts.settings == parts.settings);
            let kept = kept.and_then(|before| before.policy.as_ref());
            if let Some(policy) = kept.filter(|policy| is_same(policy.plugin(), plugin)) {
                return Some(Arc::clone(policy));
            }
            told(plugin, Policy::new(plugin, &parts.settings), &mut faults)
        });
        let exporters = shelf.exporters.iter().filter_map(|plugin| {
            let kept = before.and_then(|before| before.exporters.iter().find(|one| is_same(one.plugin(), plugin)));
            kept.cloned()
                .or_else(|| told(plugin, Exporter::new(plugin), &mut faults))
        });
        let exporters = exporters.collect();
        let matcher = shelf.matchers.first();
        let kept = before
            .map(|before| &before.search)
            .filter(|search| match (search.plugin(), matcher) {
                (Some(one), Some(other)) => is_same(one, other),
                (None, None) => true,
                _ => false,
            });
        let search = kept.map_or_else(
            || Arc::new(Search::new(matcher.cloned(), Arc::clone(&grounds.roll), grounds.shards)),
            Arc::clone,
        );
        let table = Self {
            parts,
            policy,
            search,
            exporters,
        };
        (table, faults)
    }

    /// What it is made of.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Every plugin, by its place.
    #[must_use]
    pub fn shelf(&self) -> &Shelf {
        &self.parts.shelf
    }

    /// The host's rules.
    #[must_use]
    pub fn rules(&self) -> Rules {
        self.parts.rules
    }

    /// Who decides.
    #[must_use]
    pub fn policy(&self) -> Option<&Policy> {
        self.policy.as_deref()
    }

    /// Who searches.
    #[must_use]
    pub fn search(&self) -> &Search {
        &self.search
    }

    /// The formats that the exporters write.
    pub fn formats(&self) -> impl Iterator<Item = &Format> {
        self.exporters.iter().flat_map(|exporter| exporter.formats())
    }

    /// The exporter that writes a format.
    #[must_use]
    pub fn exporter(&self, format: &str) -> Option<&Exporter> {
        let writes = |exporter: &&Arc<Exporter>| exporter.formats().iter().any(|known| known.id == format);
        self.exporters.iter().find(writes).map(Arc::as_ref)
    }

    /// The text for a code, where the messages have one.
    #[must_use]
    pub fn text(&self, languages: &[String], code: &str) -> Option<&str> {
        let languages: Vec<&str> = languages.iter().map(String::as_str).collect();
        self.parts.messages.text(&languages, code)
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.shelf().all().map(|(_, plugin)| plugin))
            .finish()
    }
}

fn told<T, E: Into<Unfit>>(plugin: &Plugin, made: Result<T, E>, faults: &mut Vec<Fault>) -> Option<Arc<T>> {
    match made {
        Ok(part) => Some(Arc::new(part)),
        Err(why) => {
            faults.push(Fault {
                plugin: plugin.digest(),
                why: why.into(),
            });
            None
        }
    }
}

/// The place where the station's table is.
#[derive(Debug)]
pub struct Current<T>(RwLock<Arc<T>>);

impl<T> Current<T> {
    /// Begins with this one.
    #[must_use]
    pub fn new(table: T) -> Self {
        Self(RwLock::new(Arc::new(table)))
    }

    /// The table of a call that begins now.
    #[must_use]
    pub fn take(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another one in its place; calls that run end on the old one, which is returned.
    pub fn swap(&self, table: T) -> Arc<T> {
        let table = Arc::new(table);
        std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn whoever_takes_a_table_sees_one_table_whole() {
        let current = Current::new((0_u32, 0_u32));
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut last = 0;
                    while !done.load(Ordering::Relaxed) {
                        let table = current.take();
                        assert_eq!(table.0, table.1);
                        assert!(table.0 >= last, "a table came back");
                        last = table.0;
                    }
                });
            }
            for number in 1..10_000 {
                assert_eq!(current.swap((number, number)).0, number - 1);
            }
            done.store(true, Ordering::Relaxed);
        });
    }

    #[test]
    fn the_digest_of_the_rules_changes_with_each_of_them() {
        let parts = Parts::default();
        let mut others = vec![parts.clone(); 4];
        others[0].rules.floor = Score(500);
        others[1].rules.overrides = 1;
        others[2].rules.name_agreement = 1;
        let settings = br#"{"format":1,"rules":{"floor":500,"overrides":0,"name-agreement":100},"hours":{"opens":"08:00","closes":"20:00"}}"#;
        if let Ok(settings) = Settings::read("settings", settings) {
            others[3].hours = settings.hours;
        }
        let digests: std::collections::BTreeSet<Digest> = std::iter::once(&parts)
            .chain(&others)
            .map(Parts::rules_digest)
            .collect();
        assert_eq!(digests.len(), 5);
    }
}

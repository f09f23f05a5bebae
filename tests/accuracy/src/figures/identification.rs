//! A search: every finger's first impression in the gallery, all others sought.

use super::threshold::threshold;
use crate::name::ImageName;
use crate::table::Table;
use std::collections::BTreeMap;

/// Shares of searches that find nobody, or somebody else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Identification {
    /// the own finger has the highest score of all
    pub rank_one: Option<f64>,
    /// FNIR: the own finger is not first, or below the threshold at which one search in a hundred for a finger that is
    /// not in the gallery finds one
    pub missed: Option<f64>,
    /// how many fingers are in the gallery
    pub fingers: usize,
    /// how many are sought
    pub probes: usize,
}

/// The image of each finger with the lowest impression, by finger; fingers that repeat another set's are left out.
#[must_use]
pub fn first_impressions(names: &[ImageName]) -> BTreeMap<String, usize> {
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for (index, name) in names.iter().enumerate().filter(|(_, name)| !name.repeats_people()) {
        let known = first.entry(name.identity()).or_insert(index);
        if name.impression < names[*known].impression {
            *known = index;
        }
    }
    first
}

impl Identification {
    pub(super) fn of(table: &Table) -> Self {
        let names = table.names();
        let gallery = first_impressions(names);
        let sought: Vec<(usize, usize)> = names
            .iter()
            .enumerate()
            .filter(|(_, name)| !name.repeats_people())
            .filter_map(|(index, name)| Some((index, *gallery.get(&name.identity())?)))
            .filter(|(index, own)| index != own)
            .collect();
        // For each: the own finger is first, the highest score, the highest score of others.
        let searches: Vec<(bool, f64, f64)> = sought
            .iter()
            .map(|(probe, own)| search(table, &gallery, *probe, *own))
            .collect();
        let mut others: Vec<f64> = searches.iter().map(|(_, _, other)| *other).collect();
        others.sort_by(f64::total_cmp);
        let share = |count: usize| (!searches.is_empty()).then(|| count as f64 / searches.len() as f64);
        let found = threshold(&others, 0.01).and_then(|threshold| {
            let found = searches.iter().filter(|(first, best, _)| *first && *best >= threshold);
            share(found.count())
        });
        Self {
            rank_one: share(searches.iter().filter(|(first, ..)| *first).count()),
            missed: found.map(|found| 1.0 - found),
            fingers: gallery.len(),
            probes: searches.len(),
        }
    }
}

/// Of fingers with the same score, the first by name is first.
fn search(table: &Table, gallery: &BTreeMap<String, usize>, probe: usize, own: usize) -> (bool, f64, f64) {
    let (mut first, mut best, mut other) = (None, f64::NEG_INFINITY, f64::NEG_INFINITY);
    for reference in gallery.values() {
        let score = table.score(probe, *reference);
        if first.is_none() || score > best {
            (first, best) = (Some(*reference), score);
        }
        if *reference != own {
            other = other.max(score);
        }
    }
    (first == Some(own), best, other)
}

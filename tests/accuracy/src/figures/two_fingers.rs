//! Two fingers of one person together.

use super::threshold::{missed, threshold};
use crate::name::{ImageName, by_length};
use crate::table::Table;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// False match rates at which misses of two fingers are stated.
const RATES: [f64; 2] = [1e-3, 1e-4];

/// Sums of the scores of two fingers: the simplest fusion, which any matcher has.
#[derive(Clone, Debug, PartialEq)]
pub struct TwoFingers {
    /// false match rate, misses
    pub missed: Vec<(f64, Option<f64>)>,
    /// persons of two fingers
    pub voters: usize,
    /// pairs of touches of two different persons
    pub impostors: usize,
}

/// Two fingers that stand for a person: those of a set in order, the first with the second, the third with the fourth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// impression, and the index of both fingers' images, where both are there
    pub touches: BTreeMap<u32, [usize; 2]>,
}

/// The persons of these images, by set.
#[must_use]
pub fn voters(names: &[ImageName]) -> Vec<Voter> {
    let mut sets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for name in names.iter().filter(|name| !name.repeats_people()) {
        sets.entry(&name.set).or_default().insert(&name.finger);
    }
    let places: HashMap<(&str, &str, u32), usize> = names
        .iter()
        .enumerate()
        .map(|(index, name)| ((name.set.as_str(), name.finger.as_str(), name.impression), index))
        .collect();
    let impressions: BTreeSet<u32> = names.iter().map(|name| name.impression).collect();
    let mut voters = Vec::new();
    for (set, fingers) in sets {
        let mut fingers: Vec<&str> = fingers.into_iter().collect();
        fingers.sort_by(|a, b| by_length(a, b));
        for [first, second] in fingers.as_chunks::<2>().0 {
            let touch = |impression: &u32| {
                let both = [first, second].map(|finger| places.get(&(set, finger, *impression)).copied());
                match both {
                    [Some(first), Some(second)] => Some((*impression, [first, second])),
                    _ => None,
                }
            };
            voters.push(Voter {
                touches: impressions.iter().filter_map(touch).collect(),
            });
        }
    }
    voters
}

impl TwoFingers {
    pub(super) fn of(table: &Table) -> Self {
        let voters = voters(table.names());
        let sum = |a: [usize; 2], b: [usize; 2]| table.score(a[0], b[0]) + table.score(a[1], b[1]);
        let (mut genuine, mut impostors) = (Vec::new(), Vec::new());
        for (index, voter) in voters.iter().enumerate() {
            for (impression, touch) in &voter.touches {
                let later = voter.touches.range(impression + 1..);
                genuine.extend(later.map(|(_, other)| sum(*touch, *other)));
                let others = voters[index + 1..].iter().flat_map(|other| other.touches.values());
                impostors.extend(others.map(|other| sum(*touch, *other)));
            }
        }
        impostors.sort_by(f64::total_cmp);
        let at = |rate| threshold(&impostors, rate).and_then(|threshold| missed(&genuine, threshold));
        Self {
            missed: RATES.map(|rate| (rate, at(rate))).to_vec(),
            voters: voters.len(),
            impostors: impostors.len(),
        }
    }
}

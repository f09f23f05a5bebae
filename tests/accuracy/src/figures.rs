//! Accuracy figures of a table of scores. Pure: nothing is read, written or drawn by chance that is not the same on every run.
//!
//! Definitions are those of ISO/IEC 19795-1: FMR, the share of impostor comparisons at or above a threshold; FNMR, the
//! share of genuine comparisons below it; FPIR and FNIR the same for a search. In detail, where that standard leaves a
//! choice, they are those of `fingerprint_score.py` of the project's shared data:
//! - Genuine is the same finger in the same set, impostor is another finger, in other sets too: one threshold for all.
//! - A finger on two sensors (`fvc2000_db1`, `fvc2000_db2`) is neither, and stands apart.
//! - A threshold for an FMR is the smallest number above the score that too many impostors reach.
//!
//! Shares are 0 to 1. A figure is none where the table has nothing to take it from: no genuine pair, or no impostors.

mod curve;
mod equal_error;
mod identification;
mod interval;
mod quality;
mod relation;
mod shipped;
mod threshold;
mod two_fingers;

pub use curve::{CurvePoint, curve};
pub use equal_error::equal_error;
pub use identification::{Identification, first_impressions};
pub use interval::interval;
pub use quality::{QualityGroup, quality_groups};
pub use relation::Relation;
pub use shipped::{AtThreshold, at_threshold};
pub use threshold::{missed, threshold};
pub use two_fingers::{TwoFingers, Voter, voters};

use crate::table::Table;
use std::collections::{BTreeMap, BTreeSet};

/// False match rates at which the misses are stated.
pub const RATES: [f64; 3] = [1e-2, 1e-3, 1e-4];

/// All figures of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// how many images
    pub images: usize,
    /// how many fingers
    pub fingers: usize,
    /// how many genuine pairs
    pub genuine: usize,
    /// how many impostor pairs
    pub impostors: usize,
    /// each set by itself, by name
    pub sets: Vec<SetFigures>,
    /// equal error rate of all pairs
    pub equal_error: Option<f64>,
    /// misses of all pairs, at [`RATES`]
    pub pooled: Vec<PooledRate>,
    /// fingers of one set against the same on another sensor
    pub cross_sensor: Option<CrossSensor>,
    /// sums of two fingers' scores
    pub two_fingers: TwoFingers,
    /// a search in the first impressions
    pub identification: Identification,
}

/// One set by itself: its own impostors.
#[derive(Clone, Debug, PartialEq)]
pub struct SetFigures {
    /// the set
    pub name: String,
    /// equal error rate
    pub equal_error: Option<f64>,
    /// misses at an FMR of 1e-3
    pub missed: Option<f64>,
}

/// Misses at one false match rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PooledRate {
    /// the FMR
    pub rate: f64,
    /// lowest score that counts as a match
    pub threshold: Option<f64>,
    /// FNMR
    pub missed: Option<f64>,
    /// its 90 % interval over fingers
    pub interval: Option<(f64, f64)>,
}

/// The same fingers on two sensors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CrossSensor {
    /// misses at the pooled FMR of 1e-4
    pub missed: Option<f64>,
    /// how many pairs
    pub pairs: usize,
}

impl Figures {
    /// Of this table.
    #[must_use]
    pub fn of(table: &Table) -> Self {
        let names = table.names();
        let mut genuine = Vec::new();
        let mut impostors = Vec::new();
        let mut cross = Vec::new();
        let mut sets: BTreeMap<&str, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
        let mut fingers: BTreeMap<(&str, String), Vec<f64>> = BTreeMap::new();
        for name in names {
            sets.entry(&name.set).or_default();
        }
        for (a, b, score) in table.pairs() {
            let (first, second) = (&names[a], &names[b]);
            let own = (first.set == second.set).then(|| sets.entry(&first.set).or_default());
            match Relation::of(first, second) {
                Relation::Genuine => {
                    genuine.push(score);
                    own.into_iter().for_each(|set| set.0.push(score));
                    fingers.entry((&first.set, first.identity())).or_default().push(score);
                }
                Relation::Impostor => {
                    impostors.push(score);
                    own.into_iter().for_each(|set| set.1.push(score));
                }
                Relation::CrossSensor => cross.push(score),
            }
        }
        impostors.sort_by(f64::total_cmp);
        let fingers: Vec<Vec<f64>> = fingers.into_values().collect();
        let pooled = RATES.map(|rate| {
            let threshold = threshold(&impostors, rate);
            PooledRate {
                rate,
                threshold,
                missed: threshold.and_then(|threshold| missed(&genuine, threshold)),
                interval: threshold.and_then(|threshold| interval(&fingers, threshold)),
            }
        });
        let cross_sensor = (!cross.is_empty()).then(|| CrossSensor {
            missed: threshold(&impostors, 1e-4).and_then(|threshold| missed(&cross, threshold)),
            pairs: cross.len(),
        });
        let identities: BTreeSet<String> = names.iter().map(crate::name::ImageName::identity).collect();
        Self {
            images: names.len(),
            fingers: identities.len(),
            genuine: genuine.len(),
            impostors: impostors.len(),
            sets: sets
                .into_iter()
                .map(|(name, (genuine, impostors))| SetFigures::of(name, &genuine, impostors))
                .collect(),
            equal_error: equal_error(&genuine, &impostors),
            pooled: pooled.to_vec(),
            cross_sensor,
            two_fingers: TwoFingers::of(table),
            identification: Identification::of(table),
        }
    }
}

impl SetFigures {
    fn of(name: &str, genuine: &[f64], mut impostors: Vec<f64>) -> Self {
        impostors.sort_by(f64::total_cmp);
        Self {
            name: name.to_owned(),
            equal_error: equal_error(genuine, &impostors),
            missed: threshold(&impostors, 1e-3).and_then(|threshold| missed(genuine, threshold)),
        }
    }
}

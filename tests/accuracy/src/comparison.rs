//! Comparisons through the component: all pairs of images, and all pairs of two fingers.

use crate::Outcome;
use crate::figures::{Relation, Voter};
use crate::gallery::{enrolled, subject};
use crate::progress::Progress;
use crate::workers::on_all_cores;
use identification::voter::FingerPosition;
use plugin_runtime::matcher::{Probe, Reference};
use plugin_runtime::plugin::Plugin;

/// What is compared: one finger each, none where there is no template.
pub(crate) struct Sides {
    /// as enrolled
    pub(crate) references: Vec<Option<Probe>>,
    /// as captured
    pub(crate) probes: Vec<Option<Probe>>,
}

/// Scores of all pairs.
pub(crate) struct Compared {
    /// of each image, its scores with all later ones
    rows: Vec<Vec<u16>>,
}

impl Compared {
    /// Of a smaller and a larger index.
    pub(crate) fn score(&self, a: usize, b: usize) -> u16 {
        self.rows[a][b - a - 1]
    }
}

/// Enrols each image, the smaller of a pair, and verifies the larger against it: without the search's first stage.
pub(crate) fn all_pairs(plugin: &Plugin, sides: &Sides) -> Outcome<Compared> {
    let count = sides.references.len();
    let progress = Progress::new("comparing", count * count.saturating_sub(1) / 2);
    let parts = on_all_cores(|worker| {
        let own: Vec<usize> = worker.share(count).collect();
        let reference = |index: &usize| {
            let probe = sides.references[*index].clone()?;
            Some(subject(*index).map(|subject| Reference { subject, probe }))
        };
        let references: Outcome<Vec<Reference>> = own.iter().filter_map(reference).collect();
        let matcher = enrolled(plugin, &references?)?;
        let mut rows = Vec::new();
        for place in worker.share(count) {
            let mut row = vec![0; count - place - 1];
            if sides.references[place].is_some() {
                for (score, probe) in row.iter_mut().zip(&sides.probes[place + 1..]) {
                    let Some(probe) = probe else { continue };
                    let found = matcher.verify(subject(place)?, std::slice::from_ref(probe))?;
                    *score = found.map_or(0, |found| found.score.0);
                }
            }
            progress.advance(row.len());
            rows.push((place, row));
        }
        Ok(rows)
    })?;
    let mut rows: Vec<(usize, Vec<u16>)> = parts.into_iter().flatten().collect();
    rows.sort_by_key(|(place, _)| *place);
    Ok(Compared {
        rows: rows.into_iter().map(|(_, row)| row).collect(),
    })
}

/// Scores of two fingers of one person together, as the component itself makes one of them.
#[derive(Default)]
pub(crate) struct TwoFingerScores {
    pub(crate) genuine: Vec<f64>,
    pub(crate) impostors: Vec<f64>,
}

/// The two fingers of a voter, whose positions a station knows from its roll and its question.
const POSITIONS: [FingerPosition; 2] = [FingerPosition::RightIndex, FingerPosition::LeftIndex];

/// Every touch of two fingers against every later one.
pub(crate) fn two_fingers(plugin: &Plugin, sides: &Sides, voters: &[Voter]) -> Outcome<TwoFingerScores> {
    let touches: Vec<(usize, [usize; 2])> = voters
        .iter()
        .enumerate()
        .flat_map(|(voter, known)| known.touches.values().map(move |touch| (voter, *touch)))
        .collect();
    let both = |side: &[Option<Probe>], touch: [usize; 2]| -> Vec<Probe> {
        touch
            .into_iter()
            .zip(POSITIONS)
            .filter_map(|(index, position)| {
                let template = side[index].clone()?.template;
                Some(Probe { template, position })
            })
            .collect()
    };
    let probes: Vec<Vec<Probe>> = touches.iter().map(|(_, touch)| both(&sides.probes, *touch)).collect();
    let progress = Progress::new("two fingers", touches.len());
    let parts = on_all_cores(|worker| {
        let own: Vec<usize> = worker.share(touches.len()).collect();
        let mut references = Vec::new();
        for index in &own {
            let subject = subject(*index)?;
            let known = both(&sides.references, touches[*index].1).into_iter();
            references.extend(known.map(|probe| Reference { subject, probe }));
        }
        let matcher = enrolled(plugin, &references)?;
        let mut scores = TwoFingerScores::default();
        for index in worker.share(touches.len()) {
            for (other, probes) in probes.iter().enumerate().skip(index + 1) {
                let found = if probes.is_empty() {
                    None
                } else {
                    matcher.verify(subject(index)?, probes)?
                };
                let score = f64::from(found.map_or(0, |found| found.score.0));
                if touches[index].0 == touches[other].0 {
                    scores.genuine.push(score);
                } else {
                    scores.impostors.push(score);
                }
            }
            progress.advance(1);
        }
        Ok(scores)
    })?;
    let mut all = TwoFingerScores::default();
    for part in parts {
        all.genuine.extend(part.genuine);
        all.impostors.extend(part.impostors);
    }
    Ok(all)
}

/// The scores of pairs of one kind.
pub(crate) fn of_kind(table: &crate::table::Table, kind: Relation) -> Vec<f64> {
    let names = table.names();
    let pairs = table
        .pairs()
        .filter(|(a, b, _)| Relation::of(&names[*a], &names[*b]) == kind);
    pairs.map(|(_, _, score)| score).collect()
}

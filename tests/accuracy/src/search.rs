//! What a search loses that a comparison with every reference would find.

use crate::Outcome;
use crate::comparison::Sides;
use crate::figures::first_impressions;
use crate::gallery::{enrolled, subject};
use crate::name::ImageName;
use crate::progress::Progress;
use crate::table::Table;
use crate::workers::on_all_cores;
use plugin_runtime::matcher::Reference;
use plugin_runtime::plugin::Plugin;

/// Genuine pairs of a first impression and another, and those that the search did not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    /// pairs that are alike at all: a score above 0
    pub(crate) alike: usize,
    /// of them, not among the candidates
    pub(crate) lost: usize,
    /// pairs at or above the threshold
    pub(crate) matching: usize,
    /// of them, not among the candidates
    pub(crate) matching_lost: usize,
    /// candidates whose score is not that of the comparison: a fault of the matcher
    pub(crate) other_score: usize,
}

/// Searches for every other image in a gallery of the first impressions of all fingers.
pub(crate) fn losses(plugin: &Plugin, table: &Table, sides: &Sides, threshold: u16) -> Outcome<Losses> {
    let gallery = first_impressions(table.names());
    let sought: Vec<(usize, usize)> = table
        .names()
        .iter()
        .enumerate()
        .filter_map(|(index, name)| own(&gallery, index, name))
        .collect();
    let mut references = Vec::new();
    for index in gallery.values() {
        let subject = subject(*index)?;
        references.extend(
            sides.references[*index]
                .clone()
                .map(|probe| Reference { subject, probe }),
        );
    }
    let limit = u16::try_from(references.len()).unwrap_or(u16::MAX);
    let progress = Progress::new("searching", sought.len());
    let parts = on_all_cores(|worker| {
        let matcher = enrolled(plugin, &references)?;
        let mut losses = Losses::default();
        for place in worker.share(sought.len()) {
            let (probe, own) = sought[place];
            let score = table.score(own, probe);
            if let Some(probe) = sides.probes[probe].as_ref().filter(|_| score > 0.0) {
                let found = matcher.identify(std::slice::from_ref(probe), limit)?;
                let own = subject(own)?;
                let named = found.iter().find(|candidate| candidate.subject == own);
                let (lost, matches) = (named.is_none(), score >= f64::from(threshold));
                losses.alike += 1;
                losses.lost += usize::from(lost);
                losses.matching += usize::from(matches);
                losses.matching_lost += usize::from(matches && lost);
                losses.other_score += usize::from(named.is_some_and(|named| f64::from(named.score.0) != score));
            }
            progress.advance(1);
        }
        Ok(losses)
    })?;
    Ok(parts.into_iter().fold(Losses::default(), |sum, part| Losses {
        alike: sum.alike + part.alike,
        lost: sum.lost + part.lost,
        matching: sum.matching + part.matching,
        matching_lost: sum.matching_lost + part.matching_lost,
        other_score: sum.other_score + part.other_score,
    }))
}

/// The image, and the first impression of its finger, where that is another image.
fn own(gallery: &std::collections::BTreeMap<String, usize>, index: usize, name: &ImageName) -> Option<(usize, usize)> {
    let first = *gallery.get(&name.identity())?;
    (first != index && !name.repeats_people()).then_some((index, first))
}

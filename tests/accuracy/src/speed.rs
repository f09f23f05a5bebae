//! What a call costs: processor time of one instance while nothing else of this program runs, so that a machine that is
//! busy with other things measures the same.

use crate::Outcome;
use crate::gallery::{enrolled, subject};
use crate::picture;
use crate::sets::Listed;
use plugin_runtime::matcher::{Matcher, Probe, Reference};
use plugin_runtime::plugin::Plugin;
use std::num::NonZeroUsize;
use std::time::Duration;

/// Most images that are extracted again for their time.
const IMAGES: usize = 100;
/// Most images of which each is compared with each.
const COMPARED: usize = 50;
/// Templates of the gallery that is searched for its time: those of the images again and again, as other subjects.
const ENROLLED: usize = 5_000;
/// Most probes that it is searched with.
const SOUGHT: usize = 28;

/// Times of calls into the component, copying included.
pub(crate) struct Speed {
    /// mean of an extraction
    pub(crate) extraction: Duration,
    /// 95 of 100 took at most this
    pub(crate) extraction_p95: Duration,
    /// how many were timed
    pub(crate) extractions: usize,
    /// mean of a comparison of two fingers
    pub(crate) comparison: Duration,
    /// how many were timed
    pub(crate) comparisons: usize,
    /// mean of a search
    pub(crate) search: Duration,
    /// how many were timed
    pub(crate) searches: usize,
    /// templates in the gallery
    pub(crate) enrolled: usize,
}

impl Speed {
    /// Of images, and of templates, spread evenly over all.
    pub(crate) fn measure(plugin: &Plugin, images: &[Listed], probes: &[Option<Probe>]) -> Outcome<Self> {
        let mut times = extractions(plugin, &spread(images, IMAGES))?;
        times.sort();
        let p95 = times.get((times.len() * 95).div_ceil(100).max(1) - 1);
        let extraction_p95 = p95.copied().unwrap_or_default();
        let probes: Vec<&Probe> = probes.iter().flatten().collect();
        let (search, searches) = searches(plugin, &probes)?;
        let (comparison, comparisons) = comparisons(plugin, &spread(&probes, COMPARED))?;
        Ok(Self {
            extraction: mean(times.iter().sum(), times.len()),
            extraction_p95,
            extractions: times.len(),
            comparison: mean(comparison, comparisons),
            comparisons,
            search: mean(search, searches),
            searches,
            enrolled: if searches > 0 { ENROLLED } else { 0 },
        })
    }
}

fn extractions(plugin: &Plugin, images: &[&Listed]) -> Outcome<Vec<Duration>> {
    let mut times = Vec::new();
    let mut matcher = Matcher::start(plugin, 0, NonZeroUsize::MIN)?;
    for listed in images {
        let image = picture::read(listed)?;
        if !matcher.is_running() {
            matcher = Matcher::start(plugin, 0, NonZeroUsize::MIN)?;
        }
        let before = processor_time();
        // An image that is refused takes time as well.
        let _ = matcher.extract(&image);
        times.push(processor_time().saturating_sub(before));
    }
    Ok(times)
}

fn comparisons(plugin: &Plugin, probes: &[&&Probe]) -> Outcome<(Duration, usize)> {
    let references: Outcome<Vec<Reference>> = probes
        .iter()
        .enumerate()
        .map(|(index, probe)| {
            Ok(Reference {
                subject: subject(index)?,
                probe: (**probe).clone(),
            })
        })
        .collect();
    let matcher = enrolled(plugin, &references?)?;
    let before = processor_time();
    for index in 0..probes.len() {
        for probe in probes {
            matcher.verify(subject(index)?, std::slice::from_ref(**probe))?;
        }
    }
    Ok((processor_time().saturating_sub(before), probes.len() * probes.len()))
}

fn searches(plugin: &Plugin, probes: &[&Probe]) -> Outcome<(Duration, usize)> {
    let references: Outcome<Vec<Reference>> = probes
        .iter()
        .cycle()
        .take(if probes.is_empty() { 0 } else { ENROLLED })
        .enumerate()
        .map(|(index, probe)| {
            Ok(Reference {
                subject: subject(index)?,
                probe: (*probe).clone(),
            })
        })
        .collect();
    let matcher = enrolled(plugin, &references?)?;
    let sought = spread(probes, SOUGHT);
    let before = processor_time();
    for probe in &sought {
        matcher.identify(std::slice::from_ref(**probe), 5)?;
    }
    Ok((processor_time().saturating_sub(before), sought.len()))
}

/// At most so many, evenly spread.
fn spread<T>(all: &[T], most: usize) -> Vec<&T> {
    let count = all.len().min(most);
    (0..count).map(|index| &all[index * all.len() / count]).collect()
}

fn mean(sum: Duration, count: usize) -> Duration {
    sum / u32::try_from(count).unwrap_or(u32::MAX).max(1)
}

/// Of all threads of this program.
fn processor_time() -> Duration {
    rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime)
        .try_into()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_over_all_and_never_larger() {
        let all: Vec<usize> = (0..10).collect();
        assert_eq!(spread(&all, 3), [&0, &3, &6]);
        assert_eq!(spread(&all, 20).len(), 10);
        assert!(spread::<usize>(&[], 3).is_empty());
    }
}

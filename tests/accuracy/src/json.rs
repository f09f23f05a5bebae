//! The figures for a program; shares are 0 to 1, times in seconds.

use crate::figures::{AtThreshold, quality_groups};
use crate::measurement::Measurement;
use serde_json::{Value, json};

/// Groups of quality.
const QUALITY_GROUPS: usize = 10;

/// Everything that was measured.
pub(crate) fn all(measured: &Measurement) -> String {
    let figures = &measured.figures;
    let sets: Vec<Value> = figures
        .sets
        .iter()
        .map(|set| json!({ "set": set.name, "eer": set.equal_error, "fnmr-1e-3": set.missed }))
        .collect();
    let pooled: Vec<Value> = figures
        .pooled
        .iter()
        .map(|rate| {
            let interval = rate.interval.map(|(low, high)| [low, high]);
            json!({ "fmr": rate.rate, "fnmr": rate.missed, "interval-90": interval, "threshold": rate.threshold })
        })
        .collect();
    let two = &figures.two_fingers;
    let two_rates = two
        .missed
        .iter()
        .map(|(rate, missed)| json!({ "fmr": rate, "fnmr": missed }));
    let search = &figures.identification;
    let shipped = measured
        .shipped
        .iter()
        .map(|(roll, one, two)| json!({ "roll": roll, "one-finger": at(one), "two-fingers": at(two) }));
    let threshold = figures
        .pooled
        .iter()
        .find(|rate| rate.rate == 1e-3)
        .and_then(|rate| rate.threshold);
    let quality = threshold.map(|threshold| {
        let groups = quality_groups(&measured.qualities(), threshold, QUALITY_GROUPS);
        let group = groups.iter().map(|group| {
            json!({ "from": group.range.0, "to": group.range.1, "pairs": group.pairs, "fnmr-1e-3": group.miss_rate() })
        });
        group.collect::<Vec<_>>()
    });
    let losses = &measured.losses;
    let failures = measured
        .failures()
        .map(|(print, refusal)| json!({ "image": print.name.to_string(), "why": refusal.to_string() }));
    let speed = &measured.speed;
    let (mean_bytes, most_bytes) = measured.template_bytes();
    let value = json!({
        "plugin": format!("{:?}", measured.plugin),
        "records": measured.records.then(|| {
            let (same, of) = measured.unchanged_references();
            json!({ "references": of, "unchanged": same })
        }),
        "images": figures.images,
        "fingers": figures.fingers,
        "genuine": figures.genuine,
        "impostors": figures.impostors,
        "sets": sets,
        "pooled": { "eer": figures.equal_error, "rates": pooled },
        "cross-sensor": figures.cross_sensor.map(|cross| json!({ "fnmr-1e-4": cross.missed, "pairs": cross.pairs })),
        "two-fingers": {
            "rates": two_rates.collect::<Vec<_>>(), "voters": two.voters, "impostors": two.impostors,
        },
        "identification": {
            "rank-1": search.rank_one, "fnir-1e-2": search.missed, "fingers": search.fingers, "probes": search.probes,
        },
        "shipped": shipped.collect::<Vec<_>>(),
        "quality": quality,
        "search-losses": {
            "alike": losses.alike, "lost": losses.lost, "matching": losses.matching,
            "matching-lost": losses.matching_lost, "other-score": losses.other_score,
        },
        "extraction": {
            "mean": speed.extraction.as_secs_f64(), "p95": speed.extraction_p95.as_secs_f64(), "timed": speed.extractions,
        },
        "search": { "mean": speed.search.as_secs_f64(), "timed": speed.searches, "enrolled": speed.enrolled },
        "comparison": { "mean": speed.comparison.as_secs_f64(), "timed": speed.comparisons },
        "template-bytes": { "mean": mean_bytes, "most": most_bytes },
        "failures": failures.collect::<Vec<_>>(),
    });
    format!("{value:#}")
}

fn at(at: &AtThreshold) -> Value {
    json!({
        "threshold": at.threshold, "fnmr": at.miss_rate(), "fmr": at.match_rate(), "missed": at.missed,
        "genuine": at.genuine, "matched": at.matched, "impostors": at.impostors,
    })
}

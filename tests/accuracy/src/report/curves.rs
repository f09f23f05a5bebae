//! DET curves: each set by itself, and all together.

use super::frame::{Axis, Frame, chart, decades, smallest_share};
use crate::figures::{CurvePoint, Relation, curve};
use crate::measurement::Measurement;
use crate::shipped::{ROLL, threshold};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Colours of sets, in order; more sets begin anew with broken lines. The first is that of all together (Okabe and Ito 2008).
const COLOURS: [&str; 7] = [
    "#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
];

/// Genuine and impostor scores of a set.
type Scores = (Vec<f64>, Vec<f64>);

pub(crate) fn draw(measured: &Measurement) -> Markup {
    let frame = Frame {
        across: Axis::Logarithmic(smallest_share(measured.impostors.len()), 1.0),
        up: Axis::Logarithmic(smallest_share(measured.genuine.len()), 1.0),
        across_name: "impostor pairs at or above the threshold (FMR)",
        up_name: "genuine pairs below it (FNMR)",
    };
    let pooled = curve(&measured.genuine, &measured.impostors);
    let sets = by_set(measured);
    let mut curves = vec![("all sets".to_owned(), pooled.clone())];
    curves.extend(
        sets.iter()
            .map(|(set, (genuine, impostors))| ((*set).to_owned(), curve(genuine, impostors))),
    );
    let content = html! {
        (frame.axes(&decades(smallest_share(measured.impostors.len())), &decades(smallest_share(measured.genuine.len()))))
        @for (index, (_, points)) in curves.iter().enumerate() {
            path.curve.broken[index >= COLOURS.len()].all[index == 0]
                d=(frame.path(seen(points)))
                stroke=(COLOURS[index % COLOURS.len()]) {}
        }
        @for (number, label) in marks() {
            @if let Some(point) = reached(&pooled, number) {
                g.point {
                    circle cx=(frame.x(point.match_rate)) cy=(frame.y(point.miss_rate)) r="4" {}
                    text x=(frame.x(point.match_rate) + 8.0) y=(frame.y(point.miss_rate) - 6.0) { (label) }
                }
            }
        }
    };
    html! {
        (chart(&content))
        p.key {
            @for (index, (name, _)) in curves.iter().enumerate() {
                span { svg viewBox="0 0 24 8" {
                    line.broken[index >= COLOURS.len()] x1="0" x2="24" y1="4" y2="4" stroke=(COLOURS[index % COLOURS.len()]) {}
                } (name) }
            }
        }
        p.note {
            "All sets together have impostors across sets, each set its own alone; a curve ends on the left where its last \
            impostor is. No misses at all lie on the lower edge, no impostors on the left one. Points are thresholds, as the matcher states scores: 100 for each power of ten of the estimated FMR."
        }
    }
}

/// Beyond the highest impostor nothing is known of the FMR, so that nothing is drawn.
fn seen(points: &[CurvePoint]) -> impl Iterator<Item = (f64, f64)> {
    let known = points.iter().filter(|point| point.match_rate > 0.0);
    known.map(|point| (point.match_rate, point.miss_rate))
}

/// Thresholds that are marked on the pooled curve.
fn marks() -> Vec<(f64, String)> {
    let shipped = threshold(ROLL);
    let mut marks: Vec<(f64, String)> = [200, 300, 400]
        .map(|score: u16| (f64::from(score), score.to_string()))
        .to_vec();
    marks.push((f64::from(shipped), format!("{shipped}, 1:N for a roll of 5,000")));
    marks
}

fn reached(points: &[CurvePoint], threshold: f64) -> Option<&CurvePoint> {
    points.iter().find(|point| point.threshold >= threshold)
}

fn by_set(measured: &Measurement) -> BTreeMap<&str, Scores> {
    let names = measured.table.names();
    let mut sets: BTreeMap<&str, Scores> = BTreeMap::new();
    for (a, b, score) in measured.table.pairs() {
        let (first, second) = (&names[a], &names[b]);
        if first.set != second.set {
            continue;
        }
        let (genuine, impostors) = sets.entry(&first.set).or_default();
        match Relation::of(first, second) {
            Relation::Genuine => genuine.push(score),
            Relation::Impostor => impostors.push(score),
            Relation::CrossSensor => {}
        }
    }
    sets
}

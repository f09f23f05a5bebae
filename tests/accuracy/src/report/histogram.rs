//! How scores are spread, genuine and impostor.

use super::frame::{Axis, Frame, chart, decades, smallest_share};
use crate::measurement::Measurement;
use crate::shipped::{ROLL, threshold};
use crate::text::grouped;
use maud::{Markup, html};

/// Scores in one bar.
const BIN: f64 = 25.0;

pub(crate) fn draw(measured: &Measurement) -> Markup {
    let all = measured.genuine.iter().chain(&measured.impostors);
    let highest = all.fold(0.0, |highest: f64, score| highest.max(*score));
    let bars = whole(highest / BIN) + 1;
    let last = bars as f64 * BIN;
    let least = smallest_share(measured.impostors.len().max(measured.genuine.len()));
    let frame = Frame {
        across: Axis::Linear(0.0, last),
        up: Axis::Logarithmic(least, 1.0),
        across_name: "score, in bars of 25",
        up_name: "share of the kind's pairs",
    };
    let step = if last > 1_000.0 { 200.0 } else { 100.0 };
    let columns: Vec<(f64, String)> = (0..)
        .map(|index| f64::from(index) * step)
        .take_while(|number| *number <= last)
        .map(|number| (number, number.to_string()))
        .collect();
    let shipped = f64::from(threshold(ROLL));
    let content = html! {
        (frame.axes(&columns, &decades(least)))
        path.spread.impostor d=(outline(&frame, &measured.impostors, bars)) {}
        path.spread.genuine d=(outline(&frame, &measured.genuine, bars)) {}
        @if shipped <= last { (frame.mark(shipped, "1:N, roll of 5,000")) }
    };
    html! {
        (chart(&content))
        p.key {
            span.genuine { "genuine, " (grouped(measured.genuine.len())) " pairs" }
            span.impostor { "impostor, " (grouped(measured.impostors.len())) " pairs" }
        }
    }
}

/// Bars without gaps, down to the lower edge.
fn outline(frame: &Frame, scores: &[f64], bars: usize) -> String {
    let mut counts = vec![0_usize; bars];
    for score in scores {
        if let Some(count) = counts.get_mut(whole(score / BIN)) {
            *count += 1;
        }
    }
    let mut points = vec![(0.0, 0.0)];
    for (index, count) in counts.iter().enumerate() {
        let share = *count as f64 / scores.len().max(1) as f64;
        let (from, to) = (index as f64 * BIN, (index + 1) as f64 * BIN);
        points.extend([(from, share), (to, share)]);
    }
    points.push((bars as f64 * BIN, 0.0));
    frame.path(points.into_iter())
}

/// Scores are 0 or more.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place among the bars, rounded down"
)]
fn whole(number: f64) -> usize {
    number as usize
}

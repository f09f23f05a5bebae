//! Does the quality predict the misses?

use super::frame::{Axis, Frame, chart};
use crate::figures::quality_groups;
use crate::measurement::Measurement;
use maud::{Markup, html};

/// Groups of about one size.
const GROUPS: usize = 10;
/// What a group is wide, of its place.
const FILLED: f64 = 0.36;

pub(crate) fn draw(measured: &Measurement) -> Markup {
    let pairs = measured.qualities();
    let at = |rate: f64| {
        let found = measured.figures.pooled.iter().find(|pooled| pooled.rate == rate);
        found.and_then(|found| Some(quality_groups(&pairs, found.threshold?, GROUPS)))
    };
    let (Some(lenient), Some(strict)) = (at(1e-3), at(1e-4)) else {
        return html! { p { "There are no impostors to set a threshold by." } };
    };
    let worst = strict.iter().map(|group| group.miss_rate()).fold(0.0, f64::max);
    // To the next five per cent.
    let top = ((worst * 20.0).floor() + 1.0) / 20.0;
    let frame = Frame {
        across: Axis::Linear(0.0, strict.len() as f64),
        up: Axis::Linear(0.0, top),
        across_name: "quality of the poorer image (number of pairs)",
        up_name: "genuine pairs missed (FNMR)",
    };
    let columns: Vec<(f64, String)> = strict
        .iter()
        .enumerate()
        .map(|(index, group)| {
            let (from, to) = group.range;
            (index as f64 + 0.5, format!("{from}\u{2013}{to} ({})", group.pairs))
        })
        .collect();
    let rows: Vec<(f64, String)> = (0..=5)
        .map(|fifth| {
            let share = top * f64::from(fifth) / 5.0;
            (
                share,
                format!("{} %", crate::text::six_digits((share * 1e4).round() / 1e2)),
            )
        })
        .collect();
    let bar = |index: usize, beside: f64, rate: f64| {
        let (from, to) = (index as f64 + beside, index as f64 + beside + FILLED);
        (
            frame.x(from),
            frame.x(to) - frame.x(from),
            frame.y(rate),
            frame.floor() - frame.y(rate),
        )
    };
    let content = html! {
        (frame.axes(&columns, &rows))
        @for (kind, beside, groups) in [("lenient", 0.5 - FILLED, &lenient), ("strict", 0.5, &strict)] {
            @for (index, group) in groups.iter().enumerate() {
                @let (x, width, y, height) = bar(index, beside, group.miss_rate());
                rect class=(format!("bar {kind}")) x=(x) y=(y) width=(width) height=(height) {}
            }
        }
    };
    html! {
        (chart(&content))
        p.key { span.lenient { "at an FMR of 0.1 %" } span.strict { "at an FMR of 0.01 %" } }
        p.note { "A quality that is worth its name has bars that fall from left to right." }
    }
}

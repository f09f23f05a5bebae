//! The frame of a chart: where its axes lie, and where a number lies on them.

use maud::{Markup, html};

/// Of the whole chart.
pub(crate) const WIDTH: f64 = 860.0;
/// Of the whole chart.
pub(crate) const HEIGHT: f64 = 420.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 14.0;
const RIGHT: f64 = 20.0;
const BOTTOM: f64 = 50.0;

/// An axis, from its first number to its last.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Axis {
    Linear(f64, f64),
    /// numbers outside, 0 too, lie on the edge
    Logarithmic(f64, f64),
}

impl Axis {
    /// 0 at the first number, 1 at the last.
    pub(crate) fn place(self, number: f64) -> f64 {
        let share = match self {
            Self::Linear(first, last) => (number - first) / (last - first),
            Self::Logarithmic(first, last) => {
                (number.max(first).log10() - first.log10()) / (last.log10() - first.log10())
            }
        };
        share.clamp(0.0, 1.0)
    }
}

/// Both axes and their names.
pub(crate) struct Frame {
    pub(crate) across: Axis,
    pub(crate) up: Axis,
    pub(crate) across_name: &'static str,
    pub(crate) up_name: &'static str,
}

impl Frame {
    pub(crate) fn x(&self, number: f64) -> f64 {
        LEFT + self.across.place(number) * (WIDTH - LEFT - RIGHT)
    }

    pub(crate) fn y(&self, number: f64) -> f64 {
        HEIGHT - BOTTOM - self.up.place(number) * (HEIGHT - TOP - BOTTOM)
    }

    /// The lower edge.
    pub(crate) fn floor(&self) -> f64 {
        HEIGHT - BOTTOM
    }

    /// The axes with their grid; what is written at each line is given.
    pub(crate) fn axes(&self, columns: &[(f64, String)], rows: &[(f64, String)]) -> Markup {
        html! {
            g.grid {
                @for (number, _) in columns {
                    line x1=(self.x(*number)) x2=(self.x(*number)) y1=(TOP) y2=(self.floor()) {}
                }
                @for (number, _) in rows {
                    line x1=(LEFT) x2=(WIDTH - RIGHT) y1=(self.y(*number)) y2=(self.y(*number)) {}
                }
            }
            g.labels {
                @for (number, label) in columns {
                    text x=(self.x(*number)) y=(self.floor() + 18.0) text-anchor="middle" { (label) }
                }
                @for (number, label) in rows {
                    text x=(LEFT - 8.0) y=(self.y(*number) + 4.0) text-anchor="end" { (label) }
                }
                text.name x=((LEFT + WIDTH - RIGHT) / 2.0) y=(HEIGHT - 10.0) text-anchor="middle" { (self.across_name) }
                text.name transform=(format!("translate(14 {}) rotate(-90)", (TOP + self.floor()) / 2.0)) text-anchor="middle" {
                    (self.up_name)
                }
            }
        }
    }

    /// A line through these numbers.
    pub(crate) fn path(&self, points: impl Iterator<Item = (f64, f64)>) -> String {
        let mut places: Vec<String> = points
            .map(|(across, up)| format!("{:.1} {:.1}", self.x(across), self.y(up)))
            .collect();
        places.dedup();
        format!("M{}", places.join("L"))
    }

    /// A threshold as an upright line with its name.
    pub(crate) fn mark(&self, number: f64, label: &str) -> Markup {
        html! {
            g.mark {
                line x1=(self.x(number)) x2=(self.x(number)) y1=(TOP) y2=(self.floor()) {}
                text x=(self.x(number) + 4.0) y=(TOP + 12.0) { (label) }
            }
        }
    }
}

/// The chart around its content.
pub(crate) fn chart(content: &Markup) -> Markup {
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) style=(format!("max-width: {WIDTH}px")) role="img" { (content) }
    }
}

/// Every power of ten from the first to 1, in per cent.
pub(crate) fn decades(first: f64) -> Vec<(f64, String)> {
    let mut decades = Vec::new();
    let mut number = 1.0;
    // Half a decade below is no decade of the axis any more, whatever was rounded.
    while number > first * 0.5 {
        decades.push((number, format!("{} %", crate::text::six_digits(100.0 * number))));
        number /= 10.0;
    }
    decades
}

/// The power of ten at or below one in so many, at most 1e-2.
pub(crate) fn smallest_share(count: usize) -> f64 {
    let mut share = 1e-2;
    while share * count as f64 > 1.0 + 1e-9 {
        share /= 10.0;
    }
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_of_shares_begins_at_the_smallest_that_can_be_seen() {
        for (count, expected) in [(0, 1e-2), (100, 1e-2), (101, 1e-3), (98_560, 1e-5), (100_000, 1e-5)] {
            assert!((smallest_share(count) / expected - 1.0).abs() < 1e-6, "{count}");
        }
        let labels: Vec<String> = decades(1e-3).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["100 %", "10 %", "1 %", "0.1 %"]);
    }

    #[test]
    fn numbers_outside_an_axis_lie_on_its_edge() {
        let places = |axis: Axis, numbers: [f64; 4]| numbers.map(|number| axis.place(number));
        assert_eq!(
            places(Axis::Linear(0.0, 10.0), [-1.0, 0.0, 5.0, 20.0]),
            [0.0, 0.0, 0.5, 1.0]
        );
        assert_eq!(
            places(Axis::Logarithmic(0.01, 1.0), [0.0, 0.01, 0.1, 2.0]),
            [0.0, 0.0, 0.5, 1.0]
        );
    }
}

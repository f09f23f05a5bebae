//! Where the finger is, in cells of 8 x 8 pixels.

use crate::contrast::percentile;
use crate::plane::{Plane, smoothed};

/// Least contrast of a ridge, in grey levels.
const LEAST_SPREAD: f32 = 5.0;

/// Least parallelism, 0 to 1; low, because ridges turn fast where a finger is most itself: at core and delta.
const LEAST_COHERENCE: f32 = 0.15;

/// Least of parallelism times clarity, 0 to 1, in the mean around a cell. Low: poor ridges are worth more than none.
const LEAST_TRUST: f32 = 0.022;

/// True where ridges can be read: enough contrast, parallel lines, one connected region without holes.
pub(crate) fn foreground(spread: &Plane<f32>, coherence: &Plane<f32>) -> Plane<bool> {
    let enough = (0.4 * percentile(spread, 0.85)).max(LEAST_SPREAD);
    let calm = smoothed(coherence, 1.0);
    let mask = Plane::from_places(coherence.width, coherence.height, |x, y| {
        spread.at(x, y) > enough && calm.at(x, y) > LEAST_COHERENCE
    });
    without_holes(&largest(&majority(&closed(&mask))))
}

/// What of a finger shows ridges at a ridge's distance; texture of a sensor and dirt do not.
pub(crate) fn ridged(mask: &Plane<bool>, coherence: &Plane<f32>, clarity: &Plane<f32>) -> Plane<bool> {
    let trust = Plane::from_places(mask.width, mask.height, |x, y| coherence.at(x, y) * clarity.at(x, y));
    let calm = smoothed(&trust, 1.0);
    let inside = Plane::from_places(mask.width, mask.height, |x, y| {
        mask.at(x, y) && calm.at(x, y) > LEAST_TRUST
    });
    without_holes(&largest(&majority(&inside)))
}

/// A cell is what most of its 5 x 5 surroundings are.
fn majority(mask: &Plane<bool>) -> Plane<bool> {
    let share = smoothed(&mask.map(|inside| if inside { 1.0 } else { 0.0 }), 1.2);
    share.map(|share| share > 0.5)
}

/// Bays narrower than five cells are filled: unclear ridges between clear ones are still ridges.
fn closed(mask: &Plane<bool>) -> Plane<bool> {
    let grown = spread_of(mask, 2, true);
    spread_of(&grown, 2, false)
}

/// Every cell that has a cell of this value so near takes it.
fn spread_of(mask: &Plane<bool>, reach: usize, value: bool) -> Plane<bool> {
    Plane::from_places(mask.width, mask.height, |x, y| {
        let rows = y.saturating_sub(reach)..(y + reach + 1).min(mask.height);
        let any = rows
            .into_iter()
            .any(|v| (x.saturating_sub(reach)..(x + reach + 1).min(mask.width)).any(|u| mask.at(u, v) == value));
        any == value
    })
}

/// Numbers the regions of equal value, 4-connected; returns each cell's region and each region's size and touch of the
/// rim.
fn regions(mask: &Plane<bool>) -> (Plane<usize>, Vec<(usize, bool)>) {
    let mut region = Plane::filled(mask.width, mask.height, usize::MAX);
    let mut sizes = Vec::new();
    let mut open = Vec::new();
    for start in 0..mask.values.len() {
        if region.values[start] != usize::MAX {
            continue;
        }
        let number = sizes.len();
        let (mut size, mut rim) = (0, false);
        region.values[start] = number;
        open.push(start);
        while let Some(at) = open.pop() {
            size += 1;
            let (x, y) = (at % mask.width, at / mask.width);
            rim |= x == 0 || y == 0 || x + 1 == mask.width || y + 1 == mask.height;
            let around = [
                (x > 0).then(|| at - 1),
                (x + 1 < mask.width).then_some(at + 1),
                (y > 0).then(|| at - mask.width),
                (y + 1 < mask.height).then_some(at + mask.width),
            ];
            for next in around.into_iter().flatten() {
                if region.values[next] == usize::MAX && mask.values[next] == mask.values[start] {
                    region.values[next] = number;
                    open.push(next);
                }
            }
        }
        sizes.push((size, rim));
    }
    (region, sizes)
}

fn largest(mask: &Plane<bool>) -> Plane<bool> {
    let (region, sizes) = regions(mask);
    let mut inside = vec![false; sizes.len()];
    for (at, number) in region.values.iter().enumerate() {
        inside[*number] = mask.values[at];
    }
    // The first of equally large regions, so that the result is defined.
    let best = (0..sizes.len())
        .filter(|number| inside[*number])
        .max_by_key(|number| (sizes[*number].0, usize::MAX - number));
    region.map(|number| Some(number) == best)
}

fn without_holes(mask: &Plane<bool>) -> Plane<bool> {
    let (region, sizes) = regions(mask);
    let values = region
        .values
        .iter()
        .zip(&mask.values)
        .map(|(number, inside)| *inside || !sizes[*number].1)
        .collect();
    Plane {
        width: mask.width,
        height: mask.height,
        values,
    }
}

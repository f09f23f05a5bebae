//! Ridges made clear: an even Gabor filter along the local direction at the local ridge distance.
//!
//! Hong, Wan, Jain 1998, section 2.7. The filters come from a bank of 36 directions and 12 ridge distances; one filter
//! serves four by four pixels, so that the inner loop runs over four neighbours at once.

use crate::frequency::Frequency;
use crate::number::index;
use crate::orientation::{CELL, Orientation};
use crate::plane::Plane;

/// Half of a filter's side, in pixels.
const RADIUS: usize = 8;
/// A filter's side.
const SIDE: usize = 2 * RADIUS + 1;
/// Directions in the bank, over half a turn.
const DIRECTIONS: usize = 36;
/// Ridge distances in the bank: 4 pixels and up, one apart.
const DISTANCES: usize = 12;
const SHORTEST: f32 = 4.0;
/// Pixels that one filter serves, in each direction.
const TILE: usize = 4;
/// Spread along the ridge, in pixels: longer closes gaps, shorter follows bends.
const ALONG: f32 = 4.5;

/// Filters, made when first needed.
struct Bank {
    filters: Vec<Option<Box<[f32]>>>,
}

impl Bank {
    fn filter(&mut self, direction: usize, distance: usize) -> &[f32] {
        self.filters[direction * DISTANCES + distance].get_or_insert_with(|| filter(direction, distance))
    }
}

fn filter(direction: usize, distance: usize) -> Box<[f32]> {
    let angle = std::f32::consts::PI * direction as f32 / DIRECTIONS as f32;
    let (along_x, along_y) = (libm::cosf(angle), libm::sinf(angle));
    let period = SHORTEST + distance as f32;
    let across_spread = 0.42 * period;
    let mut taps = Vec::with_capacity(SIDE * SIDE);
    let mut envelopes = Vec::with_capacity(SIDE * SIDE);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let (dx, dy) = (column as f32 - RADIUS as f32, row as f32 - RADIUS as f32);
            let along = (dx * along_x + dy * along_y) / ALONG;
            let across = dy * along_x - dx * along_y;
            let narrow = across / across_spread;
            let envelope = libm::expf(-0.5 * (along * along + narrow * narrow));
            envelopes.push(envelope);
            taps.push(envelope * libm::cosf(std::f32::consts::TAU * across / period));
        }
    }
    // No answer to plain brightness, and the same answer to a pure wave at every distance.
    let offset = taps.iter().sum::<f32>() / envelopes.iter().sum::<f32>();
    taps.iter_mut()
        .zip(&envelopes)
        .for_each(|(tap, envelope)| *tap -= offset * envelope);
    let gain: f32 = taps.iter().map(|tap| tap.abs()).sum();
    taps.iter_mut().for_each(|tap| *tap /= gain);
    taps.into_boxed_slice()
}

/// Filter answers inside the finger (about -1 to 1, ridges positive), 0 outside.
pub(crate) fn ridges(
    normal: &Plane<f32>,
    orientation: &Orientation,
    frequency: &Frequency,
    mask: &Plane<bool>,
) -> Plane<f32> {
    let mut bank = Bank {
        filters: vec![None; DIRECTIONS * DISTANCES],
    };
    let margined = Margined::new(normal);
    let mut answers = Plane::filled(normal.width, normal.height, 0.0);
    for top in (0..normal.height).step_by(TILE) {
        for left in (0..normal.width).step_by(TILE) {
            let (cell_x, cell_y) = (left / CELL, top / CELL);
            if !mask.at(cell_x, cell_y) {
                continue;
            }
            let centre = (TILE / 2) as f32 - 0.5;
            let (cosine, sine) = orientation.at(left as f32 + centre, top as f32 + centre);
            let half = libm::atan2f(sine, cosine) / std::f32::consts::TAU;
            let half = if half < 0.0 { half + 1.0 } else { half };
            let direction = index(half * DIRECTIONS as f32) % DIRECTIONS;
            let distance = index(frequency.period.at(cell_x, cell_y) - SHORTEST).min(DISTANCES - 1);
            let taps = bank.filter(direction, distance);
            for y in top..(top + TILE).min(normal.height) {
                let sums = margined.four(taps, left, y);
                let wide = TILE.min(normal.width - left);
                answers.values[y * normal.width + left..][..wide].copy_from_slice(&sums[..wide]);
            }
        }
    }
    answers
}

/// The sample with a margin of zeros, so that the inner loop needs no bounds.
struct Margined {
    stride: usize,
    values: Vec<f32>,
}

impl Margined {
    fn new(normal: &Plane<f32>) -> Self {
        let stride = normal.width + 2 * RADIUS + TILE;
        let mut values = vec![0.0; stride * (normal.height + 2 * RADIUS)];
        for y in 0..normal.height {
            values[(y + RADIUS) * stride + RADIUS..][..normal.width]
                .copy_from_slice(&normal.values[y * normal.width..][..normal.width]);
        }
        Self { stride, values }
    }

    /// The filter's answers at (x, y) and the three pixels to its right.
    fn four(&self, taps: &[f32], x: usize, y: usize) -> [f32; TILE] {
        let mut sums = [0.0; TILE];
        for (row, taps) in taps.chunks_exact(SIDE).enumerate() {
            let line = &self.values[(y + row) * self.stride + x..][..SIDE + TILE - 1];
            for (window, tap) in line.windows(TILE).zip(taps) {
                for (sum, value) in sums.iter_mut().zip(window) {
                    *sum += tap * value;
                }
            }
        }
        sums
    }
}

//! Ridges made clear: an even Gabor filter along the local direction at the local ridge distance.
//!
//! Hong, Wan, Jain 1998, section 2.7. The filters come from a bank of 36 directions and 12 ridge distances, in whole
//! numbers; one filter serves four by four pixels. Eight products are summed at once.

use crate::frequency::Frequency;
use crate::margined::{MARGIN, Margined, put, whole};
use crate::number::{index, whole16};
use crate::orientation::{CELL, Orientation};
use crate::plane::Plane;
use std::sync::OnceLock;
use wide::{i16x8, i32x4};

/// Half of a filter's side, in pixels.
const RADIUS: usize = 7;
/// Rows of a filter.
const ROWS: usize = 2 * RADIUS + 1;
/// Directions in the bank, over half a turn.
const DIRECTIONS: usize = 36;
/// Ridge distances in the bank: 4 pixels and up, one apart.
const DISTANCES: usize = 12;
const SHORTEST: f32 = 4.0;
/// Pixels that one filter serves, in each direction.
const TILE: usize = 4;
/// Spread along the ridge, in pixels: longer closes gaps, shorter follows bends.
const ALONG: f32 = 4.5;
/// Magnitudes of a filter's taps sum up to this.
const GAIN: f32 = 16_384.0;
/// What a sum is divided by, as a power of two: an answer is up to four times the picture.
const SHIFT: i32 = 12;

/// A row is its taps and one zero, in two vectors.
type Filter = [[i16x8; 2]; ROWS];

/// Filters, made when first needed and kept.
static BANK: [OnceLock<Box<Filter>>; DIRECTIONS * DISTANCES] = [const { OnceLock::new() }; DIRECTIONS * DISTANCES];

fn filter(direction: usize, distance: usize) -> &'static Filter {
    BANK[direction * DISTANCES + distance].get_or_init(|| made(direction, distance))
}

fn made(direction: usize, distance: usize) -> Box<Filter> {
    let angle = std::f32::consts::PI * direction as f32 / DIRECTIONS as f32;
    let (along_x, along_y) = (libm::cosf(angle), libm::sinf(angle));
    let period = SHORTEST + distance as f32;
    let across_spread = 0.42 * period;
    let mut taps = [[0.0f32; ROWS]; ROWS];
    let mut envelopes = taps;
    for (row, (taps, envelopes)) in taps.iter_mut().zip(&mut envelopes).enumerate() {
        for (column, (tap, envelope)) in taps.iter_mut().zip(envelopes).enumerate() {
            let (dx, dy) = (column as f32 - RADIUS as f32, row as f32 - RADIUS as f32);
            let along = (dx * along_x + dy * along_y) / ALONG;
            let across = dy * along_x - dx * along_y;
            let narrow = across / across_spread;
            *envelope = libm::expf(-0.5 * (along * along + narrow * narrow));
            *tap = *envelope * libm::cosf(std::f32::consts::TAU * across / period);
        }
    }
    // No answer to plain brightness, and the same answer to a pure wave at every distance.
    let offset = taps.iter().flatten().sum::<f32>() / envelopes.iter().flatten().sum::<f32>();
    for (tap, envelope) in taps.iter_mut().flatten().zip(envelopes.iter().flatten()) {
        *tap -= offset * envelope;
    }
    let gain: f32 = taps.iter().flatten().map(|tap| tap.abs()).sum();
    Box::new(taps.map(|row| {
        let mut whole = [0i16; ROWS + 1];
        for (whole, tap) in whole.iter_mut().zip(row) {
            *whole = whole16(GAIN * tap / gain);
        }
        let [first, second] = halves(&whole);
        [first, second]
    }))
}

fn halves(row: &[i16; ROWS + 1]) -> [i16x8; 2] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *row;
    [
        i16x8::new([a, b, c, d, e, f, g, h]),
        i16x8::new([i, j, k, l, m, n, o, p]),
    ]
}

/// Filter answers inside the finger (ridges positive), 0 outside.
pub(crate) fn ridges(
    picture: &Margined,
    orientation: &Orientation,
    frequency: &Frequency,
    mask: &Plane<bool>,
) -> Margined {
    let mut answers = Margined::zero(picture.width, picture.height);
    for top in (0..picture.height).step_by(TILE) {
        for left in (0..picture.width).step_by(TILE) {
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
            let window = Window::around(picture, left, top);
            let filter = filter(direction, distance);
            for row in 0..TILE.min(picture.height - top) {
                put(&mut answers.row_mut(top + row)[left..], window.four(filter, row));
            }
        }
    }
    answers
}

/// What the answers in one tile are made of.
struct Window([[i16; 8 * SPAN]; ROWS + TILE - 1]);

/// Vectors that a filter's row and the pixels that it moves by take.
const SPAN: usize = (ROWS + TILE).div_ceil(8);

impl Window {
    fn around(picture: &Margined, left: usize, top: usize) -> Self {
        let first = picture.index(left, top) - RADIUS * picture.stride - RADIUS;
        let mut lines = picture.values()[first..].chunks(picture.stride);
        Self(std::array::from_fn(|_| {
            let line = lines.next().and_then(|line| line.first_chunk());
            line.copied().unwrap_or([0; 8 * SPAN])
        }))
    }

    /// The filter's answers in a row of the tile.
    fn four(&self, filter: &Filter, row: usize) -> [i16; TILE] {
        let mut sums = [i32x4::ZERO; TILE];
        let lines = &self.0[row..row + ROWS];
        // Three rows at a time: a turn of a loop costs a look at the clock in the sandbox.
        for (filter, lines) in filter.as_chunks::<3>().0.iter().zip(lines.as_chunks::<3>().0) {
            for ([low, high], line) in filter.iter().zip(lines) {
                sums[0] += product::<0>(line, *low, *high);
                sums[1] += product::<1>(line, *low, *high);
                sums[2] += product::<2>(line, *low, *high);
                sums[3] += product::<3>(line, *low, *high);
            }
        }
        sums.map(|sum| {
            let sum = whole(sum);
            i16::try_from(sum >> SHIFT).unwrap_or(if sum < 0 { i16::MIN } else { i16::MAX })
        })
    }
}

fn product<const AT: usize>(line: &[i16; 8 * SPAN], low: i16x8, high: i16x8) -> i32x4 {
    let (_, rest) = line.split_at(AT);
    let ([one, two, ..], _) = rest.as_chunks::<8>() else {
        return i32x4::ZERO;
    };
    low.dot(i16x8::new(*one)) + high.dot(i16x8::new(*two))
}

const _: () = assert!(ROWS.is_multiple_of(3), "whole steps of rows");
const _: () = assert!(8 * SPAN - RADIUS <= MARGIN, "a filter stays within the margin");

//! Ridges made clear: an even Gabor filter along the local direction at the local ridge distance.
//!
//! Hong, Wan, Jain 1998, section 2.7. The filters come from a bank of 36 directions and 12 ridge distances, in whole
//! numbers; one filter serves four by four pixels. Eight products are summed at once.

use crate::frequency::Frequency;
use crate::margined::{MARGIN, Margined};
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
            let filter = filter(direction, distance);
            for y in top..(top + TILE).min(picture.height) {
                let sums = four(picture, filter, left, y);
                let wide = TILE.min(picture.width - left);
                answers.row_mut(y)[left..left + wide].copy_from_slice(&sums[..wide]);
            }
        }
    }
    answers
}

/// The filter's answers at (x, y) and the three pixels to its right.
fn four(picture: &Margined, filter: &Filter, x: usize, y: usize) -> [i16; TILE] {
    let mut sums = [i32x4::ZERO; TILE];
    let first = picture.index(x, y) - RADIUS * picture.stride - RADIUS;
    let window = &picture.values()[first..first + (ROWS - 1) * picture.stride + ROWS + TILE];
    for ([low, high], line) in filter.iter().zip(window.chunks(picture.stride)) {
        let Some(line) = line.first_chunk::<{ ROWS + TILE }>() else {
            break;
        };
        sums[0] += row::<0>(line, *low, *high);
        sums[1] += row::<1>(line, *low, *high);
        sums[2] += row::<2>(line, *low, *high);
        sums[3] += row::<3>(line, *low, *high);
    }
    sums.map(|sum| {
        let sum: i32 = sum.to_array().iter().sum();
        i16::try_from(sum >> SHIFT).unwrap_or(if sum < 0 { i16::MIN } else { i16::MAX })
    })
}

fn row<const AT: usize>(line: &[i16; ROWS + TILE], low: i16x8, high: i16x8) -> i32x4 {
    let (_, rest) = line.split_at(AT);
    let ([one, two, ..], _) = rest.as_chunks::<8>() else {
        return i32x4::ZERO;
    };
    low.dot(i16x8::new(*one)) + high.dot(i16x8::new(*two))
}

const _: () = assert!(RADIUS + TILE < MARGIN, "a filter stays within the margin");

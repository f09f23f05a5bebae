//! Local contrast: every place gets mean 0 and spread 1, dark ridges positive.
//!
//! Hong, Wan, Jain 1998, section 2.3 (normalisation), with a sliding window instead of one mean for the image, because
//! pressure differs between the middle and the rim of a fingertip. Mean and spread are taken at the corners of the
//! cells and run evenly between.

use crate::image::{Grey, LEVEL};
use crate::margined::{Margined, put};
use crate::number::{index, whole16};
use crate::orientation::CELL;
use crate::plane::Plane;
use std::ops::Range;
use wide::{f32x8, i16x8};

/// Cells on each side of a corner that its window takes in: together about four ridges.
const HALF_WINDOW: usize = 2;
/// What a spread of 1 is in [`Contrast::normal`].
pub(crate) const UNIT: f32 = 64.0;
/// Values beyond so many spreads are cut.
const CUT: f32 = 3.0;

/// The evened-out sample and how strong its contrast was.
pub(crate) struct Contrast {
    /// local mean 0, local standard deviation about [`UNIT`], ridges positive, cut at three of them
    pub(crate) normal: Margined,
    /// local standard deviation in grey levels, of each cell
    pub(crate) spread: Plane<f32>,
    /// local mean in grey levels, of each cell
    pub(crate) mean: Plane<f32>,
}

/// Evens out a sample at 500 dpi.
#[inline(never)]
pub(crate) fn normalised(grey: &Grey) -> Contrast {
    let (means, spreads) = corners(&Sums::of(grey));
    // Without a floor the empty sensor's noise would be blown up into ridges.
    let floor = 0.25 * percentile(&spreads, 0.8) + 2.0 * LEVEL;
    let gains = spreads.map(|spread| UNIT / spread.max(floor));
    let mut normal = Margined::zero(grey.width, grey.height);
    for y in 0..grey.height {
        let (corner, down) = (y / CELL, (y % CELL) as f32 / CELL as f32);
        let between = |plane: &Plane<f32>, x: usize| {
            let (above, below) = (plane.at(x, corner), plane.at(x, corner + 1));
            above + down * (below - above)
        };
        let pixels = &grey.values[y * grey.width..][..grey.width];
        let row = normal.row_mut(y);
        for (cell, (pixels, row)) in pixels.chunks(CELL).zip(row.chunks_mut(CELL)).enumerate() {
            let mean = between(&means, cell)..between(&means, cell + 1);
            let gain = between(&gains, cell)..between(&gains, cell + 1);
            let levels = match pixels.first_chunk() {
                Some(all) => *all,
                None => std::array::from_fn(|at| pixels.get(at).copied().unwrap_or(0)),
            };
            put(row, evened(levels, &mean, &gain));
        }
    }
    Contrast {
        normal,
        spread: of_cells(&spreads),
        mean: of_cells(&means),
    }
}

/// What the four corners of each cell have in the mean, in grey levels.
fn of_cells(corners: &Plane<f32>) -> Plane<f32> {
    Plane::from_places(corners.width - 1, corners.height - 1, |x, y| {
        0.25 / LEVEL * (corners.at(x, y) + corners.at(x + 1, y) + corners.at(x, y + 1) + corners.at(x + 1, y + 1))
    })
}

/// Eight pixels of a row, taken off a mean and multiplied by a gain that run evenly along them.
fn evened(levels: [u16; CELL], mean: &Range<f32>, gain: &Range<f32>) -> [i16; CELL] {
    const MOST: f32 = CUT * UNIT;
    let along = f32x8::new([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    let run =
        |ends: &Range<f32>| f32x8::splat(ends.start) + along * f32x8::splat((ends.end - ends.start) / CELL as f32);
    let off = (run(mean) - f32x8::new(levels.map(f32::from))) * run(gain);
    // Nearest whole number: cut off from what is never negative.
    let positive = off.fast_max(f32x8::splat(-MOST)).fast_min(f32x8::splat(MOST)) + f32x8::splat(MOST + 0.5);
    (i16x8::from_i32x8_truncate(positive.trunc_int()) - i16x8::splat(whole16(MOST))).to_array()
}

/// The value that the given share of values does not exceed.
pub(crate) fn percentile(plane: &Plane<f32>, share: f32) -> f32 {
    let mut sorted = plane.values.clone();
    sorted.sort_by(f32::total_cmp);
    sorted[index((sorted.len() - 1) as f32 * share)]
}

/// Count, sum and sum of squares of each cell's pixels.
struct Sums(Plane<(u32, u32, u32)>);

impl Sums {
    fn of(grey: &Grey) -> Self {
        let mut sums = Plane::filled(grey.width.div_ceil(CELL), grey.height.div_ceil(CELL), (0, 0, 0));
        for (y, line) in grey.values.chunks_exact(grey.width).enumerate() {
            let cells = &mut sums.values[y / CELL * sums.width..][..sums.width];
            for (pixels, cell) in line.chunks(CELL).zip(cells) {
                for pixel in pixels {
                    let pixel = u32::from(*pixel);
                    *cell = (cell.0 + 1, cell.1 + pixel, cell.2 + pixel * pixel);
                }
            }
        }
        Self(sums)
    }
}

/// Mean and standard deviation around each corner of the cells.
fn corners(Sums(sums): &Sums) -> (Plane<f32>, Plane<f32>) {
    let around = |corner: usize, side: usize| corner.saturating_sub(HALF_WINDOW)..(corner + HALF_WINDOW).min(side);
    let mut spreads = Plane::filled(sums.width + 1, sums.height + 1, 0.0);
    let means = Plane::from_places(sums.width + 1, sums.height + 1, |x, y| {
        let (mut count, mut sum, mut squares) = (0u32, 0u32, 0u32);
        for row in around(y, sums.height) {
            for cell in &sums.values[row * sums.width..][around(x, sums.width)] {
                (count, sum, squares) = (count + cell.0, sum + cell.1, squares + cell.2);
            }
        }
        let count = f64::from(count.max(1));
        let mean = f64::from(sum) / count;
        let variance = (f64::from(squares) / count - mean * mean).max(0.0);
        spreads.set(x, y, crate::number::narrow(variance.sqrt()));
        crate::number::narrow(mean)
    });
    (means, spreads)
}

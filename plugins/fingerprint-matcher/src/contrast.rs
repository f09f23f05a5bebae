//! Local contrast: every place gets mean 0 and spread 1, dark ridges positive.
//!
//! Hong, Wan, Jain 1998, section 2.3 (normalisation), with a sliding window instead of one mean for the image, because
//! pressure differs between the middle and the rim of a fingertip. Mean and spread are taken at the corners of the
//! cells and run evenly between.

use crate::image::{Grey, LEVEL};
use crate::margined::Margined;
use crate::number::{index, whole16};
use crate::orientation::CELL;
use crate::plane::Plane;

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
}

/// Evens out a sample at 500 dpi.
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
            let (mean, gain) = (between(&means, cell), between(&gains, cell));
            let mean_step = (between(&means, cell + 1) - mean) / CELL as f32;
            let gain_step = (between(&gains, cell + 1) - gain) / CELL as f32;
            for (at, (pixel, value)) in pixels.iter().zip(row).enumerate() {
                let along = at as f32;
                let off = (mean + along * mean_step) - f32::from(*pixel);
                *value = whole16((off * (gain + along * gain_step)).clamp(-CUT * UNIT, CUT * UNIT));
            }
        }
    }
    let spread = Plane::from_places(spreads.width - 1, spreads.height - 1, |x, y| {
        0.25 / LEVEL * (spreads.at(x, y) + spreads.at(x + 1, y) + spreads.at(x, y + 1) + spreads.at(x + 1, y + 1))
    });
    Contrast { normal, spread }
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

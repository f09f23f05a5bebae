//! A bank of Gabor filters: each passes ridges of one orientation and one period.

use super::plane::Plane;
use super::rounding::whole;
use core::f32::consts::PI;

/// Which filter of a bank to use at a pixel.
pub(crate) type Choice = u16;

/// Rows of a filter are this long, in taps: 15 and one that is zero, so that they are summed eight at a time.
const ROW: usize = 16;
/// A filter reaches this many pixels to each side.
const REACH: usize = 7;
/// Taps of one filter.
const TAPS: usize = ROW * (2 * REACH + 1);

/// Even, zero-mean Gabor filters for every orientation and period, scaled so that a fitting wave of height 1 comes
/// out with height 1.
pub(crate) struct Bank {
    orientations: usize,
    shortest: f32,
    step: f32,
    periods: usize,
    taps: Vec<[f32; TAPS]>,
}

impl Bank {
    /// Filters for `orientations` directions over half a turn and `periods` periods from `shortest` to `longest`
    /// pixels. `across` and `along` are how far a filter reaches over and along the ridge: standard deviations in
    /// periods.
    pub(crate) fn new(
        orientations: usize,
        (shortest, longest, periods): (f32, f32, usize),
        across: f32,
        along: f32,
    ) -> Bank {
        let step = (longest - shortest) / (periods.max(2) - 1) as f32;
        let mut taps = Vec::with_capacity(orientations * periods);
        for orientation in 0..orientations {
            let angle = PI * orientation as f32 / orientations as f32;
            for number in 0..periods {
                let period = shortest + step * number as f32;
                taps.push(filter(angle, period, across * period, along * period));
            }
        }
        Bank {
            orientations,
            shortest,
            step,
            periods,
            taps,
        }
    }

    /// The filter for ridges at `angle` (radians, 0 to pi, counter-clockwise) with this period in pixels.
    pub(crate) fn choose(&self, angle: f32, period: f32) -> Choice {
        let orientation = whole(angle / PI * self.orientations as f32 + 0.5) % self.orientations;
        let number = whole((period - self.shortest) / self.step + 0.5).min(self.periods - 1);
        Choice::try_from(orientation * self.periods + number).unwrap_or(0)
    }

    /// Filters a plane: at each pixel with the filter that `choice(x, y)` names.
    pub(crate) fn apply(&self, plane: &Plane, choice: impl Fn(usize, usize) -> Choice) -> Plane {
        let source = plane.padded(REACH, ROW);
        Plane::from_fn(plane.width, plane.height, |x, y| {
            let taps = &self.taps[usize::from(choice(x, y))];
            // eight sums side by side: the compiler may not reorder one float sum, but can keep these in one register
            let mut sums = [0.0_f32; 8];
            for (number, row) in taps.chunks_exact(ROW).enumerate() {
                let start = (y + number) * source.width + x;
                let cells = &source.cells[start..start + ROW];
                for (weights, values) in row.chunks_exact(8).zip(cells.chunks_exact(8)) {
                    for lane in 0..8 {
                        sums[lane] += weights[lane] * values[lane];
                    }
                }
            }
            (sums[0] + sums[4]) + (sums[1] + sums[5]) + (sums[2] + sums[6]) + (sums[3] + sums[7])
        })
    }
}

/// One filter: a cosine over the ridges under an elliptic bell.
fn filter(angle: f32, period: f32, across: f32, along: f32) -> [f32; TAPS] {
    let (sine, cosine) = (libm::sinf(angle), libm::cosf(angle));
    let mut bell = [0.0; TAPS];
    let mut wave = [0.0; TAPS];
    for row in 0..=2 * REACH {
        for column in 0..=2 * REACH {
            let (x, y) = (column as f32 - REACH as f32, REACH as f32 - row as f32);
            let (over, on) = (y * cosine - x * sine, x * cosine + y * sine);
            let tap = row * ROW + column;
            bell[tap] = libm::expf(-0.5 * (over * over / (across * across) + on * on / (along * along)));
            wave[tap] = libm::cosf(2.0 * PI * over / period);
        }
    }
    let mean = sum(&bell, &wave) / bell.iter().sum::<f32>();
    let mut taps = [0.0; TAPS];
    for ((tap, bell), wave) in taps.iter_mut().zip(bell).zip(wave) {
        *tap = bell * (wave - mean);
    }
    let gain = sum(&taps, &wave);
    taps.map(|tap| tap / gain)
}

/// The sum of products.
fn sum(left: &[f32; TAPS], right: &[f32; TAPS]) -> f32 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

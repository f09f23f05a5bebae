//! How far apart the ridges are, in cells of 8 x 8 pixels.
//!
//! The x-signature of Hong, Wan, Jain 1998, section 2.5; its period is read off a Fourier sum instead of peak
//! distances, which noise moves less.

use crate::contrast::UNIT;
use crate::margined::{MARGIN, Margined, whole as whole_sum};
use crate::number::{index, whole, whole16};
use crate::orientation::{CELL, Orientation};
use crate::plane::{Plane, smoothed};
use std::sync::LazyLock;
use wide::{i16x8, i32x4};

/// Samples across the ridges, one pixel apart.
const LENGTH: usize = 33;
/// The same as a number to divide by.
const COUNT: i32 = 33;
/// The same in whole vectors, the rest zero.
const VECTORS: usize = LENGTH.div_ceil(8);
/// Samples that are added at a time: a turn of a loop costs a look at the clock in the sandbox.
const TOGETHER: usize = 11;
/// Lines along the ridge that are averaged, two pixels apart.
const LINES: usize = 7;
/// Directions that the lines are laid in, over half a turn.
const DIRECTIONS: usize = 64;
/// Shortest and longest ridge distance tried, in pixels at 500 dpi: 0.22 to 0.8 mm.
const PERIODS: (f32, f32) = (4.5, 16.0);
/// Steps between both, evenly spaced in frequency.
const STEPS: usize = 28;
/// What 1 is in a wave's table.
const WAVE_UNIT: f32 = 4_096.0;

/// Ridge distances of a sample.
pub(crate) struct Frequency {
    /// distance between ridges in pixels; interpolated where it cannot be read
    pub(crate) period: Plane<f32>,
    /// 0 no ridges to 1 a pure wave
    pub(crate) clarity: Plane<f32>,
    /// mean period in pixels over the finger
    pub(crate) usual: f32,
    /// cells that the mean is of, each by its squared clarity
    pub(crate) total: f32,
}

/// Whole numbers in vectors.
type Line = [i16x8; VECTORS];

fn vectors(values: &[i16; 8 * VECTORS]) -> Line {
    std::array::from_fn(|vector| i16x8::new(std::array::from_fn(|k| values[8 * vector + k])))
}

fn product(one: &Line, two: &Line) -> f32 {
    let sum: i32x4 = one.iter().zip(two).map(|(a, b)| a.dot(*b)).sum();
    whole_sum(sum) as f32
}

/// Cosine and sine of every step at every sample.
struct Waves {
    tables: Vec<(Line, Line)>,
    frequencies: Vec<f32>,
    /// for each direction the places (x, y) of the samples, line after line
    places: Vec<[[(i32, i32); LENGTH]; LINES]>,
}

static WAVES: LazyLock<Waves> = LazyLock::new(Waves::new);

impl Waves {
    fn new() -> Self {
        let (slowest, fastest) = (1.0 / PERIODS.1, 1.0 / PERIODS.0);
        let frequencies: Vec<f32> = (0..STEPS)
            .map(|step| slowest + (fastest - slowest) * step as f32 / (STEPS - 1) as f32)
            .collect();
        let tables = frequencies.iter().map(|frequency| wave(*frequency)).collect();
        let places = (0..DIRECTIONS).map(places).collect();
        Self {
            tables,
            frequencies,
            places,
        }
    }

    /// Period in pixels and the power in it, as of a signature in spreads.
    #[inline(never)]
    fn strongest(&self, signature: &Line) -> (f32, f32) {
        let mut powers = [0.0; STEPS];
        for (power, (cosine, sine)) in powers.iter_mut().zip(&self.tables) {
            let (real, imaginary) = (product(signature, cosine), product(signature, sine));
            let scale = 1.0 / (WAVE_UNIT * UNIT * LINES as f32);
            *power = (real * scale) * (real * scale) + (imaginary * scale) * (imaginary * scale);
        }
        let mut best = 0;
        for step in 1..STEPS {
            if powers[step] > powers[best] {
                best = step;
            }
        }
        let inner = best.clamp(1, STEPS - 2);
        let (before, peak, after) = (powers[inner - 1], powers[inner], powers[inner + 1]);
        let bend = before - 2.0 * peak + after;
        let shift = if bend < -1e-6 {
            (0.5 * (before - after) / bend).clamp(-1.0, 1.0)
        } else {
            0.0
        };
        let step = self.frequencies[1] - self.frequencies[0];
        let frequency = self.frequencies[inner] + shift * step;
        (1.0 / frequency, powers[best])
    }
}

fn wave(frequency: f32) -> (Line, Line) {
    let (mut cosines, mut sines) = ([0i16; 8 * VECTORS], [0i16; 8 * VECTORS]);
    for at in 0..LENGTH {
        let offset = at as f32 - (LENGTH / 2) as f32;
        // a raised-cosine window keeps neighbouring steps apart
        let window = 0.5 + 0.5 * libm::cosf(std::f32::consts::TAU * offset / (LENGTH + 1) as f32);
        let phase = std::f32::consts::TAU * frequency * offset;
        cosines[at] = whole16(WAVE_UNIT * window * libm::cosf(phase));
        sines[at] = whole16(WAVE_UNIT * window * libm::sinf(phase));
    }
    (vectors(&cosines), vectors(&sines))
}

fn places(direction: usize) -> [[(i32, i32); LENGTH]; LINES] {
    let angle = std::f32::consts::PI * direction as f32 / DIRECTIONS as f32;
    let (along_x, along_y) = (libm::cosf(angle), libm::sinf(angle));
    std::array::from_fn(|line| {
        std::array::from_fn(|at| {
            let across = at as f32 - (LENGTH / 2) as f32;
            let along = 2.0 * (line as f32 - (LINES / 2) as f32);
            (
                whole(along * along_x - across * along_y),
                whole(along * along_y + across * along_x),
            )
        })
    })
}

/// Measures ridge distances inside the finger.
#[inline(never)]
pub(crate) fn estimate(normal: &Margined, orientation: &Orientation, mask: &Plane<bool>) -> Frequency {
    let waves = &*WAVES;
    let stride = i32::try_from(normal.stride).unwrap_or(i32::MAX);
    let step = |(x, y)| (y * stride + x) as isize;
    let steps: Vec<[[isize; LENGTH]; LINES]> = waves
        .places
        .iter()
        .map(|lines| lines.map(|line| line.map(step)))
        .collect();
    let mut weighted = Plane::filled(mask.width, mask.height, 0.0);
    let mut weights = weighted.clone();
    let mut clarity = weighted.clone();
    for y in 0..mask.height {
        for x in 0..mask.width {
            if !mask.at(x, y) {
                continue;
            }
            let (cosine, sine) = orientation.doubled.at(x, y);
            let half = libm::atan2f(sine, cosine) / std::f32::consts::TAU;
            let half = if half < 0.0 { half + 1.0 } else { half };
            let direction = index(half * DIRECTIONS as f32) % DIRECTIONS;
            let (signature, energy) = signature(normal, &steps[direction], x, y);
            let (period, power) = waves.strongest(&signature);
            // A wave of amplitude a has energy a^2/2 a sample and, under the window, power (a * LENGTH / 4)^2.
            let share = (8.0 * power / ((LENGTH * LENGTH) as f32 * energy.max(0.05))).min(1.0);
            clarity.set(x, y, share);
            if (PERIODS.0 + 0.3..PERIODS.1 - 1.0).contains(&period) {
                let weight = share * share;
                weighted.set(x, y, weight * period);
                weights.set(x, y, weight);
            }
        }
    }
    let total: f32 = weights.values.iter().sum();
    let usual = if total > 1e-3 {
        weighted.values.iter().sum::<f32>() / total
    } else {
        9.0
    };
    let (weighted, weights) = (smoothed(&weighted, 2.5), smoothed(&weights, 2.5));
    let period = Plane::from_places(mask.width, mask.height, |x, y| {
        (weighted.at(x, y) + 0.02 * usual) / (weights.at(x, y) + 0.02)
    });
    Frequency {
        period,
        clarity,
        usual,
        total,
    }
}

/// Sum of grey along the ridge for each distance across it (mean 0), and the mean energy of the pixels looked at, in
/// squared spreads. Pixels beyond the edge are 0.
#[inline(never)]
fn signature(normal: &Margined, steps: &[[isize; LENGTH]; LINES], x: usize, y: usize) -> (Line, f32) {
    let centre = normal.index(
        (x * CELL + CELL / 2).min(normal.width - 1),
        (y * CELL + CELL / 2).min(normal.height - 1),
    );
    let values = normal.values();
    let mut sums = [0i32; LENGTH];
    let mut energy = 0i32;
    for line in steps {
        let samples = sums.as_chunks_mut::<TOGETHER>().0.iter_mut();
        for (sums, steps) in samples.zip(line.as_chunks::<TOGETHER>().0) {
            for (sum, step) in sums.iter_mut().zip(steps) {
                let value = i32::from(values[centre.wrapping_add_signed(*step)]);
                *sum = sum.wrapping_add(value);
                energy = energy.wrapping_add(value.wrapping_mul(value));
            }
        }
    }
    let mean = sums.iter().sum::<i32>().div_euclid(COUNT);
    let mut signature = [0i16; 8 * VECTORS];
    for (value, sum) in signature.iter_mut().zip(sums) {
        *value = i16::try_from(sum - mean).unwrap_or(0);
    }
    let energy = energy as f32 / ((LENGTH * LINES) as f32 * UNIT * UNIT);
    (vectors(&signature), energy)
}

const _: () = assert!(LENGTH == COUNT.cast_unsigned() as usize, "one count of samples");
const _: () = assert!(LENGTH.is_multiple_of(TOGETHER), "whole steps of samples");
const _: () = assert!(LENGTH / 2 + LINES < MARGIN, "the samples stay within the margin");

//! How far apart the ridges are, in cells of 8 x 8 pixels.
//!
//! The x-signature of Hong, Wan, Jain 1998, section 2.5; its period is read off a Fourier sum instead of peak
//! distances, which noise moves less.

use crate::orientation::{CELL, Orientation};
use crate::plane::{Plane, smoothed};

/// Samples across the ridges, one pixel apart.
const LENGTH: usize = 33;
/// Lines along the ridge that are averaged, two pixels apart.
const LINES: usize = 7;
/// Shortest and longest ridge distance tried, in pixels at 500 dpi: 0.22 to 0.8 mm.
const PERIODS: (f32, f32) = (4.5, 16.0);
/// Steps between both, evenly spaced in frequency.
const STEPS: usize = 28;

/// Ridge distances of a sample.
pub(crate) struct Frequency {
    /// distance between ridges in pixels; interpolated where it cannot be read
    pub(crate) period: Plane<f32>,
    /// 0 no ridges to 1 a pure wave
    pub(crate) clarity: Plane<f32>,
}

/// Cosine and sine of every step at every sample.
struct Waves {
    tables: Vec<[(f32, f32); LENGTH]>,
    frequencies: Vec<f32>,
}

impl Waves {
    fn new() -> Self {
        let (slowest, fastest) = (1.0 / PERIODS.1, 1.0 / PERIODS.0);
        let frequencies: Vec<f32> = (0..STEPS)
            .map(|step| slowest + (fastest - slowest) * step as f32 / (STEPS - 1) as f32)
            .collect();
        let tables = frequencies
            .iter()
            .map(|frequency| {
                std::array::from_fn(|at| {
                    let offset = at as f32 - (LENGTH / 2) as f32;
                    // a raised-cosine window keeps neighbouring steps apart
                    let window = 0.5 + 0.5 * libm::cosf(std::f32::consts::TAU * offset / (LENGTH + 1) as f32);
                    let phase = std::f32::consts::TAU * frequency * offset;
                    (window * libm::cosf(phase), window * libm::sinf(phase))
                })
            })
            .collect();
        Self { tables, frequencies }
    }

    /// Period in pixels and the share of the signature's energy in it.
    fn strongest(&self, signature: &[f32; LENGTH]) -> (f32, f32) {
        let mut powers = [0.0; STEPS];
        for (power, table) in powers.iter_mut().zip(&self.tables) {
            let (mut real, mut imaginary) = (0.0, 0.0);
            for (value, (cosine, sine)) in signature.iter().zip(table) {
                real += value * cosine;
                imaginary += value * sine;
            }
            *power = real * real + imaginary * imaginary;
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

/// Measures ridge distances inside the finger.
pub(crate) fn estimate(normal: &Plane<f32>, orientation: &Orientation, mask: &Plane<bool>) -> Frequency {
    let waves = Waves::new();
    let mut weighted = Plane::filled(mask.width, mask.height, 0.0);
    let mut weights = weighted.clone();
    let mut clarity = weighted.clone();
    for y in 0..mask.height {
        for x in 0..mask.width {
            if !mask.at(x, y) {
                continue;
            }
            let (signature, energy) = signature(normal, orientation, x, y);
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
    Frequency { period, clarity }
}

/// Mean grey along the ridge for each distance across it (mean 0), and the mean energy of the pixels looked at.
fn signature(normal: &Plane<f32>, orientation: &Orientation, x: usize, y: usize) -> ([f32; LENGTH], f32) {
    let (cosine, sine) = orientation.doubled.at(x, y);
    // half the angle: along the ridge
    let along_x = ((1.0 + cosine) / 2.0).max(0.0).sqrt();
    let along_y = ((1.0 - cosine) / 2.0).max(0.0).sqrt().copysign(sine);
    let centre_x = (x * CELL + CELL / 2) as f32;
    let centre_y = (y * CELL + CELL / 2) as f32;
    let mut signature = [0.0; LENGTH];
    let mut energy = 0.0;
    for (at, sum) in signature.iter_mut().enumerate() {
        let across = at as f32 - (LENGTH / 2) as f32;
        for line in 0..LINES {
            let along = 2.0 * (line as f32 - (LINES / 2) as f32);
            let px = crate::number::whole(centre_x + along * along_x - across * along_y);
            let py = crate::number::whole(centre_y + along * along_y + across * along_x);
            let value = normal.nearest(px, py);
            *sum += value / LINES as f32;
            energy += value * value;
        }
    }
    let mean = signature.iter().sum::<f32>() / LENGTH as f32;
    signature.iter_mut().for_each(|value| *value -= mean);
    (signature, energy / (LENGTH * LINES) as f32)
}

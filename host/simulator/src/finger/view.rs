//! How a finger is laid on a sensor.

use super::chance::{normal, stream};
use rand::Rng;

/// One touch: where the finger lies, how it is pressed, and what the sensor makes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// decides the noise, the scratches and the shape of the contact
    pub seed: u64,
    /// how far the finger is turned clockwise in the picture, degrees
    pub rotation_degrees: f32,
    /// how far the finger lies to the right of the middle, pixels at 500 dpi
    pub shift_x: f32,
    /// how far the finger lies below the middle, pixels at 500 dpi
    pub shift_y: f32,
    /// -1 (dry, thin and broken ridges) over 0 (normal) to +1 (wet, thick ridges)
    pub pressure: f32,
    /// elastic distortion of the skin, 0 (none) to 1 (strong)
    pub distortion: f32,
    /// part of the finger's contact area that touches the sensor, 0 to 1
    pub coverage: f32,
    /// pores, scratches and sensor noise, 0 (none) to 1 (hardly legible)
    pub noise: f32,
    /// pixels per row of the sensor, at least 1
    pub width: u16,
    /// rows of the sensor, at least 1
    pub height: u16,
    /// pixels per inch of the sensor, at least 1
    pub dpi: u16,
}

impl View {
    /// A careful touch, as at enrolment: well placed, whole, little noise.
    #[must_use]
    pub fn reference(seed: u64, width: u16, height: u16, dpi: u16) -> View {
        let mut chance = stream(seed, 11);
        View {
            seed,
            rotation_degrees: bounded(3.0 * normal(&mut chance), 8.0),
            shift_x: bounded(4.0 * normal(&mut chance), 12.0),
            shift_y: bounded(4.0 * normal(&mut chance), 12.0),
            pressure: bounded(0.12 * normal(&mut chance), 0.3),
            distortion: chance.random_range(0.05..0.2),
            coverage: chance.random_range(0.95..1.0),
            noise: chance.random_range(0.1..0.2),
            width,
            height,
            dpi,
        }
    }

    /// A usual touch at the polling station: turned (standard deviation 8 degrees), shifted (12 pixels each way),
    /// more or less pressed, some noise.
    #[must_use]
    pub fn live(seed: u64, width: u16, height: u16, dpi: u16) -> View {
        let mut chance = stream(seed, 12);
        View {
            seed,
            rotation_degrees: bounded(8.0 * normal(&mut chance), 24.0),
            shift_x: bounded(12.0 * normal(&mut chance), 36.0),
            shift_y: bounded(12.0 * normal(&mut chance), 36.0),
            pressure: bounded(0.28 * normal(&mut chance), 0.7),
            distortion: chance.random_range(0.2..0.6),
            coverage: chance.random_range(0.75..1.0),
            noise: chance.random_range(0.25..0.5),
            width,
            height,
            dpi,
        }
    }

    /// A touch that any quality measure must refuse: a small patch of a very dry finger under heavy noise.
    #[must_use]
    pub fn poor(seed: u64, width: u16, height: u16, dpi: u16) -> View {
        let mut chance = stream(seed, 13);
        View {
            seed,
            rotation_degrees: bounded(15.0 * normal(&mut chance), 40.0),
            shift_x: bounded(30.0 * normal(&mut chance), 50.0),
            shift_y: bounded(30.0 * normal(&mut chance), 50.0),
            pressure: -1.0,
            distortion: chance.random_range(0.4..0.9),
            coverage: chance.random_range(0.05..0.1),
            noise: 1.0,
            width,
            height,
            dpi,
        }
    }
}

/// A number brought into `-most..=most`.
fn bounded(number: f32, most: f32) -> f32 {
    number.clamp(-most, most)
}

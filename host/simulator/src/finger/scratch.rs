//! Scratches: thin straight lines where the skin does not touch.

use super::chance::normal;
use core::f32::consts::TAU;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A line on the finger, in pixels at 500 dpi from the middle of the contact.
pub(crate) struct Scratch {
    middle: (f32, f32),
    direction: (f32, f32),
    half_length: f32,
    half_width: f32,
}

impl Scratch {
    /// A random scratch.
    pub(crate) fn random(generator: &mut ChaCha8Rng) -> Scratch {
        let angle = TAU * generator.random::<f32>();
        Scratch {
            middle: (70.0 * normal(generator), 90.0 * normal(generator)),
            direction: (libm::cosf(angle), libm::sinf(angle)),
            half_length: generator.random_range(15.0..70.0),
            half_width: generator.random_range(0.6..1.7),
        }
    }

    /// How much of the skin still touches at a place: 0 in the scratch, 1 away from it.
    pub(crate) fn touch(&self, x: f32, y: f32) -> f32 {
        let (from_x, from_y) = (x - self.middle.0, y - self.middle.1);
        let along = (from_x * self.direction.0 + from_y * self.direction.1).abs();
        let aside = (from_y * self.direction.0 - from_x * self.direction.1).abs();
        // thinner towards its ends
        let half_width = self.half_width * (1.0 - along / self.half_length);
        (aside - half_width + 1.0).clamp(0.0, 1.0)
    }
}

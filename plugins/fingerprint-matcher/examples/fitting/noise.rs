//! Noise that is the same in every run.

use crate::picture::Picture;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A source of noise, begun by a word.
pub(crate) struct Noise(ChaCha8Rng);

impl Noise {
    pub(crate) fn new(word: &str) -> Self {
        let mut seed = [0; 32];
        for (at, byte) in word.bytes().enumerate() {
            let place: &mut u8 = &mut seed[at % 32];
            *place = place.wrapping_mul(31).wrapping_add(byte);
        }
        Self(ChaCha8Rng::from_seed(seed))
    }

    /// Mean 0, spread 1 (Box, Muller 1958).
    pub(crate) fn normal(&mut self) -> f32 {
        let mut uniform = || (self.0.next_u32() >> 8) as f32 / 16_777_216.0;
        let (length, turn) = (1.0 - uniform(), uniform());
        (-2.0 * libm::logf(length)).sqrt() * libm::cosf(std::f32::consts::TAU * turn)
    }

    /// A picture of unrelated pixels.
    pub(crate) fn grain(&mut self, like: &Picture) -> Picture {
        like.with(|_, _| self.normal())
    }

    /// Smooth hills of about this width, mean 0, spread 1.
    pub(crate) fn hills(&mut self, like: &Picture, width: f32) -> Picture {
        let mut hills = self.grain(like).blurred(width);
        let count = hills.values.len() as f32;
        let mean = hills.values.iter().sum::<f32>() / count;
        let spread = (hills
            .values
            .iter()
            .map(|value| (value - mean) * (value - mean))
            .sum::<f32>()
            / count)
            .sqrt();
        hills
            .values
            .iter_mut()
            .for_each(|value| *value = (*value - mean) / spread.max(1e-9));
        hills
    }
}

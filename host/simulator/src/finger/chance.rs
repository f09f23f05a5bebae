//! Where the randomness comes from: ChaCha8 streams, which are the same on every machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One of several independent generators of the same seed. `purpose` keeps them apart, so that drawing one number
/// more for one purpose leaves the others as they were.
pub(crate) fn stream(seed: u64, purpose: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(purpose);
    generator
}

/// A normally distributed number, mean 0 and standard deviation 1 (Box-Muller).
pub(crate) fn normal(generator: &mut ChaCha8Rng) -> f32 {
    // 1 - u is never 0, so that the logarithm is finite
    let radius = libm::sqrtf(-2.0 * libm::logf(1.0 - generator.random::<f32>()));
    radius * libm::cosf(core::f32::consts::TAU * generator.random::<f32>())
}

/// A roughly normal number, mean 0 and standard deviation 1, never beyond 3.5: the sum of the four bytes of one
/// word. Cheap enough for one per pixel.
pub(crate) fn quick_normal(generator: &mut ChaCha8Rng) -> f32 {
    let sum: u16 = generator.random::<u32>().to_le_bytes().into_iter().map(u16::from).sum();
    (f32::from(sum) - 510.0) / 147.8
}

//! The kinds of ridge pattern.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// The class of a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// one core; the ridges enter and leave on the left of the picture
    LeftLoop,
    /// one core; the ridges enter and leave on the right of the picture
    RightLoop,
    /// two cores, two deltas
    Whorl,
    /// no core: the ridges cross from side to side with a hump
    Arch,
    /// an arch with a steep hump: one core right above one delta
    TentedArch,
}

impl Pattern {
    /// A random class, as often as it occurs on people's fingers.
    pub(crate) fn random(generator: &mut ChaCha8Rng) -> Pattern {
        match generator.random_range(0..1000_u32) {
            0..338 => Pattern::LeftLoop,
            338..655 => Pattern::RightLoop,
            655..934 => Pattern::Whorl,
            934..971 => Pattern::Arch,
            _ => Pattern::TentedArch,
        }
    }
}

//! Synthetic fingerprints: a pattern that is grown once per finger, and pictures of its touches.
//!
//! The same seed gives the same bytes on every machine: the randomness is ChaCha8, the transcendental functions are
//! those of `libm`, and every sum has one order.

pub(crate) mod chance;
mod contact;
mod flow;
mod gabor;
mod image;
mod impression;
mod pattern;
mod plane;
mod ridges;
pub(crate) mod rounding;
mod scratch;
mod surface;
mod view;

pub use image::Image;
pub use pattern::Pattern;
pub use view::View;

use plane::Plane;

/// A synthetic finger: its ridge pattern, 400 by 500 pixels at 500 dpi (20 by 25 mm), tip up.
#[derive(Clone)]
pub struct Finger {
    seed: u64,
    pattern: Pattern,
    ridges: Plane,
}

impl Finger {
    /// Grows the finger of this seed. Different seeds give unrelated fingers.
    #[must_use]
    pub fn new(seed: u64) -> Finger {
        let (pattern, ridges) = ridges::grow(seed);
        Finger { seed, pattern, ridges }
    }

    /// The seed it was grown from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Its class.
    #[must_use]
    pub fn pattern(&self) -> Pattern {
        self.pattern
    }

    /// The picture of one touch. The same finger and view give the same bytes.
    #[must_use]
    pub fn impression(&self, view: &View) -> Image {
        impression::draw(self, view)
    }
}

impl std::fmt::Debug for Finger {
    /// The seed and the class, not the ridges.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Finger")
            .field("seed", &self.seed)
            .field("pattern", &self.pattern)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

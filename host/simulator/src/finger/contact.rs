//! Which part of a finger touches, and how the skin stretches there.

use super::chance::normal;
use super::surface::Surface;
use super::view::View;
use core::f32::consts::TAU;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Half the width of a whole contact, pixels at 500 dpi.
const HALF_WIDTH: f32 = 168.0;
/// Half the height of a whole contact, pixels at 500 dpi.
const HALF_HEIGHT: f32 = 218.0;

/// The contact of one touch. Places are pixels at 500 dpi from the middle of the finger pad.
pub(crate) struct Contact {
    middle: (f32, f32),
    half_width: f32,
    half_height: f32,
    outline: Surface,
    twist: f32,
    pull: (f32, f32),
    stretch: (Surface, Surface),
    distortion: f32,
}

impl Contact {
    /// The contact of this touch.
    pub(crate) fn new(generator: &mut ChaCha8Rng, view: &View) -> Contact {
        // never 0, which would divide by 0
        let size = libm::sqrtf(view.coverage.clamp(0.001, 1.0));
        // a small contact may be any part of the pad: the tip, a side
        let angle = TAU * generator.random::<f32>();
        let off_centre = 0.6 * (1.0 - size) * libm::sqrtf(generator.random::<f32>());
        let distortion = view.distortion.clamp(0.0, 1.0);
        let mut surface = |grain| Surface::new(generator, 2.0 * ORIGIN, 2.0 * ORIGIN, grain);
        let (outline, stretch) = (surface(55.0), (surface(95.0), surface(95.0)));
        Contact {
            middle: (
                off_centre * HALF_WIDTH * libm::cosf(angle),
                off_centre * HALF_HEIGHT * libm::sinf(angle),
            ),
            half_width: HALF_WIDTH * size,
            half_height: HALF_HEIGHT * size,
            outline,
            twist: 0.10 * distortion * normal(generator),
            pull: (
                8.0 * distortion * normal(generator),
                8.0 * distortion * normal(generator),
            ),
            stretch,
            distortion,
        }
    }

    /// How much the skin touches at a place: 0 outside, 1 inside, in between at the rim.
    pub(crate) fn touch(&self, x: f32, y: f32) -> f32 {
        let across = ((x - self.middle.0) / self.half_width).abs();
        let along = ((y - self.middle.1) / self.half_height).abs();
        // between an ellipse and a rectangle, as finger pads are
        let distance = libm::sqrtf(libm::sqrtf(
            across * across * across * across + along * along * along * along + 1.2 * across * across * along * along,
        ));
        let rim = 1.0 + 0.022 * self.outline.at(x + ORIGIN, y + ORIGIN);
        ((rim - distance) * 12.0).clamp(0.0, 1.0)
    }

    /// The place on the relaxed finger that lies at this place of the sensor.
    pub(crate) fn relaxed(&self, x: f32, y: f32) -> (f32, f32) {
        // the middle sticks to the glass; towards the rim the skin is twisted and pulled
        let reach = ((x * x) / (HALF_WIDTH * HALF_WIDTH) + (y * y) / (HALF_HEIGHT * HALF_HEIGHT)).min(1.5);
        let (twist, pull) = (self.twist * reach, reach);
        let (right, down) = (
            self.stretch.0.at(x + ORIGIN, y + ORIGIN),
            self.stretch.1.at(x + ORIGIN, y + ORIGIN),
        );
        let stretch = 3.0 * self.distortion;
        (
            x - twist * y + pull * self.pull.0 + stretch * right,
            y + twist * x + pull * self.pull.1 + stretch * down,
        )
    }
}

/// Surfaces start at 0, places at minus half the sensor: this much is added, pixels.
const ORIGIN: f32 = 300.0;

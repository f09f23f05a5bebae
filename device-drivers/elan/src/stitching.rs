//! One image of a swipe. The SDK finds how far the finger moved between frames.

use crate::frame::{Grey, HEIGHT, WIDTH};
use plugin_sdk::swipe::{Picture, Shape, Swipe};
use plugin_sdk::usb::Usb;

/// Pixels per inch. Neither the device nor the recording tells it, and the recorded skin has no ridges to measure: it is
/// what such sensors usually have, and provisional until a finger of known ridges was drawn over one.
pub const DPI: u16 = 500;
/// Fewest lines of an image that is worth matching: 6 mm.
const LEAST_LINES: u16 = 120;
const SHAPE: Shape = Shape {
    width: WIDTH,
    height: HEIGHT,
    sideways: 8,
};

/// The frames of a swipe so far.
#[derive(Debug)]
pub struct Stitching(Swipe);

impl Default for Stitching {
    fn default() -> Self {
        Self(Swipe::new(SHAPE))
    }
}

impl Stitching {
    /// The next frame; one without much of a finger adds nothing. Whether there is room for more.
    pub fn add(&mut self, frame: Grey) -> bool {
        !frame.is_covered() || self.0.push(frame.pixels)
    }

    /// The image, unless the swipe was too short for one or the time is up: the host is asked for what is left before each
    /// frame. The device sees the finger the right way up.
    #[must_use]
    pub fn image(self, usb: &impl Usb) -> Option<Picture> {
        let picture = self.0.stitched(|| usb.remaining_ms() > 0)?;
        (picture.height >= LEAST_LINES).then(|| picture.spread())
    }
}

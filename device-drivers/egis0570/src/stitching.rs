//! One image of a swipe. The SDK finds how far the finger moved between frames.

use crate::frame::Grey;
use crate::packet::{HEIGHT, WIDTH};
use plugin_sdk::swipe::{Picture, Shape, Swipe};
use plugin_sdk::usb::Usb;

/// Pixels per inch. Neither the device nor the recording tells it: the ridges of the recorded finger are 6 pixels apart
/// along and across the swipe, and those of fingers 0.46 mm (about 9 pixels at 500). People differ by a tenth.
pub const DPI: u16 = 350;
/// Fewest lines of an image that is worth matching: 7 mm.
const LEAST_LINES: u16 = 100;
const SHAPE: Shape = Shape {
    width: WIDTH,
    height: HEIGHT,
    sideways: 4,
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
    /// frame. The device sees the finger upside down.
    #[must_use]
    pub fn image(self, usb: &impl Usb) -> Option<Picture> {
        let picture = self.0.stitched(|| usb.remaining_ms() > 0)?;
        (picture.height >= LEAST_LINES).then(|| picture.turned().spread())
    }
}

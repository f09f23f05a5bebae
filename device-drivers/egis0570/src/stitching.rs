//! One image of a swipe. The SDK finds how far the finger moved between frames.

use crate::frame::Grey;
use crate::packet::{HEIGHT, WIDTH};
use plugin_sdk::swipe::{Picture, Shape, Swipe};

/// Pixels per inch. Neither the device nor the recording tells it: it is what makes the ridges of the recorded finger as
/// far apart as those of fingers are (about 9 pixels at 500), and the usual of such sensors.
pub const DPI: u16 = 500;
/// Fewest lines of an image that is worth matching: 6 mm.
const LEAST_LINES: u16 = 120;
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

    /// The image, unless the swipe was too short for one. The device sees the finger upside down.
    #[must_use]
    pub fn image(self) -> Option<Picture> {
        let picture = self.0.stitched()?;
        (picture.height >= LEAST_LINES).then(|| picture.turned().spread())
    }
}

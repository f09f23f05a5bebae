//! Grey pictures of frames. A finger makes the sensor's values larger, its ridges more than its valleys.

use crate::packet::{ACROSS, ALONG, Raw};

/// Lines at both edges along the finger that are left out: the outermost ones are not like the others.
const EDGE: usize = 2;
/// Pixels in a line of a picture.
pub const WIDTH: usize = ACROSS;
/// Lines of a picture.
pub const HEIGHT: usize = ALONG - 2 * EDGE;
/// Sensor values in a grey level. The recorded finger raises values by up to 3,450, to which 16 leaves some room.
const VALUES_PER_LEVEL: u16 = 16;
/// How far above the background a finger lifts a value at least. Without one, recorded values differ from frame to frame
/// by less than 200.
const TOUCHED: u16 = 300;

/// What the sensor sees without a finger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Background(Raw);

/// A frame without its background.
#[derive(Clone, PartialEq, Eq)]
pub struct Grey {
    /// [`WIDTH`] x [`HEIGHT`] grey values, ridges dark, white where no finger is
    pub pixels: Vec<u8>,
    /// pixels that a finger touches
    pub touched: usize,
}

/// How much is touched only: pixels are biometric.
impl std::fmt::Debug for Grey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "grey frame of {WIDTH}x{HEIGHT}, {} touched", self.touched)
    }
}

impl Grey {
    /// Whether a finger covers at least a quarter.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        4 * self.touched >= WIDTH * HEIGHT
    }
}

impl Background {
    /// Of a frame without a finger.
    #[must_use]
    pub fn of(empty: Raw) -> Self {
        Self(empty)
    }

    /// The frame without this background.
    #[must_use]
    pub fn removed_from(&self, frame: &Raw) -> Grey {
        let mut touched = 0;
        let mut pixels = Vec::with_capacity(WIDTH * HEIGHT);
        for line in EDGE..ALONG - EDGE {
            for column in 0..ACROSS {
                let above = frame.at(line, column).saturating_sub(self.0.at(line, column));
                touched += usize::from(above >= TOUCHED);
                let dark = u8::try_from(above / VALUES_PER_LEVEL).unwrap_or(u8::MAX);
                pixels.push(u8::MAX - dark);
            }
        }
        Grey { pixels, touched }
    }
}

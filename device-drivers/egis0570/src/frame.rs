//! Grey pictures of frames. A finger makes the sensor's values larger, its ridges more than its valleys.

use crate::packet::{FRAMES, HEIGHT, Raw, WIDTH};

/// Largest value of the sensor: the lowest bit is never set.
const MOST: u8 = 254;
/// Least range from the background to [`MOST`] that is spread over all grey levels. At the corners the background is so
/// light that nothing but noise is left.
const LEAST_RANGE: u16 = 50;
/// How far above the background a finger lifts a value at least. What a finger leaves on the sensor lifts it by 14 or so.
const TOUCHED: u8 = 40;

/// What the sensor sees without a finger, and how light that is.
#[derive(Clone, PartialEq, Eq)]
pub struct Background {
    values: Vec<u8>,
    sum: usize,
}

/// The size only: a background may have something of a finger.
impl std::fmt::Debug for Background {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "background of {} values", self.values.len())
    }
}

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
    /// Whether a finger is on the sensor: at least a tenth is touched.
    #[must_use]
    pub fn has_finger(&self) -> bool {
        10 * self.touched >= WIDTH * HEIGHT
    }

    /// Whether enough of it is a finger for the frame to be of use: a sixth.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        6 * self.touched >= WIDTH * HEIGHT
    }
}

impl Background {
    /// The mean of the frames of a transfer without a finger.
    #[must_use]
    pub fn of(empty: Raw<'_>) -> Self {
        let mut sums = vec![0usize; WIDTH * HEIGHT];
        for frame in empty.frames() {
            for (sum, &value) in sums.iter_mut().zip(frame) {
                *sum += usize::from(value);
            }
        }
        let mean = |sum: &usize| u8::try_from(sum / FRAMES).unwrap_or(u8::MAX);
        Self {
            values: sums.iter().map(mean).collect(),
            sum: empty.sum(),
        }
    }

    /// Whether the sensor was seen emptier in this transfer: a finger that had been on it was taken for background.
    #[must_use]
    pub fn is_lighter_than(&self, other: Raw<'_>) -> bool {
        other.sum() < self.sum
    }

    /// Whether no sensor without a finger looks like this: half of the recorded one is below 160 of 254.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        self.sum > FRAMES * WIDTH * HEIGHT * 200
    }

    /// The frame without this background.
    #[must_use]
    pub fn removed_from(&self, frame: &[u8]) -> Grey {
        let mut touched = 0;
        let pixels = frame.iter().zip(&self.values).map(|(&value, &empty)| {
            let above = value.saturating_sub(empty);
            touched += usize::from(above >= TOUCHED);
            let range = u16::from(MOST.saturating_sub(empty)).max(LEAST_RANGE);
            u8::MAX - u8::try_from(u16::from(above) * 255 / range).unwrap_or(u8::MAX)
        });
        let pixels = pixels.collect();
        Grey { pixels, touched }
    }
}

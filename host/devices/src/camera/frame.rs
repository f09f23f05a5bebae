//! One picture of a camera.

use super::error::FrameFlaw;
use std::fmt;

/// Most pixels on a side; cameras of 4K resolution have 3,840 x 2,160.
pub const MAX_SIDE: u16 = 4096;
/// Red, green, blue.
pub(super) const SAMPLES: usize = 3;

/// Pixels across and down, each 1 to [`MAX_SIDE`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameSize {
    width: u16,
    height: u16,
}

impl FrameSize {
    /// A size that was checked.
    ///
    /// # Errors
    /// [`FrameFlaw::Size`].
    pub fn new(width: u32, height: u32) -> Result<Self, FrameFlaw> {
        let side = |pixels: u32| {
            let pixels = u16::try_from(pixels).ok();
            pixels
                .filter(|pixels| (1..=MAX_SIDE).contains(pixels))
                .ok_or(FrameFlaw::Size(width, height))
        };
        Ok(Self {
            width: side(width)?,
            height: side(height)?,
        })
    }

    /// Pixels across.
    #[must_use]
    pub fn width(self) -> u16 {
        self.width
    }

    /// Pixels down.
    #[must_use]
    pub fn height(self) -> u16 {
        self.height
    }

    /// How many bytes a frame of this size has.
    pub(super) fn rgb_bytes(self) -> usize {
        usize::from(self.width) * usize::from(self.height) * SAMPLES
    }
}

impl fmt::Display for FrameSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {}", self.width, self.height)
    }
}

impl fmt::Debug for FrameSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A picture: 8 bits each of red, green and blue (sRGB as cameras give it), row-major, top row first. There are exactly
/// width x height x 3 bytes, which is why they are private. It is somebody's face: `Debug` shows its size alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    size: FrameSize,
    pixels: Vec<u8>,
}

impl Frame {
    /// A frame of these pixels.
    ///
    /// # Errors
    /// [`FrameFlaw::Bytes`] where there are not width x height x 3 of them.
    pub fn new(size: FrameSize, pixels: Vec<u8>) -> Result<Self, FrameFlaw> {
        if pixels.len() != size.rgb_bytes() {
            return Err(FrameFlaw::Bytes);
        }
        Ok(Self { size, pixels })
    }

    /// Width and height.
    #[must_use]
    pub fn size(&self) -> FrameSize {
        self.size
    }

    /// Pixels across, 1 to [`MAX_SIDE`].
    #[must_use]
    pub fn width(&self) -> u16 {
        self.size.width
    }

    /// Pixels down, 1 to [`MAX_SIDE`].
    #[must_use]
    pub fn height(&self) -> u16 {
        self.size.height
    }

    /// Red, green, blue of each pixel.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// As [`Frame::pixels`], without a copy.
    #[must_use]
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame {}", self.size)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn a_frame_shows_nothing_of_a_face_in_debug_output() {
        let frame = Frame::new(FrameSize::new(2, 1).unwrap(), vec![0xa7; 6]).unwrap();
        assert_eq!(format!("{frame:?}"), "Frame 2 x 1");
    }

    #[test]
    fn a_frame_has_as_many_bytes_as_its_size_says() {
        let size = FrameSize::new(2, 1).unwrap();
        assert_eq!(Frame::new(size, vec![0; 5]), Err(FrameFlaw::Bytes));
        assert_eq!(Frame::new(size, vec![0; 7]), Err(FrameFlaw::Bytes));
    }

    #[test]
    fn a_size_that_no_camera_has_is_refused() {
        for (width, height) in [(0, 1), (1, 0), (4097, 1), (1, 4097), (u32::MAX, u32::MAX), (65_537, 1)] {
            assert_eq!(FrameSize::new(width, height), Err(FrameFlaw::Size(width, height)));
        }
        assert_eq!(FrameSize::new(4096, 1).unwrap().to_string(), "4096 x 1");
    }
}

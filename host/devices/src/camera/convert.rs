//! What a camera sends, as red, green and blue.

use super::error::FrameFlaw;
use super::frame::{Frame, FrameSize, SAMPLES};
use super::jpeg;

/// How a camera writes its pixels, by V4L2's four-character codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// `YUYV`: two pixels in four bytes, luma of the first, blue difference, luma of the second, red difference
    Yuyv,
    /// `RGB3`: red, green, blue
    Rgb3,
    /// `MJPG`: a JPEG file each, whose Huffman tables may be left out where they are the usual ones
    Mjpeg,
}

impl PixelFormat {
    /// All of them, the ones that lose least first.
    pub const ALL: [Self; 3] = [Self::Yuyv, Self::Rgb3, Self::Mjpeg];

    /// V4L2's code.
    #[must_use]
    pub fn four_characters(self) -> [u8; 4] {
        *match self {
            Self::Yuyv => b"YUYV",
            Self::Rgb3 => b"RGB3",
            Self::Mjpeg => b"MJPG",
        }
    }

    /// Bytes that a line needs at least; none where they vary.
    fn line_bytes(self, width: u16) -> Option<usize> {
        match self {
            Self::Yuyv => Some(usize::from(width).div_ceil(2) * 4),
            Self::Rgb3 => Some(usize::from(width) * SAMPLES),
            Self::Mjpeg => None,
        }
    }
}

/// Which values of luma are black and white (Rec. ITU-R BT.601, 2.5.3, and JFIF).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LumaRange {
    /// 16 and 235, what cameras send unless they say otherwise
    Limited,
    /// 0 and 255
    Full,
}

/// What was agreed with a camera's driver. Its lines have as many bytes as their pixels need, or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    format: PixelFormat,
    size: FrameSize,
    stride: usize,
    range: LumaRange,
}

impl Layout {
    /// A layout whose lines have `stride` bytes, or exactly the bytes that they need where it is 0. `range` matters to
    /// [`PixelFormat::Yuyv`], `stride` not to [`PixelFormat::Mjpeg`].
    ///
    /// # Errors
    /// [`FrameFlaw::Stride`].
    pub fn new(format: PixelFormat, size: FrameSize, stride: u32, range: LumaRange) -> Result<Self, FrameFlaw> {
        let needed = format.line_bytes(size.width()).unwrap_or(0);
        let stride = match usize::try_from(stride).map_err(|_| FrameFlaw::Stride)? {
            0 => needed,
            told if told < needed => return Err(FrameFlaw::Stride),
            told => told,
        };
        Ok(Self {
            format,
            size,
            stride,
            range,
        })
    }

    /// Width and height.
    #[must_use]
    pub fn size(&self) -> FrameSize {
        self.size
    }

    /// How pixels are written.
    #[must_use]
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// The frame in what a camera sent. Bytes after the last line are passed over, and the last line may be without the
    /// bytes that only fill it up. The colours of `YUYV` are read by Rec. ITU-R BT.601.
    ///
    /// # Errors
    /// [`FrameFlaw`]: too few bytes, a damaged JPEG, one of another size.
    pub fn to_rgb(&self, bytes: &[u8]) -> Result<Frame, FrameFlaw> {
        let Some(line_bytes) = self.format.line_bytes(self.size.width()) else {
            return jpeg::read(bytes, self.size);
        };
        let mut pixels = Vec::with_capacity(self.size.rgb_bytes());
        let mut lines = bytes.chunks(self.stride);
        for _ in 0..self.size.height() {
            let line = lines.next().and_then(|line| line.get(..line_bytes));
            self.line(line.ok_or(FrameFlaw::Bytes)?, &mut pixels);
        }
        Frame::new(self.size, pixels)
    }

    fn line(&self, line: &[u8], pixels: &mut Vec<u8>) {
        if self.format == PixelFormat::Rgb3 {
            pixels.extend_from_slice(line);
            return;
        }
        let end = pixels.len() + usize::from(self.size.width()) * SAMPLES;
        for &[first, blue, second, red] in line.as_chunks().0 {
            pixels.extend(rgb(first, blue, red, self.range));
            pixels.extend(rgb(second, blue, red, self.range));
        }
        // A line of an odd number of pixels ends in the middle of a pair.
        pixels.truncate(end);
    }
}

/// Rec. ITU-R BT.601 in fixed point of 8 bits, rounded.
fn rgb(luma: u8, blue: u8, red: u8, range: LumaRange) -> [u8; 3] {
    let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
    let luma = i32::from(luma);
    let sums = match range {
        LumaRange::Limited => {
            let luma = 298 * (luma - 16);
            [luma + 409 * red, luma - 100 * blue - 208 * red, luma + 516 * blue]
        }
        LumaRange::Full => {
            let luma = 256 * luma;
            [luma + 359 * red, luma - 88 * blue - 183 * red, luma + 454 * blue]
        }
    };
    sums.map(|sum| u8::try_from(((sum + 128) >> 8).clamp(0, 255)).unwrap_or(u8::MAX))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    /// the colour's name; luma, blue and red difference of limited and of full range; red, green, blue (BT.601 bars)
    type Colour = (&'static str, [u8; 3], [u8; 3], [u8; 3]);
    const COLOURS: [Colour; 8] = [
        ("black", [16, 128, 128], [0, 128, 128], [0, 0, 0]),
        ("white", [235, 128, 128], [255, 128, 128], [255, 255, 255]),
        ("grey", [126, 128, 128], [128, 128, 128], [128, 128, 128]),
        ("red", [81, 90, 240], [76, 85, 255], [255, 0, 0]),
        ("green", [145, 54, 34], [150, 44, 21], [0, 255, 0]),
        ("blue", [41, 240, 110], [29, 255, 107], [0, 0, 255]),
        ("yellow", [210, 16, 146], [226, 0, 149], [255, 255, 0]),
        ("cyan", [170, 166, 16], [179, 171, 0], [0, 255, 255]),
    ];

    #[test]
    fn the_colour_bars_of_both_ranges_become_their_colours() {
        for (name, limited, full, expected) in COLOURS {
            for (range, [luma, blue, red]) in [(LumaRange::Limited, limited), (LumaRange::Full, full)] {
                let got = rgb(luma, blue, red, range);
                let off = got.iter().zip(expected).map(|(&got, expected)| got.abs_diff(expected));
                assert!(off.max() <= Some(2), "{name} {range:?}: {got:?}");
            }
        }
    }

    #[test]
    fn no_sample_leaves_the_range_of_a_byte() {
        for luma in [0, 16, 235, 255] {
            for blue in [0, 255] {
                for red in [0, 255] {
                    let _ = rgb(luma, blue, red, LumaRange::Limited);
                    let _ = rgb(luma, blue, red, LumaRange::Full);
                }
            }
        }
        assert_eq!(rgb(255, 128, 128, LumaRange::Limited), [255, 255, 255]);
        assert_eq!(rgb(0, 128, 128, LumaRange::Limited), [0, 0, 0]);
    }

    fn layout(format: PixelFormat, width: u32, height: u32, stride: u32) -> Layout {
        Layout::new(format, FrameSize::new(width, height).unwrap(), stride, LumaRange::Full).unwrap()
    }

    /// format, width, height, stride; what the camera sends; what comes out
    type Case = (
        PixelFormat,
        u32,
        u32,
        u32,
        &'static [u8],
        Result<&'static [u8], FrameFlaw>,
    );

    const FRAMES: [Case; 11] = [
        (PixelFormat::Rgb3, 1, 2, 3, &[1, 2, 3, 4, 5, 6], Ok(&[1, 2, 3, 4, 5, 6])),
        (PixelFormat::Rgb3, 1, 2, 0, &[1, 2, 3, 4, 5, 6], Ok(&[1, 2, 3, 4, 5, 6])),
        // filled-up lines; the last one need not be
        (
            PixelFormat::Rgb3,
            1,
            2,
            5,
            &[1, 2, 3, 0, 0, 4, 5, 6],
            Ok(&[1, 2, 3, 4, 5, 6]),
        ),
        // more than a frame
        (PixelFormat::Rgb3, 1, 1, 3, &[1, 2, 3, 9, 9, 9, 9], Ok(&[1, 2, 3])),
        (PixelFormat::Rgb3, 1, 2, 3, &[1, 2, 3, 4, 5], Err(FrameFlaw::Bytes)),
        (PixelFormat::Rgb3, 1, 2, 5, &[1, 2, 3, 0, 0], Err(FrameFlaw::Bytes)),
        (PixelFormat::Rgb3, 1, 1, 3, &[], Err(FrameFlaw::Bytes)),
        (
            PixelFormat::Yuyv,
            2,
            1,
            4,
            &[10, 128, 20, 128],
            Ok(&[10, 10, 10, 20, 20, 20]),
        ),
        // an odd number of pixels
        (
            PixelFormat::Yuyv,
            1,
            2,
            4,
            &[10, 128, 20, 128, 30, 128, 40, 128],
            Ok(&[10, 10, 10, 30, 30, 30]),
        ),
        (PixelFormat::Yuyv, 2, 1, 4, &[10, 128, 20], Err(FrameFlaw::Bytes)),
        (
            PixelFormat::Mjpeg,
            2,
            1,
            0,
            &[0xff, 0xd8, 0xff, 0xd9],
            Err(FrameFlaw::Jpeg),
        ),
    ];

    #[test]
    fn every_format_becomes_red_green_and_blue() {
        for (format, width, height, stride, sent, expected) in FRAMES {
            let got = layout(format, width, height, stride)
                .to_rgb(sent)
                .map(Frame::into_pixels);
            assert_eq!(
                got,
                expected.map(<[u8]>::to_vec),
                "{format:?} {width} x {height}, {stride}: {sent:?}"
            );
        }
    }

    #[test]
    fn lines_that_are_too_short_for_their_pixels_are_refused() {
        let size = FrameSize::new(3, 1).unwrap();
        for (format, stride) in [(PixelFormat::Rgb3, 8), (PixelFormat::Yuyv, 7)] {
            let refused = Layout::new(format, size, stride, LumaRange::Limited);
            assert_eq!(refused, Err(FrameFlaw::Stride), "{format:?}");
        }
    }
}

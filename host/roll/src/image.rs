//! PNG images: fingers, as grey pixels for the matcher, and photos, which stay PNGs.

use identification::voter::FingerPosition;
use std::io::Cursor;
use std::ops::RangeInclusive;

/// Most pixels on a side: 2.5 inches of finger at 800 dpi.
const MAX_SIDE: u32 = 2000;
/// Pixels per inch that an image can have, as in `wit/types`.
pub(crate) const DPI: RangeInclusive<u16> = 100..=1200;

/// A finger: 8-bit grey, row-major, top row first, `pixels` is exactly width x height; ridges dark. `Debug` does not
/// show the pixels.
#[derive(Clone, PartialEq, Eq)]
pub struct FingerImage {
    /// 1 to 2000
    pub width: u16,
    /// 1 to 2000
    pub height: u16,
    /// pixels per inch, 100 to 1,200
    pub dpi: u16,
    /// as the list says
    pub position: FingerPosition,
    /// 0 black to 255 white
    pub pixels: Vec<u8>,
}

impl std::fmt::Debug for FingerImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FingerImage")
            .field("width", &self.width)
            .field("height", &self.height)
            .field("dpi", &self.dpi)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// An image that cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ImageFlaw {
    #[error("is not a PNG; save the image as a PNG")]
    NotPng,
    #[error("is damaged or cut off; copy the file again")]
    Damaged,
    #[error("has {0} x {1} pixels; save it with at most 2000 x 2000")]
    TooLarge(u32, u32),
    #[error("has transparent pixels; save it without transparency")]
    Transparent,
}

impl FingerImage {
    pub(crate) fn from_png(bytes: &[u8], dpi: u16, position: FingerPosition) -> Result<Self, ImageFlaw> {
        let png = Pixels::read(bytes)?;
        let pixels = match png.colour {
            png::ColorType::Grayscale => png.samples,
            png::ColorType::Rgb => png.samples.as_chunks().0.iter().map(luma).collect(),
            _ => return Err(ImageFlaw::Transparent),
        };
        Ok(Self {
            width: png.width,
            height: png.height,
            dpi,
            position,
            pixels,
        })
    }
}

/// Checks that a photo can be shown.
pub(crate) fn check_photo(bytes: &[u8]) -> Result<(), ImageFlaw> {
    Pixels::read(bytes).map(|_| ())
}

/// Rec. ITU-R BT.601, 2.5.1, in 1/1000, rounded.
fn luma(&[red, green, blue]: &[u8; 3]) -> u8 {
    let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    u8::try_from((sum + 500) / 1000).unwrap_or(u8::MAX)
}

/// A decoded PNG, 8 bits a sample.
struct Pixels {
    width: u16,
    height: u16,
    colour: png::ColorType,
    samples: Vec<u8>,
}

impl Pixels {
    fn read(bytes: &[u8]) -> Result<Self, ImageFlaw> {
        if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Err(ImageFlaw::NotPng);
        }
        let damaged = |_: png::DecodingError| ImageFlaw::Damaged;
        let mut decoder = png::Decoder::new(Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let header = decoder.read_header_info().map_err(damaged)?;
        let (width, height) = (header.width, header.height);
        // before anything is decoded: a small file can claim a huge image
        if width.max(height) > MAX_SIDE {
            return Err(ImageFlaw::TooLarge(width, height));
        }
        let mut reader = decoder.read_info().map_err(damaged)?;
        let mut samples = vec![0; reader.output_buffer_size().ok_or(ImageFlaw::Damaged)?];
        let frame = reader.next_frame(&mut samples).map_err(damaged)?;
        reader.finish().map_err(damaged)?;
        samples.truncate(frame.buffer_size());
        let side = |pixels: u32| u16::try_from(pixels).map_err(|_| ImageFlaw::TooLarge(width, height));
        Ok(Self {
            width: side(frame.width)?,
            height: side(frame.height)?,
            colour: frame.color_type,
            samples,
        })
    }
}

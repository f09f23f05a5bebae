//! Images: fingers, as grey pixels for the matcher, and photos, which stay PNGs.

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
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ImageFlaw {
    #[error(transparent)]
    File(image_files::Flaw),
    #[error("is not a PNG; save the image as a PNG")]
    NotPng,
    #[error("is damaged or cut off; copy the file again")]
    Damaged,
    #[error("has {0} x {1} pixels; save it with at most 2000 x 2000")]
    TooLarge(u32, u32),
    #[error("has transparent pixels; save it without transparency")]
    Transparent,
}

impl From<image_files::Flaw> for ImageFlaw {
    fn from(flaw: image_files::Flaw) -> Self {
        match flaw {
            // its bound is a wider one
            image_files::Flaw::TooLarge(width, height) => Self::TooLarge(width, height),
            flaw => Self::File(flaw),
        }
    }
}

impl FingerImage {
    /// From a PNG, BMP or TIFF, whose own word on its resolution does not count: programs that cut and convert images
    /// often leave a wrong one.
    pub(crate) fn read(bytes: &[u8], dpi: u16, position: FingerPosition) -> Result<Self, ImageFlaw> {
        if bytes.starts_with(PNG) {
            // Nobody can say what colour the finger's paper was to have.
            match open(bytes)?.output_color_type().0 {
                png::ColorType::Grayscale | png::ColorType::Rgb => {}
                _ => return Err(ImageFlaw::Transparent),
            }
        }
        let picture = image_files::decode(bytes).map_err(|error| ImageFlaw::from(error.flaw))?;
        let (width, height) = (picture.width, picture.height);
        check_size(width.into(), height.into())?;
        Ok(Self {
            width,
            height,
            dpi,
            position,
            pixels: picture.pixels,
        })
    }
}

/// Checks that a photo can be shown.
pub(crate) fn check_photo(bytes: &[u8]) -> Result<(), ImageFlaw> {
    let mut reader = open(bytes)?;
    let mut samples = vec![0; reader.output_buffer_size().ok_or(ImageFlaw::Damaged)?];
    reader.next_frame(&mut samples).map_err(damaged)?;
    reader.finish().map_err(damaged)
}

/// First bytes of a PNG.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A PNG of a size that can be taken, before its pixels are decoded: a small file can claim a huge image.
fn open(bytes: &[u8]) -> Result<png::Reader<Cursor<&[u8]>>, ImageFlaw> {
    if !bytes.starts_with(PNG) {
        return Err(ImageFlaw::NotPng);
    }
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(damaged)?;
    check_size(header.width, header.height)?;
    decoder.read_info().map_err(damaged)
}

fn check_size(width: u32, height: u32) -> Result<(), ImageFlaw> {
    if width.max(height) > MAX_SIDE {
        return Err(ImageFlaw::TooLarge(width, height));
    }
    Ok(())
}

fn damaged(_: png::DecodingError) -> ImageFlaw {
    ImageFlaw::Damaged
}

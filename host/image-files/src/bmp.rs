//! BMP, as Windows writes it: a header of 14 bytes, a second one that says how long it is, a palette, rows.

use crate::error::Flaw;
use crate::format::Format;
use crate::grey::luma;
use crate::picture::{Picture, Size};
use crate::resolution::per_metre;
use image::codecs::bmp::BmpDecoder;
use image::error::ImageError;
use image::{ColorType, ImageDecoder};
use std::io::Cursor;

/// Where the second header says how long it is.
const HEADER_LENGTH: usize = 14;
/// Where it says how wide and high the image is, from `BITMAPINFOHEADER` (40 bytes) on; the older one has shorts.
const SIDES: usize = 18;
const INFO_HEADER: u32 = 40;
/// Where it says pixels per metre, across and down.
const PIXELS_PER_METRE: usize = 38;

pub(crate) fn read(bytes: &[u8]) -> Result<Picture, Flaw> {
    let dpi = check_header(bytes)?;
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(flaw)?;
    let (width, height) = decoder.dimensions();
    let size = Size::of(width, height)?;
    let colour = decoder.color_type();
    let mut samples = vec![0; size.area() * usize::from(colour.bytes_per_pixel())];
    decoder.read_image(&mut samples).map_err(flaw)?;
    let pixels = match colour {
        ColorType::Rgb8 => samples.as_chunks().0.iter().map(luma).collect(),
        // Many programs leave the fourth byte zero and mean nothing by it.
        ColorType::Rgba8 => {
            let pixels = samples.as_chunks().0.iter();
            pixels.map(|&[red, green, blue, _]| luma(&[red, green, blue])).collect()
        }
        _ => return Err(Flaw::Unsupported(Format::Bmp, "of an unusual kind")),
    };
    size.filled(pixels, dpi).ok_or(Flaw::Damaged(Format::Bmp))
}

/// The decoder calls an image that is too large damaged, and tells no resolution.
fn check_header(bytes: &[u8]) -> Result<Option<u16>, Flaw> {
    let word = |at: usize| {
        let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk::<4>);
        bytes.copied().ok_or(Flaw::Damaged(Format::Bmp))
    };
    if u32::from_le_bytes(word(HEADER_LENGTH)?) < INFO_HEADER {
        return Ok(None);
    }
    // a negative height says that the top row is first
    let side = |at| word(at).map(|side| i32::from_le_bytes(side).unsigned_abs());
    Size::of(side(SIDES)?, side(SIDES + 4)?)?;
    let resolution = |at| word(at).map(|per_metre| f64::from(i32::from_le_bytes(per_metre)));
    per_metre(resolution(PIXELS_PER_METRE)?, resolution(PIXELS_PER_METRE + 4)?)
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn flaw(error: ImageError) -> Flaw {
    match error {
        ImageError::Unsupported(_) => Flaw::Unsupported(Format::Bmp, "of an unusual kind"),
        _ => Flaw::Damaged(Format::Bmp),
    }
}

//! TIFF 6.0: the first image of the file.

use crate::error::Flaw;
use crate::format::Format;
use crate::grey::{high, luma, on_white, unpack};
use crate::picture::{Picture, Size};
use crate::resolution;
use crate::{MAX_BYTES, MAX_SIDE};
use std::io::Cursor;
use tiff::decoder::ifd::Value;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

/// Of one tag's value; the strips of a 4,000-row image have 32 KB of places.
const MAX_TAG_BYTES: usize = 1 << 20;
/// Four samples of 16 bits.
const MAX_PIXEL_BYTES: usize = 8;

type Tiff<'a> = Decoder<Cursor<&'a [u8]>>;

pub(crate) fn read(bytes: &[u8]) -> Result<Picture, Flaw> {
    debug_assert!(bytes.len() <= MAX_BYTES, "checked by the caller");
    let mut limits = Limits::default();
    let side = usize::try_from(MAX_SIDE).unwrap_or(usize::MAX);
    limits.decoding_buffer_size = side * side * MAX_PIXEL_BYTES;
    limits.intermediate_buffer_size = limits.decoding_buffer_size;
    limits.ifd_value_size = MAX_TAG_BYTES;
    let mut file = Decoder::new(Cursor::new(bytes)).map_err(flaw)?.with_limits(limits);
    let (width, height) = file.dimensions().map_err(flaw)?;
    let size = Size::of(width, height)?;
    check_layout(&mut file)?;
    let dpi = dpi(&mut file)?;
    let pixels = pixels(&mut file, size)?;
    size.filled(pixels, dpi).ok_or(Flaw::Damaged(Format::Tiff))
}

/// What the decoder would read, but not as it is meant.
fn check_layout(file: &mut Tiff<'_>) -> Result<(), Flaw> {
    if tag(file, Tag::Orientation)?.unwrap_or(1) != 1 {
        return Err(Flaw::Unsupported(Format::Tiff, "that is stored turned or mirrored"));
    }
    let planes = tag(file, Tag::PlanarConfiguration)?.unwrap_or(1);
    let samples = tag(file, Tag::SamplesPerPixel)?.unwrap_or(1);
    if planes != 1 && samples != 1 {
        return Err(Flaw::Unsupported(Format::Tiff, "with its colours apart"));
    }
    // 3 is a palette; the decoder's own word for it is that it is not supported
    if tag(file, Tag::PhotometricInterpretation)? == Some(3) {
        return Err(Flaw::Unsupported(Format::Tiff, "with a palette"));
    }
    Ok(())
}

fn tag(file: &mut Tiff<'_>, tag: Tag) -> Result<Option<u32>, Flaw> {
    file.find_tag_unsigned(tag).map_err(flaw)
}

/// `XResolution` and `YResolution`, in the unit that `ResolutionUnit` names (TIFF 6.0, section 8): 1 none, 2 inch,
/// 3 centimetre.
fn dpi(file: &mut Tiff<'_>) -> Result<Option<u16>, Flaw> {
    let per_inch = match tag(file, Tag::ResolutionUnit)?.unwrap_or(2) {
        2 => 1.0,
        3 => 2.54,
        _ => return Ok(None),
    };
    // A resolution that makes no sense is none; the image may still be good.
    let mut stated = |tag| file.find_tag(tag).ok().flatten().and_then(number);
    let (Some(across), Some(down)) = (stated(Tag::XResolution), stated(Tag::YResolution)) else {
        return Ok(None);
    };
    resolution::dpi(across * per_inch, down * per_inch)
}

/// The standard wants a ratio; some programs write a number.
fn number(value: Value) -> Option<f64> {
    let number = match value {
        Value::Rational(over, under) => f64::from(over) / f64::from(under),
        Value::Float(number) => number.into(),
        Value::Double(number) => number,
        value => value.into_u32().ok()?.into(),
    };
    number.is_finite().then_some(number)
}

fn pixels(file: &mut Tiff<'_>, size: Size) -> Result<Vec<u8>, Flaw> {
    let colour = file.colortype().map_err(flaw)?;
    if let ColorType::Gray(bits @ (1 | 2 | 4)) = colour {
        let packed = match file.read_image().map_err(flaw)? {
            DecodingResult::U8(packed) => packed,
            _ => return Err(unsupported(colour)),
        };
        return Ok(unpack(&packed, usize::from(size.width), bits));
    }
    let known = matches!(
        colour,
        ColorType::Gray(8 | 16)
            | ColorType::RGB(8 | 16)
            | ColorType::RGBA(8 | 16)
            | ColorType::Multiband {
                bit_depth: 8 | 16,
                num_samples: 2,
            }
    );
    if !known {
        return Err(unsupported(colour));
    }
    let samples = match file.read_image().map_err(flaw)? {
        DecodingResult::U8(samples) => samples,
        DecodingResult::U16(samples) => samples.into_iter().map(high).collect(),
        _ => return Err(unsupported(colour)),
    };
    Ok(match colour {
        ColorType::RGB(_) => samples.as_chunks().0.iter().map(luma).collect(),
        ColorType::RGBA(_) => samples
            .as_chunks()
            .0
            .iter()
            .map(|&[red, green, blue, opacity]| on_white(luma(&[red, green, blue]), opacity))
            .collect(),
        ColorType::Multiband { .. } => samples
            .as_chunks()
            .0
            .iter()
            .map(|&[grey, opacity]| on_white(grey, opacity))
            .collect(),
        _ => samples,
    })
}

fn unsupported(colour: ColorType) -> Flaw {
    let which = match colour {
        ColorType::Gray(_) => "with an unusual number of bits a pixel",
        ColorType::CMYK(_) | ColorType::CMYKA(_) => "in printing colours (CMYK)",
        _ => "in unusual colours",
    };
    Flaw::Unsupported(Format::Tiff, which)
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn flaw(error: TiffError) -> Flaw {
    match error {
        TiffError::UnsupportedError(_) => Flaw::Unsupported(Format::Tiff, "with an unusual compression or layout"),
        _ => Flaw::Damaged(Format::Tiff),
    }
}

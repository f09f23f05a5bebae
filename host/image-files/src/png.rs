//! PNG, ISO/IEC 15948.

use crate::error::Flaw;
use crate::format::Format;
use crate::grey::{luma, on_white};
use crate::picture::{Picture, Size};
use crate::resolution::per_metre;
use png::{ColorType, Decoder, DecodingError, Limits, Transformations, Unit};
use std::io::Cursor;

/// For what stands between the pixels, as colour profiles; the pixels are bounded by their size.
const MAX_OTHER_BYTES: usize = 16 << 20;

pub(crate) fn read(bytes: &[u8]) -> Result<Picture, Flaw> {
    let damaged = |_: DecodingError| Flaw::Damaged(Format::Png);
    let limits = Limits { bytes: MAX_OTHER_BYTES };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(damaged)?;
    let size = Size::of(header.width, header.height)?;
    let mut reader = decoder.read_info().map_err(damaged)?;
    // pHYs, 11.3.4.3
    let dpi = match reader.info().pixel_dims {
        Some(per) if per.unit == Unit::Meter => per_metre(per.xppu.into(), per.yppu.into())?,
        _ => None,
    };
    let room = reader.output_buffer_size().ok_or(Flaw::Damaged(Format::Png))?;
    let mut samples = vec![0; room];
    let frame = reader.next_frame(&mut samples).map_err(damaged)?;
    // A file cut off after its last row is a cut-off file.
    reader.finish().map_err(damaged)?;
    samples.truncate(frame.buffer_size());
    let pixels = match frame.color_type {
        ColorType::Grayscale => samples,
        ColorType::GrayscaleAlpha => samples
            .as_chunks()
            .0
            .iter()
            .map(|&[grey, opacity]| on_white(grey, opacity))
            .collect(),
        ColorType::Rgb => samples.as_chunks().0.iter().map(luma).collect(),
        ColorType::Rgba => samples
            .as_chunks()
            .0
            .iter()
            .map(|&[red, green, blue, opacity]| on_white(luma(&[red, green, blue]), opacity))
            .collect(),
        ColorType::Indexed => return Err(Flaw::Damaged(Format::Png)),
    };
    size.filled(pixels, dpi).ok_or(Flaw::Damaged(Format::Png))
}

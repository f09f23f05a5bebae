//! PNG, ISO/IEC 15948, of any kind, reduced to 8 bits; how opaque a pixel is is passed over.

use super::error::FrameFlaw;
use super::frame::{Frame, FrameSize};
use png::{ColorType, Decoder, DecodingError, Limits, Transformations};
use std::io::Cursor;

/// For what stands between the pixels, as colour profiles; the pixels are bounded by their size.
const MAX_OTHER_BYTES: usize = 16 << 20;

pub(super) fn read(bytes: &[u8]) -> Result<Frame, FrameFlaw> {
    let damaged = |_: DecodingError| FrameFlaw::Png;
    let limits = Limits { bytes: MAX_OTHER_BYTES };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(damaged)?;
    let size = FrameSize::new(header.width, header.height)?;
    let mut reader = decoder.read_info().map_err(damaged)?;
    let room = reader.output_buffer_size().ok_or(FrameFlaw::Png)?;
    let mut samples = vec![0; room];
    let frame = reader.next_frame(&mut samples).map_err(damaged)?;
    reader.finish().map_err(damaged)?;
    samples.truncate(frame.buffer_size());
    let grey = |grey: u8| [grey; 3];
    let pixels = match frame.color_type {
        ColorType::Rgb => samples,
        ColorType::Rgba => samples
            .as_chunks()
            .0
            .iter()
            .flat_map(|&[r, g, b, _]| [r, g, b])
            .collect(),
        ColorType::Grayscale => samples.into_iter().flat_map(grey).collect(),
        ColorType::GrayscaleAlpha => samples
            .as_chunks()
            .0
            .iter()
            .flat_map(|&[value, _]| grey(value))
            .collect(),
        ColorType::Indexed => return Err(FrameFlaw::Png),
    };
    Frame::new(size, pixels)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
pub(super) mod tests {
    use super::*;
    use png::Encoder;

    pub(crate) fn written(width: u32, height: u32, color: ColorType, samples: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, width, height);
        encoder.set_color(color);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(samples).unwrap();
        writer.finish().unwrap();
        file
    }

    #[test]
    fn every_kind_of_png_becomes_red_green_and_blue() {
        let cases: [(ColorType, &[u8], &[u8]); 4] = [
            (ColorType::Rgb, &[1, 2, 3, 4, 5, 6], &[1, 2, 3, 4, 5, 6]),
            (ColorType::Rgba, &[1, 2, 3, 0, 4, 5, 6, 255], &[1, 2, 3, 4, 5, 6]),
            (ColorType::Grayscale, &[7, 8], &[7, 7, 7, 8, 8, 8]),
            (ColorType::GrayscaleAlpha, &[7, 0, 8, 255], &[7, 7, 7, 8, 8, 8]),
        ];
        for (color, samples, expected) in cases {
            let frame = read(&written(2, 1, color, samples)).unwrap();
            assert_eq!(frame.pixels(), expected, "{color:?}");
        }
    }

    #[test]
    fn a_damaged_or_huge_png_is_refused() {
        let whole = written(2, 1, ColorType::Rgb, &[1, 2, 3, 4, 5, 6]);
        for end in 0..whole.len() - 1 {
            assert_eq!(read(&whole[..end]), Err(FrameFlaw::Png), "{end}");
        }
        let huge = written(5000, 1, ColorType::Grayscale, &[0; 5000]);
        assert_eq!(read(&huge), Err(FrameFlaw::Size(5000, 1)));
    }
}

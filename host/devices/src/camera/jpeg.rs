//! Motion JPEG: a JPEG file each.

use super::error::FrameFlaw;
use super::frame::{Frame, FrameSize, MAX_SIDE};
use std::borrow::Cow;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

const START_OF_IMAGE: [u8; 2] = [0xff, 0xd8];
const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];
const HUFFMAN_TABLES: u8 = 0xc4;
const START_OF_SCAN: u8 = 0xda;
/// By this segment the decoder knows that the usual Huffman tables are meant where there are none.
const USUAL_TABLES: [u8; 9] = *b"\xff\xe0\x00\x07AVI1\0";

/// The frame in a JPEG file of this size.
pub(super) fn read(bytes: &[u8], size: FrameSize) -> Result<Frame, FrameFlaw> {
    // Drivers fill their buffers up. A picture whose end is missing would be decoded in part, the rest grey.
    let filled = bytes.iter().rev().take_while(|&&byte| byte == 0).count();
    let bytes = &bytes[..bytes.len() - filled];
    if !bytes.ends_with(&END_OF_IMAGE) {
        return Err(FrameFlaw::CutOff);
    }
    let options = DecoderOptions::default()
        .set_max_width(MAX_SIDE.into())
        .set_max_height(MAX_SIDE.into())
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(with_tables(bytes)?), options);
    decoder.decode_headers().map_err(|_| FrameFlaw::Jpeg)?;
    // Before anything is decoded, so that a small file cannot claim much memory.
    if decoder.dimensions() != Some((size.width().into(), size.height().into())) {
        return Err(FrameFlaw::OtherSize);
    }
    let pixels = decoder.decode().map_err(|_| FrameFlaw::Jpeg)?;
    Frame::new(size, pixels)
}

/// The file, marked where it has no Huffman tables.
fn with_tables(bytes: &[u8]) -> Result<Cow<'_, [u8]>, FrameFlaw> {
    let after_start = bytes.strip_prefix(&START_OF_IMAGE).ok_or(FrameFlaw::Jpeg)?;
    let mut rest = after_start;
    loop {
        match rest {
            [0xff, START_OF_SCAN, ..] => {
                return Ok([&START_OF_IMAGE, USUAL_TABLES.as_slice(), after_start].concat().into());
            }
            [0xff, HUFFMAN_TABLES, ..] => return Ok(bytes.into()),
            // Bytes 0xff may fill up before a marker.
            [0xff, 0xff, ..] => rest = &rest[1..],
            [0xff, _, high, low, ..] => {
                let length = 2 + usize::from(u16::from_be_bytes([*high, *low]));
                rest = rest.get(length..).ok_or(FrameFlaw::Jpeg)?;
            }
            _ => return Err(FrameFlaw::Jpeg),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    /// 16 x 16 pixels in four squares: red, green, blue, light grey; baseline, without Huffman tables, as webcams send.
    const QUADRANTS: &[u8] = include_bytes!("tests/quadrants_without_tables.jpg");

    fn size() -> FrameSize {
        FrameSize::new(16, 16).unwrap()
    }

    #[test]
    fn a_picture_without_huffman_tables_is_read_with_the_usual_ones() {
        let frame = read(QUADRANTS, size()).unwrap();
        let at = |x: usize, y: usize| &frame.pixels()[(y * 16 + x) * 3..][..3];
        let expected = [
            (at(4, 4), [200, 30, 30]),
            (at(12, 4), [30, 200, 30]),
            (at(4, 12), [30, 30, 200]),
            (at(12, 12), [220, 220, 220]),
        ];
        for (got, expected) in expected {
            assert!(
                got.iter()
                    .zip(expected)
                    .all(|(&got, expected)| got.abs_diff(expected) <= 6),
                "{got:?} {expected:?}"
            );
        }
    }

    #[test]
    fn a_buffer_that_is_longer_than_its_picture_is_read() {
        let padded = [QUADRANTS, &[0; 500]].concat();
        assert_eq!(read(&padded, size()), read(QUADRANTS, size()));
    }

    #[test]
    fn a_picture_of_another_size_is_refused_before_it_is_decoded() {
        let other = FrameSize::new(32, 16).unwrap();
        assert_eq!(read(QUADRANTS, other), Err(FrameFlaw::OtherSize));
    }

    #[test]
    fn no_cut_off_or_damaged_picture_panics_or_is_taken_for_a_whole_one() {
        for end in 0..QUADRANTS.len() {
            assert_eq!(read(&QUADRANTS[..end], size()), Err(FrameFlaw::CutOff), "{end}");
        }
        for at in 0..QUADRANTS.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = QUADRANTS.to_vec();
                damaged[at] ^= flip;
                // A flipped coefficient is still a picture.
                let _ = read(&damaged, size());
            }
        }
    }
}

//! What the device sends: eight strips of four bits a pixel, upside down and in negative, and its registers after that.

use plugin_sdk::fault::{Fault, Kind};

/// Pixels in a line.
pub const WIDTH: usize = 128;
/// Lines in an image.
pub const HEIGHT: usize = 128;
/// Pixels per inch: AuthenTec's figure for the EntrePad AES3500, 128 x 128 pixels on 6.5 mm x 6.5 mm. Nothing on the wire
/// tells it.
pub const DPI: u16 = 500;
/// Length of what the device sends, in bytes.
pub const IMAGE_BYTES: usize = STRIPS * STRIP_BYTES + REGISTERS_BYTES;

const STRIPS: usize = 8;
const STRIP_LINES: usize = HEIGHT / STRIPS;
/// Two pixels in a byte, after the strip's mark.
const STRIP_BYTES: usize = 1 + WIDTH * STRIP_LINES / 2;
/// Mark of the first strip; each next one has the next number.
const FIRST_STRIP: u8 = 0xe0;
const REGISTERS_BYTES: usize = 129;
const REGISTERS: u8 = 0xdf;
/// Grey per step of the four bits: 15 steps from 0 to 255.
const STEP: u8 = 17;

/// The pixels in what the device sent: [`WIDTH`] x [`HEIGHT`], top line first, ridges dark. Of the 256 greys there are 16.
///
/// # Errors
/// `wrong-length`, `not-an-image`.
pub fn pixels(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    if bytes.len() != IMAGE_BYTES {
        return Err(Fault::new(Kind::Protocol, "wrong-length"));
    }
    let (strips, registers) = bytes.split_at(STRIPS * STRIP_BYTES);
    let marks = strips.iter().step_by(STRIP_BYTES).copied();
    if !marks.eq((FIRST_STRIP..).take(STRIPS)) || registers[0] != REGISTERS {
        return Err(Fault::new(Kind::Protocol, "not-an-image"));
    }
    let mut pixels = vec![0; WIDTH * HEIGHT];
    for (strip, lines) in strips
        .chunks_exact(STRIP_BYTES)
        .zip(pixels.chunks_exact_mut(WIDTH * STRIP_LINES))
    {
        place(&strip[1..], lines);
    }
    // The sensor looks at the finger the other way up.
    pixels.reverse();
    Ok(pixels)
}

/// A strip comes column by column, the upper pixel of two in the lower half of a byte.
fn place(strip: &[u8], lines: &mut [u8]) {
    for (column, bytes) in strip.chunks_exact(STRIP_LINES / 2).enumerate() {
        let upper_and_lower = bytes.iter().flat_map(|byte| [byte & 0x0f, byte >> 4]);
        for (line, strength) in upper_and_lower.enumerate() {
            // A ridge is strong, and is to be dark.
            lines[line * WIDTH + column] = (0x0f - strength) * STEP;
        }
    }
}

//! The bytes on the wire. The host writes one byte; every answer is `a5 | number | checksum | finger | body`, where the
//! checksum is the exclusive or of all bytes but itself.

use plugin_sdk::fault::{Fault, Kind};

/// Pixels in a line, and lines.
pub const SIDE: u16 = 96;
/// Pixels per inch.
pub const DPI: u16 = 500;
/// Asks whether a finger is there.
pub const STATUS: u8 = 0x01;
/// Asks for the image.
pub const SCAN: u8 = 0x02;
/// Length of an answer without a body, in bytes.
pub const HEAD_BYTES: u32 = 4;
/// Length of an answer with pixels, in bytes.
pub const PIXELS_BYTES: u32 = 260;
/// Answers of one image: 256 pixels each.
pub const PACKETS: u8 = 36;

const MARK: u8 = 0xa5;

/// A checked answer.
pub struct Answer<'a> {
    /// a finger lies on the sensor
    pub finger: bool,
    /// pixels, top line first, ridges dark
    pub body: &'a [u8],
}

/// Checks an answer: its length, its number and its checksum.
///
/// # Errors
/// `wrong-answer`, `wrong-checksum`.
pub fn parse(bytes: &[u8], number: u8, length: u32) -> Result<Answer<'_>, Fault> {
    let wrong = Fault::new(Kind::Protocol, "wrong-answer");
    if u32::try_from(bytes.len()) != Ok(length) {
        return Err(wrong);
    }
    let (head, body) = bytes.split_first_chunk::<4>().ok_or(wrong)?;
    let sum = head.iter().chain(body).fold(0, |sum, byte| sum ^ byte) ^ head[2];
    if sum != head[2] {
        return Err(Fault::new(Kind::Protocol, "wrong-checksum"));
    }
    if (head[0], head[1]) != (MARK, number) {
        return Err(wrong);
    }
    Ok(Answer {
        finger: head[3] != 0,
        body,
    })
}

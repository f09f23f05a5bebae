//! The bytes on the wire: `80 | code | sequence u16 | length u16 | 0 0 | body`, little-endian, length of the whole packet.

use plugin_sdk::fault::{Fault, Kind};

/// Pixels in a line.
pub const WIDTH: usize = 256;
/// Lines in an image.
pub const HEIGHT: usize = 180;
/// Pixels per inch.
pub const DPI: u16 = 385;
/// Length of every answer that is not image lines, in bytes.
pub const ANSWER_BYTES: u32 = 16;
/// Length of a packet of image lines, in bytes.
pub const LINES_BYTES: u32 = 540;
/// Lines in one packet.
pub const LINES_PER_PACKET: usize = 2;

const MARK: u8 = 0x80;
const PIXELS_AT: usize = 25;

/// What the host sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// how strongly is the sensor covered?
    FingerLevel,
    /// what precedes every scan
    Prepare,
    /// scan and send all lines
    Scan,
}

impl Command {
    /// The packet of this command.
    #[must_use]
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Self::FingerLevel => packet(0x38, 1, &[]),
            Self::Prepare => packet(0x0d, 3, &[0, 4, 0, 0]),
            Self::Scan => {
                let mut body = [0; 24];
                body[0] = 0x02;
                body[20] = 0x20;
                packet(0x12, 4, &body)
            }
        }
    }

    /// Code and sequence that its answer carries.
    fn answer(self) -> (u8, u8) {
        match self {
            Self::FingerLevel => (0x37, 1),
            Self::Prepare => (0x20, 3),
            Self::Scan => (0x20, 4),
        }
    }

    /// Checks that this is the command's answer.
    ///
    /// # Errors
    /// `wrong-length`, `wrong-answer`.
    pub fn check(self, answer: &[u8]) -> Result<(), Fault> {
        check_length(answer, ANSWER_BYTES)?;
        let (code, sequence) = self.answer();
        if (answer[0], answer[1], answer[2]) != (MARK, code, sequence) {
            return Err(Fault::new(Kind::Protocol, "wrong-answer"));
        }
        Ok(())
    }
}

fn packet(code: u8, sequence: u8, body: &[u8]) -> Vec<u8> {
    // Commands have at most 24 bytes of body, so that the length always fits its low byte.
    let length = u8::try_from(8 + body.len()).unwrap_or(u8::MAX);
    let mut bytes = vec![MARK, code, sequence, 0, length, 0, 0, 0];
    bytes.extend_from_slice(body);
    bytes
}

fn check_length(bytes: &[u8], expected: u32) -> Result<(), Fault> {
    if u32::try_from(bytes.len()) != Ok(expected) {
        return Err(Fault::new(Kind::Protocol, "wrong-length"));
    }
    Ok(())
}

/// How strongly the sensor is covered, 0 to 255, out of a checked answer to [`Command::FingerLevel`].
#[must_use]
pub fn finger_level(answer: &[u8]) -> u8 {
    answer.get(12).copied().unwrap_or(0)
}

/// One packet of image lines.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Lines<'a> {
    /// of the first of its lines, from 0
    pub first: usize,
    /// false in the last packet of an image
    pub more: bool,
    /// [`LINES_PER_PACKET`] lines, top first, ridges dark
    pub pixels: &'a [u8],
}

impl<'a> Lines<'a> {
    /// Reads a packet of image lines.
    ///
    /// # Errors
    /// `wrong-length`, `not-image-lines`, `line-out-of-range`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        check_length(bytes, LINES_BYTES)?;
        if (bytes[0], bytes[1]) != (MARK, 0x21) {
            return Err(Fault::new(Kind::Protocol, "not-image-lines"));
        }
        let number = usize::from(u16::from_le_bytes([bytes[16], bytes[17]]));
        match number.checked_sub(1) {
            Some(first) if first + LINES_PER_PACKET <= HEIGHT => {
                let pixels = &bytes[PIXELS_AT..PIXELS_AT + LINES_PER_PACKET * WIDTH];
                Ok(Self {
                    first,
                    more: bytes[12] != 0,
                    pixels,
                })
            }
            _ => Err(Fault::new(Kind::Protocol, "line-out-of-range")),
        }
    }
}

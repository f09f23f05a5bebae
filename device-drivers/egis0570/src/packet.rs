//! The bytes on the wire: `EGIS | operation | register | value` to the device, `SIGE | register | value | 01` from it.

use plugin_sdk::fault::{Fault, Kind};

/// Pixels in a line of a frame.
pub const WIDTH: usize = 114;
/// Lines of a frame.
pub const HEIGHT: usize = 57;
/// Frames in a transfer, in the order in which the sensor was read.
pub const FRAMES: usize = 5;
/// Length of a request, and of an answer that is not frames, in bytes.
pub const PACKET_BYTES: u32 = 7;
/// Length of a transfer of frames in bytes: 254 blocks of 128, of which the frames leave the last 22 bytes unused.
pub const FRAMES_BYTES: u32 = 32_512;

/// Switches the sensor: idle or scanning.
pub const MODE: u8 = 0x02;
/// [`MODE`]: the sensor rests.
pub const IDLE: u8 = 0x0f;
/// [`MODE`]: the sensor is read.
pub const SCANNING: u8 = 0x2f;

/// What is written before the first frame, as recorded: register and value. 10 to 13 look like the first and last line and
/// column that are sent; what the others do is not known, but for [`MODE`].
pub const SETTINGS: [(u8, u8); 20] = [
    (0x20, 0x3f),
    (0x58, 0x3f),
    (0x21, 0x09),
    (0x57, 0x09),
    (0x22, 0x03),
    (0x56, 0x03),
    (0x23, 0x01),
    (0x55, 0x01),
    (0x24, 0x01),
    (0x54, 0x01),
    (0x16, 0x3e),
    (0x09, 0x0b),
    (0x14, 0x03),
    (0x15, 0x00),
    (MODE, IDLE),
    (0x10, 0x00),
    (0x11, 0x38),
    (0x12, 0x00),
    (0x13, 0x71),
    (0x03, 0x80),
];

/// What the host sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// the register shall have this value
    Write {
        /// which
        register: u8,
        /// what it shall have
        value: u8,
    },
    /// which value has the register?
    Read {
        /// which
        register: u8,
        /// what was written last, to whichever register: the recorded host repeats it
        written: u8,
    },
    /// send [`FRAMES`] frames
    Frames,
}

impl Request {
    /// The packet of this request.
    #[must_use]
    pub fn bytes(self) -> [u8; 7] {
        let (operation, register, value) = match self {
            Self::Read { register, written } => (0, register, written),
            Self::Write { register, value } => (1, register, value),
            Self::Frames => (6, 0x00, 0xfe),
        };
        [b'E', b'G', b'I', b'S', operation, register, value]
    }
}

/// The value that an answer tells of this register.
///
/// # Errors
/// `wrong-length`, `wrong-answer`.
pub fn value(answer: &[u8], register: u8) -> Result<u8, Fault> {
    if u32::try_from(answer.len()) != Ok(PACKET_BYTES) {
        return Err(Fault::new(Kind::Protocol, "wrong-length"));
    }
    match answer {
        [b'S', b'I', b'G', b'E', told, value, 1] if *told == register => Ok(*value),
        _ => Err(Fault::new(Kind::Protocol, "wrong-answer")),
    }
}

/// The frames of a transfer, first to last: [`WIDTH`] x [`HEIGHT`] values each, line by line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a>(&'a [u8]);

/// The size only: values are biometric.
impl std::fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "raw frames of {} values", self.0.len())
    }
}

impl<'a> Raw<'a> {
    /// Reads a transfer of frames.
    ///
    /// # Errors
    /// `wrong-length`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        if u32::try_from(bytes.len()) != Ok(FRAMES_BYTES) {
            return Err(Fault::new(Kind::Protocol, "wrong-length"));
        }
        Ok(Self(&bytes[..FRAMES * WIDTH * HEIGHT]))
    }

    /// The frames.
    pub fn frames(self) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.0.chunks_exact(WIDTH * HEIGHT)
    }

    /// The sum of all values.
    #[must_use]
    pub fn sum(self) -> usize {
        self.0.iter().map(|&value| usize::from(value)).sum()
    }
}

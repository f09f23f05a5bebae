//! The bytes on the wire: commands of two bytes, answers of one to four, frames of 16-bit values.

use plugin_sdk::fault::{Fault, Kind};

/// Pixels of the sensor across the finger.
pub const ACROSS: usize = 144;
/// Pixels of the sensor along the finger.
pub const ALONG: usize = 64;
/// Length of a frame in bytes: 16 bits for each pixel.
pub const FRAME_BYTES: u32 = 18_432;
/// Length of the longest answer that is not a frame, in bytes.
pub const LONGEST_ANSWER: u32 = 4;

/// What the host sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// which firmware is it?
    Version,
    /// how many pixels has the sensor?
    SensorSize,
    /// read the sensor and send all of it
    Frame,
    /// what is the mean of a frame without a finger?
    Mean,
    /// adjust yourself, and tell how far that is
    Calibration,
    /// switch the light on
    Light,
    /// answer as soon as a finger is there
    AwaitFinger,
    /// end whatever you do, light off
    Stop,
}

impl Command {
    /// The packet of this command.
    #[must_use]
    pub fn bytes(self) -> [u8; 2] {
        match self {
            Self::Version => [0x40, 0x19],
            Self::SensorSize => [0x00, 0x0c],
            Self::Frame => [0x00, 0x09],
            Self::Mean => [0x40, 0x24],
            Self::Calibration => [0x40, 0x23],
            Self::Light => [0x40, 0x31],
            Self::AwaitFinger => [0x40, 0x3f],
            Self::Stop => [0x00, 0x0b],
        }
    }
}

/// A command with a short answer, and what the answer says.
pub trait Question {
    /// What is asked.
    const COMMAND: Command;
    /// Length of the answer in bytes.
    const BYTES: u32;
    /// What the answer says; none where it is not an answer to this.
    type Answer;

    /// Reads an answer of the right length.
    fn read(answer: &[u8]) -> Option<Self::Answer>;
}

/// [`Command::Version`].
#[derive(Clone, Copy, Debug)]
pub struct Version;

impl Question for Version {
    const COMMAND: Command = Command::Version;
    const BYTES: u32 = 2;
    type Answer = u16;

    fn read(answer: &[u8]) -> Option<u16> {
        big_endian(answer)
    }
}

/// [`Command::SensorSize`].
#[derive(Clone, Copy, Debug)]
pub struct SensorSize;

impl Question for SensorSize {
    const COMMAND: Command = Command::SensorSize;
    const BYTES: u32 = 4;
    /// along and across the finger
    type Answer = (u16, u16);

    fn read(answer: &[u8]) -> Option<(u16, u16)> {
        let &[a, b, c, d] = answer else { return None };
        Some((u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])))
    }
}

/// [`Command::Mean`].
#[derive(Clone, Copy, Debug)]
pub struct Mean;

impl Question for Mean {
    const COMMAND: Command = Command::Mean;
    const BYTES: u32 = 2;
    type Answer = u16;

    fn read(answer: &[u8]) -> Option<u16> {
        big_endian(answer)
    }
}

/// [`Command::Calibration`].
#[derive(Clone, Copy, Debug)]
pub struct Calibration;

impl Question for Calibration {
    const COMMAND: Command = Command::Calibration;
    const BYTES: u32 = 1;
    /// whether it is done
    type Answer = bool;

    fn read(answer: &[u8]) -> Option<bool> {
        match answer {
            [1] => Some(false),
            [3] => Some(true),
            _ => None,
        }
    }
}

/// [`Command::AwaitFinger`].
#[derive(Clone, Copy, Debug)]
pub struct AwaitFinger;

impl Question for AwaitFinger {
    const COMMAND: Command = Command::AwaitFinger;
    const BYTES: u32 = 1;
    type Answer = ();

    fn read(answer: &[u8]) -> Option<()> {
        (answer == [0x55]).then_some(())
    }
}

fn big_endian(answer: &[u8]) -> Option<u16> {
    answer.try_into().ok().map(u16::from_be_bytes)
}

/// What the sensor saw at one moment: its values column by column, a column along the finger, little-endian.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw(Vec<u16>);

/// The size only: values are biometric.
impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "raw frame of {} values", self.0.len())
    }
}

impl Raw {
    /// Reads a frame.
    ///
    /// # Errors
    /// `wrong-length`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        if u32::try_from(bytes.len()) != Ok(FRAME_BYTES) {
            return Err(Fault::new(Kind::Protocol, "wrong-length"));
        }
        let values = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        Ok(Self(values.collect()))
    }

    /// One value.
    #[must_use]
    pub fn at(&self, line: usize, column: usize) -> u16 {
        self.0[column * ALONG + line]
    }

    /// The mean of all values.
    #[must_use]
    pub fn mean(&self) -> u16 {
        let sum: usize = self.0.iter().map(|&value| usize::from(value)).sum();
        u16::try_from(sum / self.0.len()).unwrap_or(u16::MAX)
    }
}

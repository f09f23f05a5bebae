//! The bytes on the wire. A frame is `"Ciao" | purpose | sequence and length | payload | checksum`: four bits of sequence,
//! twelve of length (of the payload, high byte first), and CRC-16/XMODEM over purpose to payload, low byte first.
//!
//! A message is the payload of one frame or of several, each of which begins with a byte that says whether it is the
//! first and whether more follow: `length u16 | 0 0 | body`, little-endian, length of what comes after it.

use plugin_sdk::fault::{Fault, Kind};

/// Of a frame, at most this comes in the first read, in bytes; what is shorter is filled up with zeros.
pub const HEAD_BYTES: u32 = 64;
/// The rest of the longest frame, in bytes.
pub const REST_BYTES: u32 = 1_988;

const MARK: &[u8] = b"Ciao";
/// Mark, purpose, sequence and length.
const BEFORE_PAYLOAD: usize = 7;
const CHECKSUM_BYTES: usize = 2;
/// The length of a message and the two zeros after it.
const BEFORE_BODY: usize = 4;
const MESSAGE_LENGTH_BYTES: usize = 2;

/// A frame against the protocol.
const fn against(code: &'static str) -> Fault {
    Fault::new(Kind::Protocol, code)
}

/// CRC-16/XMODEM: polynomial 1021, from 0.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 { shifted } else { shifted ^ 0x1021 }
        })
    })
}

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// carries a message or its acknowledgement
    Message,
    /// device: the session has ended
    Left,
    /// device: a session can begin
    Greeting,
    /// host: begin a session
    Enter,
    /// device: it has begun, on this sensor
    Entered,
    /// host: end the session
    Leave,
    /// device: are you still there?
    StillThere,
    /// host: yes
    Here,
}

impl Purpose {
    const ALL: [(u8, Self); 8] = [
        (0x00, Self::Message),
        (0x01, Self::Left),
        (0x03, Self::Greeting),
        (0x04, Self::Enter),
        (0x05, Self::Entered),
        (0x07, Self::Leave),
        (0x08, Self::StillThere),
        (0x09, Self::Here),
    ];

    fn code(self) -> u8 {
        let known = Self::ALL.into_iter().find(|(_, purpose)| *purpose == self);
        known.map_or(0, |(code, _)| code)
    }

    fn parse(code: u8) -> Result<Self, Fault> {
        let known = Self::ALL.into_iter().find(|(known, _)| *known == code);
        known.map(|(_, purpose)| purpose).ok_or(against("wrong-answer"))
    }
}

/// The next number of a message: four bits.
#[must_use]
pub fn following(sequence: u8) -> u8 {
    (sequence + 1) & 0x0f
}

/// One frame.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// what it is for
    pub purpose: Purpose,
    /// of the host's frame that it answers, 0 to 15
    pub sequence: u8,
    /// at most 4,095 bytes
    pub payload: Vec<u8>,
}

/// Pixels are biometric: only the length is shown.
impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} {} with {} bytes",
            self.purpose,
            self.sequence,
            self.payload.len()
        )
    }
}

impl Frame {
    /// How long the frame is that begins so, in bytes.
    ///
    /// # Errors
    /// `wrong-length`, `no-mark`.
    pub fn length(head: &[u8]) -> Result<usize, Fault> {
        if head.len() < BEFORE_PAYLOAD {
            return Err(against("wrong-length"));
        }
        if !head.starts_with(MARK) {
            return Err(against("no-mark"));
        }
        let payload = usize::from(u16::from_be_bytes([head[5] & 0x0f, head[6]]));
        Ok(BEFORE_PAYLOAD + payload + CHECKSUM_BYTES)
    }

    /// Reads a frame and what it was filled up with.
    ///
    /// # Errors
    /// `wrong-length`, `no-mark`, `wrong-checksum`, `wrong-answer`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let length = Self::length(bytes)?;
        let filled_up = length.max(usize::try_from(HEAD_BYTES).unwrap_or(usize::MAX));
        if bytes.len() < length || bytes.len() > filled_up {
            return Err(against("wrong-length"));
        }
        let (covered, checksum_bytes) = bytes[MARK.len()..length].split_at(length - MARK.len() - CHECKSUM_BYTES);
        if checksum(covered).to_le_bytes() != checksum_bytes {
            return Err(against("wrong-checksum"));
        }
        Ok(Self {
            purpose: Purpose::parse(bytes[4])?,
            sequence: bytes[5] >> 4,
            payload: bytes[BEFORE_PAYLOAD..length - CHECKSUM_BYTES].to_vec(),
        })
    }

    /// The frame's bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        // What the host sends has at most 14 bytes of payload.
        let length = u16::try_from(self.payload.len()).unwrap_or(0x0fff) & 0x0fff;
        let [high, low] = length.to_be_bytes();
        let mut bytes = MARK.to_vec();
        bytes.extend([self.purpose.code(), self.sequence << 4 | high, low]);
        bytes.extend_from_slice(&self.payload);
        let checksum = checksum(&bytes[MARK.len()..]);
        bytes.extend(checksum.to_le_bytes());
        bytes
    }

    /// Begins a session. The device asks whether the host is still there when it did not hear from it for so long.
    #[must_use]
    pub fn enter(still_there_ms: u16) -> Self {
        let [low, high] = still_there_ms.to_le_bytes();
        Self::outside(Purpose::Enter, vec![1, 0, low, high, 0, 0, 0, 0, 1, 1, 0, 0, 0])
    }

    /// Ends the session.
    #[must_use]
    pub fn leave(sequence: u8) -> Self {
        Self {
            purpose: Purpose::Leave,
            sequence,
            payload: vec![1],
        }
    }

    /// Tells that the host is still there.
    #[must_use]
    pub fn here() -> Self {
        Self::outside(Purpose::Here, Vec::new())
    }

    /// One that is not counted.
    fn outside(purpose: Purpose, payload: Vec<u8>) -> Self {
        Self {
            purpose,
            sequence: 0,
            payload,
        }
    }
}

/// What the host says in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// tell about the sensor
    Describe,
    /// scan a finger on the sensor of this number
    Scan(u8),
    /// go on and tell the next state
    GoOn,
    /// send the next part of the message
    NextPart,
}

impl Command {
    /// The frame of this command.
    #[must_use]
    pub fn frame(self, sequence: u8) -> Frame {
        let payload = match self {
            Self::Describe => whole(&[0x06, 0x04]),
            // fe ff ff ff is -2 as a number; what it and the twos mean is not known.
            Self::Scan(number) => whole(&[0x0e, 0x02, 0xfe, 0xff, 0xff, 0xff, 0x02, number, 0x02]),
            Self::GoOn => whole(&[0x00, 0x30, 0x01]),
            Self::NextPart => vec![0x30],
        };
        Frame {
            purpose: Purpose::Message,
            sequence,
            payload,
        }
    }
}

/// A message in one part.
fn whole(body: &[u8]) -> Vec<u8> {
    // The host's bodies have at most 9 bytes.
    let length = u8::try_from(body.len() + BEFORE_BODY - MESSAGE_LENGTH_BYTES).unwrap_or(u8::MAX);
    [&[0x28, length, 0, 0, 0], body].concat()
}

/// One part of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// it begins the message
    pub first: bool,
    /// others follow
    pub more: bool,
    /// of the message, at least one
    pub bytes: &'a [u8],
}

/// Pixels are biometric: only the length is shown.
impl std::fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "first {} more {}: {} bytes", self.first, self.more, self.bytes.len())
    }
}

impl<'a> Part<'a> {
    /// The part that a frame carries.
    ///
    /// # Errors
    /// `wrong-answer`, `wrong-length`.
    pub fn parse(frame: &'a Frame) -> Result<Self, Fault> {
        let Some((kind, bytes)) = frame.payload.split_first() else {
            return Err(against("wrong-length"));
        };
        if frame.purpose != Purpose::Message || kind & !0x0c != 0x20 {
            return Err(against("wrong-answer"));
        }
        if bytes.is_empty() {
            return Err(against("wrong-length"));
        }
        Ok(Self {
            first: kind & 0x08 != 0,
            more: kind & 0x04 != 0,
            bytes,
        })
    }
}

/// How long the message is that begins so, in bytes.
///
/// # Errors
/// `wrong-length`.
pub fn message_length(part: &[u8]) -> Result<usize, Fault> {
    match part {
        [low, high, ..] => Ok(MESSAGE_LENGTH_BYTES + usize::from(u16::from_le_bytes([*low, *high]))),
        _ => Err(against("wrong-length")),
    }
}

/// What the device says in a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// dots in a line of the sensor, and its lines
    Dots(u16, u16),
    /// how far the scan is
    State(State),
    /// top line first, ridges dark
    Image(&'a [u8]),
}

/// Pixels are biometric: only their number is shown.
impl std::fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dots(width, height) => write!(f, "{width}x{height} dots"),
            Self::State(state) => state.fmt(f),
            Self::Image(pixels) => write!(f, "image of {} pixels", pixels.len()),
        }
    }
}

/// How far a scan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// the image is made and comes next
    Done,
    /// no finger yet
    AwaitsFinger,
    /// a finger is there; of the values in between one was seen, whose meaning is not known
    Other(u8),
}

impl<'a> Answer<'a> {
    /// Reads a whole message.
    ///
    /// # Errors
    /// `wrong-length`, `wrong-answer`, `wrong-size`.
    pub fn parse(message: &'a [u8]) -> Result<Self, Fault> {
        if message_length(message)? != message.len() || message.len() < BEFORE_BODY {
            return Err(against("wrong-length"));
        }
        match &message[BEFORE_BODY..] {
            [0x06, 0x14, about @ ..] => match about.get(36..40) {
                Some(&[a, b, c, d]) => Ok(Self::Dots(u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]))),
                _ => Err(against("wrong-length")),
            },
            [0x00, 0x20, 0x01, _, _, _, state, ..] => Ok(Self::State(match state {
                0x00 => State::Done,
                0x0c => State::AwaitsFinger,
                other => State::Other(*other),
            })),
            [0x0e, 0x12, a, b, c, d, pixels @ ..] => {
                let count = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX);
                // Four zeros follow them.
                match pixels.get(..count) {
                    Some(image) if pixels.len() - count == 4 => Ok(Self::Image(image)),
                    _ => Err(against("wrong-size")),
                }
            }
            _ => Err(against("wrong-answer")),
        }
    }
}

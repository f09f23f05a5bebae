//! What parent and child say to each other: one request, one reply.

use crate::engine::{Arithmetic, Configuration};
use crate::limits::{COMPILED_BYTES, COMPONENT_BYTES};
use std::io::{self, Read, Write};

/// What a request begins with.
const REQUEST: [u8; 16] = *b"kiosk compile 1\n";
/// What a reply begins with.
const REPLY: [u8; 16] = *b"kiosk answer  1\n";
const COMPILED: u8 = 1;
const REFUSED: u8 = 2;
/// Longest explanation of a refusal, in bytes.
const MAX_WORDS: usize = 4 << 10;
/// What stands before a reply's words or code.
const REPLY_HEAD: usize = REPLY.len() + 1;

/// Longest reply, in bytes.
pub(super) const MAX_REPLY: usize = REPLY_HEAD + 32 + COMPILED_BYTES;

/// Compile this, for an engine that computes so.
pub(super) struct Request<'a> {
    pub(super) arithmetic: Arithmetic,
    pub(super) component: &'a [u8],
}

impl Request<'_> {
    /// What is written before the component.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut head = REQUEST.to_vec();
        head.push(self.arithmetic.code());
        // A component has 16 MiB at most.
        head.extend_from_slice(&u32::try_from(self.component.len()).unwrap_or(u32::MAX).to_le_bytes());
        head
    }
}

/// Reads a request.
pub(super) fn read_request(input: &mut impl Read) -> io::Result<(Arithmetic, Vec<u8>)> {
    let wrong = || io::Error::from(io::ErrorKind::InvalidData);
    let mut head = [0; REQUEST.len() + 1 + 4];
    input.read_exact(&mut head)?;
    let (magic, rest) = head.split_at(REQUEST.len());
    let arithmetic = Arithmetic::from_code(rest[0])
        .filter(|_| *magic == REQUEST)
        .ok_or_else(wrong)?;
    let length = u32::from_le_bytes([rest[1], rest[2], rest[3], rest[4]]);
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length <= COMPONENT_BYTES)
        .ok_or_else(wrong)?;
    let mut component = vec![0; length];
    input.read_exact(&mut component)?;
    Ok((arithmetic, component))
}

/// Compiled code, with the configuration that it is for.
pub(crate) struct Answer {
    pub(super) configuration: Configuration,
    pub(crate) code: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes of code", self.code.len())
    }
}

/// What a child answers.
#[derive(Debug)]
pub(super) enum Reply {
    Compiled(Answer),
    Refused(String),
}

impl Reply {
    /// Out of all that a child wrote.
    pub(super) fn read(mut bytes: Vec<u8>) -> Result<Self, &'static str> {
        if bytes.len() < REPLY_HEAD || bytes[..REPLY.len()] != REPLY {
            return Err("it is none");
        }
        let kind = bytes[REPLY.len()];
        bytes.drain(..REPLY_HEAD);
        match kind {
            REFUSED => Ok(Self::Refused(quotation::phrase(String::from_utf8_lossy(&bytes)))),
            COMPILED => {
                let (configuration, code) = bytes.split_first_chunk::<32>().ok_or("it breaks off")?;
                if code.is_empty() {
                    return Err("it holds no code");
                }
                Ok(Self::Compiled(Answer {
                    configuration: Configuration(*configuration),
                    code: code.to_vec(),
                }))
            }
            _ => Err("it is none"),
        }
    }

    pub(super) fn write(&self, output: &mut impl Write) -> io::Result<()> {
        output.write_all(&REPLY)?;
        match self {
            Self::Compiled(answer) => {
                output.write_all(&[COMPILED])?;
                output.write_all(&answer.configuration.0)?;
                output.write_all(&answer.code)?;
            }
            Self::Refused(words) => {
                output.write_all(&[REFUSED])?;
                output.write_all(&words.as_bytes()[..words.len().min(MAX_WORDS)])?;
            }
        }
        output.flush()
    }
}

//! The two forms of a document on the line, byte by byte.

use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::mrz::{Lines, is_character};

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
const CR: u8 = b'\r';
const LF: u8 = b'\n';
/// Longest text of the checked form, in bytes: three lines of 30 characters, a CR behind each.
const LONGEST: usize = 93;

/// A document as far as it came.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Frame(State);

#[derive(Clone, Default, PartialEq, Eq)]
enum State {
    /// nothing came
    #[default]
    Empty,
    /// after STX
    Checked { text: Vec<u8>, lrc: u8 },
    /// after ETX
    Check { text: Vec<u8>, lrc: u8 },
    /// without STX
    Plain(Lines),
    /// the same after a CR
    PlainEnds(Lines),
}

/// How far it is: its text names a voter.
impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            State::Empty => f.write_str("nothing"),
            State::Checked { text, .. } | State::Check { text, .. } => write!(f, "{} bytes", text.len()),
            State::Plain(lines) | State::PlainEnds(lines) => write!(f, "{lines:?}"),
        }
    }
}

impl Frame {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next byte; the document's lines, if it was the last one. After a fault or a document the next byte begins
    /// another.
    ///
    /// # Errors
    /// `unexpected-byte`, `frame-too-long`, `wrong-lrc`, `not-an-mrz`.
    pub fn push(&mut self, byte: u8) -> Result<Option<Vec<String>>, Fault> {
        let (next, document) = std::mem::take(&mut self.0).after(byte)?;
        self.0 = next;
        Ok(document)
    }
}

impl State {
    fn after(self, byte: u8) -> Result<(Self, Option<Vec<String>>), Fault> {
        let next = match (self, byte) {
            (Self::Empty, STX) => Self::Checked {
                text: Vec::with_capacity(LONGEST),
                lrc: 0,
            },
            (Self::Empty, _) if is_character(byte) => {
                let mut lines = Lines::new();
                lines.push(byte)?;
                Self::Plain(lines)
            }
            (Self::Checked { text, lrc }, ETX) => Self::Check { text, lrc: lrc ^ ETX },
            (Self::Checked { text, .. }, _) if text.len() >= LONGEST => {
                return Err(Fault::new(Kind::Protocol, "frame-too-long"));
            }
            (Self::Checked { mut text, lrc }, _) => {
                text.push(byte);
                Self::Checked { text, lrc: lrc ^ byte }
            }
            (Self::Check { text, lrc }, _) if byte == lrc => return Ok((Self::Empty, Some(lines_of(&text)?))),
            (Self::Check { .. }, _) => return Err(Fault::new(Kind::Protocol, "wrong-lrc")),
            (Self::Plain(lines), CR) => Self::PlainEnds(lines),
            (Self::Plain(mut lines), _) => {
                lines.push(byte)?;
                Self::Plain(lines)
            }
            (Self::PlainEnds(mut lines), LF) => match lines.end()? {
                None => Self::Plain(lines),
                document => return Ok((Self::Empty, document)),
            },
            (Self::Empty | Self::PlainEnds(_), _) => return Err(Fault::new(Kind::Protocol, "unexpected-byte")),
        };
        Ok((next, None))
    }
}

/// The lines of a text whose check was right.
fn lines_of(text: &[u8]) -> Result<Vec<String>, Fault> {
    let text = text.strip_suffix(&[CR]).unwrap_or(text);
    let mut lines = Lines::new();
    let mut document = None;
    for line in text.split(|byte| *byte == CR) {
        if document.is_some() {
            return Err(Fault::new(Kind::Protocol, "not-an-mrz"));
        }
        line.iter().try_for_each(|byte| lines.push(*byte))?;
        document = lines.end()?;
    }
    document.ok_or(Fault::new(Kind::Protocol, "not-an-mrz"))
}

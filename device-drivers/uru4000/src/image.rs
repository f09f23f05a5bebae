//! The image as the device sends it: a header of 64 bytes with a table of blocks, then lines of 384 bytes.
//!
//! Header: number of lines sent (u16, little-endian) at 4, number of the key at 6, from 16 on 15 pairs (flags, lines).

use crate::cipher::Keystream;
use plugin_sdk::fault::{Fault, Kind};

/// Pixels in a line.
pub const WIDTH: usize = 384;
/// Lines that the device sends of a usual image. Where its table marks lines as not sent, the image has those besides.
pub const HEIGHT: usize = 289;
/// Pixels per inch.
pub const DPI: u16 = 512;

const HEADER_BYTES: usize = 64;
const LINES_AT: usize = 4;
const KEY_NUMBER_AT: usize = 6;
const BLOCKS_AT: usize = 16;
const BLOCKS: usize = 15;
/// Most lines that an image may come to, against a table that promises more than any sensor has.
const MAX_HEIGHT: usize = 512;

/// How a model's sensor looks at the finger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facing {
    /// the first line sent is the top one
    Upright,
    /// turned by 180 degrees
    UpsideDown,
}

/// How the lines of a block were sent. Flags that the recording does not show (a change of key within the image) are
/// refused rather than guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Plain,
    Scrambled,
    /// not at all: they are like the next line
    Not,
}

/// What the device sent, checked, still scrambled.
pub struct Sealed<'a> {
    blocks: Vec<(Sent, usize)>,
    key_number: u8,
    lines: &'a [u8],
}

/// Lengths only: the lines are biometric.
impl std::fmt::Debug for Sealed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} blocks of {} bytes", self.blocks.len(), self.lines.len())
    }
}

/// An image, top line first, ridges dark, [`WIDTH`] pixels wide.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// lines, at most 512
    pub height: u16,
    /// [`WIDTH`] x `height` pixels
    pub pixels: Vec<u8>,
}

/// The size only: pixels are biometric.
impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "image of {WIDTH}x{}", self.height)
    }
}

impl<'a> Sealed<'a> {
    /// Checks header, table and length against each other.
    ///
    /// # Errors
    /// `wrong-length`, `block-not-known`, `lines-missing`, `image-too-high`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let (header, lines) = bytes.split_at_checked(HEADER_BYTES).ok_or(WRONG_LENGTH)?;
        let sent = usize::from(u16::from_le_bytes([header[LINES_AT], header[LINES_AT + 1]]));
        if sent == 0 || lines.len() != sent * WIDTH {
            return Err(WRONG_LENGTH);
        }
        let blocks = blocks(&header[BLOCKS_AT..BLOCKS_AT + 2 * BLOCKS])?;
        let total = |wanted: &dyn Fn(Sent) -> bool| -> usize {
            let lines = blocks.iter().filter(|(sent, _)| wanted(*sent));
            lines.map(|(_, lines)| lines).sum()
        };
        // Lines that were not sent need a next one to be like.
        if total(&|kind| kind != Sent::Not) != sent || blocks.last().is_some_and(|(kind, _)| *kind == Sent::Not) {
            return Err(Fault::new(Kind::Protocol, "lines-missing"));
        }
        if total(&|_| true) > MAX_HEIGHT {
            return Err(Fault::new(Kind::Protocol, "image-too-high"));
        }
        Ok(Self {
            blocks,
            key_number: header[KEY_NUMBER_AT],
            lines,
        })
    }

    /// Which key the device wants a seed for.
    #[must_use]
    pub fn key_number(&self) -> u8 {
        self.key_number
    }

    /// The image: unscrambled, missing lines filled, turned upright, and inverted, as every sensor of the family sees the
    /// finger in negative.
    #[must_use]
    pub fn open(&self, key: u32, facing: Facing) -> Image {
        let mut stream = Keystream::new(key);
        let mut pixels = Vec::with_capacity(self.lines.len() + WIDTH);
        let mut rest = self.lines;
        let mut missing = 0;
        for &(sent, lines) in &self.blocks {
            if sent == Sent::Not {
                stream.skip(lines * WIDTH);
                missing += lines;
                continue;
            }
            // `parse` checked that the blocks sent are exactly the lines there are.
            let (block, after) = rest.split_at(lines * WIDTH);
            rest = after;
            let mut block = block.to_vec();
            match sent {
                Sent::Scrambled => stream.unscramble(&mut block),
                Sent::Plain | Sent::Not => stream.skip(block.len()),
            }
            for _ in 0..std::mem::take(&mut missing) {
                pixels.extend_from_slice(&block[..WIDTH]);
            }
            pixels.append(&mut block);
        }
        match facing {
            Facing::Upright => {}
            Facing::UpsideDown => pixels.reverse(),
        }
        for pixel in &mut pixels {
            *pixel = !*pixel;
        }
        Image {
            height: u16::try_from(pixels.len() / WIDTH).unwrap_or(u16::MAX),
            pixels,
        }
    }
}

const WRONG_LENGTH: Fault = Fault::new(Kind::Protocol, "wrong-length");

/// The table up to its first pair without lines.
fn blocks(table: &[u8]) -> Result<Vec<(Sent, usize)>, Fault> {
    let pairs = table.chunks_exact(2).take_while(|pair| pair[1] != 0);
    pairs
        .map(|pair| match pair[0] {
            0x00 => Ok((Sent::Plain, usize::from(pair[1]))),
            0x01 => Ok((Sent::Not, usize::from(pair[1]))),
            0x02 => Ok((Sent::Scrambled, usize::from(pair[1]))),
            _ => Err(Fault::new(Kind::Protocol, "block-not-known")),
        })
        .collect()
}

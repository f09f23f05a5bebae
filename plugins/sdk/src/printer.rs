//! Receipt printers (`wit/driver`, interface `receipt-printer`).

use crate::device::{Identity, Start};
use crate::fault::Fault;
use crate::usb::Concurrent;

/// How large text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// as the printer has it
    Normal,
    /// double width and height
    Large,
}

/// One line of text.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// what the printer's code pages lack should come as [`Block::Raster`]
    pub value: String,
    /// how large
    pub size: Size,
    /// emphasised
    pub bold: bool,
    /// in the middle of the paper
    pub centred: bool,
}

/// A picture: 1 bit a dot, rows padded to whole bytes, most significant bit left, 1 prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    /// dots in a row
    pub width: u16,
    /// rows, at least 1
    pub height: u16,
    /// `height` rows of `width` dots
    pub bits: Vec<u8>,
}

/// One part of a receipt, from the top.
#[derive(Clone, PartialEq, Eq)]
pub enum Block {
    /// text
    Line(Text),
    /// a line across the paper
    Rule,
    /// a QR code in the middle, 1 to 512 bytes of payload
    QrCode(String),
    /// a picture in the middle
    Raster(Bitmap),
    /// empty lines
    Feed(u8),
    /// feeds to the knife and cuts
    Cut,
}

/// Receipts may name a voter: only the kind is shown.
impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(text) => write!(f, "line of {} bytes", text.value.len()),
            Self::Rule => f.write_str("rule"),
            Self::QrCode(payload) => write!(f, "QR code of {} bytes", payload.len()),
            Self::Raster(bitmap) => write!(f, "picture {}x{}", bitmap.width, bitmap.height),
            Self::Feed(lines) => write!(f, "feed {lines}"),
            Self::Cut => f.write_str("cut"),
        }
    }
}

/// How a printer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// little paper left
    pub paper_low: bool,
    /// no paper
    pub paper_out: bool,
    /// the cover is open
    pub cover_open: bool,
    /// it saves power, and wakes when something is printed
    pub asleep: bool,
    /// dots across the paper
    pub dots_per_line: u16,
}

/// What became of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// the printer said that it printed everything, and is well
    Printed,
    /// nothing was sent: no paper, cover open, off line, error, or still busy with an earlier receipt
    NotPrinted,
    /// the printer went away, kept silent, or was no longer well after data had been sent
    Unknown,
}

/// A driver of a printer with one interface. [`crate::receipt_printer!`] makes a component of it. The contract gives
/// printing no time-out: each transfer has its own, and all together stay below the host's 15 s.
pub trait ReceiptPrinter: Sized {
    /// Brings the device from any state to ready, within 5 s.
    ///
    /// # Errors
    /// What keeps the device from being used.
    fn open(usb: &impl Concurrent, identity: &Identity, start: &Start) -> Result<Self, Fault>;

    /// How the printer is.
    ///
    /// # Errors
    /// `device-gone`, `cancelled`, or a code of the driver's own.
    fn state(&mut self, usb: &impl Concurrent) -> Result<State, Fault>;

    /// Prints a receipt and waits until it is out, as far as the printer can tell.
    ///
    /// # Errors
    /// What kept anything from being sent. Once something may have been sent, there are only outcomes.
    fn print(&mut self, usb: &impl Concurrent, blocks: &[Block]) -> Result<Outcome, Fault>;
}

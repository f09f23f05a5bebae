//! The bytes of the commands. Names are those of Epson's ESC/POS command reference.

use crate::code_page;
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::printer::{Bitmap, Block, Size, Text};

/// Dots across 80 mm paper (72 mm printed at 203 per inch).
pub const DOTS_PER_LINE: u16 = 576;
/// Characters of normal size across it.
pub const CHARACTERS_PER_LINE: usize = 48;
/// Longest payload of a QR code, in bytes.
pub const MAX_QR_BYTES: usize = 512;

const DLE: u8 = 0x10;
const EOT: u8 = 0x04;
const ESC: u8 = 0x1b;
const GS: u8 = 0x1d;
const LINE_FEED: u8 = 0x0a;

/// ESC @ (initialise), ESC t (code page): what precedes every receipt.
#[must_use]
pub fn start() -> Vec<u8> {
    vec![ESC, b'@', ESC, b't', code_page::NUMBER]
}

/// DLE EOT n: asks for a status, answered at once even while printing.
#[must_use]
pub fn status_request(number: u8) -> [u8; 3] {
    [DLE, EOT, number]
}

/// GS r 1: asks for the paper sensor, answered as soon as everything before it is printed.
#[must_use]
pub fn fence() -> [u8; 3] {
    [GS, b'r', 1]
}

/// The bytes of one block. Each block sets all formats that it depends on.
///
/// # Errors
/// `not-supported`: `qr-length`, `bitmap-size`. Nothing is printed then.
pub fn encode(block: &Block) -> Result<Vec<u8>, Fault> {
    match block {
        Block::Line(text) => Ok(line(text)),
        Block::Rule => Ok(rule()),
        Block::QrCode(payload) => qr_code(payload.as_bytes()),
        Block::Raster(bitmap) => raster(bitmap),
        Block::Feed(lines) => Ok(vec![ESC, b'd', *lines]),
        // Function B: feeds to the knife, and no further, then cuts.
        Block::Cut => Ok(vec![GS, b'V', 66, 0]),
    }
}

/// ESC a (justify), ESC E (bold), GS ! (size).
fn format(centred: bool, bold: bool, size: Size) -> Vec<u8> {
    let size = match size {
        Size::Normal => 0x00,
        Size::Large => 0x11,
    };
    vec![ESC, b'a', u8::from(centred), ESC, b'E', u8::from(bold), GS, b'!', size]
}

fn line(text: &Text) -> Vec<u8> {
    let mut bytes = format(text.centred, text.bold, text.size);
    bytes.extend(code_page::encode(&text.value));
    bytes.push(LINE_FEED);
    bytes
}

fn rule() -> Vec<u8> {
    line(&Text {
        value: "─".repeat(CHARACTERS_PER_LINE),
        size: Size::Normal,
        bold: false,
        centred: false,
    })
}

/// GS ( k: model 2, modules of 6 dots, correction M, store, print.
fn qr_code(payload: &[u8]) -> Result<Vec<u8>, Fault> {
    if payload.is_empty() || payload.len() > MAX_QR_BYTES {
        return Err(Fault::new(Kind::NotSupported, "qr-length"));
    }
    let mut bytes = vec![ESC, b'a', 1];
    bytes.extend(symbol(65, &[50, 0]));
    bytes.extend(symbol(67, &[6]));
    bytes.extend(symbol(69, &[49]));
    let mut stored = vec![48];
    stored.extend_from_slice(payload);
    bytes.extend(symbol(80, &stored));
    bytes.extend(symbol(81, &[48]));
    Ok(bytes)
}

/// GS ( k with cn 49 (QR code): length of what follows, cn, function, parameters.
fn symbol(function: u8, parameters: &[u8]) -> Vec<u8> {
    // A payload has at most 512 bytes, so that the length always fits.
    let length = u16::try_from(parameters.len() + 2).unwrap_or(u16::MAX).to_le_bytes();
    let mut bytes = vec![GS, b'(', b'k', length[0], length[1], 49, function];
    bytes.extend_from_slice(parameters);
    bytes
}

/// Rows that one GS v 0 carries. Printers limit them (the TM-T20II at 2,303), and short bands start printing sooner.
const BAND_ROWS: usize = 128;

/// GS v 0, in bands.
fn raster(bitmap: &Bitmap) -> Result<Vec<u8>, Fault> {
    let refused = Err(Fault::new(Kind::NotSupported, "bitmap-size"));
    let row = bitmap.width.div_ceil(8);
    let fits = (1..=DOTS_PER_LINE).contains(&bitmap.width) && bitmap.height > 0;
    if !fits || bitmap.bits.len() != usize::from(row) * usize::from(bitmap.height) {
        return refused;
    }
    let mut bytes = vec![ESC, b'a', 1];
    for band in bitmap.bits.chunks(usize::from(row) * BAND_ROWS) {
        let rows = u16::try_from(band.len() / usize::from(row))
            .unwrap_or(u16::MAX)
            .to_le_bytes();
        let [row_low, row_high] = row.to_le_bytes();
        bytes.extend_from_slice(&[GS, b'v', b'0', 0, row_low, row_high, rows[0], rows[1]]);
        bytes.extend_from_slice(band);
    }
    Ok(bytes)
}

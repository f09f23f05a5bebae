//! Asks how the printer is, sends the receipt, and asks until it is out.

use plugin_sdk::device::{Identity, Start};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::printer::{Block, Outcome, ReceiptPrinter, State};
use plugin_sdk::usb::{Concurrent, Usb as _};

const OUT: u8 = 0x01;
const IN: u8 = 0x81;
/// Asks for the status: one byte back.
const STATUS: u8 = 0x05;
/// Bits of the status; all others are 0 but the highest, which is 1.
const PAPER_LOW: u8 = 0x01;
const PAPER_OUT: u8 = 0x02;
const COVER_OPEN: u8 = 0x04;
const ASLEEP: u8 = 0x08;
const BUSY: u8 = 0x10;
const ALWAYS: u8 = 0x80;
/// The printer answers within some milliseconds.
const ANSWER_MS: u32 = 500;
/// It takes data as fast as it prints.
const WRITE_MS: u32 = 2_000;
/// Longest single write, in bytes, as granted.
const WRITE_BYTES: usize = 4_096;
/// Between two looks whether it still prints, and how often it is looked at.
const LOOK_MS: u32 = 20;
const LOOKS: u32 = 250;
/// Longest payload of a QR code, in bytes.
const QR_BYTES: usize = 512;

/// The example printer.
pub struct Example;

impl ReceiptPrinter for Example {
    fn open(_usb: &impl Concurrent, _identity: &Identity, _start: &Start) -> Result<Self, Fault> {
        Ok(Self)
    }

    fn state(&mut self, usb: &impl Concurrent) -> Result<State, Fault> {
        let status = status(usb)?;
        let has = |bit: u8| status & bit != 0;
        Ok(State {
            paper_low: has(PAPER_LOW),
            paper_out: has(PAPER_OUT),
            cover_open: has(COVER_OPEN),
            asleep: has(ASLEEP),
            dots_per_line: 384,
        })
    }

    fn print(&mut self, usb: &impl Concurrent, blocks: &[Block]) -> Result<Outcome, Fault> {
        let mut bytes = Vec::new();
        for block in blocks {
            bytes.extend(encode(block)?);
        }
        if status(usb)? & (PAPER_OUT | COVER_OPEN | BUSY) != 0 {
            return Ok(Outcome::NotPrinted);
        }
        for part in bytes.chunks(WRITE_BYTES) {
            // How much of it the printer took is not known, whatever the fault.
            if let Err(cause) = usb.write(OUT, part, WRITE_MS) {
                usb.failed(OUT, cause);
                return Ok(Outcome::Unknown);
            }
        }
        for _ in 0..LOOKS {
            match status(usb) {
                Ok(now) if now & (PAPER_OUT | COVER_OPEN) != 0 => return Ok(Outcome::Unknown),
                Ok(now) if now & BUSY == 0 => return Ok(Outcome::Printed),
                Ok(_) => usb.pause(LOOK_MS),
                Err(_) => return Ok(Outcome::Unknown),
            }
        }
        Ok(Outcome::Unknown)
    }
}

fn status(usb: &impl Concurrent) -> Result<u8, Fault> {
    usb.write(OUT, &[STATUS], ANSWER_MS)
        .map_err(|status| usb.failed(OUT, status))?;
    let answer = usb
        .read(IN, 1, ANSWER_MS)
        .map_err(|status| usb.failed(IN, status))?;
    let known = PAPER_LOW | PAPER_OUT | COVER_OPEN | ASLEEP | BUSY;
    match answer[..] {
        [status] if status & !known == ALWAYS => Ok(status),
        _ => Err(Fault::new(Kind::Protocol, "wrong-answer")),
    }
}

/// The example printer's language: text, and one control byte before everything else.
fn encode(block: &Block) -> Result<Vec<u8>, Fault> {
    Ok(match block {
        Block::Line(text) => [text.value.as_bytes(), b"\n"].concat(),
        Block::Rule => [b"-".repeat(32).as_slice(), b"\n"].concat(),
        Block::QrCode(payload) if payload.is_empty() || payload.len() > QR_BYTES => {
            return Err(Fault::new(Kind::NotSupported, "qr-length"));
        }
        Block::QrCode(payload) => [b"\x10", payload.as_bytes(), b"\n"].concat(),
        Block::Raster(bitmap) => {
            let size = [bitmap.width.to_le_bytes(), bitmap.height.to_le_bytes()].concat();
            [b"\x11".as_slice(), &size, &bitmap.bits].concat()
        }
        Block::Feed(lines) => b"\n".repeat(usize::from(*lines)),
        Block::Cut => b"\x12".to_vec(),
    })
}

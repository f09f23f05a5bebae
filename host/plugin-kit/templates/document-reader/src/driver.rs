//! Throws away what was read before, waits for a document, and collects its lines.

use plugin_sdk::device::{Identity, Start};
use plugin_sdk::document_reader::{Document, DocumentReader};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{Concurrent, Status, Usb as _};

const IN: u8 = 0x81;
/// Exact buffer length of a read, in bytes.
const PACKET_BYTES: u32 = 64;
/// How long each read waits for a document, in milliseconds.
const WAIT_MS: u32 = 100;
/// With less than this left, a document is no longer waited for.
const LEAST_MS: u32 = WAIT_MS + 50;
/// What the reader still holds comes within this.
const LEFT_BEHIND_MS: u32 = 20;
/// Most packets that it may hold.
const LEFT_BEHIND: u32 = 32;
/// The next line comes within this.
const LINE_MS: u32 = 1_000;
/// Lines and their characters (ICAO 9303, parts 4 to 7).
const SHAPES: [(usize, usize); 3] = [(3, 30), (2, 36), (2, 44)];

/// The example reader.
pub struct Example;

impl DocumentReader for Example {
    fn open<U: Concurrent>(interfaces: &[U], _identity: &Identity, _start: &Start) -> Result<Self, Fault> {
        only(interfaces)?;
        Ok(Self)
    }

    fn read<U: Concurrent>(&mut self, interfaces: &[U], tell: &dyn Fn(Stage)) -> Result<Document, Fault> {
        let usb = only(interfaces)?;
        throw_away(usb)?;
        tell(Stage::Ready);
        let first = wait(usb)?;
        tell(Stage::Presented);
        tell(Stage::Reading);
        let mut text = first;
        // Two lines of 36 or 44 characters, or three of 30: the first one tells.
        let lines = loop {
            let lines: Vec<String> = text.split_terminator('\r').map(str::to_owned).collect();
            let whole = text.ends_with('\r');
            let wanted = SHAPES.iter().find(|(_, length)| lines[0].len() == *length);
            match wanted {
                _ if !whole => {}
                None => return Err(Fault::new(Kind::Protocol, "not-an-mrz")),
                Some((count, length)) if lines.len() == *count => {
                    if lines.iter().any(|line| line.len() != *length) {
                        return Err(Fault::new(Kind::Protocol, "not-an-mrz"));
                    }
                    break lines;
                }
                Some(_) => {}
            }
            text += &packet(usb, LINE_MS)?;
        };
        tell(Stage::Remove);
        Ok(Document { mrz_lines: lines })
    }
}

fn only<U>(interfaces: &[U]) -> Result<&U, Fault> {
    interfaces
        .first()
        .ok_or(Fault::new(Kind::NotSupported, "no-interface"))
}

/// A packet's text: of a machine-readable zone's characters, and not empty.
fn packet(usb: &impl Concurrent, wait_ms: u32) -> Result<String, Fault> {
    let bytes = usb
        .read(IN, PACKET_BYTES, wait_ms)
        .map_err(|status| usb.failed(IN, status))?;
    text(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String, Fault> {
    let good = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'<' | b'\r');
    let wrong = Fault::new(Kind::Protocol, "not-an-mrz");
    if bytes.is_empty() || !bytes.iter().all(good) {
        return Err(wrong);
    }
    String::from_utf8(bytes).map_err(|_| wrong)
}

fn wait(usb: &impl Concurrent) -> Result<String, Fault> {
    loop {
        match usb.remaining_ms() {
            0 => return Err(Status::Cancelled.fault()),
            left if left <= LEAST_MS => return Err(Fault::new(Kind::NothingPresented, "nothing-presented")),
            _ => {}
        }
        match usb.read(IN, PACKET_BYTES, WAIT_MS) {
            Ok(bytes) => return text(bytes),
            Err(Status::TimedOut) => {}
            Err(status) => return Err(usb.failed(IN, status)),
        }
    }
}

/// A document that was read before it was asked for is the voter's before this one.
fn throw_away(usb: &impl Concurrent) -> Result<(), Fault> {
    for _ in 0..LEFT_BEHIND {
        match usb.read(IN, PACKET_BYTES, LEFT_BEHIND_MS) {
            Ok(_) | Err(Status::Overflow) => {}
            Err(Status::TimedOut) => return Ok(()),
            Err(status) => return Err(usb.failed(IN, status)),
        }
    }
    Err(Fault::new(Kind::Protocol, "talks-without-end"))
}

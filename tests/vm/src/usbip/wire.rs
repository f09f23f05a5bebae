//! The protocol as bytes (the kernel's Documentation/usb/usbip_protocol.rst). All numbers are big-endian but those of a
//! setup packet.

use devices::transfer::Identity;
use std::io::{Error, ErrorKind, Read, Result, Write};

const VERSION: u16 = 0x0111;
const REQUEST_IMPORT: u16 = 0x8003;
const REPLY_IMPORT: u16 = 0x0003;
const BUS_ID_BYTES: usize = 32;
const PATH_BYTES: usize = 256;

const SUBMIT: u32 = 1;
const UNLINK: u32 = 2;
const SUBMITTED: u32 = 3;
const UNLINKED: u32 = 4;
const HEADER_BYTES: usize = 48;
/// Longest data that a client may announce: more than any transfer of ours.
const MAX_BYTES: u32 = 4 << 20;

/// All devices are served at full speed, 12 Mbit/s (the kernel's `USB_SPEED_FULL`).
const FULL_SPEED: u32 = 2;

/// A transfer that the client wants.
pub(super) struct Urb {
    /// names it
    pub(super) number: u32,
    /// address, bit 7 set for IN; 0x00 or 0x80 for control
    pub(super) endpoint: u8,
    /// room for an IN
    pub(super) length: u32,
    /// of a control transfer
    pub(super) setup: [u8; 8],
    /// of an OUT
    pub(super) data: Vec<u8>,
}

/// What a client sends once it has a device.
pub(super) enum Command {
    /// a transfer
    Submit(Urb),
    /// takes one back
    Unlink {
        /// of this command
        number: u32,
        /// of the transfer
        victim: u32,
    },
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let part = bytes.get(at..).and_then(<[u8]>::first_chunk);
    part.map_or(0, |part| u32::from_be_bytes(*part))
}

fn half(bytes: &[u8], at: usize) -> u16 {
    let part = bytes.get(at..).and_then(<[u8]>::first_chunk);
    part.map_or(0, |part| u16::from_be_bytes(*part))
}

/// The next command; an error too where the client hung up.
pub(super) fn read_command(from: &mut impl Read) -> Result<Command> {
    let mut header = [0; HEADER_BYTES];
    from.read_exact(&mut header)?;
    let number = word(&header, 4);
    match word(&header, 0) {
        UNLINK => Ok(Command::Unlink {
            number,
            victim: word(&header, 20),
        }),
        SUBMIT => {
            let input = word(&header, 12) == 1;
            // Endpoints are numbered 0 to 15.
            let endpoint = header[19] & 0x0f | (u8::from(input) << 7);
            let length = word(&header, 24);
            if length > MAX_BYTES {
                return Err(Error::new(ErrorKind::InvalidData, "a transfer is too long"));
            }
            let mut data = vec![0; if input { 0 } else { usize::try_from(length).unwrap_or(0) }];
            from.read_exact(&mut data)?;
            let mut setup = [0; 8];
            setup.copy_from_slice(&header[40..]);
            Ok(Command::Submit(Urb {
                number,
                endpoint,
                length,
                setup,
                data,
            }))
        }
        other => Err(Error::new(
            ErrorKind::InvalidData,
            format!("command {other} is not known"),
        )),
    }
}

/// A header with these words, the rest zero.
fn header(words: &[(usize, u32)]) -> Vec<u8> {
    let mut bytes = vec![0; HEADER_BYTES];
    for (at, word) in words {
        bytes[*at..at + 4].copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

/// The kernel's error numbers are negative.
fn negative(status: i32) -> u32 {
    u32::from_ne_bytes(status.to_ne_bytes())
}

/// What came of a transfer: a status of 0 or below, and the bytes read or how many were written.
pub(super) fn submitted(number: u32, status: i32, written: usize, read: &[u8]) -> Vec<u8> {
    let actual = u32::try_from(written.max(read.len())).unwrap_or(u32::MAX);
    let mut bytes = header(&[(0, SUBMITTED), (4, number), (20, negative(status)), (24, actual)]);
    bytes.extend_from_slice(read);
    bytes
}

/// What came of an unlink.
pub(super) fn unlinked(number: u32, status: i32) -> Vec<u8> {
    header(&[(0, UNLINKED), (4, number), (20, negative(status))])
}

/// The name that a client asks a device for.
pub(super) fn read_request(from: &mut impl Read) -> Result<String> {
    let mut head = [0; 8 + BUS_ID_BYTES];
    from.read_exact(&mut head)?;
    if half(&head, 2) != REQUEST_IMPORT {
        return Err(Error::new(
            ErrorKind::InvalidData,
            "only devices by their name are served",
        ));
    }
    let name = head[8..].split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(name).into_owned())
}

/// The answer to such a question: the device's description, or that there is none.
pub(super) fn reply(name: &str, identity: Option<&Identity>) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(VERSION.to_be_bytes());
    bytes.extend(REPLY_IMPORT.to_be_bytes());
    bytes.extend(u32::from(identity.is_none()).to_be_bytes());
    let Some(identity) = identity else { return bytes };
    for (text, room) in [
        (format!("/virtual/{name}"), PATH_BYTES),
        (name.to_owned(), BUS_ID_BYTES),
    ] {
        let mut field = text.into_bytes();
        field.resize(room, 0);
        bytes.extend(field);
    }
    for number in [1, 2, FULL_SPEED] {
        bytes.extend(u32::to_be_bytes(number));
    }
    for number in [identity.vendor_id, identity.product_id, identity.release] {
        bytes.extend(number.to_be_bytes());
    }
    // class, subclass and protocol stand at the interface; configuration 1 of 1 with one interface
    bytes.extend([0, 0, 0, 1, 1, 1]);
    bytes
}

/// What `vhci_hcd` wants to know of a device before it takes the connection over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// bus and device number in one, as the protocol repeats it
    pub id: u32,
    /// the kernel's number for the speed
    pub speed: u32,
}

/// The client's half: asks for the device of this name. Afterwards the connection is the kernel's.
///
/// # Errors
/// The connection's, or that there is no such device.
pub fn ask_for(server: &mut (impl Read + Write), name: &str) -> Result<Exported> {
    let mut request = Vec::new();
    request.extend(VERSION.to_be_bytes());
    request.extend(REQUEST_IMPORT.to_be_bytes());
    request.extend([0; 4]);
    request.extend_from_slice(name.as_bytes());
    request.resize(8 + BUS_ID_BYTES, 0);
    server.write_all(&request)?;
    let mut head = [0; 8];
    server.read_exact(&mut head)?;
    if half(&head, 2) != REPLY_IMPORT || word(&head, 4) != 0 {
        return Err(Error::new(ErrorKind::NotFound, format!("there is no device {name}")));
    }
    let mut device = [0; PATH_BYTES + BUS_ID_BYTES + 24];
    server.read_exact(&mut device)?;
    let after = PATH_BYTES + BUS_ID_BYTES;
    Ok(Exported {
        id: word(&device, after) << 16 | word(&device, after + 4),
        speed: word(&device, after + 8),
    })
}

//! A pcapng capture of Linux' usbmon (`struct mon_bin_hdr`, LINKTYPE_USB_LINUX_MMAPPED, 220): every submission and every
//! completion on a bus, of which those of one device are kept. What the system asked the device on its own (standard
//! requests) stays out.

use super::description;
use super::usbdevfs::setup_of;
use crate::recording::{Asked, Event, Payload, What};
use devices::transfer::{Identity, RequestKind, Status};
use std::collections::{BTreeMap, HashMap};

/// First bytes of a pcapng file: the section header's type.
pub const MAGIC: &[u8] = &[0x0a, 0x0d, 0x0d, 0x0a];

const HEADER_BYTES: usize = 64;
/// LINKTYPE_USB_LINUX_MMAPPED
const LINKTYPE: u16 = 220;
const TIMEOUT_MS: u32 = 1_000;

/// The end of a transfer by the kernel's error number.
#[must_use]
pub fn status(errno: i32) -> Status {
    match errno {
        0 | -121 => Status::Completed,  // EREMOTEIO: a short packet where none was allowed
        -2 | -104 => Status::Cancelled, // ENOENT, ECONNRESET
        -32 => Status::Stalled,         // EPIPE
        -75 => Status::Overflow,        // EOVERFLOW
        -108 | -19 => Status::NoDevice, // ESHUTDOWN, ENODEV
        -110 => Status::TimedOut,       // ETIMEDOUT
        _ => Status::IoError,
    }
}

/// One line of the capture.
struct Urb {
    id: u64,
    submitted: bool,
    endpoint: u8,
    kind: u8,
    device: (u16, u8),
    setup: Option<[u8; 8]>,
    at_us: u64,
    status: i32,
    length: u32,
    data: Vec<u8>,
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn urbs(file: &[u8]) -> Result<Vec<Urb>, &'static str> {
    let cut = "the capture is cut off";
    let mut found = Vec::new();
    let mut rest = file;
    while !rest.is_empty() {
        let kind = long(rest, 0).ok_or(cut)?;
        let length = usize::try_from(long(rest, 4).ok_or(cut)?).map_err(|_| cut)?;
        if length < 12 || length > rest.len() {
            return Err(cut);
        }
        let (block, after) = rest.split_at(length);
        rest = after;
        match kind {
            // Interface Description Block
            1 if word(block, 8) != Some(LINKTYPE) => return Err("the capture is not one of usbmon (LINKTYPE 220)"),
            // Enhanced Packet Block
            6 => {
                let captured = usize::try_from(long(block, 20).ok_or(cut)?).map_err(|_| cut)?;
                found.push(urb(block.get(28..28 + captured).ok_or(cut)?).ok_or(cut)?);
            }
            _ => {}
        }
    }
    Ok(found)
}

fn urb(packet: &[u8]) -> Option<Urb> {
    let header = packet.get(..HEADER_BYTES)?;
    let eight = |at: usize| Some(u64::from_le_bytes(header.get(at..at + 8)?.try_into().ok()?));
    let submitted = header[8] == b'S';
    let seconds = eight(16)?;
    Some(Urb {
        id: eight(0)?,
        submitted,
        kind: header[9],
        endpoint: header[10],
        device: (word(header, 12)?, header[11]),
        setup: (submitted && header[14] == 0)
            .then(|| header[40..48].try_into().ok())
            .flatten(),
        at_us: seconds
            .wrapping_mul(1_000_000)
            .wrapping_add(u64::from(long(header, 24)?)),
        status: i32::from_le_bytes(header[28..32].try_into().ok()?),
        length: long(header, 32)?,
        data: packet[HEADER_BYTES..].to_vec(),
    })
}

/// Reads the events of one device: that at this bus and address, or the one that moved the most bytes. Its interfaces come
/// with them, where the capture saw the device's descriptors being read.
///
/// # Errors
/// The rule that the file breaks.
pub fn read(file: &[u8], device: Option<(u16, u8)>) -> Result<(Vec<Event>, Option<Vec<Identity>>), &'static str> {
    let urbs = urbs(file)?;
    let device = match device.filter(|one| urbs.iter().any(|urb| urb.device == *one)) {
        Some(device) => device,
        None => busiest(&urbs).ok_or("the capture holds no transfer")?,
    };
    let urbs: Vec<Urb> = urbs.into_iter().filter(|urb| urb.device == device).collect();
    let began = urbs.iter().map(|urb| urb.at_us).min().unwrap_or(0);
    let mut events = Vec::new();
    let mut pending: HashMap<u64, (u32, bool)> = HashMap::new();
    let mut descriptors: (Vec<u8>, Vec<u8>) = Default::default();
    let mut standard: HashMap<u64, [u8; 8]> = HashMap::new();
    let mut ticket = 0;
    for urb in urbs {
        let at_ms = urb.at_us.saturating_sub(began) / 1_000;
        // 2 is control, 0 isochronous
        if urb.kind == 0 {
            continue;
        }
        if urb.submitted {
            let asked = match urb.setup {
                Some(bytes) => {
                    let (setup, input) = setup_of(bytes).ok_or("a control request is none")?;
                    if setup.kind == RequestKind::Standard {
                        standard.insert(urb.id, bytes);
                        continue;
                    }
                    if input {
                        let length = u16::try_from(urb.length).map_err(|_| "a control request is too long")?;
                        Asked::ControlIn { setup, length }
                    } else {
                        let data = Payload::Kept(urb.data);
                        Asked::ControlOut { setup, data }
                    }
                }
                None if urb.endpoint & 0x80 != 0 => Asked::DataIn {
                    endpoint: urb.endpoint,
                    length: urb.length,
                },
                None => Asked::DataOut {
                    endpoint: urb.endpoint,
                    data: Payload::Kept(urb.data),
                },
            };
            ticket += 1;
            pending.insert(urb.id, (ticket, asked.is_read()));
            let what = What::Submit {
                ticket,
                interface: 0,
                asked,
                timeout_ms: TIMEOUT_MS,
            };
            events.push(Event { at_ms, what });
        } else if let Some(setup) = standard.remove(&urb.id) {
            // GET_DESCRIPTOR of device and configuration
            match (setup[0], setup[1], setup[3]) {
                (0x80, 6, 1) if urb.data.len() >= 18 => descriptors.0 = urb.data,
                (0x80, 6, 2) if urb.data.len() > 9 => descriptors.1 = urb.data,
                _ => {}
            }
        } else if let Some((ticket, read)) = pending.remove(&urb.id) {
            let what = What::Done {
                ticket,
                status: status(urb.status),
                actual: urb.length,
                data: Payload::Kept(if read { urb.data } else { Vec::new() }),
            };
            events.push(Event { at_ms, what });
        }
    }
    let both = [descriptors.0, descriptors.1].concat();
    Ok((events, description::interfaces(&both).ok()))
}

fn busiest(urbs: &[Urb]) -> Option<(u16, u8)> {
    let mut moved: BTreeMap<(u16, u8), usize> = BTreeMap::new();
    for urb in urbs {
        *moved.entry(urb.device).or_default() += urb.data.len() + 1;
    }
    moved
        .into_iter()
        .max_by_key(|(_, bytes)| *bytes)
        .map(|(device, _)| device)
}

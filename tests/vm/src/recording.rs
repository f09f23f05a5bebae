//! A recorded reader as a device: what it once did, in the order in which its transfers completed.

use devices::transfer::{Endpoint, EndpointKind, Identity, Setup};
use simulator::virtual_device::{Answer, Bell, Device};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A transfer of the recording that completed.
#[derive(Clone, PartialEq, Eq)]
struct Event {
    /// address; 0x00 or 0x80 for control
    endpoint: u8,
    setup: Option<[u8; 8]>,
    /// what the program wrote
    written: Vec<u8>,
    /// what the device gave
    read: Vec<u8>,
    stalled: bool,
}

/// A recording: who the device is and what it did.
pub struct Recording {
    identity: Identity,
    events: Vec<Event>,
}

/// The data are biometric: only counts are shown.
impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "recording of {} transfers", self.events.len())
    }
}

impl Recording {
    /// Reads a folder with umockdev's `device` and `capture.pcapng` or `capture.ioctl`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let text = |name: &str| {
            std::fs::read_to_string(folder.join(name)).map_err(|cause| format!("{}/{name}: {cause}", folder.display()))
        };
        let description = text("device")?;
        let (identity, number) =
            described(&description).ok_or_else(|| format!("{} does not describe a device", folder.display()))?;
        let mut events = match std::fs::read(folder.join("capture.pcapng")) {
            Ok(bytes) => from_pcapng(&bytes, number),
            Err(_) => from_ioctls(&text("capture.ioctl")?),
        };
        // Standard requests are answered out of the identity.
        events.retain(|event| event.setup.is_none_or(|setup| setup[0] & 0x60 != 0));
        if events.is_empty() {
            return Err(format!("{} has no transfer of its device", folder.display()));
        }
        Ok(Self { identity, events })
    }

    /// How many transfers completed, standard requests not counted.
    #[must_use]
    pub fn transfers(&self) -> usize {
        self.events.len()
    }
}

/// Plays a recording once.
pub struct Replay {
    recording: Arc<Recording>,
    bell: Bell,
    at: usize,
}

impl Replay {
    /// From its beginning.
    #[must_use]
    pub fn new(recording: Arc<Recording>) -> Self {
        Self {
            recording,
            bell: Bell::default(),
            at: 0,
        }
    }

    /// The next event's answer where it is this transfer's, or not yet. What was not recorded stalls.
    fn next(&mut self, endpoint: u8, setup: Option<(u8, &Setup)>, written: &[u8], room: usize) -> Answer {
        let Some(event) = self.recording.events.get(self.at) else {
            return Answer::Pending;
        };
        if event.endpoint != endpoint {
            return Answer::Pending;
        }
        let same_request = match (event.setup, setup) {
            (None, None) => true,
            (Some(recorded), Some((kind, setup))) => {
                let [value_low, value_high] = setup.value.to_le_bytes();
                let [index_low, index_high] = setup.index.to_le_bytes();
                recorded[..6] == [kind, setup.request, value_low, value_high, index_low, index_high]
            }
            _ => false,
        };
        if !same_request || event.written != written || event.stalled || event.read.len() > room {
            return Answer::Stalled;
        }
        self.at += 1;
        Answer::Done(event.read.clone())
    }
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} at {}", self.recording, self.at)
    }
}

impl Device for Replay {
    fn identity(&self) -> Identity {
        self.recording.identity.clone()
    }

    fn bell(&self) -> Bell {
        self.bell.clone()
    }

    fn control_in(&mut self, setup: &Setup, length: u16) -> Answer {
        self.next(0x80, Some((setup.request_type(true), setup)), &[], usize::from(length))
    }

    fn control_out(&mut self, setup: &Setup, data: &[u8]) -> Answer {
        self.next(0x00, Some((setup.request_type(false), setup)), data, 0)
    }

    fn data_out(&mut self, endpoint: u8, data: &[u8]) -> Answer {
        self.next(endpoint, None, data, 0)
    }

    fn data_in(&mut self, endpoint: u8, length: u32) -> Answer {
        self.next(endpoint, None, &[], usize::try_from(length).unwrap_or(usize::MAX))
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    Some(digits?.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// The identity, and the number of the device on its bus.
fn described(description: &str) -> Option<(Identity, u8)> {
    let node = description.lines().find_map(|line| line.strip_prefix("N: "))?;
    let (path, descriptors) = node.split_once('=')?;
    let number = path.rsplit('/').next()?.parse().ok()?;
    let bytes = hex(descriptors.trim())?;
    let half = |at: usize| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let attribute = |name: &str| {
        let line = description
            .lines()
            .find_map(|line| line.strip_prefix("A: ")?.strip_prefix(name)?.strip_prefix('='))?;
        let text = line.trim_end_matches("\\n").trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let mut identity = Identity {
        vendor_id: half(8)?,
        product_id: half(10)?,
        release: half(12)?,
        manufacturer: attribute("manufacturer"),
        product: attribute("product"),
        serial: attribute("serial"),
        interface_number: 0,
        interface_class: (0, 0, 0),
        endpoints: Vec::new(),
    };
    let mut at = 0;
    let mut interfaces = 0;
    while let Some(&[length, kind]) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let part = bytes.get(at..at + usize::from(length.max(2)))?;
        match (kind, part) {
            (4, &[_, _, number, 0, _, class, subclass, protocol, ..]) => {
                interfaces += 1;
                if interfaces == 1 {
                    identity.interface_number = number;
                    identity.interface_class = (class, subclass, protocol);
                }
            }
            (5, &[_, _, address, attributes, low, high, ..]) if interfaces == 1 => identity.endpoints.push(Endpoint {
                address,
                kind: if attributes & 3 == 3 {
                    EndpointKind::Interrupt
                } else {
                    EndpointKind::Bulk
                },
                max_packet_size: u16::from_le_bytes([low, high]),
            }),
            _ => {}
        }
        at += part.len();
    }
    Some((identity, number))
}

/// Lines `USBDEVFS_REAPURBNDELAY result type endpoint status flags length actual errors DATA`, in the order of completion.
fn from_ioctls(text: &str) -> Vec<Event> {
    const CONTROL: &str = "2";
    let event = |line: &str| -> Option<Event> {
        let rest = line.trim_start().strip_prefix("USBDEVFS_REAPURB")?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let [_, "0", kind, endpoint, status, _, _, _, _, data @ ..] = fields.as_slice() else {
            return None;
        };
        let mut bytes = hex(data.first().unwrap_or(&""))?;
        let mut endpoint: u8 = endpoint.parse().ok()?;
        let mut setup = None;
        if *kind == CONTROL {
            let head: [u8; 8] = *bytes.first_chunk()?;
            bytes.drain(..8);
            endpoint = head[0] & 0x80;
            setup = Some(head);
        }
        let (written, read) = if endpoint & 0x80 == 0 {
            (bytes, Vec::new())
        } else {
            (Vec::new(), bytes)
        };
        Some(Event {
            endpoint,
            setup,
            written,
            read,
            stalled: *status == "-32",
        })
    };
    text.lines().filter_map(event).collect()
}

/// The completions of usbmon's records (link type 220) in a pcapng file, of the device with this number.
fn from_pcapng(bytes: &[u8], device: u8) -> Vec<Event> {
    const ENHANCED_PACKET: u32 = 6;
    const RECORD_BYTES: usize = 64;
    /// Took back by the program.
    const TAKEN_BACK: [i32; 2] = [-2, -104];
    const STALLED: i32 = -32;
    /// A control request's setup, and what was sent with it.
    type Submitted = (Option<[u8; 8]>, Vec<u8>);
    let word = |bytes: &[u8], at: usize| {
        let part = bytes.get(at..).and_then(<[u8]>::first_chunk);
        part.map_or(0, |part| u32::from_le_bytes(*part))
    };
    let size = |bytes: &[u8], at: usize| usize::try_from(word(bytes, at)).unwrap_or(usize::MAX);
    let mut events = Vec::new();
    let mut asked: BTreeMap<[u8; 8], Submitted> = BTreeMap::new();
    let mut at = 0_usize;
    while let Some(block) = bytes.get(at..at.saturating_add(size(bytes, at + 4).max(12))) {
        at += block.len();
        if word(block, 0) != ENHANCED_PACKET {
            continue;
        }
        let Some(record) = block.get(28..28usize.saturating_add(size(block, 20))) else {
            continue;
        };
        let (Some(id), Some(data)) = (record.first_chunk::<8>(), record.get(RECORD_BYTES..)) else {
            continue;
        };
        if record[11] != device {
            continue;
        }
        let (kind, endpoint) = (record[8], record[10]);
        if kind == b'S' {
            let setup = (record[14] == 0).then(|| record[40..].first_chunk().copied()).flatten();
            asked.insert(*id, (setup, data.to_vec()));
        } else if kind == b'C' {
            let status = i32::from_ne_bytes(word(record, 28).to_ne_bytes());
            let Some((setup, written)) = asked.remove(id) else {
                continue;
            };
            if TAKEN_BACK.contains(&status) {
                continue;
            }
            let input = endpoint & 0x80 != 0;
            events.push(Event {
                endpoint,
                setup,
                written: if input { Vec::new() } else { written },
                read: if input { data.to_vec() } else { Vec::new() },
                stalled: status == STALLED,
            });
        }
    }
    events
}

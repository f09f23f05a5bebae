//! A recording as a device that libusb itself can open: what `umockdev-run -d DEVICE -p PLACE=CAPTURE` wants, a device
//! description and a pcapng capture of usbmon. So a session with a virtual device is replayed below libusb, and the whole
//! stack, from plugin to system calls, is tested on it.

use crate::recording::{Asked, Payload, Recording, What};
use devices::transfer::{EndpointKind, Identity, Status};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Bus and address of the device.
const BUS: u16 = 1;
const ADDRESS: u8 = 5;
/// Where the description puts it, below `/sys`.
const PLACE: &str = "/devices/pci0000:00/0000:00:14.0/usb1/1-3";

/// A device for umockdev.
#[derive(Clone, PartialEq, Eq)]
pub struct Mock {
    /// the description
    pub device: String,
    /// the capture
    pub pcapng: Vec<u8>,
    /// the argument of `-p`, but for the capture's path
    pub place: String,
}

/// Sizes only: the capture may hold a finger.
impl std::fmt::Debug for Mock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "mock at {} of {} bytes", self.place, self.pcapng.len())
    }
}

/// Makes a mock of a recording whose payloads were kept.
#[must_use]
pub fn mock(recording: &Recording) -> Mock {
    Mock {
        device: description(&recording.interfaces),
        pcapng: capture(recording),
        place: format!("/sys{PLACE}"),
    }
}

/// Device and configuration descriptors (USB 2.0, section 9.6) of a device with these interfaces.
#[must_use]
pub fn descriptors(interfaces: &[Identity]) -> Vec<u8> {
    let Some(first) = interfaces.first() else {
        return Vec::new();
    };
    let (vendor, product, release) = (
        first.vendor_id.to_le_bytes(),
        first.product_id.to_le_bytes(),
        first.release.to_le_bytes(),
    );
    let mut bytes = vec![
        18, 1, 0x00, 0x02, 0, 0, 0, 64, vendor[0], vendor[1], product[0], product[1], release[0], release[1], 1, 2, 3,
        1,
    ];
    let mut rest = Vec::new();
    for identity in interfaces {
        let (class, subclass, protocol) = identity.interface_class;
        let endpoints = u8::try_from(identity.endpoints.len()).unwrap_or(u8::MAX);
        rest.extend([
            9,
            4,
            identity.interface_number,
            0,
            endpoints,
            class,
            subclass,
            protocol,
            0,
        ]);
        for endpoint in &identity.endpoints {
            let size = endpoint.max_packet_size.to_le_bytes();
            let (kind, interval) = match endpoint.kind {
                EndpointKind::Bulk => (2, 0),
                EndpointKind::Interrupt => (3, 8),
            };
            rest.extend([7, 5, endpoint.address, kind, size[0], size[1], interval]);
        }
    }
    let total = u16::try_from(9 + rest.len()).unwrap_or(u16::MAX).to_le_bytes();
    let count = u8::try_from(interfaces.len()).unwrap_or(u8::MAX);
    bytes.extend([9, 2, total[0], total[1], count, 1, 0, 0xa0, 50]);
    bytes.append(&mut rest);
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

fn description(interfaces: &[Identity]) -> String {
    let descriptors = hex(&descriptors(interfaces));
    let (vendor, product, release) = interfaces
        .first()
        .map_or((0, 0, 0), |first| (first.vendor_id, first.product_id, first.release));
    let minor = (BUS - 1) * 128 + u16::from(ADDRESS) - 1;
    let mut text = format!(
        "P: {PLACE}\nN: bus/usb/{BUS:03}/{ADDRESS:03}={descriptors}\nE: DEVNAME=/dev/bus/usb/{BUS:03}/{ADDRESS:03}\n\
         E: DEVTYPE=usb_device\nE: DRIVER=usb\nE: BUSNUM={BUS:03}\nE: DEVNUM={ADDRESS:03}\nE: MAJOR=189\nE: MINOR={minor}\n\
         E: SUBSYSTEM=usb\nE: PRODUCT={vendor:x}/{product:x}/{release:x}\nA: bConfigurationValue=1\nA: bDeviceClass=00\n\
         A: bNumConfigurations=1\nA: bcdDevice={release:04x}\nA: busnum={BUS}\\n\nA: devnum={ADDRESS}\\n\nA: devpath=3\n\
         A: idProduct={product:04x}\nA: idVendor={vendor:04x}\nA: speed=12\nA: maxchild=0\n"
    );
    if let Some(first) = interfaces.first() {
        for (name, value) in [
            ("manufacturer", &first.manufacturer),
            ("product", &first.product),
            ("serial", &first.serial),
        ] {
            if let Some(value) = value.as_ref().filter(|value| value.is_ascii()) {
                text += &format!("A: {name}={value}\n");
            }
        }
    }
    text += &format!("H: descriptors={descriptors}\n");
    text
}

/// A block of a pcapng file: type, length, body, length again.
fn block(out: &mut Vec<u8>, kind: u32, mut body: Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
    let length = u32::try_from(12 + body.len()).unwrap_or(u32::MAX).to_le_bytes();
    out.extend(kind.to_le_bytes());
    out.extend(length);
    out.append(&mut body);
    out.extend(length);
}

/// One line of the capture.
struct Line<'a> {
    id: u32,
    at_ms: u64,
    submitted: bool,
    kind: u8,
    endpoint: u8,
    setup: Option<[u8; 8]>,
    status: i32,
    length: u32,
    data: &'a [u8],
}

impl Line<'_> {
    /// `struct mon_bin_hdr` of Linux' usbmon, and the data.
    fn packet(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 + self.data.len());
        bytes.extend(u64::from(self.id).to_le_bytes());
        bytes.push(if self.submitted { b'S' } else { b'C' });
        bytes.extend([self.kind, self.endpoint, ADDRESS]);
        bytes.extend(BUS.to_le_bytes());
        let no_data = if self.endpoint & 0x80 != 0 { b'<' } else { b'>' };
        bytes.push(if self.setup.is_some() { 0 } else { b'-' });
        bytes.push(if self.data.is_empty() { no_data } else { 0 });
        let (seconds, microseconds) = (self.at_ms / 1_000, (self.at_ms % 1_000) * 1_000);
        bytes.extend((1_700_000_000 + seconds).to_le_bytes());
        bytes.extend(u32::try_from(microseconds).unwrap_or(0).to_le_bytes());
        bytes.extend(self.status.to_le_bytes());
        bytes.extend(self.length.to_le_bytes());
        bytes.extend(u32::try_from(self.data.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(self.setup.unwrap_or_default());
        // interval, start frame, flags, isochronous descriptors
        bytes.extend([0; 16]);
        bytes.extend(self.data);
        bytes
    }
}

/// What a completion has to say again of its submission.
struct Pending {
    kind: u8,
    endpoint: u8,
}

fn capture(recording: &Recording) -> Vec<u8> {
    let mut out = Vec::new();
    // Section Header Block: byte order, version 1.0, length not known.
    let mut section = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
    section.extend([1, 0, 0, 0]);
    section.extend([0xff; 8]);
    block(&mut out, 0x0a0d_0d0a, section);
    // Interface Description Block: LINKTYPE_USB_LINUX_MMAPPED, no limit.
    block(&mut out, 1, vec![220, 0, 0, 0, 0, 0, 4, 0]);
    let mut pending: HashMap<u32, Pending> = HashMap::new();
    for event in &recording.events {
        let line = match &event.what {
            What::Submit { ticket, asked, .. } => submission(*ticket, event.at_ms, asked, recording, &mut pending),
            // Taken back by the host, in the recording and in the replay: were it in the capture, the replay would end the
            // transfer itself, as one that brought nothing.
            What::Done {
                status: Status::TimedOut | Status::Cancelled,
                ..
            } => None,
            What::Done {
                ticket,
                status,
                actual,
                data,
            } => pending.remove(ticket).map(|of| Line {
                id: *ticket,
                at_ms: event.at_ms,
                submitted: false,
                kind: of.kind,
                endpoint: of.endpoint,
                setup: None,
                status: errno(*status),
                length: *actual,
                data: data.kept().unwrap_or_default(),
            }),
            _ => None,
        };
        let Some(line) = line else {
            continue;
        };
        let packet = line.packet();
        let microseconds = (1_700_000_000_000 + line.at_ms) * 1_000;
        let length = u32::try_from(packet.len()).unwrap_or(u32::MAX).to_le_bytes();
        let mut body = 0_u32.to_le_bytes().to_vec();
        let (high, low) = (microseconds >> 32, microseconds & 0xffff_ffff);
        for half in [high, low] {
            body.extend(u32::try_from(half).unwrap_or(0).to_le_bytes());
        }
        body.extend(length);
        body.extend(length);
        body.extend(packet);
        block(&mut out, 6, body);
    }
    out
}

fn submission<'a>(
    id: u32,
    at_ms: u64,
    asked: &'a Asked,
    recording: &Recording,
    pending: &mut HashMap<u32, Pending>,
) -> Option<Line<'a>> {
    let kept = |data: &'a Payload| data.kept().unwrap_or_default();
    let (kind, endpoint, setup, data) = match asked {
        Asked::ControlIn { setup, length } => (2, 0x80, Some((setup, true, *length)), &[][..]),
        Asked::ControlOut { setup, data } => {
            let length = u16::try_from(data.length()).ok()?;
            (2, 0x00, Some((setup, false, length)), kept(data))
        }
        Asked::DataIn { endpoint, .. } => (transfer_type(*endpoint, recording), *endpoint, None, &[][..]),
        Asked::DataOut { endpoint, data } => (transfer_type(*endpoint, recording), *endpoint, None, kept(data)),
    };
    let setup = setup.map(|(setup, input, length)| {
        let (value, index, length) = (
            setup.value.to_le_bytes(),
            setup.index.to_le_bytes(),
            length.to_le_bytes(),
        );
        [
            setup.request_type(input),
            setup.request,
            value[0],
            value[1],
            index[0],
            index[1],
            length[0],
            length[1],
        ]
    });
    pending.insert(id, Pending { kind, endpoint });
    Some(Line {
        id,
        at_ms,
        submitted: true,
        kind,
        endpoint,
        setup,
        // EINPROGRESS
        status: -115,
        length: asked.length(),
        data,
    })
}

/// 1 interrupt, 3 bulk.
fn transfer_type(endpoint: u8, recording: &Recording) -> u8 {
    let mut endpoints = recording.interfaces.iter().flat_map(|identity| &identity.endpoints);
    let found = endpoints.find(|one| one.address == endpoint);
    if found.is_some_and(|one| one.kind == EndpointKind::Interrupt) {
        1
    } else {
        3
    }
}

fn errno(status: Status) -> i32 {
    match status {
        Status::Completed => 0,
        // ENOENT; not in a capture, see above.
        Status::TimedOut | Status::Cancelled => -2,
        Status::Stalled => -32,
        Status::Overflow => -75,
        Status::NoDevice => -108,
        Status::IoError | Status::NotGranted => -71,
    }
}

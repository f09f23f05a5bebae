//! The driver against the recordings of two real devices: one with a TouchStrip, one with a TouchChip.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{Completion, Concurrent, Recipient, Refusal, Request, RequestKind, Setup, Status, Ticket};
use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};
use upektc_img_driver::reader::{capture, open};

/// One request and what came of it. The recorded host never had two at a time.
struct Exchange {
    endpoint: u8,
    /// of a control request
    setup: Option<[u8; 8]>,
    /// buffer length of the request
    length: u32,
    written: Vec<u8>,
    read: Vec<u8>,
}

fn little(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn size(bytes: u32) -> usize {
    usize::try_from(bytes).unwrap()
}

/// The packets (Linux usbmon, `struct usbmon_packet`, LINKTYPE 220) of a pcapng file: blocks of type 6, each with 28 bytes
/// before its packet.
fn packets(file: &[u8]) -> Vec<&[u8]> {
    let mut packets = Vec::new();
    let mut rest = file;
    while rest.len() >= 12 {
        let (block, after) = rest.split_at(size(little(rest, 4)));
        rest = after;
        if little(block, 0) == 6 {
            packets.push(&block[28..28 + size(little(block, 20))]);
        }
    }
    packets
}

/// What the driver's counterpart did. The whole bus was recorded: other devices are left out, of which none gets vendor
/// requests, and so are standard requests, which a driver never sends.
fn exchanges(path: &Path) -> VecDeque<Exchange> {
    let file = std::fs::read(path).unwrap();
    let mut exchanges: VecDeque<Exchange> = VecDeque::new();
    let mut standard = HashSet::new();
    let mut pending = None;
    let packets = packets(&file);
    let vendor = |packet: &&&[u8]| packet[8] == b'S' && packet[14] == 0 && packet[40] & 0x60 == 0x40;
    let address = packets.iter().find(vendor).unwrap()[11];
    for packet in packets.into_iter().filter(|packet| packet[11] == address) {
        let id = &packet[..8];
        let (submitted, endpoint) = (packet[8] == b'S', packet[10]);
        let data = packet[64..64 + size(little(packet, 36))].to_vec();
        let setup: Option<[u8; 8]> = (submitted && packet[14] == 0).then(|| packet[40..48].try_into().unwrap());
        if setup.is_some_and(|setup| setup[0] & 0x60 == 0) {
            standard.insert(id);
        } else if submitted {
            assert_eq!(pending.replace(id), None);
            exchanges.push_back(Exchange {
                endpoint,
                setup,
                length: little(packet, 32),
                written: data,
                read: Vec::new(),
            });
        } else if !standard.remove(id) {
            assert_eq!(pending.take(), Some(id));
            assert_eq!(little(packet, 28), 0, "the recording holds an errno");
            exchanges.back_mut().unwrap().read = data;
        }
    }
    exchanges
}

/// The recording in lockstep: every request must be the recorded one, in the recorded order.
struct Recorded {
    left: RefCell<VecDeque<Exchange>>,
    completed: RefCell<Option<Completion>>,
    next: Cell<u32>,
}

/// bmRequestType, bRequest, wValue, wIndex, wLength (USB 2.0, table 9-2).
fn setup_bytes(setup: Setup, length: u16) -> [u8; 8] {
    assert_eq!((setup.kind, setup.recipient), (RequestKind::Vendor, Recipient::Device));
    let mut bytes = [0x40, setup.request, 0, 0, 0, 0, 0, 0];
    bytes[2..4].copy_from_slice(&setup.value.to_le_bytes());
    bytes[4..6].copy_from_slice(&setup.index.to_le_bytes());
    bytes[6..8].copy_from_slice(&length.to_le_bytes());
    bytes
}

impl Concurrent for Recorded {
    fn submit(&self, request: Request, _timeout_ms: u32) -> Result<Ticket, Refusal> {
        let mut left = self.left.borrow_mut();
        let count = left.len();
        let recorded = left.pop_front().expect("more requests than recorded");
        let (endpoint, setup, length, written) = match request {
            Request::ControlIn { .. } => panic!("nothing is read so"),
            Request::ControlOut { setup, data } => {
                let length = u16::try_from(data.len()).unwrap();
                (0x00, Some(setup_bytes(setup, length)), u32::from(length), data)
            }
            Request::DataIn { endpoint, length } => (endpoint, None, length, vec![]),
            Request::DataOut { endpoint, data } => (endpoint, None, u32::try_from(data.len()).unwrap(), data),
        };
        assert_eq!(
            (endpoint, setup, length, written),
            (recorded.endpoint, recorded.setup, recorded.length, recorded.written),
            "{count} requests left"
        );
        let ticket = Ticket(self.next.replace(self.next.get() + 1));
        let completion = Completion {
            ticket,
            status: Status::Completed,
            actual: length,
            data: recorded.read,
        };
        assert!(self.completed.borrow_mut().replace(completion).is_none());
        Ok(ticket)
    }

    fn wait(&self, tickets: &[Ticket], _timeout_ms: u32) -> Option<Completion> {
        let completion = self.completed.borrow_mut().take();
        assert_eq!(completion.iter().map(|done| done.ticket).collect::<Vec<_>>(), tickets);
        completion
    }

    fn cancel(&self, ticket: Ticket) {
        panic!("{ticket:?} has completed")
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        panic!("the recording has no halt of {endpoint:02x}")
    }

    fn remaining_ms(&self) -> u32 {
        10_000
    }
}

/// Each recording, and the size of its picture.
const RECORDINGS: [(&str, u16, u16); 2] = [("upektc_img", 144, 384), ("upektc_img-tcs1s", 192, 270)];

#[test]
fn each_recorded_reader_gives_the_recorded_picture() {
    for (name, width, height) in RECORDINGS {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/data/usb-recordings")
            .join(name);
        if !folder.exists() {
            println!(
                "SKIPPED each_recorded_reader_gives_the_recorded_picture: ../shared/data/usb-recordings is absent"
            );
            return;
        }
        let device = Recorded {
            left: RefCell::new(exchanges(&folder.join("capture.pcapng"))),
            completed: RefCell::default(),
            next: Cell::new(1),
        };
        let requests = device.left.borrow().len();
        let sensor = open(&device).unwrap();
        assert_eq!((sensor.width, sensor.height), (width, height));
        let stages = RefCell::new(Vec::new());
        let pixels = capture(&device, &sensor, |stage| stages.borrow_mut().push(stage)).unwrap();
        let left = device.left.borrow().len();
        assert_eq!(left, 0, "the driver left recorded requests undone");
        assert_eq!(
            stages.into_inner(),
            [Stage::Ready, Stage::Presented, Stage::Reading, Stage::Remove]
        );
        let expected = picture(&folder.join("capture.png"), width, height);
        assert!(pixels == expected, "{name}: the image differs from capture.png");
        println!("{name}: {requests} requests in the recorded order, {width} x {height} pixels identical");
    }
}

/// The grey values of a picture that is stored as colour: each pixel is its grey value three times.
fn picture(path: &Path, width: u16, height: u16) -> Vec<u8> {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut picture = png::Decoder::new(file).read_info().unwrap();
    let mut bytes = vec![0; picture.output_buffer_size().unwrap()];
    let shape = picture.next_frame(&mut bytes).unwrap();
    assert_eq!((shape.width, shape.height), (u32::from(width), u32::from(height)));
    assert_eq!(
        (shape.color_type, shape.bit_depth),
        (png::ColorType::Rgb, png::BitDepth::Eight)
    );
    let (colours, _) = bytes.as_chunks::<3>();
    assert!(colours.iter().all(|[red, green, blue]| red == green && green == blue));
    colours.iter().map(|[grey, ..]| *grey).collect()
}

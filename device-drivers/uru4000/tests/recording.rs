//! The driver against the recordings of two real devices: a U.are.U 4500 and a Microsoft Fingerprint Reader v2.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{Completion, Concurrent, Recipient, Refusal, Request, RequestKind, Setup, Status, Ticket};
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use uru4000_driver::model::{MICROSOFT_V2, Model, U_ARE_U_4500};
use uru4000_driver::reader::capture;

/// The seed that the recorded hosts gave their devices.
const RECORDED_SEED: u32 = 0x51ea_2124;

/// One line of a recording (Linux usbmon, `struct usbmon_packet`, LINKTYPE 220).
struct Urb {
    /// names submission and completion alike
    id: u64,
    submitted: bool,
    endpoint: u8,
    /// of a control submission
    setup: Option<[u8; 8]>,
    /// errno
    status: i32,
    /// buffer length of a submission, bytes moved of a completion
    length: u32,
    data: Vec<u8>,
}

fn little(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// The packets of a pcapng file: blocks of type 6, each with 28 bytes before its packet.
fn urbs(path: &Path) -> VecDeque<Urb> {
    let file = std::fs::read(path).unwrap();
    let mut urbs = VecDeque::new();
    let mut rest = file.as_slice();
    while rest.len() >= 12 {
        let (block, after) = rest.split_at(usize::try_from(little(rest, 4)).unwrap());
        rest = after;
        if little(block, 0) == 6 {
            urbs.push_back(urb(&block[28..28 + usize::try_from(little(block, 20)).unwrap()]));
        }
    }
    urbs
}

fn urb(packet: &[u8]) -> Urb {
    let data = packet[64..64 + usize::try_from(little(packet, 36)).unwrap()].to_vec();
    Urb {
        id: u64::from_le_bytes(packet[..8].try_into().unwrap()),
        submitted: packet[8] == b'S',
        endpoint: packet[10],
        setup: (packet[8] == b'S' && packet[14] == 0).then(|| packet[40..48].try_into().unwrap()),
        status: i32::from_le_bytes(packet[28..32].try_into().unwrap()),
        length: little(packet, 32),
        data,
    }
}

/// The recording in lockstep: every request must be the recorded one, in the recorded order among requests and answers.
struct Recorded(RefCell<Replay>);

struct Replay {
    urbs: VecDeque<Urb>,
    tickets: HashMap<u64, Ticket>,
    cancelled: Vec<Ticket>,
    /// answers that the recording had before someone waited for them
    early: Vec<Completion>,
    next: u32,
    most_pending: usize,
}

impl Recorded {
    fn read(path: &Path) -> Self {
        let mut urbs = urbs(path);
        // Before anything else the recorded host read descriptors: standard requests, which a driver never sends.
        let standard: Vec<u64> = urbs
            .iter()
            .filter(|urb| urb.setup.is_some_and(|setup| setup[0] & 0x60 == 0))
            .map(|urb| urb.id)
            .collect();
        let first = urbs
            .iter()
            .position(|urb| urb.submitted && urb.endpoint == 0x81)
            .unwrap();
        assert_eq!(first, 2 * standard.len());
        urbs.drain(..first);
        Self(RefCell::new(Replay {
            urbs,
            tickets: HashMap::new(),
            cancelled: Vec::new(),
            early: Vec::new(),
            next: 1,
            most_pending: 0,
        }))
    }
}

/// bmRequestType, bRequest, wValue, wIndex, wLength (USB 2.0, table 9-2).
fn setup_bytes(setup: Setup, input: bool, length: u16) -> [u8; 8] {
    assert_eq!((setup.kind, setup.recipient), (RequestKind::Vendor, Recipient::Device));
    let mut bytes = [if input { 0xc0 } else { 0x40 }, setup.request, 0, 0, 0, 0, 0, 0];
    bytes[2..4].copy_from_slice(&setup.value.to_le_bytes());
    bytes[4..6].copy_from_slice(&setup.index.to_le_bytes());
    bytes[6..8].copy_from_slice(&length.to_le_bytes());
    bytes
}

impl Concurrent for Recorded {
    fn submit(&self, request: Request, _timeout_ms: u32) -> Result<Ticket, Refusal> {
        let replay = &mut *self.0.borrow_mut();
        let left = replay.urbs.len();
        let urb = replay.urbs.pop_front().expect("more requests than recorded");
        assert!(
            urb.submitted,
            "{request:?} came before a recorded answer ({left} lines left)"
        );
        let (endpoint, setup, length, data) = match request {
            Request::ControlIn { setup, length } => {
                (0x80, Some(setup_bytes(setup, true, length)), u32::from(length), vec![])
            }
            Request::ControlOut { setup, data } => {
                let length = u16::try_from(data.len()).unwrap();
                (0x00, Some(setup_bytes(setup, false, length)), u32::from(length), data)
            }
            Request::DataIn { endpoint, length } => (endpoint, None, length, vec![]),
            Request::DataOut { .. } => panic!("the device has no OUT endpoint"),
        };
        assert_eq!(
            (endpoint, setup, length, data),
            (urb.endpoint, urb.setup, urb.length, urb.data),
            "{left} lines left"
        );
        let ticket = Ticket(replay.next);
        replay.next += 1;
        replay.tickets.insert(urb.id, ticket);
        replay.most_pending = replay.most_pending.max(replay.tickets.len());
        Ok(ticket)
    }

    fn wait(&self, tickets: &[Ticket], _timeout_ms: u32) -> Option<Completion> {
        let replay = &mut *self.0.borrow_mut();
        let asked = |ticket: Ticket| tickets.is_empty() || tickets.contains(&ticket);
        if let Some(index) = replay.early.iter().position(|done| asked(done.ticket)) {
            return Some(replay.early.remove(index));
        }
        loop {
            let urb = replay.urbs.front().filter(|urb| !urb.submitted)?;
            let ticket = replay.tickets[&urb.id];
            let status = match urb.status {
                0 => Status::Completed,
                // ENOENT: taken back by the host, and so not before it does.
                -2 if replay.cancelled.contains(&ticket) => Status::Cancelled,
                -2 => return None,
                other => panic!("the recording holds no errno {other}"),
            };
            let urb = replay.urbs.pop_front()?;
            replay.tickets.remove(&urb.id);
            let completion = Completion {
                ticket,
                status,
                actual: urb.length,
                data: urb.data,
            };
            if asked(ticket) {
                return Some(completion);
            }
            replay.early.push(completion);
        }
    }

    fn cancel(&self, ticket: Ticket) {
        self.0.borrow_mut().cancelled.push(ticket);
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        panic!("the recording has no halt of {endpoint:02x}")
    }

    fn remaining_ms(&self) -> u32 {
        10_000
    }
}

/// Each recording, and its model.
const RECORDINGS: [(&str, Model); 2] = [("uru4000-4500", U_ARE_U_4500), ("uru4000-msv2", MICROSOFT_V2)];

/// The order of requests and answers is the recorded one, and so is every byte sent: of the Microsoft reader also the answer
/// to its challenge.
#[test]
fn each_recorded_reader_gives_the_recorded_picture() {
    for (name, model) in RECORDINGS {
        let folder = recordings().join(name);
        if !folder.exists() {
            println!(
                "SKIPPED each_recorded_reader_gives_the_recorded_picture: ../shared/data/usb-recordings is absent"
            );
            return;
        }
        let device = Recorded::read(&folder.join("capture.pcapng"));
        let lines = device.0.borrow().urbs.len();
        let stages = RefCell::new(Vec::new());
        let image = capture(&device, &model, RECORDED_SEED, |stage| stages.borrow_mut().push(stage)).unwrap();
        let replay = device.0.into_inner();
        assert!(
            replay.urbs.is_empty(),
            "{name}: the driver left {} recorded lines",
            replay.urbs.len()
        );
        assert!(replay.early.is_empty(), "{name}: the driver left answers unread");
        assert_eq!(replay.most_pending, 3);
        assert_eq!(
            stages.into_inner(),
            [Stage::Ready, Stage::Presented, Stage::Reading, Stage::Remove]
        );

        let (height, expected) = picture(&folder.join("capture.png"));
        assert_eq!(height, u32::from(image.height));
        assert_eq!(
            different(&image.pixels, &expected),
            0,
            "{name}: bytes differ from capture.png"
        );
        println!("{name}: {lines} lines in lockstep, {height} lines of pixels identical");
    }
}

fn recordings() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/usb-recordings")
}

/// Height and bytes of a picture 384 pixels wide that is stored as colour: each pixel is its grey value three times.
fn picture(path: &Path) -> (u32, Vec<u8>) {
    let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
    let mut picture = png::Decoder::new(file).read_info().unwrap();
    let mut bytes = vec![0; picture.output_buffer_size().unwrap()];
    let shape = picture.next_frame(&mut bytes).unwrap();
    assert_eq!(shape.width, 384);
    assert_eq!(
        (shape.color_type, shape.bit_depth),
        (png::ColorType::Rgb, png::BitDepth::Eight)
    );
    (shape.height, bytes)
}

/// How many bytes of the stored colours differ from these greys.
fn different(grey: &[u8], stored: &[u8]) -> usize {
    assert_eq!(3 * grey.len(), stored.len());
    let colours = grey.iter().flat_map(|&value| [value; 3]);
    colours.zip(stored).filter(|(ours, theirs)| ours != *theirs).count()
}

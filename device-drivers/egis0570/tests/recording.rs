//! The driver against the recording of a real ET570.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../elan/tests/picture/mod.rs"]
mod picture;

use egis0570_driver::reader::capture;
use egis0570_driver::stitching::DPI;
use fingerprint_matcher::template::Template;
use picture::{Grey, extracted, show};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{Status, Usb};
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};

/// Endpoints of the ET570. Other devices were recorded on the same bus.
const OUT: u8 = 0x04;
const IN: u8 = 0x83;

/// A recorded request: endpoint, bytes written or length to be read, and bytes read.
struct Asked {
    endpoint: u8,
    written: Vec<u8>,
    length: u32,
    read: Vec<u8>,
}

fn little(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// The packets of a pcapng file (blocks of type 6, each with 28 bytes before its packet), in the format of Linux usbmon
/// (`struct usbmon_packet`, LINKTYPE 220).
fn packets(file: &[u8]) -> Vec<&[u8]> {
    let mut packets = Vec::new();
    let mut rest = file;
    while rest.len() >= 12 {
        let (block, after) = rest.split_at(usize::try_from(little(rest, 4)).unwrap());
        rest = after;
        if little(block, 0) == 6 {
            packets.push(&block[28..28 + usize::try_from(little(block, 20)).unwrap()]);
        }
    }
    packets
}

/// The recording in lockstep: every request must be the recorded one, in the recorded order.
struct Recorded(RefCell<VecDeque<Asked>>);

impl Recorded {
    fn read(path: &Path) -> Self {
        let file = std::fs::read(path).unwrap();
        let mut asked: Vec<Asked> = Vec::new();
        let mut pending = HashMap::new();
        for packet in packets(&file) {
            let (id, endpoint, device) = (&packet[..8], packet[10], packet[11]);
            let data = packet[64..64 + usize::try_from(little(packet, 36)).unwrap()].to_vec();
            if device != 5 || ![OUT, IN].contains(&endpoint) {
                continue;
            }
            if packet[8] == b'S' {
                pending.insert(id, asked.len());
                asked.push(Asked {
                    endpoint,
                    written: data,
                    length: little(packet, 32),
                    read: Vec::new(),
                });
            } else {
                assert_eq!(little(packet, 28), 0, "the recording holds no errno");
                asked[pending[id]].read = data;
            }
        }
        // The recording breaks off in the last transfer of frames: what puts the sensor to rest after every other one is
        // missing after this one.
        asked.push(Asked {
            endpoint: OUT,
            written: b"EGIS\x01\x02\x0f".to_vec(),
            length: 7,
            read: Vec::new(),
        });
        asked.push(Asked {
            endpoint: IN,
            written: Vec::new(),
            length: 7,
            read: b"SIGE\x02\x0f\x01".to_vec(),
        });
        Self(RefCell::new(asked.into()))
    }

    fn next(&self) -> Asked {
        self.0.borrow_mut().pop_front().expect("more requests than recorded")
    }
}

impl Usb for Recorded {
    fn write(&self, endpoint: u8, data: &[u8], timeout_ms: u32) -> Result<(), Status> {
        assert!((1..=60_000).contains(&timeout_ms));
        let asked = self.next();
        assert_eq!((endpoint, data), (asked.endpoint, asked.written.as_slice()));
        Ok(())
    }

    fn read(&self, endpoint: u8, length: u32, timeout_ms: u32) -> Result<Vec<u8>, Status> {
        assert!((1..=60_000).contains(&timeout_ms));
        let asked = self.next();
        assert_eq!((endpoint, length), (asked.endpoint, asked.length));
        Ok(asked.read)
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        panic!("the recording has no halt of {endpoint:02x}")
    }

    fn pause(&self, _ms: u32) {}

    fn remaining_ms(&self) -> u32 {
        10_000
    }
}

/// The image as it was when a person looked at it.
const GOLDEN: u64 = 0x5d79_4941_5b87_476d;

#[test]
fn the_recorded_swipe_becomes_the_recorded_picture() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/usb-recordings/egis0570");
    if !folder.exists() {
        println!("SKIPPED the_recorded_swipe_becomes_the_recorded_picture: ../shared/data/usb-recordings is absent");
        return;
    }
    let device = Recorded::read(&folder.join("capture.pcapng"));
    let stages = RefCell::new(Vec::new());
    let image = capture(&device, |stage| stages.borrow_mut().push(stage)).unwrap();
    show(&image, "egis-recorded");
    assert!(device.0.borrow().is_empty(), "the driver left recorded requests undone");
    assert_eq!(
        stages.into_inner(),
        [Stage::Ready, Stage::Presented, Stage::Reading, Stage::Remove]
    );

    let ours = Grey::from(&image);
    // The recorded picture is twice as large both ways.
    let expected = Grey::read(&folder.join("capture.png")).halved();
    let correlation = ours.correlation(&expected, (50, 40));
    let extraction = extracted(&image, DPI).unwrap();
    println!(
        "{image:?}, correlation {correlation:.3}, {extraction:?}, digest {:016x}",
        ours.digest()
    );
    assert!(correlation >= 0.8, "{correlation:.3}");
    assert!(extraction.quality >= 60 && extraction.minutiae >= 50, "{extraction:?}");
    assert_eq!(ours.digest(), GOLDEN, "{:016x}", ours.digest());

    // The matcher brings a picture of unknown resolution to 500 dpi by its ridges: the one that is told is not far off.
    let by_ridges = Template::parse(&extracted(&image, 0).unwrap().template).unwrap();
    let estimated = 500 * u32::from(image.width) / u32::from(by_ridges.width());
    assert!(estimated.abs_diff(DPI.into()) <= 35, "{estimated}");
}

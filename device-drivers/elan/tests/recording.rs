//! The driver against the recording of a real sensor.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod picture;

use elan_driver::reader::capture;
use elan_driver::stitching::DPI;
use picture::{Grey, extracted, show};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{Status, Usb};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// One line of a recording of usbdevfs requests: endpoint, errno, length asked for, bytes moved.
struct Line {
    endpoint: u8,
    status: i32,
    length: usize,
    data: Vec<u8>,
}

/// The recording in lockstep: every request must be the recorded one, in the recorded order.
struct Recorded(RefCell<VecDeque<Line>>);

impl Recorded {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().filter_map(|line| {
            let fields: Vec<&str> = line.trim_start().split(' ').collect();
            (fields[0] == "USBDEVFS_REAPURBNDELAY").then(|| {
                let data = fields[9].as_bytes().chunks_exact(2);
                let byte = |hex: &[u8]| u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap();
                Line {
                    endpoint: fields[3].parse().unwrap(),
                    status: fields[4].parse().unwrap(),
                    length: fields[6].parse().unwrap(),
                    data: data.map(byte).collect(),
                }
            })
        });
        Self(RefCell::new(lines.collect()))
    }

    fn next(&self, endpoint: u8, length: usize) -> Line {
        let line = self.0.borrow_mut().pop_front().expect("more requests than recorded");
        assert_eq!((endpoint, length), (line.endpoint, line.length));
        line
    }
}

impl Usb for Recorded {
    fn write(&self, endpoint: u8, data: &[u8], timeout_ms: u32) -> Result<(), Status> {
        assert!((1..=60_000).contains(&timeout_ms));
        assert_eq!(data, self.next(endpoint, data.len()).data);
        Ok(())
    }

    fn read(&self, endpoint: u8, length: u32, timeout_ms: u32) -> Result<Vec<u8>, Status> {
        assert!((1..=60_000).contains(&timeout_ms));
        let line = self.next(endpoint, usize::try_from(length).unwrap());
        match line.status {
            0 => Ok(line.data),
            // ENOENT: the recorded host took it back when no finger came within its time.
            -2 => Err(Status::TimedOut),
            other => panic!("the recording holds no errno {other}"),
        }
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
const GOLDEN: u64 = 0x26e7_1501_e8ee_edda;

#[test]
fn the_recorded_swipe_becomes_the_recorded_picture() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/usb-recordings/elan");
    if !folder.exists() {
        println!("SKIPPED the_recorded_swipe_becomes_the_recorded_picture: ../shared/data/usb-recordings is absent");
        return;
    }
    let device = Recorded::read(&folder.join("capture.ioctl"));
    let stages = RefCell::new(Vec::new());
    let image = capture(&device, |stage| stages.borrow_mut().push(stage)).unwrap();
    show(&image, "elan-recorded");
    assert!(device.0.borrow().is_empty(), "the driver left recorded requests undone");
    assert_eq!(
        stages.into_inner(),
        [Stage::Ready, Stage::Presented, Stage::Reading, Stage::Remove]
    );

    let ours = Grey::from(&image);
    let expected = Grey::read(&folder.join("capture.png"));
    let correlation = ours.correlation(&expected, (80, 80));
    let extraction = extracted(&image, DPI).unwrap();
    println!(
        "{image:?}, correlation {correlation:.3}, {extraction:?}, digest {:016x}",
        ours.digest()
    );
    assert!(correlation >= 0.8, "{correlation:.3}");
    // What was drawn over the sensor has the texture of skin, but hardly any ridges: the quality is low, and rightly so.
    assert!(extraction.minutiae >= 20, "{extraction:?}");
    assert_eq!(ours.digest(), GOLDEN, "{:016x}", ours.digest());
}

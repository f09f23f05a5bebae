//! The driver's commands against a virtual NB-1010-U, a misbehaving one, and the recording of a real one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use nb1010_driver::packet::{Command, HEIGHT, WIDTH};
use nb1010_driver::reader::capture;
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{Status, Usb};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// Speaks the device's side: answers each command, then sends the lines of its image.
struct Virtual {
    image: Vec<u8>,
    /// questions whether a finger is there, before one is
    empty_polls: Cell<u32>,
    answers: RefCell<VecDeque<Vec<u8>>>,
    /// transfers done, and the one at which the plug is pulled
    transfers: Cell<u32>,
    unplug_at: Option<u32>,
    /// the endpoint that stalls until its halt is cleared
    halted: Cell<Option<u8>>,
    remaining_ms: Cell<u32>,
    /// changes the packets of the image before they are sent
    mangle: Mangle,
}

impl Virtual {
    fn with(image: Vec<u8>) -> Self {
        Self {
            image,
            empty_polls: Cell::new(0),
            answers: RefCell::default(),
            transfers: Cell::new(0),
            unplug_at: None,
            halted: Cell::new(None),
            remaining_ms: Cell::new(5_000),
            mangle: |_| (),
        }
    }

    fn moved(&self, endpoint: u8) -> Result<(), Status> {
        if self.halted.get() == Some(endpoint) {
            return Err(Status::Stalled);
        }
        let number = self.transfers.get();
        self.transfers.set(number + 1);
        if self.unplug_at.is_some_and(|at| number >= at) {
            Err(Status::NoDevice)
        } else {
            Ok(())
        }
    }

    fn line_packets(&self) -> Vec<Vec<u8>> {
        let packets = HEIGHT / 2;
        let mut lines: Vec<Vec<u8>> = (0..packets)
            .map(|index| {
                let mut packet = vec![0; 540];
                packet[..8].copy_from_slice(&[0x80, 0x21, 0, 0, 0x1c, 0x02, 0, 0]);
                packet[12] = u8::from(index + 1 < packets);
                packet[16] = u8::try_from(2 * index + 1).unwrap();
                packet[25..537].copy_from_slice(&self.image[2 * index * WIDTH..2 * (index + 1) * WIDTH]);
                packet
            })
            .collect();
        (self.mangle)(&mut lines);
        lines
    }

    fn answer(&self, code: u8, sequence: u8, finger: u8) -> Vec<u8> {
        vec![0x80, code, sequence, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, finger, 0, 0, 0]
    }
}

impl Usb for Virtual {
    fn write(&self, endpoint: u8, data: &[u8], _timeout_ms: u32) -> Result<(), Status> {
        self.moved(endpoint)?;
        assert_eq!(endpoint, 0x02);
        let mut answers = self.answers.borrow_mut();
        match data[1] {
            0x38 => {
                let empty = self.empty_polls.get();
                self.empty_polls.set(empty.saturating_sub(1));
                answers.push_back(self.answer(0x37, 1, if empty > 0 { 3 } else { 0xf7 }));
            }
            0x0d => answers.push_back(self.answer(0x20, 3, 0)),
            0x12 => {
                answers.push_back(self.answer(0x20, 4, 0));
                answers.extend(self.line_packets());
            }
            other => panic!("the device knows no command {other:02x}"),
        }
        Ok(())
    }

    fn read(&self, endpoint: u8, length: u32, _timeout_ms: u32) -> Result<Vec<u8>, Status> {
        self.moved(endpoint)?;
        assert_eq!(endpoint, 0x83);
        let packet = self.answers.borrow_mut().pop_front().ok_or(Status::TimedOut)?;
        if packet.len() > usize::try_from(length).unwrap() {
            Err(Status::Overflow)
        } else {
            Ok(packet)
        }
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        self.halted.set(self.halted.get().filter(|halted| *halted != endpoint));
        Ok(())
    }

    fn pause(&self, ms: u32) {
        self.remaining_ms.set(self.remaining_ms.get().saturating_sub(ms));
    }

    fn remaining_ms(&self) -> u32 {
        self.remaining_ms.get()
    }
}

/// Any image but the recorded one, different for each seed.
fn image(seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    (0..WIDTH * HEIGHT)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect()
}

#[test]
fn whatever_lies_on_the_sensor_is_delivered_pixel_for_pixel() {
    for seed in 0..20 {
        let device = Virtual::with(image(seed));
        assert!(capture(&device, |_| ()).unwrap() == image(seed), "seed {seed}");
    }
}

#[test]
fn a_slow_finger_is_waited_for_and_the_operator_is_told_each_stage() {
    let device = Virtual::with(image(1));
    device.empty_polls.set(40);
    let stages = RefCell::new(Vec::new());
    capture(&device, |stage| stages.borrow_mut().push(stage)).unwrap();
    assert_eq!(
        *stages.borrow(),
        [Stage::Ready, Stage::Presented, Stage::Reading, Stage::Remove]
    );
    assert_eq!(device.remaining_ms.get(), 3_000);
}

#[test]
fn no_finger_within_the_time_is_nothing_presented_not_a_fault_of_the_device() {
    let device = Virtual::with(image(1));
    device.empty_polls.set(u32::MAX);
    assert_eq!(
        capture(&device, |_| ()),
        Err(Fault::new(Kind::NothingPresented, "nothing-presented"))
    );
    assert!(
        device.transfers.get() < 250,
        "{} transfers in 5 s",
        device.transfers.get()
    );
}

#[test]
fn a_plug_pulled_at_any_transfer_is_reported_as_a_device_that_is_gone() {
    let whole = Virtual::with(image(1));
    capture(&whole, |_| ()).unwrap();
    let transfers = whole.transfers.get();
    assert_eq!(transfers, 6 + 90);
    for at in 0..transfers {
        let mut device = Virtual::with(image(1));
        device.unplug_at = Some(at);
        assert_eq!(
            capture(&device, |_| ()),
            Err(Fault::new(Kind::DeviceGone, "device-gone")),
            "transfer {at}"
        );
    }
}

type Mangle = fn(&mut Vec<Vec<u8>>);

/// What a device does to its packets, and the code that the driver must answer with.
const MISBEHAVIOURS: [(&str, Mangle, &str); 8] = [
    ("stops half-way", |lines| lines.truncate(45), "no-answer"),
    (
        "says too early that it is done",
        |lines| lines[44][12] = 0,
        "lines-missing",
    ),
    (
        "sends a line twice",
        |lines| lines[5] = lines[4].clone(),
        "line-sent-twice",
    ),
    (
        "numbers a line outside the image",
        |lines| lines[7][16] = 181,
        "line-out-of-range",
    ),
    ("numbers a line 0", |lines| lines[7][16] = 0, "line-out-of-range"),
    ("sends a short packet", |lines| lines[9].truncate(512), "wrong-length"),
    ("sends an empty packet", |lines| lines[9].clear(), "wrong-length"),
    ("sends something else", |lines| lines[9][1] = 0x20, "not-image-lines"),
];

#[test]
fn each_misbehaviour_of_a_device_has_its_code_and_never_gives_an_image() {
    for (name, mangle, code) in MISBEHAVIOURS {
        let mut device = Virtual::with(image(1));
        device.mangle = mangle;
        assert_eq!(
            capture(&device, |_| ()),
            Err(Fault::new(Kind::Protocol, code)),
            "{name}"
        );
    }
}

#[test]
fn lines_that_arrive_out_of_order_still_make_the_image() {
    let mut device = Virtual::with(image(1));
    device.mangle = |lines| lines.swap(10, 20);
    assert!(capture(&device, |_| ()).unwrap() == image(1));
}

#[test]
fn an_endpoint_that_stalled_works_again_for_the_next_capture() {
    for endpoint in [0x02, 0x83] {
        let device = Virtual::with(image(1));
        device.halted.set(Some(endpoint));
        assert_eq!(capture(&device, |_| ()), Err(Fault::new(Kind::Protocol, "stalled")));
        assert!(capture(&device, |_| ()).unwrap() == image(1), "{endpoint:02x}");
    }
}

#[test]
fn a_device_that_never_stops_talking_is_given_up() {
    struct Talking;
    impl Usb for Talking {
        fn write(&self, _: u8, _: &[u8], _: u32) -> Result<(), Status> {
            Ok(())
        }
        fn read(&self, _: u8, length: u32, _: u32) -> Result<Vec<u8>, Status> {
            Ok(vec![0; usize::try_from(length).unwrap()])
        }
        fn clear_halt(&self, _: u8) -> Result<(), Status> {
            Ok(())
        }
        fn pause(&self, _: u32) {}
        fn remaining_ms(&self) -> u32 {
            5_000
        }
    }
    assert_eq!(
        capture(&Talking, |_| ()),
        Err(Fault::new(Kind::Protocol, "talks-without-end"))
    );
}

#[test]
fn an_answer_with_anothers_sequence_number_is_refused() {
    let answer = [0x80, 0x20, 4, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(Command::Scan.check(&answer), Ok(()));
    assert_eq!(
        Command::Prepare.check(&answer),
        Err(Fault::new(Kind::Protocol, "wrong-answer"))
    );
}

/// A recording of usbdevfs requests, replayed in lockstep: every request must be the recorded one.
struct Recorded(RefCell<VecDeque<(u8, usize, Vec<u8>)>>);

impl Recorded {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let transfers = text.lines().filter_map(|line| {
            let fields: Vec<&str> = line.trim_start().split(' ').collect();
            (fields[0] == "USBDEVFS_REAPURBNDELAY").then(|| {
                let data = fields[9].as_bytes().chunks(2);
                let data = data
                    .map(|hex| u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap())
                    .collect();
                (fields[3].parse().unwrap(), fields[6].parse().unwrap(), data)
            })
        });
        Self(RefCell::new(transfers.collect()))
    }

    fn next(&self, endpoint: u8, length: usize) -> Vec<u8> {
        let (recorded_endpoint, recorded_length, data) = self.0.borrow_mut().pop_front().unwrap();
        assert_eq!((endpoint, length), (recorded_endpoint, recorded_length));
        data
    }
}

impl Usb for Recorded {
    fn write(&self, endpoint: u8, data: &[u8], _timeout_ms: u32) -> Result<(), Status> {
        assert_eq!(data, self.next(endpoint, data.len()));
        Ok(())
    }

    fn read(&self, endpoint: u8, length: u32, _timeout_ms: u32) -> Result<Vec<u8>, Status> {
        Ok(self.next(endpoint, usize::try_from(length).unwrap()))
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        panic!("the recording has no halt of {endpoint:02x}")
    }

    fn pause(&self, _ms: u32) {}

    fn remaining_ms(&self) -> u32 {
        5_000
    }
}

#[test]
fn the_recorded_reader_gives_the_recorded_picture() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/usb-recordings/nb1010");
    if !folder.exists() {
        println!("SKIPPED: the_recorded_reader_gives_the_recorded_picture: ../shared/data/usb-recordings is absent");
        return;
    }
    let device = Recorded::read(&folder.join("capture.ioctl"));
    let pixels = capture(&device, |_| ()).unwrap();
    assert!(
        device.0.borrow().is_empty(),
        "the driver left recorded transfers undone"
    );

    let file = std::io::BufReader::new(std::fs::File::open(folder.join("capture.png")).unwrap());
    let mut picture = png::Decoder::new(file).read_info().unwrap();
    let mut expected = vec![0; picture.output_buffer_size().unwrap()];
    let shape = picture.next_frame(&mut expected).unwrap();
    assert_eq!((shape.width, shape.height), (256, 180));
    assert_eq!(
        (shape.color_type, shape.bit_depth),
        (png::ColorType::Rgb, png::BitDepth::Eight)
    );
    // The picture is stored as colour: each pixel is its grey value three times.
    let grey: Vec<u8> = pixels.iter().flat_map(|&value| [value; 3]).collect();
    assert!(grey == expected, "the image differs from capture.png");
}

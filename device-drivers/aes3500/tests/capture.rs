//! The driver over the seam that real devices stand on, against the simulator's AES3500.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../uru4000/tests/claimed/mod.rs"]
mod claimed;
#[path = "../../upektc_img/tests/meddled/mod.rs"]
mod meddled;

use aes3500_driver::image::{DPI, HEIGHT, IMAGE_BYTES, WIDTH};
use aes3500_driver::reader::capture;
use aes3500_driver::registers::{PREPARE, RESET, SCAN_ONCE, Write};
use claimed::Claimed;
use devices::bus::Place;
use meddled::{Meddle, Meddled};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{Status, Usb};
use simulator::virtual_device::{Aes3500, Misbehaviour, VirtualBus};
use std::cell::RefCell;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(10);

/// A picture with every grey in it, different for each seed.
fn picture(seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    (0..WIDTH * HEIGHT)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect()
}

/// What 16 greys leave of a picture: the nearest multiples of 17.
fn in_16_greys(picture: &[u8]) -> Vec<u8> {
    picture
        .iter()
        .map(|grey| ((u16::from(*grey) + 8) / 17 * 17).to_le_bytes()[0])
        .collect()
}

fn plugged() -> (VirtualBus, Aes3500, Place) {
    let (bus, device) = (VirtualBus::new(), Aes3500::new("SIM-3"));
    let place = bus.plug(device.clone());
    (bus, device, place)
}

#[test]
fn whatever_lies_on_the_sensor_is_delivered_pixel_for_pixel_in_16_greys_and_the_finger_goes() {
    for seed in 0..10 {
        let (bus, device, place) = plugged();
        device.finger().touch(128, 128, DPI, &picture(seed)).unwrap();
        let usb = Claimed::open(&bus, &place, LONG);
        assert!(
            capture(&usb, |_| ()).unwrap() == in_16_greys(&picture(seed)),
            "seed {seed}"
        );
        assert!(!device.finger().is_present());
        assert!(device.is_idle());
    }
}

#[test]
fn a_slow_finger_is_waited_for_and_the_operator_is_told_each_stage() {
    let (bus, device, place) = plugged();
    let usb = Claimed::open(&bus, &place, LONG);
    let finger = device.finger();
    let voter = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        finger.touch(128, 128, DPI, &picture(1)).unwrap();
    });
    let stages = RefCell::new(Vec::new());
    let pixels = capture(&usb, |stage| stages.borrow_mut().push(stage)).unwrap();
    voter.join().unwrap();
    assert!(pixels == in_16_greys(&picture(1)));
    assert_eq!(
        stages.into_inner(),
        [Stage::Ready, Stage::Presented, Stage::Reading, Stage::Remove]
    );
}

/// How the device misbehaves, and how the capture must end.
const MISBEHAVIOURS: [(Misbehaviour, Fault); 3] = [
    (
        Misbehaviour::None,
        Fault::new(Kind::NothingPresented, "nothing-presented"),
    ),
    (Misbehaviour::Silent, Fault::new(Kind::Protocol, "no-answer")),
    (
        Misbehaviour::PulledMidTransfer,
        Fault::new(Kind::DeviceGone, "device-gone"),
    ),
];

#[test]
fn each_misbehaviour_ends_the_capture_with_its_fault() {
    for (misbehaviour, fault) in MISBEHAVIOURS {
        let (bus, device, place) = plugged();
        device.misbehave(misbehaviour);
        if misbehaviour != Misbehaviour::None {
            device.finger().place(128, 128, DPI, &picture(1)).unwrap();
        }
        let usb = Claimed::open(&bus, &place, Duration::from_millis(400));
        assert_eq!(capture(&usb, |_| ()), Err(fault), "{misbehaviour:?}");
        assert!(misbehaviour != Misbehaviour::None || device.is_idle());
    }
}

#[test]
fn a_capture_that_the_host_ends_is_cancelled_soon_and_the_device_is_idle() {
    let (bus, device, place) = plugged();
    let usb = Claimed::open(&bus, &place, Duration::from_secs(30));
    let cancel = usb.canceller();
    let host = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(120));
        cancel();
        Instant::now()
    });
    assert_eq!(capture(&usb, |_| ()), Err(Fault::new(Kind::Cancelled, "cancelled")));
    let late = host.join().unwrap().elapsed();
    assert!(late < Duration::from_millis(500), "{late:?} after the host's wish");
    assert!(device.is_idle());
}

#[test]
fn a_plug_pulled_before_any_transfer_is_reported_as_a_device_that_is_gone() {
    let (bus, device, place) = plugged();
    device.finger().place(128, 128, DPI, &picture(1)).unwrap();
    let usb = Meddled::new(Claimed::open(&bus, &place, LONG));
    capture(&usb, |_| ()).unwrap();
    let transfers = usb.transfers.get();
    // Reset, what was left behind, prepare, scan, the image, reset.
    assert_eq!(transfers, 2 + 1 + 9 + 2 + 1 + 2);
    for at in 0..transfers {
        let (bus, device, place) = plugged();
        device.finger().place(128, 128, DPI, &picture(1)).unwrap();
        let mut usb = Meddled::new(Claimed::open(&bus, &place, LONG));
        usb.unplug_at = Some((at, bus.clone(), place));
        assert_eq!(
            capture(&usb, |_| ()),
            Err(Fault::new(Kind::DeviceGone, "device-gone")),
            "transfer {at}"
        );
    }
}

/// What happens to the image on its way, and the code that the driver must answer with.
const MEDDLES: [(&str, Meddle, &str); 7] = [
    (
        "the image stops half-way",
        |_, bytes| bytes.truncate(4_000),
        "no-answer",
    ),
    (
        "its last byte is missing",
        |_, bytes| bytes.truncate(IMAGE_BYTES - 1),
        "no-answer",
    ),
    ("it is a byte too long", |_, bytes| bytes.push(0), "wrong-length"),
    ("its first strip is another", |_, bytes| bytes[0] = 0xe1, "not-an-image"),
    (
        "its last strip is another",
        |_, bytes| bytes[7 * 1_025] = 0xe6,
        "not-an-image",
    ),
    (
        "no registers follow",
        |_, bytes| bytes[8 * 1_025] = 0xe8,
        "not-an-image",
    ),
    ("it is all zeros", |_, bytes| bytes.fill(0), "not-an-image"),
];

#[test]
fn each_thing_that_happens_to_an_image_has_its_code_and_never_gives_one() {
    for (name, meddle, code) in MEDDLES {
        let (bus, device, place) = plugged();
        device.finger().place(128, 128, DPI, &picture(1)).unwrap();
        let mut usb = Meddled::new(Claimed::open(&bus, &place, LONG));
        usb.meddle = meddle;
        assert_eq!(capture(&usb, |_| ()), Err(Fault::new(Kind::Protocol, code)), "{name}");
        usb.meddle = |_, _| ();
        assert!(
            capture(&usb, |_| ()).unwrap() == in_16_greys(&picture(1)),
            "after: {name}"
        );
    }
}

/// What a capture sent before it broke off, and how many bytes of the image it still read.
const BROKEN_OFF: [(&[&[Write]], u32); 5] = [
    (&[&RESET], 0),
    (&[&RESET, &PREPARE], 0),
    (&[&RESET, &PREPARE, &SCAN_ONCE], 0),
    (&[&RESET, &PREPARE, &SCAN_ONCE], 64),
    (&[&RESET, &PREPARE, &SCAN_ONCE], 8_320),
];

#[test]
fn of_a_finger_whose_capture_broke_off_nothing_is_in_the_next_image() {
    for (sent, read) in BROKEN_OFF {
        let (bus, device, place) = plugged();
        device.finger().place(128, 128, DPI, &picture(1)).unwrap();
        let usb = Claimed::open(&bus, &place, LONG);
        for write in sent.iter().copied().flatten() {
            usb.write(0x02, &write.bytes(), 1_000).unwrap();
        }
        if read > 0 {
            usb.read(0x81, read, 1_000).unwrap();
        }
        device.finger().place(128, 128, DPI, &picture(2)).unwrap();
        let captured = capture(&usb, |_| ());
        assert!(
            captured == Ok(in_16_greys(&picture(2))),
            "{} writes and {read} bytes: {:?}",
            sent.concat().len(),
            captured.err()
        );
    }
}

/// Takes every write; what it answers to the reads for an image is the test's, and between images it is quiet.
struct Reads(RefCell<Vec<Result<Vec<u8>, Status>>>);

impl Usb for Reads {
    fn write(&self, _: u8, _: &[u8], _: u32) -> Result<(), Status> {
        Ok(())
    }

    fn read(&self, _: u8, length: u32, _: u32) -> Result<Vec<u8>, Status> {
        let quiet = Err(Status::TimedOut);
        if length == 64 {
            quiet
        } else {
            self.0.borrow_mut().pop().unwrap_or(quiet)
        }
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        assert_eq!(endpoint, 0x81);
        Ok(())
    }

    fn pause(&self, _: u32) {}

    fn remaining_ms(&self) -> u32 {
        5_000
    }
}

/// A white image in the pieces in which it is read, or how a read ends.
fn white() -> Vec<u8> {
    let mut bytes = vec![0; IMAGE_BYTES];
    for (strip, mark) in (0xe0..0xe8).enumerate() {
        bytes[strip * 1_025] = mark;
    }
    bytes[8 * 1_025] = 0xdf;
    bytes
}

#[test]
fn an_image_that_comes_in_pieces_with_empty_reads_between_is_an_image() {
    let image = white();
    let pieces = [
        Ok(Vec::new()),
        Err(Status::TimedOut),
        Ok(image[..64].to_vec()),
        Ok(Vec::new()),
        Ok(image[64..4_096].to_vec()),
        Ok(image[4_096..].to_vec()),
    ];
    let usb = Reads(RefCell::new(pieces.into_iter().rev().collect()));
    assert!(capture(&usb, |_| ()).unwrap() == vec![0xff; WIDTH * HEIGHT]);
}

/// How the read for an image ends, and the code of that.
const ENDS: [(Status, Fault); 4] = [
    (Status::Overflow, Fault::new(Kind::Protocol, "answer-too-long")),
    (Status::Stalled, Fault::new(Kind::Protocol, "stalled")),
    (Status::IoError, Fault::new(Kind::Protocol, "bus-error")),
    (Status::Cancelled, Fault::new(Kind::Cancelled, "cancelled")),
];

#[test]
fn each_end_of_the_read_for_an_image_has_its_code() {
    for (status, fault) in ENDS {
        let usb = Reads(RefCell::new(vec![Err(status)]));
        assert_eq!(capture(&usb, |_| ()), Err(fault), "{status:?}");
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

//! The driver over the seam that real devices stand on, against the simulator's sensor: synthetic fingers, and a device or
//! a voter that does not do as it should.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../uru4000/tests/claimed/mod.rs"]
mod claimed;
#[path = "../../elan/tests/meddled/mod.rs"]
mod meddled;
#[path = "../../elan/tests/picture/mod.rs"]
mod picture;

use claimed::Claimed;
use egis0570_driver::packet::Request;
use egis0570_driver::reader::{capture, idle};
use egis0570_driver::stitching::DPI;
use fingerprint_matcher::calibration::worth;
use fingerprint_matcher::matching::compare;
use fingerprint_matcher::{Image, extract};
use meddled::{Meddle, Meddled, Talking};
use picture::{Grey, extracted};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::swipe::Picture;
use plugin_sdk::usb::{Status, Usb};
use simulator::finger::{Finger, View};
use simulator::virtual_device::egis0570::{HEIGHT, WIDTH};
use simulator::virtual_device::{Egis0570, Misbehaviour, VirtualBus};
use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// A capture's usual time.
const CALL: Duration = Duration::from_secs(20);
const NOTHING: Fault = Fault::new(Kind::NothingPresented, "nothing-presented");
const TOO_SHORT: Fault = Fault::new(Kind::NothingPresented, "swipe-too-short");

/// Of the synthetic fingers.
const SEEDS: [u64; 4] = [1, 2, 3, 4];
/// Fingers as long as five frames.
static FINGERS: LazyLock<[Grey; 4]> = LazyLock::new(|| {
    SEEDS.map(|seed| {
        let touch = Finger::new(seed).impression(&View::reference(seed, WIDTH, HEIGHT, DPI));
        Grey {
            width: touch.width.into(),
            height: touch.height.into(),
            pixels: touch.pixels,
        }
    })
});

fn plugged() -> (VirtualBus, Egis0570, devices::bus::Place) {
    let (bus, device) = (VirtualBus::new(), Egis0570::new("SIM-6"));
    let place = bus.plug(device.clone());
    (bus, device, place)
}

fn same(image: &Picture, drawn: &Grey) -> f64 {
    Grey::from(image).correlation(drawn, (4, 4))
}

/// How a finger is drawn over the sensor: lines moved between frames, over and over.
const SPEEDS: [(&str, &[u16]); 6] = [
    ("slowly", &[1]),
    ("evenly", &[5]),
    ("fast", &[25]),
    ("unevenly", &[3, 20, 9, 14]),
    ("with stops", &[0, 0, 18, 0, 12]),
    ("slowly, then fast", &[1, 2, 4, 6, 9, 12, 16, 20, 25, 30]),
];

#[test]
fn a_finger_drawn_over_the_sensor_comes_back_whole_at_every_speed() {
    for (number, drawn) in FINGERS.iter().enumerate() {
        for (name, steps) in SPEEDS {
            let (bus, device, place) = plugged();
            device.draw(steps);
            device.finger().touch(WIDTH, HEIGHT, DPI, &drawn.pixels).unwrap();
            let usb = Claimed::open(&bus, &place, CALL);
            let image = capture(&usb, |_| ()).unwrap();
            let (likeness, extraction) = (same(&image, drawn), extracted(&image, DPI).unwrap());
            println!("finger {number} {name}: {image:?}, {likeness:.3}, {extraction:?}");
            assert!(likeness >= 0.95, "finger {number} {name}: {likeness:.3}");
            assert!(extraction.minutiae >= 20, "finger {number} {name}: {extraction:?}");
            // Where hardly anything of a frame is finger, it is left out.
            assert!(image.height.abs_diff(HEIGHT) <= 40, "finger {number} {name}: {image:?}");
            assert!(!device.finger().is_present(), "finger {number} {name}");
        }
    }
}

#[test]
fn a_swipe_is_matched_with_the_same_finger_laid_on_another_scanner_and_with_no_other() {
    let laid_on: Vec<Vec<u8>> = SEEDS
        .iter()
        .map(|&seed| {
            let touch = Finger::new(seed).impression(&View::live(seed + 100, 388, 374, 500));
            let image = Image {
                width: touch.width,
                height: touch.height,
                dpi: touch.dpi,
                pixels: touch.pixels,
            };
            extract(&image).unwrap().template
        })
        .collect();
    for (number, drawn) in FINGERS.iter().enumerate() {
        let (bus, device, place) = plugged();
        device.finger().touch(WIDTH, HEIGHT, DPI, &drawn.pixels).unwrap();
        let usb = Claimed::open(&bus, &place, CALL);
        let swiped = extracted(&capture(&usb, |_| ()).unwrap(), DPI).unwrap();
        let mut scores = Vec::new();
        for template in &laid_on {
            scores.push(worth(compare(&swiped.template, template).unwrap().raw));
        }
        println!("finger {number}: {scores:?}");
        for (other, score) in scores.into_iter().enumerate() {
            let expected = if other == number { 500..=u16::MAX } else { 0..=100 };
            assert!(expected.contains(&score), "finger {number} with {other}: {score}");
        }
    }
}

#[test]
fn a_finger_that_comes_late_is_waited_for_and_the_operator_is_told_each_stage() {
    let (bus, device, place) = plugged();
    let drawn = &FINGERS[0];
    let usb = Claimed::open(&bus, &place, CALL);
    let voter = std::thread::spawn({
        let (handle, pixels) = (device.finger(), drawn.pixels.clone());
        move || {
            std::thread::sleep(Duration::from_millis(900));
            handle.touch(WIDTH, HEIGHT, DPI, &pixels).unwrap();
        }
    });
    let stages = RefCell::new(Vec::new());
    let image = capture(&usb, |stage| stages.borrow_mut().push(stage)).unwrap();
    voter.join().unwrap();
    assert!(same(&image, drawn) >= 0.95);
    assert_eq!(
        stages.into_inner(),
        [Stage::Ready, Stage::Presented, Stage::Reading, Stage::Remove]
    );
}

#[test]
fn no_finger_within_the_time_is_nothing_presented_and_the_next_finger_is_captured() {
    let (bus, device, place) = plugged();
    let usb = Claimed::open(&bus, &place, Duration::from_secs(1));
    let began = Instant::now();
    assert_eq!(capture(&usb, |_| ()), Err(NOTHING));
    assert!(began.elapsed() < Duration::from_millis(1_200));
    drop(usb);
    let drawn = &FINGERS[1];
    device.finger().place(WIDTH, HEIGHT, DPI, &drawn.pixels).unwrap();
    for _ in 0..3 {
        let usb = Claimed::open(&bus, &place, CALL);
        assert!(same(&capture(&usb, |_| ()).unwrap(), drawn) >= 0.95);
    }
}

#[test]
fn a_finger_that_only_rests_on_the_sensor_is_too_short_a_swipe() {
    let (bus, device, place) = plugged();
    device.draw(&[0]);
    device.finger().place(WIDTH, HEIGHT, DPI, &FINGERS[2].pixels).unwrap();
    let usb = Claimed::open(&bus, &place, Duration::from_secs(2));
    assert_eq!(capture(&usb, |_| ()), Err(TOO_SHORT));
}

#[test]
fn a_capture_that_the_host_ends_is_cancelled_whatever_the_voter_does() {
    for resting in [false, true] {
        let (bus, device, place) = plugged();
        if resting {
            device.draw(&[0]);
            device.finger().place(WIDTH, HEIGHT, DPI, &FINGERS[2].pixels).unwrap();
        }
        let usb = Claimed::open(&bus, &place, Duration::from_secs(30));
        let cancel = usb.canceller();
        let host = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(600));
            cancel();
            Instant::now()
        });
        assert_eq!(capture(&usb, |_| ()), Err(Fault::new(Kind::Cancelled, "cancelled")));
        let cancelled = host.join().unwrap();
        assert!(
            cancelled.elapsed() < Duration::from_millis(500),
            "{:?}",
            cancelled.elapsed()
        );
    }
}

/// How the device misbehaves, and how the capture must end.
const MISBEHAVIOURS: [(Misbehaviour, Fault); 2] = [
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
        device.finger().place(WIDTH, HEIGHT, DPI, &FINGERS[0].pixels).unwrap();
        let usb = Claimed::open(&bus, &place, CALL);
        assert_eq!(capture(&usb, |_| ()), Err(fault), "{misbehaviour:?}");
    }
}

#[test]
fn a_plug_pulled_at_any_transfer_is_reported_as_a_device_that_is_gone() {
    let (bus, device, place) = plugged();
    device.finger().place(WIDTH, HEIGHT, DPI, &FINGERS[0].pixels).unwrap();
    let usb = Claimed::open(&bus, &place, Duration::from_secs(120));
    let whole = Meddled::with(&usb, |_, _, read| read);
    capture(&whole, |_| ()).unwrap();
    let transfers = whole.transfers();
    assert!(transfers > 75, "{transfers}");
    for at in 0..transfers {
        idle(&usb).unwrap();
        let unplugged = Meddled::unplugged(&usb, at);
        assert_eq!(
            capture(&unplugged, |_| ()),
            Err(Fault::new(Kind::DeviceGone, "device-gone")),
            "transfer {at}"
        );
    }
}

/// What is made of the device's answers, and how the capture must end.
const MEDDLED: [(&str, Meddle, Fault); 9] = [
    (
        "answers are empty",
        |_, length, read| if length == 7 { read.map(|_| vec![]) } else { read },
        Fault::new(Kind::Protocol, "wrong-length"),
    ),
    (
        "answers are too short",
        |_, length, read| {
            if length == 7 {
                read.map(|answer| answer[1..].to_vec())
            } else {
                read
            }
        },
        Fault::new(Kind::Protocol, "wrong-length"),
    ),
    (
        "answers are too long",
        |_, length, read| {
            if length == 7 {
                read.and(Err(Status::Overflow))
            } else {
                read
            }
        },
        Fault::new(Kind::Protocol, "answer-too-long"),
    ),
    (
        "a register does not take its value",
        |_, _, read| {
            read.map(|answer| {
                if answer[..5] == *b"SIGE\x57" {
                    b"SIGE\x57\x00\x01".to_vec()
                } else {
                    answer
                }
            })
        },
        Fault::new(Kind::Protocol, "wrong-answer"),
    ),
    (
        "frames are cut off",
        |_, length, read| {
            if length == 32_512 {
                read.map(|frames| frames[64..].to_vec())
            } else {
                read
            }
        },
        Fault::new(Kind::Protocol, "wrong-length"),
    ),
    (
        "frames are empty",
        |_, length, read| if length == 32_512 { read.map(|_| vec![]) } else { read },
        Fault::new(Kind::Protocol, "wrong-length"),
    ),
    (
        "frames are too long",
        |_, length, read| {
            if length == 32_512 {
                read.and(Err(Status::Overflow))
            } else {
                read
            }
        },
        Fault::new(Kind::Protocol, "answer-too-long"),
    ),
    (
        "frames do not come",
        |_, length, read| {
            if length == 32_512 {
                read.and(Err(Status::TimedOut))
            } else {
                read
            }
        },
        Fault::new(Kind::Protocol, "no-answer"),
    ),
    (
        "the sensor stalls",
        |_, length, read| {
            if length == 32_512 {
                read.and(Err(Status::Stalled))
            } else {
                read
            }
        },
        Fault::new(Kind::Protocol, "stalled"),
    ),
];

#[test]
fn a_sensor_that_is_covered_all_the_time_is_not_a_finger() {
    let (bus, _device, place) = plugged();
    let usb = Claimed::open(&bus, &place, Duration::from_millis(400));
    let covered: Meddle = |_, length, read| {
        if length == 32_512 {
            read.map(|_| vec![0xf0; 32_512])
        } else {
            read
        }
    };
    let stages = RefCell::new(Vec::new());
    assert_eq!(
        capture(&Meddled::with(&usb, covered), |stage| stages.borrow_mut().push(stage)),
        Err(Fault::new(Kind::NeedsAttention, "sensor-covered"))
    );
    assert_eq!(stages.into_inner(), [Stage::Remove]);
}

#[test]
fn each_wrong_answer_has_its_code_and_never_gives_an_image() {
    for (name, meddle, fault) in MEDDLED {
        let (bus, device, place) = plugged();
        device.finger().place(WIDTH, HEIGHT, DPI, &FINGERS[0].pixels).unwrap();
        let usb = Claimed::open(&bus, &place, CALL);
        let meddled = Meddled::with(&usb, meddle);
        assert_eq!(
            capture(&meddled, |_| ()).map(|image| image.height),
            Err(fault),
            "{name}"
        );
        // And nothing of it is left for the next.
        assert!(same(&capture(&usb, |_| ()).unwrap(), &FINGERS[0]) >= 0.95, "{name}");
    }
}

#[test]
fn a_device_that_never_stops_talking_is_given_up() {
    assert_eq!(
        capture(&Talking, |_| ()),
        Err(Fault::new(Kind::Protocol, "talks-without-end"))
    );
}

const SCAN: Request = Request::Write {
    register: 0x02,
    value: 0x2f,
};
const FIRST: Request = Request::Write {
    register: 0x20,
    value: 0x3f,
};
const MODE: Request = Request::Read {
    register: 0x02,
    written: 0x0f,
};

/// What a capture sent before it broke off, and how many packets it still read.
const BROKEN_OFF: [(&[Request], usize); 6] = [
    (&[FIRST], 0),
    (&[FIRST, FIRST, FIRST], 1),
    (&[MODE], 0),
    (&[SCAN], 0),
    (&[SCAN, Request::Frames], 0),
    (&[SCAN, Request::Frames], 1),
];

#[test]
fn what_a_broken_capture_left_behind_does_not_spoil_the_next_one() {
    let drawn = &FINGERS[3];
    for (requests, reads) in BROKEN_OFF {
        let (bus, device, place) = plugged();
        device.finger().place(WIDTH, HEIGHT, DPI, &drawn.pixels).unwrap();
        let usb = Claimed::open(&bus, &place, CALL);
        for request in requests {
            usb.write(0x04, &request.bytes(), 1_000).unwrap();
        }
        for _ in 0..reads {
            usb.read(0x83, 32_512, 1_000).unwrap();
        }
        let image = capture(&usb, |_| ()).unwrap_or_else(|fault| panic!("{requests:?}: {fault:?}"));
        assert!(same(&image, drawn) >= 0.95, "{requests:?}");
    }
}

#[test]
fn frames_and_images_are_shown_by_their_sizes_only() {
    let transfer = [7; 32_512];
    let raw = egis0570_driver::packet::Raw::parse(&transfer).unwrap();
    assert_eq!(format!("{raw:?}"), "raw frames of 32490 values");
    let background = egis0570_driver::frame::Background::of(raw);
    assert_eq!(format!("{background:?}"), "background of 6498 values");
    let grey = background.removed_from(&[7; 6_498]);
    assert_eq!(format!("{grey:?}"), "grey frame of 114x57, 0 touched");
}

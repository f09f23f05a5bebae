//! The driver over the seam that real devices stand on, against the simulator's sensor: synthetic fingers, and a device or
//! a voter that does not do as it should.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../uru4000/tests/claimed/mod.rs"]
mod claimed;
mod meddled;
mod picture;

use claimed::Claimed;
use elan_driver::packet::Command;
use elan_driver::reader::{capture, idle};
use elan_driver::stitching::DPI;
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
use simulator::virtual_device::elan::{HEIGHT, WIDTH};
use simulator::virtual_device::{Elan, Misbehaviour, VirtualBus};
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

fn plugged() -> (VirtualBus, Elan, devices::bus::Place) {
    let (bus, device) = (VirtualBus::new(), Elan::new("SIM-5"));
    let place = bus.plug(device.clone());
    (bus, device, place)
}

fn same(image: &Picture, drawn: &Grey) -> f64 {
    Grey::from(image).correlation(drawn, (4, 4))
}

/// How a finger is drawn over the sensor: lines moved between frames, over and over.
const SPEEDS: [(&str, &[u16]); 6] = [
    ("slowly", &[3]),
    ("evenly", &[16]),
    ("fast", &[34]),
    ("unevenly", &[5, 30, 12, 22]),
    ("with stops", &[0, 0, 18, 0, 25]),
    ("slowly, then fast", &[1, 2, 4, 8, 13, 19, 26, 31, 35]),
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
            // The outermost two lines of a frame are left out.
            assert!(
                image.height.abs_diff(HEIGHT - 4) <= 2,
                "finger {number} {name}: {image:?}"
            );
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
    // Once calibrated, it is so at the first question.
    capture(&usb, |_| ()).unwrap();
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
const MEDDLED: [(&str, Meddle, Fault); 12] = [
    (
        "answers are empty",
        |endpoint, _, read| if endpoint == 0x83 { read.map(|_| vec![]) } else { read },
        Fault::new(Kind::Protocol, "wrong-length"),
    ),
    (
        "answers are too short",
        |endpoint, _, read| {
            if endpoint == 0x83 {
                read.map(|answer| answer[1..].to_vec())
            } else {
                read
            }
        },
        Fault::new(Kind::Protocol, "wrong-length"),
    ),
    (
        "answers are too long",
        |endpoint, _, read| {
            if endpoint == 0x83 {
                read.and(Err(Status::Overflow))
            } else {
                read
            }
        },
        Fault::new(Kind::Protocol, "answer-too-long"),
    ),
    (
        "the sensor has another size",
        |_, length, read| {
            if length == 4 {
                read.map(|_| vec![0x50, 0, 0x90, 0])
            } else {
                read
            }
        },
        Fault::new(Kind::NotSupported, "other-sensor"),
    ),
    (
        "it is never calibrated",
        |_, _, read| read.map(|answer| if answer == [3] { vec![1] } else { answer }),
        Fault::new(Kind::NeedsAttention, "not-calibrated"),
    ),
    (
        "it is calibrated in an unknown way",
        |_, _, read| read.map(|answer| if answer == [3] { vec![2] } else { answer }),
        Fault::new(Kind::Protocol, "wrong-answer"),
    ),
    (
        "the sensor is covered all the time",
        |_, length, read| {
            if length == 18_432 {
                read.map(|frame| vec![0x28; frame.len()])
            } else {
                read
            }
        },
        Fault::new(Kind::NeedsAttention, "not-calibrated"),
    ),
    (
        "a finger is told with another answer",
        |_, _, read| read.map(|answer| if answer == [0x55] { vec![0x56] } else { answer }),
        Fault::new(Kind::Protocol, "wrong-answer"),
    ),
    (
        "frames are cut off",
        |_, length, read| {
            if length == 18_432 {
                read.map(|frame| frame[64..].to_vec())
            } else {
                read
            }
        },
        Fault::new(Kind::Protocol, "wrong-length"),
    ),
    (
        "frames are empty",
        |_, length, read| if length == 18_432 { read.map(|_| vec![]) } else { read },
        Fault::new(Kind::Protocol, "wrong-length"),
    ),
    (
        "frames are too long",
        |_, length, read| {
            if length == 18_432 {
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
            if length == 18_432 {
                read.and(Err(Status::TimedOut))
            } else {
                read
            }
        },
        Fault::new(Kind::Protocol, "no-answer"),
    ),
];

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
        Err(Fault::new(Kind::NotSupported, "other-sensor"))
    );
    assert_eq!(idle(&Talking), Err(Fault::new(Kind::Protocol, "talks-without-end")));
}

/// What a capture sent before it broke off, and what it still read: endpoint and how often.
const BROKEN_OFF: [(&[Command], u8, usize); 8] = [
    (&[Command::Version], 0x83, 0),
    (&[Command::Version, Command::SensorSize], 0x83, 1),
    (&[Command::Frame], 0x82, 0),
    (&[Command::Frame, Command::Frame], 0x82, 1),
    (&[Command::Mean], 0x83, 0),
    (&[Command::Calibration, Command::Calibration], 0x83, 0),
    (&[Command::Light, Command::AwaitFinger], 0x83, 0),
    (&[Command::Light, Command::AwaitFinger, Command::Frame], 0x83, 1),
];

#[test]
fn what_a_broken_capture_left_behind_does_not_spoil_the_next_one() {
    let drawn = &FINGERS[3];
    for (commands, endpoint, reads) in BROKEN_OFF {
        let (bus, device, place) = plugged();
        device.finger().place(WIDTH, HEIGHT, DPI, &drawn.pixels).unwrap();
        let usb = Claimed::open(&bus, &place, CALL);
        for command in commands {
            usb.write(0x01, &command.bytes(), 1_000).unwrap();
        }
        for _ in 0..reads {
            usb.read(endpoint, 18_432, 1_000).unwrap();
        }
        let image = capture(&usb, |_| ()).unwrap_or_else(|fault| panic!("{commands:?}: {fault:?}"));
        assert!(same(&image, drawn) >= 0.95, "{commands:?}");
    }
}

#[test]
fn frames_and_images_are_shown_by_their_sizes_only() {
    let raw = elan_driver::packet::Raw::parse(&[7; 18_432]).unwrap();
    assert_eq!(format!("{raw:?}"), "raw frame of 9216 values");
    let grey = elan_driver::frame::Background::of(raw.clone()).removed_from(&raw);
    assert_eq!(format!("{grey:?}"), "grey frame of 144x60, 0 touched");
}

//! The driver over the seam that real devices stand on, against the simulator's NB-1010-U.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../uru4000/tests/claimed/mod.rs"]
mod claimed;

use claimed::Claimed;
use nb1010_driver::packet::{Command, DPI, HEIGHT, WIDTH};
use nb1010_driver::reader::capture;
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::usb::Usb as _;
use simulator::virtual_device::{Misbehaviour, Nb1010, VirtualBus};
use std::time::Duration;

fn picture() -> Vec<u8> {
    (0..WIDTH * HEIGHT)
        .map(|index| index.to_le_bytes()[0] ^ index.to_le_bytes()[1])
        .collect()
}

#[test]
fn whatever_lies_on_the_sensor_is_delivered_pixel_for_pixel_and_the_finger_goes() {
    let (bus, device) = (VirtualBus::new(), Nb1010::new("SIM-2"));
    let place = bus.plug(device.clone());
    device.finger().touch(256, 180, DPI, &picture()).unwrap();
    let usb = Claimed::open(&bus, &place, Duration::from_secs(5));
    assert!(capture(&usb, |_| ()).unwrap() == picture());
    assert!(!device.finger().is_present());
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
        let (bus, device) = (VirtualBus::new(), Nb1010::new("SIM-2"));
        let place = bus.plug(device.clone());
        device.misbehave(misbehaviour);
        if misbehaviour != Misbehaviour::None {
            device.finger().place(256, 180, DPI, &picture()).unwrap();
        }
        let usb = Claimed::open(&bus, &place, Duration::from_millis(300));
        assert_eq!(capture(&usb, |_| ()), Err(fault), "{misbehaviour:?}");
    }
}

/// What a capture sent before it broke off, and how many packets it still read.
const BROKEN_OFF: [(&[Command], usize); 5] = [
    (&[Command::FingerLevel], 0),
    (&[Command::FingerLevel, Command::Prepare], 1),
    (&[Command::Scan], 0),
    (&[Command::Scan], 1),
    (&[Command::Scan], 60),
];

#[test]
fn what_a_broken_capture_left_behind_does_not_spoil_the_next_one() {
    for (commands, packets) in BROKEN_OFF {
        let (bus, device) = (VirtualBus::new(), Nb1010::new("SIM-2"));
        let place = bus.plug(device.clone());
        device.finger().place(256, 180, DPI, &picture()).unwrap();
        let usb = Claimed::open(&bus, &place, Duration::from_secs(5));
        for command in commands {
            usb.write(0x02, &command.bytes(), 1_000).unwrap();
        }
        for _ in 0..packets {
            usb.read(0x83, 540, 1_000).unwrap();
        }
        let captured = capture(&usb, |_| ());
        assert!(
            captured == Ok(picture()),
            "{commands:?} and {packets} packets: {:?}",
            captured.err()
        );
    }
}

#[test]
fn a_capture_that_the_host_ends_is_cancelled_not_without_a_finger() {
    let (bus, device) = (VirtualBus::new(), Nb1010::new("SIM-2"));
    let place = bus.plug(device);
    let usb = Claimed::open(&bus, &place, Duration::from_secs(30));
    let cancel = usb.canceller();
    let host = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(120));
        cancel();
    });
    assert_eq!(capture(&usb, |_| ()), Err(Fault::new(Kind::Cancelled, "cancelled")));
    host.join().unwrap();
}

//! The driver over the seam that real devices stand on, against the simulator's reader with both of its interfaces.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../uru4000/tests/claimed/mod.rs"]
mod claimed;

use claimed::Claimed;
use devices::bus::{Bus as _, Place};
use mrz_serial_driver::driver::MrzSerial as Driver;
use mrz_serial_driver::reader::read;
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::document_reader::DocumentReader as _;
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use simulator::document::{Document, Form};
use simulator::person::person;
use simulator::virtual_device::{Framing, Misbehaviour, MrzSerial, VirtualBus};
use std::time::Duration;

const AT_ONCE: Duration = Duration::ZERO;

fn plugged(framing: Framing) -> (VirtualBus, MrzSerial, Place) {
    let (bus, device) = (VirtualBus::new(), MrzSerial::new("SIM-SERIAL", framing));
    let place = bus.plug(device.clone());
    (bus, device, place)
}

fn document(number: u32, form: Form) -> Document {
    Document::of(&person(3, number), form)
}

/// Both interfaces, in the order of the manifest.
fn claimed(bus: &VirtualBus, place: &Place, call: Duration) -> [Claimed; 2] {
    [Claimed::open(bus, place, call), Claimed::interface(bus, place, 1, call)]
}

fn opened(both: &[Claimed; 2]) -> Result<Driver, Fault> {
    Driver::open(both, &Identity::default(), &Start::default())
}

/// A reading; `present` is called once the reader is ready.
fn reading(both: &[Claimed; 2], present: impl Fn()) -> Result<Vec<String>, Fault> {
    let mut driver = opened(both)?;
    let document = driver.read(both, &|stage| {
        if stage == Stage::Ready {
            present();
        }
    })?;
    Ok(document.mrz_lines)
}

#[test]
fn whatever_document_is_presented_is_delivered_line_by_line_in_bursts_of_any_length() {
    for framing in [Framing::Checked, Framing::Plain] {
        for burst in [1, 2, 24, 30, 44, 45, 63, 64] {
            let bus = VirtualBus::new();
            let device = MrzSerial::new("SIM-SERIAL", framing).with_bursts(burst);
            let place = bus.plug(device.clone());
            let both = claimed(&bus, &place, Duration::from_secs(20));
            for (number, form) in (0..).zip([Form::Td1, Form::Td2, Form::Td3]) {
                let document = document(number, form);
                let delay = Duration::from_millis(u64::from(number) * 40);
                let lines = reading(&both, || device.present(&document, delay));
                assert_eq!(lines.as_deref(), Ok(document.lines()), "{framing:?} {burst} {form:?}");
            }
        }
    }
}

#[test]
fn a_bad_line_is_known_by_the_check_wherever_it_strikes() {
    let (bus, device, place) = plugged(Framing::Checked);
    let both = claimed(&bus, &place, Duration::from_secs(60));
    let document = document(1, Form::Td3);
    for place in 1..90 {
        let lines = reading(&both, || device.present_garbled(&document, place, AT_ONCE));
        assert_eq!(lines, Err(Fault::new(Kind::Protocol, "wrong-lrc")), "{place}");
    }
}

/// How the device misbehaves, and how opening and reading must end.
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
fn each_misbehaviour_ends_the_reading_with_its_fault() {
    for (misbehaviour, fault) in MISBEHAVIOURS {
        let (bus, device, place) = plugged(Framing::Checked);
        device.misbehave(misbehaviour);
        let both = claimed(&bus, &place, Duration::from_millis(500));
        let lines = reading(&both, || {
            if misbehaviour != Misbehaviour::None {
                device.present(&document(1, Form::Td3), AT_ONCE);
            }
        });
        assert_eq!(lines, Err(fault), "{misbehaviour:?}");
    }
}

#[test]
fn a_reader_sends_nothing_before_it_was_told_that_the_host_is_there() {
    let (bus, device, place) = plugged(Framing::Checked);
    let both = claimed(&bus, &place, Duration::from_millis(400));
    device.present(&document(1, Form::Td3), AT_ONCE);
    assert_eq!(
        read(&both[1], &|_| ()),
        Err(Fault::new(Kind::NothingPresented, "nothing-presented"))
    );
}

#[test]
fn a_document_that_is_pulled_away_is_incomplete_and_does_not_spoil_the_next_one() {
    for framing in [Framing::Checked, Framing::Plain] {
        let (bus, device, place) = plugged(framing);
        let both = claimed(&bus, &place, Duration::from_secs(10));
        let (first, second) = (document(1, Form::Td3), document(2, Form::Td1));
        let broken = reading(&both, || device.present_part(&first, 50, AT_ONCE));
        assert_eq!(broken, Err(Fault::new(Kind::Protocol, "incomplete")), "{framing:?}");
        let lines = reading(&both, || device.present(&second, AT_ONCE));
        assert_eq!(lines.as_deref(), Ok(second.lines()), "{framing:?}");
    }
}

#[test]
fn a_document_that_nobody_asked_for_is_not_the_next_voters() {
    let (bus, device, place) = plugged(Framing::Plain);
    let both = claimed(&bus, &place, Duration::from_secs(10));
    device.present(&document(1, Form::Td3), AT_ONCE);
    let second = document(2, Form::Td3);
    let lines = reading(&both, || device.present(&second, AT_ONCE));
    assert_eq!(lines.as_deref(), Ok(second.lines()));
}

#[test]
fn a_reading_that_the_host_ends_is_cancelled_not_without_a_document() {
    let (bus, _device, place) = plugged(Framing::Checked);
    let both = claimed(&bus, &place, Duration::from_secs(30));
    let cancels = both.each_ref().map(Claimed::canceller);
    let host = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(150));
        cancels.iter().for_each(|cancel| cancel());
    });
    assert_eq!(reading(&both, || ()), Err(Fault::new(Kind::Cancelled, "cancelled")));
    host.join().unwrap();
}

#[test]
fn a_reader_that_lacks_an_interface_is_refused() {
    let (bus, _device, place) = plugged(Framing::Checked);
    let one = [Claimed::interface(&bus, &place, 1, Duration::from_secs(1))];
    let opened = Driver::open(&one, &Identity::default(), &Start::default());
    assert_eq!(opened.err(), Some(Fault::new(Kind::NotSupported, "no-interface")));
    assert_eq!(bus.list().unwrap()[0].interfaces, [0, 1]);
}

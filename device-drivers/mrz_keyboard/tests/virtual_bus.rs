//! The driver over the seam that real devices stand on, against the simulator's reader.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../uru4000/tests/claimed/mod.rs"]
mod claimed;

use claimed::Claimed;
use mrz_keyboard_driver::reader::{read, set_up};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::mrz::check_digit;
use plugin_sdk::progress::Stage;
use simulator::document::{Document, Form};
use simulator::person::person;
use simulator::virtual_device::{Misbehaviour, MrzKeyboard, VirtualBus};
use std::time::Duration;

const AT_ONCE: Duration = Duration::ZERO;

fn device() -> (VirtualBus, MrzKeyboard, devices::bus::Place) {
    let (bus, device) = (VirtualBus::new(), MrzKeyboard::new("SIM-KEYS"));
    let place = bus.plug(device.clone());
    (bus, device, place)
}

fn document(number: u32, form: Form) -> Document {
    Document::of(&person(3, number), form)
}

fn opened(bus: &VirtualBus, place: &devices::bus::Place, call: Duration) -> Claimed {
    let usb = Claimed::open(bus, place, call);
    set_up(&usb).unwrap();
    usb
}

/// A reading during which this document is presented so long after the reader was ready.
fn presented(usb: &Claimed, device: &MrzKeyboard, document: &Document, delay: Duration) -> Result<Vec<String>, Fault> {
    read(usb, &|stage| {
        if stage == Stage::Ready {
            device.present(document, delay);
        }
    })
}

#[test]
fn whatever_document_is_presented_is_delivered_line_by_line() {
    let (bus, device, place) = device();
    let usb = opened(&bus, &place, Duration::from_secs(20));
    for (number, form) in (0..).zip([Form::Td1, Form::Td2, Form::Td3, Form::Td3]) {
        let document = document(number, form);
        let delay = Duration::from_millis(u64::from(number) * 150);
        let lines = presented(&usb, &device, &document, delay);
        assert_eq!(lines.as_deref(), Ok(document.lines()), "{form:?}");
    }
}

/// A form, what a check digit is about as (line, from, to), and where the digit stands (parts 4 to 6, section 4.2).
type Checked = (Form, &'static [(usize, usize, usize)], (usize, usize));

const CHECKED: [Checked; 13] = [
    (Form::Td3, &[(1, 0, 9)], (1, 9)),
    (Form::Td3, &[(1, 13, 19)], (1, 19)),
    (Form::Td3, &[(1, 21, 27)], (1, 27)),
    (Form::Td3, &[(1, 28, 42)], (1, 42)),
    (Form::Td3, &[(1, 0, 10), (1, 13, 20), (1, 21, 43)], (1, 43)),
    (Form::Td2, &[(1, 0, 9)], (1, 9)),
    (Form::Td2, &[(1, 13, 19)], (1, 19)),
    (Form::Td2, &[(1, 21, 27)], (1, 27)),
    (Form::Td2, &[(1, 0, 10), (1, 13, 20), (1, 21, 35)], (1, 35)),
    (Form::Td1, &[(0, 5, 14)], (0, 14)),
    (Form::Td1, &[(1, 0, 6)], (1, 6)),
    (Form::Td1, &[(1, 8, 14)], (1, 14)),
    (Form::Td1, &[(0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29)], (1, 29)),
];

#[test]
fn the_simulators_documents_have_true_check_digits() {
    for (form, parts, (line, place)) in CHECKED {
        for number in 0..50 {
            let document = document(number, form);
            let lines = document.lines();
            let about: String = parts.iter().map(|&(line, from, to)| &lines[line][from..to]).collect();
            let digit = check_digit(about.as_bytes()).unwrap() + b'0';
            assert_eq!(digit, lines[line].as_bytes()[place], "{form:?} {line} {place}");
        }
    }
}

/// How the device misbehaves, and how the reading must end.
const MISBEHAVIOURS: [(Misbehaviour, Fault); 2] = [
    (
        Misbehaviour::Silent,
        Fault::new(Kind::NothingPresented, "nothing-presented"),
    ),
    (
        Misbehaviour::PulledMidTransfer,
        Fault::new(Kind::DeviceGone, "device-gone"),
    ),
];

#[test]
fn each_misbehaviour_ends_the_reading_with_its_fault() {
    for (misbehaviour, fault) in MISBEHAVIOURS {
        let (bus, device, place) = device();
        let usb = opened(&bus, &place, Duration::from_millis(500));
        device.misbehave(misbehaviour);
        let lines = presented(&usb, &device, &document(1, Form::Td3), AT_ONCE);
        assert_eq!(lines, Err(fault), "{misbehaviour:?}");
    }
}

#[test]
fn a_silent_device_is_not_opened() {
    let (bus, device, place) = device();
    device.misbehave(Misbehaviour::Silent);
    let usb = Claimed::open(&bus, &place, Duration::from_secs(5));
    assert_eq!(set_up(&usb), Err(Fault::new(Kind::Protocol, "no-answer")));
}

#[test]
fn a_device_that_was_not_asked_for_the_boot_protocol_is_not_understood() {
    let (bus, device, place) = device();
    let usb = Claimed::open(&bus, &place, Duration::from_secs(5));
    let lines = presented(&usb, &device, &document(1, Form::Td3), AT_ONCE);
    assert_eq!(lines, Err(Fault::new(Kind::Protocol, "answer-too-long")));
}

#[test]
fn a_document_that_is_pulled_away_is_incomplete_and_does_not_spoil_the_next_one() {
    let (bus, device, place) = device();
    let usb = opened(&bus, &place, Duration::from_secs(10));
    let (first, second) = (document(1, Form::Td3), document(2, Form::Td1));
    let broken = read(&usb, &|stage| {
        if stage == Stage::Ready {
            device.present_part(&first, 50, AT_ONCE);
        }
    });
    assert_eq!(broken, Err(Fault::new(Kind::Protocol, "incomplete")));
    let lines = presented(&usb, &device, &second, AT_ONCE);
    assert_eq!(lines.as_deref(), Ok(second.lines()));
}

#[test]
fn a_document_that_nobody_asked_for_is_not_the_next_voters() {
    let (bus, device, place) = device();
    let usb = opened(&bus, &place, Duration::from_secs(10));
    device.present(&document(1, Form::Td3), AT_ONCE);
    let second = document(2, Form::Td3);
    let lines = presented(&usb, &device, &second, AT_ONCE);
    assert_eq!(lines.as_deref(), Ok(second.lines()));
}

#[test]
fn a_reading_that_the_host_ends_is_cancelled_not_without_a_document() {
    let (bus, _device, place) = device();
    let usb = opened(&bus, &place, Duration::from_secs(30));
    let cancel = usb.canceller();
    let host = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(150));
        cancel();
    });
    assert_eq!(read(&usb, &|_| ()), Err(Fault::new(Kind::Cancelled, "cancelled")));
    host.join().unwrap();
}

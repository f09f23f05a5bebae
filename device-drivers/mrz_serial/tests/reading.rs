//! The driver against readers that send as a script says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../mrz_keyboard/tests/scripted/mod.rs"]
mod scripted;

use mrz_serial_driver::driver::MrzSerial;
use mrz_serial_driver::frame::Frame;
use mrz_serial_driver::reader::{read, set_up};
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::document_reader::DocumentReader as _;
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::mrz::{Shape, is_character};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{Recipient, RequestKind, Setup, Status};
use proptest::prelude::*;
use scripted::{Blow, Scripted, Step};
use std::cell::RefCell;

/// Specimens (ICAO Doc 9303, appendices of parts 4 and 5).
const PASSPORT: [&str; 2] = [
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
];
const CARD: [&str; 3] = [
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
];

/// The checked form of any text.
fn checked(text: &[u8]) -> Vec<u8> {
    let lrc = text.iter().fold(0x03, |sum, byte| sum ^ byte);
    [&[0x02], text, &[0x03, lrc]].concat()
}

fn with_checks(lines: &[&str]) -> Vec<u8> {
    checked(lines.join("\r").as_bytes())
}

fn plain(lines: &[&str]) -> Vec<u8> {
    lines.iter().flat_map(|line| line.bytes().chain(*b"\r\n")).collect()
}

fn packet(bytes: &[u8]) -> Step {
    Step::Packet(10, bytes.to_vec())
}

fn packets(bytes: &[u8], length: usize) -> Vec<Step> {
    bytes.chunks(length).map(packet).collect()
}

/// Nothing is left behind, then the document.
fn presented(packets: impl IntoIterator<Item = Step>) -> Vec<Step> {
    std::iter::once(Step::Silence).chain(packets).collect()
}

fn reading(steps: Vec<Step>) -> Result<Vec<String>, Fault> {
    read(&Scripted::of(steps), &|_| ())
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// Every document in both forms.
fn documents() -> Vec<(Vec<String>, Vec<u8>)> {
    let mut trailing = CARD.join("\r").into_bytes();
    trailing.push(b'\r');
    let smaller = [
        "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
        "D231458907UTO7408122F1204159<<<<<<<6",
    ];
    vec![
        (owned(&PASSPORT), with_checks(&PASSPORT)),
        (owned(&CARD), with_checks(&CARD)),
        (owned(&CARD), checked(&trailing)),
        (owned(&smaller), with_checks(&smaller)),
        (owned(&PASSPORT), plain(&PASSPORT)),
        (owned(&CARD), plain(&CARD)),
        (owned(&smaller), plain(&smaller)),
    ]
}

#[test]
fn a_document_is_read_in_either_form_however_it_is_cut_into_packets() {
    for (lines, bytes) in documents() {
        for length in 1..=64 {
            assert_eq!(
                reading(presented(packets(&bytes, length))),
                Ok(lines.clone()),
                "{length}"
            );
        }
        for place in 1..bytes.len() {
            let (first, second) = bytes.split_at(place);
            // No read takes more than 64 bytes.
            let steps = [packets(first, 64), packets(second, 64)].concat();
            assert_eq!(reading(presented(steps)), Ok(lines.clone()), "{place}");
        }
    }
}

#[test]
fn empty_packets_anywhere_change_nothing() {
    for (lines, bytes) in documents() {
        let steps = packets(&bytes, 7)
            .into_iter()
            .flat_map(|step| [packet(&[]), step, packet(&[])]);
        assert_eq!(reading(presented(steps)), Ok(lines));
    }
}

#[test]
fn a_check_that_looks_like_a_mark_is_a_check() {
    // Its bits 5 and 6 are the same, since a document's characters are even in number.
    for wanted in [0x02, 0x03, b'\r', b'\n', 0x00] {
        // The second line's first characters are turned until the check comes out so.
        let mut lines = (0..36_u32.pow(3)).map(|number| {
            let digit = |place: u32| char::from_digit(number / 36_u32.pow(place) % 36, 36).unwrap();
            let start: String = (0..3).map(digit).collect();
            format!("{}{}", start.to_uppercase(), &PASSPORT[1][3..])
        });
        let checks = |second: &String| with_checks(&[PASSPORT[0], second]).last() == Some(&wanted);
        let second = lines.find(checks).unwrap();
        let bytes = with_checks(&[PASSPORT[0], &second]);
        let lines = reading(presented(packets(&bytes, 64)));
        assert_eq!(lines, Ok(owned(&[PASSPORT[0], &second])), "{wanted:02x}");
    }
}

/// What comes after the drain, and the code that the reading then ends with.
fn misbehaviours() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let mut wrong_check = with_checks(&PASSPORT);
    *wrong_check.last_mut().unwrap() ^= 0x40;
    let with = |text: &str| checked(text.as_bytes());
    let joined = PASSPORT.join("\r");
    vec![
        ("a wrong check", wrong_check, "wrong-lrc"),
        ("nothing between the marks", with(""), "not-an-mrz"),
        ("one line", with(PASSPORT[0]), "not-an-mrz"),
        (
            "a line too many",
            with(&format!("{joined}\r{}", PASSPORT[0])[..93]),
            "not-an-mrz",
        ),
        ("two CR at the end", with(&format!("{joined}\r\r")), "not-an-mrz"),
        ("a line too short", with(&joined[..joined.len() - 1]), "not-an-mrz"),
        (
            "CR LF between checked lines",
            with(&PASSPORT.join("\r\n")),
            "not-an-mrz",
        ),
        ("small letters", with(&joined.to_lowercase()), "not-an-mrz"),
        (
            "text without an end",
            [&[0x02], "A".repeat(94).as_bytes()].concat(),
            "frame-too-long",
        ),
        ("a line feed before everything", b"\nP<UTO".to_vec(), "unexpected-byte"),
        ("an ETX before everything", vec![0x03], "unexpected-byte"),
        ("a zero before everything", vec![0x00], "unexpected-byte"),
        ("a plain line too long", "A".repeat(45).into_bytes(), "not-an-mrz"),
        ("a plain line of no shape", b"P<UTO\r\n".to_vec(), "not-an-mrz"),
        (
            "a plain line with LF alone",
            format!("{}\n", PASSPORT[0]).into_bytes(),
            "not-an-mrz",
        ),
        (
            "a plain line with CR alone",
            format!("{}\rL", PASSPORT[0]).into_bytes(),
            "unexpected-byte",
        ),
        ("an STX within plain lines", b"P<UTO\x02".to_vec(), "not-an-mrz"),
    ]
}

#[test]
fn each_misbehaviour_has_its_code_and_never_gives_a_document() {
    for (name, bytes, code) in misbehaviours() {
        for length in [1, 64] {
            assert_eq!(
                reading(presented(packets(&bytes, length))),
                Err(Fault::new(Kind::Protocol, code)),
                "{name} in packets of {length}"
            );
        }
    }
}

/// How a read in the middle of a document ends, and the fault that this is.
const ENDS: [(Status, Fault); 5] = [
    (Status::Stalled, Fault::new(Kind::Protocol, "stalled")),
    (Status::Overflow, Fault::new(Kind::Protocol, "answer-too-long")),
    (Status::IoError, Fault::new(Kind::Protocol, "bus-error")),
    (Status::NoDevice, Fault::new(Kind::DeviceGone, "device-gone")),
    (Status::Cancelled, Fault::new(Kind::Cancelled, "cancelled")),
];

#[test]
fn a_read_that_ends_badly_ends_the_reading() {
    for (status, fault) in ENDS {
        let steps = presented([packet(b"\x02P<UTO"), Step::Ends(status)]);
        let device = Scripted::of(steps);
        assert_eq!(read(&device, &|_| ()), Err(fault), "{status:?}");
        // A halted endpoint is cleared for the next reading.
        let cleared = status == Status::Stalled;
        assert_eq!(*device.cleared.borrow(), [0x81][..usize::from(cleared)], "{status:?}");
    }
}

#[test]
fn a_document_that_stops_anywhere_is_incomplete() {
    for (_, bytes) in documents() {
        for length in 1..bytes.len() {
            assert_eq!(
                reading(presented(packets(&bytes[..length], 10))),
                Err(Fault::new(Kind::Protocol, "incomplete")),
                "{length}"
            );
        }
    }
}

#[test]
fn a_pause_that_is_shorter_than_the_silence_is_waited_out() {
    let bytes = with_checks(&PASSPORT);
    let slow = |ms| {
        let steps = [packet(&bytes[..50]), Step::Packet(ms, bytes[50..].to_vec())];
        reading(presented(steps))
    };
    assert_eq!(slow(999), Ok(owned(&PASSPORT)));
    assert_eq!(slow(1_000), Err(Fault::new(Kind::Protocol, "incomplete")));
}

#[test]
fn no_document_within_the_time_is_nothing_presented() {
    let empty = |count| presented(std::iter::repeat_n(packet(&[]), count));
    for steps in [Vec::new(), empty(1), empty(10_000)] {
        let device = Scripted::of(steps);
        assert_eq!(
            read(&device, &|_| ()),
            Err(Fault::new(Kind::NothingPresented, "nothing-presented"))
        );
        assert!(
            device.remaining_ms.get() <= 100,
            "{} ms are left",
            device.remaining_ms.get()
        );
    }
}

#[test]
fn what_was_sent_before_the_reading_is_thrown_away() {
    let before = with_checks(&CARD);
    for kept in 1..=before.len() {
        let steps = packets(&before[before.len() - kept..], 20);
        let steps = [steps, presented(packets(&with_checks(&PASSPORT), 64))].concat();
        assert_eq!(reading(steps), Ok(owned(&PASSPORT)), "{kept}");
    }
}

#[test]
fn a_reader_that_never_stops_sending_is_given_up() {
    for between_ms in [0, 10, 49] {
        let endless = std::iter::repeat_n(Step::Packet(between_ms, b"P<UTO".to_vec()), 10_000);
        assert_eq!(
            reading(endless.collect()),
            Err(Fault::new(Kind::Protocol, "talks-without-end")),
            "{between_ms}"
        );
    }
}

/// A document in as many transfers as it has bytes.
fn byte_by_byte() -> Vec<Step> {
    presented(packets(&with_checks(&PASSPORT), 1))
}

#[test]
fn a_plug_pulled_at_any_transfer_is_reported_as_a_device_that_is_gone() {
    for at in 0..byte_by_byte().len() {
        let device = Scripted::of(byte_by_byte()).struck(at, Blow::Pulled);
        assert_eq!(
            read(&device, &|_| ()),
            Err(Fault::new(Kind::DeviceGone, "device-gone")),
            "{at}"
        );
        assert_eq!(device.transfers.get(), at + 1, "it is not asked again");
    }
}

#[test]
fn a_call_that_the_host_ends_at_any_transfer_is_cancelled() {
    for at in 0..byte_by_byte().len() {
        let device = Scripted::of(byte_by_byte()).struck(at, Blow::Cancelled);
        assert_eq!(
            read(&device, &|_| ()),
            Err(Fault::new(Kind::Cancelled, "cancelled")),
            "{at}"
        );
    }
}

#[test]
fn the_operator_is_told_each_stage_once() {
    let told = RefCell::new(Vec::new());
    read(&Scripted::of(byte_by_byte()), &|stage| told.borrow_mut().push(stage)).unwrap();
    assert_eq!(
        *told.borrow(),
        [Stage::Ready, Stage::Presented, Stage::Reading, Stage::Remove]
    );
}

fn class_request(request: u8, value: u16) -> Setup {
    Setup {
        kind: RequestKind::Class,
        recipient: Recipient::Interface,
        request,
        value,
        index: 0,
    }
}

#[test]
fn an_opening_sets_the_line_and_says_that_the_host_is_there() {
    let both = [Scripted::of([]), Scripted::of([])];
    MrzSerial::open(&both, &Identity::default(), &Start::default()).unwrap();
    let coding = vec![0x80, 0x25, 0, 0, 0, 0, 8];
    assert_eq!(
        *both[0].asked.borrow(),
        [(class_request(0x20, 0), coding), (class_request(0x22, 3), Vec::new())]
    );
    assert_eq!(both[1].transfers.get(), 0, "the data interface has no requests");
}

/// How the two requests of an opening end, and the fault that this is.
const OPENINGS: [(&[Status], Fault); 3] = [
    (&[Status::Stalled], Fault::new(Kind::Protocol, "stalled")),
    (
        &[Status::Completed, Status::TimedOut],
        Fault::new(Kind::Protocol, "no-answer"),
    ),
    (
        &[Status::Completed, Status::NoDevice],
        Fault::new(Kind::DeviceGone, "device-gone"),
    ),
];

#[test]
fn a_reader_that_cannot_be_set_up_is_refused() {
    for (statuses, fault) in OPENINGS {
        let device = Scripted::of([]).whose_requests_end(statuses);
        assert_eq!(set_up(&device), Err(fault), "{statuses:?}");
    }
}

#[test]
fn a_device_without_both_interfaces_is_refused() {
    for interfaces in [vec![], vec![Scripted::of([])]] {
        let opened = MrzSerial::open(&interfaces, &Identity::default(), &Start::default());
        assert_eq!(opened.err(), Some(Fault::new(Kind::NotSupported, "no-interface")));
    }
}

#[test]
fn what_came_is_never_shown() {
    for bytes in [b"\x02P<UTO".as_slice(), b"P<UTO"] {
        let mut frame = Frame::new();
        bytes.iter().for_each(|byte| assert_eq!(frame.push(*byte), Ok(None)));
        assert!(!format!("{frame:?}").contains("UTO"));
    }
}

fn any_byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        8 => prop::sample::select(b"AZ09<".to_vec()),
        2 => prop::sample::select(vec![0x02, 0x03, b'\r', b'\n']),
        1 => any::<u8>(),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let lines = prop::sample::select(vec![
        format!("{}\r\n", PASSPORT[0]),
        format!("{}\r\n", CARD[0]),
        format!("\x02{}\r", PASSPORT[0]),
        format!("{}\x03", PASSPORT[1]),
    ]);
    prop_oneof![
        4 => lines.prop_map(|line| packet(line.as_bytes())),
        4 => prop::collection::vec(any_byte(), 0..65).prop_map(|bytes| packet(&bytes)),
        1 => Just(Step::Silence),
    ]
}

proptest! {
    #[test]
    fn whatever_a_reader_sends_a_document_has_a_documents_shape(steps in prop::collection::vec(any_step(), 0..60)) {
        let device = Scripted::of(presented(steps));
        let read = read(&device, &|_| ());
        prop_assert_ne!(read.as_ref().err().map(|fault| fault.kind), Some(Kind::Cancelled));
        if let Ok(lines) = read {
            let shape = Shape::of_line(lines[0].len()).unwrap();
            prop_assert_eq!(lines.len(), shape.lines());
            prop_assert!(lines.iter().all(|line| line.len() == shape.characters()));
            prop_assert!(lines.concat().bytes().all(is_character));
        }
    }

    #[test]
    fn one_wrong_byte_in_a_checked_document_never_makes_another(
        first in "[A-Z0-9<]{44}",
        second in "[A-Z0-9<]{44}",
        place in 0usize..92,
        turned in 1u8..,
    ) {
        let mut bytes = with_checks(&[&first, &second]);
        bytes[place] ^= turned;
        prop_assert!(reading(presented(packets(&bytes, 64))).is_err());
    }

    #[test]
    fn any_document_is_read_as_it_was_sent_in_any_packets(
        first in "[A-Z0-9<]{44}",
        second in "[A-Z0-9<]{44}",
        lengths in prop::collection::vec(0usize..=64, 1..20),
    ) {
        for mut rest in [with_checks(&[&first, &second]), plain(&[&first, &second])] {
            let mut steps = Vec::new();
            for length in lengths.iter().copied().chain(std::iter::repeat(64)) {
                if rest.is_empty() {
                    break;
                }
                let after = rest.split_off(length.min(rest.len()));
                steps.push(packet(&rest));
                rest = after;
            }
            prop_assert_eq!(reading(presented(steps)), Ok(vec![first.clone(), second.clone()]));
        }
    }
}

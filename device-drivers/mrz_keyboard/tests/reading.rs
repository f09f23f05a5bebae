//! The driver against keyboards that do as a script says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod scripted;

use mrz_keyboard_driver::driver::MrzKeyboard;
use mrz_keyboard_driver::reader::{read, set_up};
use plugin_sdk::device::{Identity, Start};
use plugin_sdk::document_reader::DocumentReader as _;
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::mrz::{Shape, is_character};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{Recipient, RequestKind, Setup, Status};
use proptest::prelude::*;
use scripted::{Blow, Scripted, Step};
use std::cell::RefCell;

const SHIFT: u8 = 0x02;
const RIGHT_SHIFT: u8 = 0x20;
const ENTER: u8 = 0x28;
const COMMA: u8 = 0x36;

/// A specimen (ICAO Doc 9303, part 4, appendix A).
const PASSPORT: [&str; 2] = [
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
];

/// A report after the usual time between two of them.
fn report(modifiers: u8, keys: &[u8]) -> Step {
    let mut bytes = vec![modifiers, 0, 0, 0, 0, 0, 0, 0];
    bytes[2..2 + keys.len()].copy_from_slice(keys);
    Step::Packet(8, bytes)
}

fn up() -> Step {
    report(0, &[])
}

fn key(character: u8) -> (u8, u8) {
    match character {
        b'A'..=b'Z' => (SHIFT, character - b'A' + 0x04),
        b'1'..=b'9' => (0, character - b'1' + 0x1e),
        b'0' => (0, 0x27),
        b'<' => (SHIFT, COMMA),
        b'\n' => (0, ENTER),
        other => panic!("{other} is not typed"),
    }
}

fn press(character: u8) -> Step {
    let (modifiers, key) = key(character);
    report(modifiers, &[key])
}

/// Every key down and up.
fn typed(text: &str) -> Vec<Step> {
    text.bytes().flat_map(|character| [press(character), up()]).collect()
}

fn text(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Nothing is left behind, then the document.
fn presented(reports: impl IntoIterator<Item = Step>) -> Vec<Step> {
    std::iter::once(Step::Silence).chain(reports).collect()
}

fn reading(steps: Vec<Step>) -> Result<Vec<String>, Fault> {
    read(&Scripted::of(steps), &|_| ())
}

#[test]
fn a_document_of_each_shape_is_read_line_by_line() {
    for shape in Shape::ALL {
        let lines: Vec<String> = (0..shape.lines())
            .map(|line| "A1<ZQ09M".chars().cycle().skip(line).take(shape.characters()).collect())
            .collect();
        let all: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(reading(presented(typed(&text(&all)))), Ok(lines), "{shape:?}");
    }
}

#[test]
fn every_key_of_the_zone_is_its_character() {
    let all = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<<<<<<<<";
    assert_eq!(
        reading(presented(typed(&text(&[all, all])))),
        Ok(vec![all.to_owned(), all.to_owned()])
    );
}

/// Ways to type `AB<` and then the rest of the specimen's length, all good.
fn ways() -> [(&'static str, Vec<Step>); 10] {
    let (a, b, less) = (0x04, 0x05, COMMA);
    [
        ("each key down and up", typed("AB<")),
        (
            "without shift",
            vec![
                report(0, &[a]),
                up(),
                report(0, &[b]),
                up(),
                report(SHIFT, &[less]),
                up(),
            ],
        ),
        (
            "the next key goes down before the last is up",
            vec![
                report(SHIFT, &[a]),
                report(SHIFT, &[a, b]),
                report(SHIFT, &[b]),
                report(SHIFT, &[b, less]),
                up(),
            ],
        ),
        (
            "one key takes the other's place",
            vec![report(0, &[a]), report(0, &[b]), report(SHIFT, &[less]), up()],
        ),
        (
            "a new key stands before the held one",
            vec![report(0, &[a]), report(0, &[b, a]), report(SHIFT, &[less, b, a]), up()],
        ),
        (
            "shift goes down and up by itself, on either side",
            vec![
                report(SHIFT, &[]),
                report(SHIFT, &[a]),
                report(SHIFT, &[]),
                report(SHIFT, &[b]),
                up(),
                report(RIGHT_SHIFT, &[]),
                report(RIGHT_SHIFT, &[less]),
                report(RIGHT_SHIFT, &[]),
                up(),
            ],
        ),
        (
            "every report is repeated",
            typed("AB<").into_iter().flat_map(|step| [step.clone(), step]).collect(),
        ),
        (
            "too many keys are down for a moment",
            vec![
                report(0, &[a]),
                report(0, &[1; 6]),
                report(0, &[a]),
                up(),
                report(0, &[b]),
                report(0, &[1; 6]),
                report(SHIFT, &[b, less]),
                up(),
            ],
        ),
        (
            "a key stands twice in a report",
            vec![
                report(0, &[a, a]),
                up(),
                report(0, &[b]),
                up(),
                report(SHIFT, &[less]),
                up(),
            ],
        ),
        (
            "slowly, each key just before the silence",
            vec![
                report(0, &[a]),
                up(),
                Step::Packet(999, vec![0, 0, b, 0, 0, 0, 0, 0]),
                up(),
                Step::Packet(999, vec![SHIFT, 0, less, 0, 0, 0, 0, 0]),
                up(),
            ],
        ),
    ]
}

#[test]
fn keys_are_read_however_the_keyboard_tells_them() {
    let rest = text(&[&PASSPORT[0][3..], PASSPORT[1]]);
    for (name, beginning) in ways() {
        let lines = reading(presented(beginning.into_iter().chain(typed(&rest))));
        let expected = vec![format!("AB<{}", &PASSPORT[0][3..]), PASSPORT[1].to_owned()];
        assert_eq!(lines, Ok(expected), "{name}");
    }
}

/// What comes after the first ten characters, and the code that the reading then ends with.
fn misbehaviours() -> [(&'static str, Vec<Step>, Kind, &'static str); 19] {
    let one = |modifiers, key| vec![report(modifiers, &[key])];
    let protocol = Kind::Protocol;
    [
        ("silence", vec![Step::Silence], protocol, "incomplete"),
        ("an Enter too early", typed("\n"), protocol, "not-an-mrz"),
        ("a line too long", typed(&"A".repeat(35)), protocol, "not-an-mrz"),
        ("a digit with shift", one(SHIFT, 0x1e), protocol, "unknown-key"),
        ("a comma without shift", one(0, COMMA), protocol, "unknown-key"),
        (
            "the key beside left shift, of other layouts",
            one(0, 0x64),
            protocol,
            "unknown-key",
        ),
        ("a tabulator", one(0, 0x2b), protocol, "unknown-key"),
        ("a letter with control", one(0x01, 0x04), protocol, "unknown-key"),
        ("a letter with alt and shift", one(0x42, 0x04), protocol, "unknown-key"),
        ("a key that no table has", one(0, 0xff), protocol, "unknown-key"),
        ("a failed self-test", one(0, 0x02), protocol, "keyboard-error"),
        ("an undefined error", one(0, 0x03), protocol, "keyboard-error"),
        (
            "two keys at once",
            vec![report(0, &[0x04, 0x05])],
            protocol,
            "keys-at-once",
        ),
        (
            "a short report",
            vec![Step::Packet(8, vec![0; 7])],
            protocol,
            "wrong-length",
        ),
        (
            "an empty report",
            vec![Step::Packet(8, Vec::new())],
            protocol,
            "wrong-length",
        ),
        (
            "a report with its number before it",
            vec![Step::Packet(8, vec![0; 9])],
            protocol,
            "answer-too-long",
        ),
        ("a stall", vec![Step::Ends(Status::Stalled)], protocol, "stalled"),
        (
            "an error on the bus",
            vec![Step::Ends(Status::IoError)],
            protocol,
            "bus-error",
        ),
        (
            "a pulled plug",
            vec![Step::Ends(Status::NoDevice)],
            Kind::DeviceGone,
            "device-gone",
        ),
    ]
}

#[test]
fn each_misbehaviour_has_its_code_and_never_gives_a_document() {
    for (name, then, kind, code) in misbehaviours() {
        let steps = presented(typed(&PASSPORT[0][..10]).into_iter().chain(then));
        assert_eq!(reading(steps), Err(Fault::new(kind, code)), "{name}");
    }
}

#[test]
fn a_document_that_stops_anywhere_is_incomplete() {
    let all = typed(&text(&PASSPORT));
    // The last report is the release of the last Enter, and not waited for.
    for length in 1..all.len() - 1 {
        let steps = presented(all[..length].iter().cloned());
        assert_eq!(
            reading(steps),
            Err(Fault::new(Kind::Protocol, "incomplete")),
            "{length}"
        );
    }
}

#[test]
fn a_call_that_ends_in_the_middle_of_a_document_is_incomplete() {
    let device = Scripted::of(presented(typed(&PASSPORT[0][..10])));
    device.remaining_ms.set(600);
    assert_eq!(read(&device, &|_| ()), Err(Fault::new(Kind::Protocol, "incomplete")));
    assert!(
        device.remaining_ms.get() >= 50,
        "{} ms are left",
        device.remaining_ms.get()
    );
}

#[test]
fn no_document_within_the_time_is_nothing_presented() {
    let device = Scripted::of([]);
    assert_eq!(
        read(&device, &|_| ()),
        Err(Fault::new(Kind::NothingPresented, "nothing-presented"))
    );
    assert!(
        device.remaining_ms.get() <= 100,
        "{} ms are left",
        device.remaining_ms.get()
    );
    assert!(device.transfers.get() <= 3, "{} transfers", device.transfers.get());
}

#[test]
fn keys_that_go_up_or_modifiers_alone_are_no_document() {
    let steps = presented([up(), report(SHIFT, &[]), up()]);
    assert_eq!(
        reading(steps),
        Err(Fault::new(Kind::NothingPresented, "nothing-presented"))
    );
}

#[test]
fn what_was_typed_before_the_reading_is_thrown_away() {
    let before = typed(&text(&[PASSPORT[1], PASSPORT[0]]));
    for kept in [1, 2, 89, before.len() - 1, before.len()] {
        let steps = before[before.len() - kept..].iter().cloned();
        let steps: Vec<Step> = steps.chain(presented(typed(&text(&PASSPORT)))).collect();
        assert_eq!(reading(steps), Ok(PASSPORT.map(str::to_owned).to_vec()), "{kept}");
    }
}

#[test]
fn a_key_that_is_held_since_before_is_not_typed() {
    let held = report(0, &[0x04]);
    let steps = [held.clone(), Step::Silence, held, up()];
    let steps = steps.into_iter().chain(typed(&text(&PASSPORT))).collect();
    assert_eq!(reading(steps), Ok(PASSPORT.map(str::to_owned).to_vec()));
}

#[test]
fn a_keyboard_that_never_stops_typing_is_given_up() {
    for between_ms in [0, 8, 49] {
        let endless = std::iter::repeat_n(Step::Packet(between_ms, vec![0, 0, 4, 0, 0, 0, 0, 0]), 10_000);
        assert_eq!(
            reading(endless.collect()),
            Err(Fault::new(Kind::Protocol, "talks-without-end")),
            "{between_ms}"
        );
    }
}

#[test]
fn a_plug_pulled_at_any_transfer_is_reported_as_a_device_that_is_gone() {
    let steps = presented(typed(&text(&PASSPORT)));
    // All but the release of the last Enter.
    for at in 0..steps.len() - 1 {
        let device = Scripted::of(steps.clone()).struck(at, Blow::Pulled);
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
    let steps = presented(typed(&text(&PASSPORT)));
    for at in 0..steps.len() - 1 {
        let device = Scripted::of(steps.clone()).struck(at, Blow::Cancelled);
        assert_eq!(
            read(&device, &|_| ()),
            Err(Fault::new(Kind::Cancelled, "cancelled")),
            "{at}"
        );
    }
}

#[test]
fn an_endpoint_that_stalled_is_cleared_for_the_next_reading() {
    let device = Scripted::of([Step::Ends(Status::Stalled)]);
    assert_eq!(read(&device, &|_| ()), Err(Fault::new(Kind::Protocol, "stalled")));
    assert_eq!(*device.cleared.borrow(), [0x81]);
}

#[test]
fn the_operator_is_told_each_stage_once() {
    let told = RefCell::new(Vec::new());
    let device = Scripted::of(presented(typed(&text(&PASSPORT))));
    read(&device, &|stage| told.borrow_mut().push(stage)).unwrap();
    assert_eq!(
        *told.borrow(),
        [Stage::Ready, Stage::Presented, Stage::Reading, Stage::Remove]
    );
}

fn class_request(request: u8) -> Setup {
    Setup {
        kind: RequestKind::Class,
        recipient: Recipient::Interface,
        request,
        value: 0,
        index: 0,
    }
}

/// How the two requests of an opening end, and how it ends.
const OPENINGS: [(&[Status], Result<(), Fault>); 5] = [
    (&[], Ok(())),
    (&[Status::Completed, Status::Stalled], Ok(())),
    (&[Status::Stalled], Err(Fault::new(Kind::Protocol, "stalled"))),
    (&[Status::TimedOut], Err(Fault::new(Kind::Protocol, "no-answer"))),
    (
        &[Status::Completed, Status::NoDevice],
        Err(Fault::new(Kind::DeviceGone, "device-gone")),
    ),
];

#[test]
fn an_opening_asks_for_the_boot_protocol_and_for_changes_alone() {
    for (statuses, expected) in OPENINGS {
        let device = Scripted::of([]).whose_requests_end(statuses);
        assert_eq!(set_up(&device), expected, "{statuses:?}");
        let asked = device.asked.borrow();
        assert_eq!(asked[0], (class_request(0x0b), Vec::new()));
        if expected.is_ok() {
            assert_eq!(asked[1..], [(class_request(0x0a), Vec::new())]);
        }
    }
}

#[test]
fn a_device_without_the_interface_is_refused() {
    let (identity, start) = (Identity::default(), Start::default());
    let opened = MrzKeyboard::open::<Scripted>(&[], &identity, &start);
    assert_eq!(opened.err(), Some(Fault::new(Kind::NotSupported, "no-interface")));
}

/// Reports of anything, and of nearly a document.
fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::sample::select(b"ABZ019<\n".to_vec()).prop_map(press),
        4 => Just(up()),
        1 => Just(Step::Silence),
        1 => prop::collection::vec(any::<u8>(), 0..12).prop_map(|bytes| Step::Packet(1, bytes)),
        1 => prop::array::uniform8(any::<u8>()).prop_map(|bytes| Step::Packet(1, bytes.to_vec())),
    ]
}

proptest! {
    #[test]
    fn whatever_a_keyboard_sends_a_document_has_a_documents_shape(steps in prop::collection::vec(any_step(), 0..400)) {
        let device = Scripted::of(steps);
        let read = read(&device, &|_| ());
        prop_assert_ne!(read.as_ref().err().map(|fault| fault.kind), Some(Kind::Cancelled));
        if let Ok(lines) = read {
            let shape = Shape::of_line(lines[0].len()).unwrap();
            prop_assert_eq!(lines.len(), shape.lines());
            prop_assert!(lines.iter().all(|line| line.len() == shape.characters()));
            prop_assert!(lines.concat().bytes().all(is_character));
        }
        prop_assert!(device.transfers.get() < 2_100);
    }

    #[test]
    fn any_document_is_read_as_it_was_typed(first in "[A-Z0-9<]{44}", second in "[A-Z0-9<]{44}") {
        let steps = presented(typed(&text(&[&first, &second])));
        prop_assert_eq!(reading(steps), Ok(vec![first, second]));
    }

    #[test]
    fn a_report_that_is_lost_never_makes_another_document(line in "[A-Z0-9<]{44}", lost in 0usize..180) {
        let mut steps = typed(&text(&[&line, &line]));
        let lost = lost % (steps.len() - 1);
        steps.remove(lost);
        if let Ok(lines) = reading(presented(steps)) {
            prop_assert_eq!(lines, vec![line.clone(), line]);
        }
    }
}

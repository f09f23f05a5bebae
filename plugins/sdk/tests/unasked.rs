//! Devices that send unasked: what a wait for one of their packets ends as, by what the read and the clock say.

use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::unasked::{Awaited, SILENCE_MS, Unasked};
use plugin_sdk::usb::{Completion, Concurrent, Refusal, Request, Status, Ticket};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// Reads that end so one after the other, and what the clock shows at each look.
struct Device {
    ends: RefCell<VecDeque<(Status, &'static [u8])>>,
    clock: RefCell<VecDeque<u32>>,
    waited_ms: RefCell<Vec<u32>>,
    pending: RefCell<Option<Completion>>,
    cleared: Cell<bool>,
}

impl Device {
    fn new(ends: &[(Status, &'static [u8])], clock: &[u32]) -> Self {
        Self {
            ends: RefCell::new(ends.iter().copied().collect()),
            clock: RefCell::new(clock.iter().copied().collect()),
            waited_ms: RefCell::default(),
            pending: RefCell::default(),
            cleared: Cell::new(false),
        }
    }
}

impl Concurrent for Device {
    fn submit(&self, request: Request, timeout_ms: u32) -> Result<Ticket, Refusal> {
        assert!(
            matches!(
                request,
                Request::DataIn {
                    endpoint: 0x81,
                    length: 8
                }
            ),
            "{request:?}"
        );
        self.waited_ms.borrow_mut().push(timeout_ms);
        let (status, data) = self.ends.borrow_mut().pop_front().ok_or(Refusal::NoDevice)?;
        *self.pending.borrow_mut() = Some(Completion {
            ticket: Ticket(1),
            status,
            actual: 0,
            data: data.to_vec(),
        });
        Ok(Ticket(1))
    }

    fn wait(&self, _tickets: &[Ticket], _timeout_ms: u32) -> Option<Completion> {
        self.pending.borrow_mut().take()
    }

    fn cancel(&self, _ticket: Ticket) {}

    fn clear_halt(&self, _endpoint: u8) -> Result<(), Status> {
        self.cleared.set(true);
        Ok(())
    }

    /// The last one stays.
    fn remaining_ms(&self) -> u32 {
        let mut clock = self.clock.borrow_mut();
        let shown = clock.front().copied();
        if clock.len() > 1 {
            clock.pop_front();
        }
        shown.unwrap_or(0)
    }
}

const NOTHING: Fault = Fault::new(Kind::NothingPresented, "nothing-presented");
const INCOMPLETE: Fault = Fault::new(Kind::Protocol, "incomplete");
const CANCELLED: Fault = Fault::new(Kind::Cancelled, "cancelled");
const QUIET: (Status, &[u8]) = (Status::TimedOut, &[]);
const PACKET: (Status, &[u8]) = (Status::Completed, b"P");

/// How a read ends.
type End = (Status, &'static [u8]);

/// What is awaited, how reads end, what the clock shows, and what comes of it.
type Case = (
    &'static str,
    Awaited,
    &'static [End],
    &'static [u32],
    Result<&'static [u8], Fault>,
);

const CASES: [Case; 13] = [
    ("a packet", Awaited::First, &[PACKET], &[5_000], Ok(b"P")),
    (
        "an empty packet",
        Awaited::First,
        &[(Status::Completed, b"")],
        &[5_000],
        Ok(b""),
    ),
    (
        "a packet after a minute",
        Awaited::First,
        &[QUIET, PACKET],
        &[70_000, 9_900],
        Ok(b"P"),
    ),
    (
        "a part that came in time",
        Awaited::First,
        &[(Status::TimedOut, b"P")],
        &[5_000],
        Ok(b"P"),
    ),
    (
        "nothing until the end",
        Awaited::First,
        &[QUIET],
        &[5_000, 100],
        Err(NOTHING),
    ),
    (
        "a clock that ran past the end",
        Awaited::First,
        &[QUIET],
        &[5_000, 0],
        Err(NOTHING),
    ),
    ("no time left for a document", Awaited::First, &[], &[100], Err(NOTHING)),
    ("no time left for the rest", Awaited::Rest, &[], &[100], Err(INCOMPLETE)),
    (
        "silence in the middle",
        Awaited::Rest,
        &[QUIET],
        &[5_000, 4_000],
        Err(INCOMPLETE),
    ),
    (
        "a host that ended the call before",
        Awaited::Rest,
        &[],
        &[0],
        Err(CANCELLED),
    ),
    (
        "a host that ended the call before anything",
        Awaited::First,
        &[],
        &[0],
        Err(CANCELLED),
    ),
    (
        "a host that ends the call",
        Awaited::First,
        &[(Status::Cancelled, b"")],
        &[5_000, 0],
        Err(CANCELLED),
    ),
    // What is read was there: that the host ends the call is seen at the next packet.
    (
        "a host that ends the call as a packet comes",
        Awaited::Rest,
        &[PACKET],
        &[5_000, 0],
        Ok(b"P"),
    ),
];

#[test]
fn a_wait_for_a_packet_ends_as_read_and_clock_say() {
    for (name, awaited, ends, clock, expected) in CASES {
        let device = Device::new(ends, clock);
        let packet = Unasked::new(&device, 0x81, 8).packet(awaited);
        assert_eq!(packet.as_deref().map_err(|fault| *fault), expected, "{name}");
        assert!(device.ends.borrow().is_empty(), "{name}: every read was asked for");
    }
}

#[test]
fn a_document_is_waited_for_as_long_as_the_call_lasts_and_its_rest_for_the_silence() {
    for (awaited, left, expected) in [
        (Awaited::First, 5_000, 4_900),
        (Awaited::First, 90_000, 60_000),
        (Awaited::Rest, 5_000, SILENCE_MS),
        (Awaited::Rest, 600, 500),
    ] {
        let device = Device::new(&[PACKET], &[left]);
        assert!(Unasked::new(&device, 0x81, 8).packet(awaited).is_ok());
        assert_eq!(*device.waited_ms.borrow(), [expected], "{awaited:?} with {left} ms");
    }
}

/// How reads end while what was left behind is thrown away, what the clock then shows, and what comes of it.
const LEFT: [(&[End], u32, Result<(), Fault>); 5] = [
    (&[QUIET], 5_000, Ok(())),
    (&[PACKET, (Status::Completed, b""), QUIET], 5_000, Ok(())),
    (&[PACKET], 0, Err(CANCELLED)),
    (&[PACKET], 90, Err(Fault::new(Kind::Protocol, "talks-without-end"))),
    (
        &[PACKET, (Status::Stalled, b"")],
        5_000,
        Err(Fault::new(Kind::Protocol, "stalled")),
    ),
];

#[test]
fn what_was_left_behind_is_shown_and_thrown_away() {
    for (ends, left, expected) in LEFT {
        let device = Device::new(ends, &[left]);
        let mut seen = Vec::new();
        let thrown = Unasked::new(&device, 0x81, 8).throw_away(|packet| seen.push(packet.to_vec()));
        assert_eq!(thrown, expected);
        let came = ends.iter().filter(|(status, _)| *status == Status::Completed);
        let came: Vec<Vec<u8>> = came.map(|(_, data)| data.to_vec()).collect();
        assert_eq!(seen, came);
        assert_eq!(
            device.cleared.get(),
            ends.iter().any(|(status, _)| *status == Status::Stalled)
        );
    }
}

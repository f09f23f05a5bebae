//! The driver against a virtual printer, well and not well.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../uru4000/tests/claimed/mod.rs"]
mod claimed;

use claimed::Claimed;
use escpos_driver::printer::{print, state};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::printer::{Bitmap, Block, Outcome, Size, Text};
use plugin_sdk::usb::{Completion, Concurrent, Refusal, Request, Status, Ticket};
use simulator::virtual_device::printer::Mechanism;
use simulator::virtual_device::{Misbehaviour, Printer, VirtualBus};
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

const CALL: Duration = Duration::from_secs(60);
/// It holds what it was sent earlier.
const BUSY: Fault = Fault::new(Kind::NeedsAttention, "busy-wait-or-switch-off-and-on");

fn line(value: &str) -> Block {
    Block::Line(Text {
        value: value.to_owned(),
        size: Size::Normal,
        bold: false,
        centred: false,
    })
}

/// A picture of 18 KiB, so that the receipt needs several writes.
fn receipt() -> Vec<Block> {
    let picture = Bitmap {
        width: 576,
        height: 250,
        bits: vec![0x1d; 72 * 250],
    };
    vec![
        line("Участок № 8001"),
        Block::Rule,
        Block::Raster(picture),
        Block::QrCode("8001-17".to_owned()),
        Block::Feed(2),
        Block::Cut,
    ]
}

fn plugged() -> (VirtualBus, Printer, Claimed) {
    let (bus, printer) = (VirtualBus::new(), Printer::new());
    let place = bus.plug(printer.clone());
    let usb = Claimed::open(&bus, &place, CALL);
    (bus, printer, usb)
}

#[test]
fn a_receipt_comes_out_as_it_was_asked_for() {
    let (_bus, printer, usb) = plugged();
    assert_eq!(print(&usb, &receipt()), Ok(Outcome::Printed));
    assert_eq!(print(&usb, &[line("second"), Block::Cut]), Ok(Outcome::Printed));
    let rule = "─".repeat(48);
    // A picture of 250 rows comes in two bands.
    assert_eq!(
        printer.text(),
        format!(
            "Участок № 8001\n{rule}\n[picture 576x128]\n[picture 576x122]\n[QR 8001-17]\n\n\n-- cut --\nsecond\n-- cut --\n"
        )
    );
    assert_eq!(printer.printed().len(), 2);
}

/// How the mechanism is, and what the operator must hear.
const MECHANISMS: [(Mechanism, Outcome); 4] = [
    (
        Mechanism {
            paper_low: false,
            paper_out: false,
            cover_open: false,
        },
        Outcome::Printed,
    ),
    (
        Mechanism {
            paper_low: true,
            paper_out: false,
            cover_open: false,
        },
        Outcome::Printed,
    ),
    (
        Mechanism {
            paper_low: true,
            paper_out: true,
            cover_open: false,
        },
        Outcome::NotPrinted,
    ),
    (
        Mechanism {
            paper_low: false,
            paper_out: false,
            cover_open: true,
        },
        Outcome::NotPrinted,
    ),
];

#[test]
fn a_printer_that_cannot_print_is_sent_nothing_and_says_why() {
    for (mechanism, outcome) in MECHANISMS {
        let (_bus, printer, usb) = plugged();
        printer.set_mechanism(mechanism);
        assert_eq!(print(&usb, &[line("one"), Block::Cut]), Ok(outcome), "{mechanism:?}");
        assert_eq!(printer.printed().len(), usize::from(outcome == Outcome::Printed));
        let told = state(&usb).unwrap();
        assert_eq!(
            (told.paper_low, told.paper_out, told.cover_open),
            (mechanism.paper_low, mechanism.paper_out, mechanism.cover_open)
        );
        // Paper in and cover closed: nothing of the refused receipt comes out.
        printer.set_mechanism(Mechanism::default());
        assert_eq!(printer.printed().len(), usize::from(outcome == Outcome::Printed));
    }
}

#[test]
fn a_printer_that_goes_silent_or_away_at_any_write_has_an_unknown_outcome() {
    // Status requests take 12 bytes, the fence before the receipt 3; the receipt follows. A silent printer costs time: all at once.
    std::thread::scope(|scope| {
        for misbehaviour in [Misbehaviour::Silent, Misbehaviour::PulledMidTransfer] {
            for bytes in [16, 100, 5_000, 18_000] {
                scope.spawn(move || {
                    let (_bus, printer, usb) = plugged();
                    printer.misbehave_after(bytes, misbehaviour);
                    let started = Instant::now();
                    assert_eq!(
                        print(&usb, &receipt()),
                        Ok(Outcome::Unknown),
                        "{misbehaviour:?} after {bytes}"
                    );
                    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
                    assert!(printer.printed().len() <= 1);
                });
            }
        }
    });
}

#[test]
fn a_printer_that_is_silent_from_the_beginning_was_sent_nothing() {
    let (_bus, printer, usb) = plugged();
    printer.misbehave(Misbehaviour::Silent);
    assert_eq!(print(&usb, &receipt()), Err(Fault::new(Kind::Protocol, "no-answer")));
    assert_eq!(state(&usb), Err(Fault::new(Kind::Protocol, "no-answer")));
    printer.misbehave(Misbehaviour::None);
    assert_eq!(printer.text(), "");
    assert_eq!(print(&usb, &[Block::Cut]), Ok(Outcome::Printed));
}

#[test]
fn a_printer_that_was_unplugged_before_is_gone_and_was_sent_nothing() {
    let (bus, printer) = (VirtualBus::new(), Printer::new());
    let place = bus.plug(printer.clone());
    let usb = Claimed::open(&bus, &place, CALL);
    assert!(bus.unplug(&place));
    assert_eq!(
        print(&usb, &receipt()),
        Err(Fault::new(Kind::DeviceGone, "device-gone"))
    );
    assert_eq!(printer.text(), "");
}

#[test]
fn paper_that_ends_within_a_receipt_leaves_its_outcome_unknown() {
    let (_bus, printer, usb) = plugged();
    printer.paper_ends_after(20);
    assert_eq!(print(&usb, &receipt()), Ok(Outcome::Unknown));
    assert!(state(&usb).unwrap().paper_out);
}

#[test]
fn a_receipt_that_cannot_be_encoded_is_refused_before_the_printer_is_asked_anything() {
    let silent = Scripted::default();
    let blocks = [line("one"), Block::QrCode(String::new())];
    assert_eq!(
        print(&silent, &blocks),
        Err(Fault::new(Kind::NotSupported, "qr-length"))
    );
    assert!(silent.written.borrow().is_empty());
}

/// A printer that answers from a list, one entry for each read.
#[derive(Default)]
struct Scripted {
    answers: RefCell<Vec<Result<Vec<u8>, Status>>>,
    written: RefCell<Vec<Vec<u8>>>,
    /// endpoints whose halt was cleared
    cleared: RefCell<Vec<u8>>,
    /// for answers that did not come
    waited_ms: Cell<u32>,
    /// how the transfer that was submitted last ends
    end: RefCell<Option<Completion>>,
}

impl Concurrent for Scripted {
    fn submit(&self, request: Request, timeout_ms: u32) -> Result<Ticket, Refusal> {
        let result = match request {
            Request::DataOut { endpoint, data } => {
                assert_eq!(endpoint, 0x01);
                assert!(data.len() <= 4096);
                self.written.borrow_mut().push(data);
                Ok(Vec::new())
            }
            Request::DataIn { endpoint, length } => {
                assert_eq!((endpoint, length), (0x82, 64));
                let mut answers = self.answers.borrow_mut();
                if answers.is_empty() {
                    Err(Status::TimedOut)
                } else {
                    answers.remove(0)
                }
            }
            // It has no port status.
            Request::ControlIn { .. } | Request::ControlOut { .. } => Err(Status::Stalled),
        };
        if result == Err(Status::TimedOut) {
            self.waited_ms.set(self.waited_ms.get() + timeout_ms);
        }
        let data = result.clone().unwrap_or_default();
        self.end.replace(Some(Completion {
            ticket: Ticket(1),
            status: result.err().unwrap_or(Status::Completed),
            actual: u32::try_from(data.len()).unwrap(),
            data,
        }));
        Ok(Ticket(1))
    }

    fn wait(&self, _tickets: &[Ticket], _timeout_ms: u32) -> Option<Completion> {
        self.end.take()
    }

    fn cancel(&self, _ticket: Ticket) {}

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        self.cleared.borrow_mut().push(endpoint);
        Ok(())
    }

    fn remaining_ms(&self) -> u32 {
        10_000
    }
}

type Script = Vec<Result<Vec<u8>, Status>>;

fn well() -> Script {
    vec![Ok(vec![0x12]); 4]
}

fn fence() -> Script {
    vec![Ok(vec![0x00])]
}

fn nothing() -> Script {
    vec![Err(Status::TimedOut)]
}

/// Well, and done with everything earlier.
fn ready() -> Script {
    [well(), fence(), nothing()].concat()
}

fn receipts_sent(printer: &Scripted) -> usize {
    let written = printer.written.borrow();
    written.iter().filter(|data| data.starts_with(&[0x1b, b'@'])).count()
}

#[test]
fn the_answers_after_the_data_decide_the_outcome() {
    let cases: [(&str, Script, Outcome); 11] = [
        ("done and well", [ready(), fence(), well()].concat(), Outcome::Printed),
        (
            "slow but well meanwhile",
            [ready(), nothing(), well(), fence(), well()].concat(),
            Outcome::Printed,
        ),
        (
            "done while it is asked how it is",
            [
                ready(),
                nothing(),
                vec![Ok(vec![0x12]), Ok(vec![0x00])],
                well()[1..].to_vec(),
                well(),
            ]
            .concat(),
            Outcome::Printed,
        ),
        (
            "done in one packet with how it is",
            [
                ready(),
                nothing(),
                vec![Ok(vec![0x00, 0x12])],
                well()[1..].to_vec(),
                well(),
            ]
            .concat(),
            Outcome::Printed,
        ),
        (
            "an old answer stands before the done",
            [ready(), vec![Ok(vec![0x12])], fence(), well()].concat(),
            Outcome::Printed,
        ),
        (
            "an answer left behind by an earlier receipt",
            [fence(), ready(), fence(), well()].concat(),
            Outcome::Printed,
        ),
        (
            "an earlier receipt's fence answers only now, and this one's never",
            [
                well(),
                fence(),
                fence(),
                nothing(),
                nothing(),
                vec![Err(Status::NoDevice)],
            ]
            .concat(),
            Outcome::Unknown,
        ),
        (
            "cover open behind it",
            [
                ready(),
                fence(),
                vec![Ok(vec![0x1a]), Ok(vec![0x16]), Ok(vec![0x12]), Ok(vec![0x12])],
            ]
            .concat(),
            Outcome::Unknown,
        ),
        ("silent after the done", [ready(), fence()].concat(), Outcome::Unknown),
        ("silent after the data", ready(), Outcome::Unknown),
        (
            "gone after the data",
            [ready(), vec![Err(Status::NoDevice)]].concat(),
            Outcome::Unknown,
        ),
    ];
    for (name, answers, outcome) in cases {
        let printer = Scripted::default();
        printer.answers.replace(answers);
        assert_eq!(print(&printer, &[line("one"), Block::Cut]), Ok(outcome), "{name}");
        assert!(printer.answers.borrow().is_empty(), "{name}: answers were left");
        assert_eq!(receipts_sent(&printer), 1, "{name}");
    }
}

#[test]
fn an_endpoint_that_stalled_is_cleared_whenever_it_does() {
    let stalled = || vec![Err(Status::Stalled)];
    for (before, told) in [
        (Script::new(), Err(Fault::new(Kind::Protocol, "stalled"))),
        (well(), Err(Fault::new(Kind::Protocol, "stalled"))),
        (ready(), Ok(Outcome::Unknown)),
    ] {
        let printer = Scripted::default();
        printer.answers.replace([before, stalled()].concat());
        assert_eq!(print(&printer, &[Block::Cut]), told);
        assert_eq!(*printer.cleared.borrow(), [0x82], "{told:?}");
    }
}

#[test]
fn a_printer_that_still_works_on_an_earlier_receipt_is_not_sent_another() {
    let printer = Scripted::default();
    printer.answers.replace([well(), nothing()].concat());
    assert_eq!(print(&printer, &[line("one"), Block::Cut]), Err(BUSY));
    assert_eq!(receipts_sent(&printer), 0);
}

#[test]
fn a_printer_that_is_well_but_never_done_is_given_up_before_the_host_would_end_the_call() {
    let printer = Scripted::default();
    let looks = std::iter::repeat_n([nothing(), well()].concat(), 40).flatten();
    printer.answers.replace(ready().into_iter().chain(looks).collect());
    assert_eq!(print(&printer, &[line("one"), Block::Cut]), Ok(Outcome::Unknown));
    // The host gives the call 15 s, and writing may take 6 of them.
    assert!(printer.waited_ms.get() < 9_000, "{} ms", printer.waited_ms.get());
}

/// How the printer goes bad between the first questions and the receipt, and what is told.
const BEFORE_THE_RECEIPT: [(Misbehaviour, Result<Outcome, Fault>); 2] = [
    (Misbehaviour::Silent, Err(BUSY)),
    (
        Misbehaviour::PulledMidTransfer,
        Err(Fault::new(Kind::DeviceGone, "device-gone")),
    ),
];

#[test]
fn a_printer_that_goes_silent_or_away_before_the_receipt_was_sent_nothing() {
    for (misbehaviour, told) in BEFORE_THE_RECEIPT {
        let (_bus, printer, usb) = plugged();
        printer.misbehave_after(13, misbehaviour);
        assert_eq!(print(&usb, &receipt()), told, "{misbehaviour:?}");
        assert_eq!(printer.text(), "", "{misbehaviour:?}");
    }
}

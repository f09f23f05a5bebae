//! However slowly a printer takes data and answers, a call ends before the host would end it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../uru4000/tests/claimed/mod.rs"]
mod claimed;

use claimed::Claimed;
use escpos_driver::countdown::Countdown;
use escpos_driver::driver::EscPos;
use escpos_driver::printer;
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::printer::{Bitmap, Block, Outcome, ReceiptPrinter};
use plugin_sdk::usb::{Completion, Concurrent, Refusal, Request, Status, Ticket};
use simulator::virtual_device::{Printer, VirtualBus};
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

/// A picture of 64 KiB or more: 16 writes.
fn picture(rows: u16) -> Vec<Block> {
    let bits = vec![0x55; 72 * usize::from(rows)];
    vec![
        Block::Raster(Bitmap {
            width: 576,
            height: rows,
            bits,
        }),
        Block::Cut,
    ]
}

/// A printer in a time of its own: it takes and answers each transfer after so many milliseconds.
struct Paced {
    question_ms: u32,
    part_ms: u32,
    answer_ms: u32,
    now_ms: Cell<u32>,
    parts: Cell<u32>,
    /// questions that come after the first part of a receipt go into an unfinished picture
    swallows: bool,
    /// the last question
    asked: RefCell<Vec<u8>>,
    pending: Cell<Option<Pending>>,
}

#[derive(Clone, Copy)]
struct Pending {
    until_ms: u32,
    status: Status,
    answer: Option<u8>,
}

impl Paced {
    fn new(question_ms: u32, part_ms: u32, answer_ms: u32) -> Self {
        Self {
            question_ms,
            part_ms,
            answer_ms,
            now_ms: Cell::new(0),
            parts: Cell::new(0),
            swallows: false,
            asked: RefCell::default(),
            pending: Cell::new(None),
        }
    }
}

impl Concurrent for Paced {
    fn submit(&self, request: Request, timeout_ms: u32) -> Result<Ticket, Refusal> {
        assert!((1..=60_000).contains(&timeout_ms), "a time-out of {timeout_ms} ms");
        let (takes_ms, answer) = match request {
            Request::DataOut { data, .. } => {
                let takes_ms = if data.len() > 3 {
                    self.parts.set(self.parts.get() + 1);
                    self.part_ms
                } else {
                    self.question_ms
                };
                // A receipt ends with a fence, in the part that is its last.
                let fence = data.ends_with(&[0x1d, b'r', 1]);
                self.asked.replace(if fence { vec![0x1d, b'r', 1] } else { data });
                (takes_ms, None)
            }
            Request::DataIn { .. } if self.swallows && self.parts.get() > 0 => (u32::MAX, None),
            Request::DataIn { .. } => match self.asked.take()[..] {
                [0x10, 0x04, _] => (self.answer_ms, Some(0x12)),
                [0x1d, b'r', 1] => (self.answer_ms, Some(0x00)),
                _ => (u32::MAX, None),
            },
            Request::ControlIn { .. } => (self.answer_ms, Some(0x18)),
            Request::ControlOut { .. } => (u32::MAX, None),
        };
        let late = takes_ms > timeout_ms;
        self.pending.set(Some(Pending {
            until_ms: self.now_ms.get() + takes_ms.min(timeout_ms),
            status: if late { Status::TimedOut } else { Status::Completed },
            answer: answer.filter(|_| !late),
        }));
        Ok(Ticket(1))
    }

    fn wait(&self, _tickets: &[Ticket], timeout_ms: u32) -> Option<Completion> {
        let until_ms = self.now_ms.get() + timeout_ms;
        let ended = self.pending.get().filter(|pending| pending.until_ms <= until_ms);
        self.now_ms
            .set(ended.map_or(until_ms, |ended| ended.until_ms.max(self.now_ms.get())));
        let ended = ended?;
        self.pending.set(None);
        Some(Completion {
            ticket: Ticket(1),
            status: ended.status,
            actual: 0,
            data: ended.answer.into_iter().collect(),
        })
    }

    fn cancel(&self, _ticket: Ticket) {}

    fn clear_halt(&self, _endpoint: u8) -> Result<(), Status> {
        Ok(())
    }

    fn remaining_ms(&self) -> u32 {
        u32::MAX
    }
}

#[test]
fn no_pace_makes_a_receipt_longer_than_its_time() {
    let receipt = picture(9_000);
    for question_ms in [0, 19, 499, 501] {
        for part_ms in [0, 1, 21, 99, 400, 1_500, 4_999, 7_000] {
            for answer_ms in [0, 19, 499, 501, 999] {
                let paced = Paced::new(question_ms, part_ms, answer_ms);
                let _ = EscPos::default().print(&paced, &receipt);
                let case = format!("{question_ms} {part_ms} {answer_ms}");
                // 12 s, and what a last transfer's wait takes.
                assert!(paced.now_ms.get() <= 12_100, "{case}: {} ms", paced.now_ms.get());
                assert!(paced.pending.get().is_none(), "{case}: a transfer was left pending");
                let _ = EscPos::default().state(&paced);
            }
        }
    }
}

#[test]
fn a_printer_that_takes_data_at_a_trickle_is_given_up_after_6_s_and_the_outcome_is_unknown() {
    // Each part in less than any single time-out, 159 of them in 80 s.
    let paced = Paced::new(1, 500, 1);
    assert_eq!(EscPos::default().print(&paced, &picture(9_000)), Ok(Outcome::Unknown));
    let (parts, now_ms) = (paced.parts.get(), paced.now_ms.get());
    assert!((11..=13).contains(&parts), "{parts} parts");
    assert!(now_ms <= printer::RECEIPT_MS + 1_000, "{now_ms} ms");
}

#[test]
fn a_printer_that_takes_questions_into_an_unfinished_picture_is_not_said_to_sleep() {
    let mut paced = Paced::new(1, 7_000, 1);
    paced.swallows = true;
    let mut driver = EscPos::default();
    assert!(!driver.state(&paced).unwrap().asleep);
    assert_eq!(driver.print(&paced, &picture(900)), Ok(Outcome::Unknown));
    assert_eq!(driver.state(&paced), Err(Fault::new(Kind::Protocol, "no-answer")));
    assert_eq!(
        driver.print(&paced, &picture(1)),
        Err(Fault::new(Kind::NeedsAttention, "silent-switch-off-and-on"))
    );
    // A driver that does not know of the picture takes it for asleep.
    assert!(EscPos::default().state(&paced).unwrap().asleep);
    // Switched off and on, and the host has not even noticed.
    paced.parts.set(0);
    assert!(!driver.state(&paced).unwrap().asleep);
}

#[test]
fn a_long_receipt_at_a_usual_pace_is_printed() {
    // 48 KiB, 4 KiB of them in half a second less what the counting adds.
    let paced = Paced::new(1, 440, 5);
    assert_eq!(EscPos::default().print(&paced, &picture(680)), Ok(Outcome::Printed));
    assert_eq!(paced.parts.get(), 12);
}

#[test]
fn how_a_printer_is_is_told_before_the_host_ends_the_question() {
    for (question_ms, answer_ms) in [(0, 0), (499, 499), (501, 0), (0, 501), (400, 10)] {
        let paced = Paced::new(question_ms, 0, answer_ms);
        let _ = EscPos::default().state(&paced);
        assert!(paced.now_ms.get() <= 1_900, "{} ms", paced.now_ms.get());
    }
}

#[test]
fn a_virtual_printer_that_trickles_ends_the_receipt_and_the_next_one_says_what_to_do() {
    let (bus, device) = (VirtualBus::new(), Printer::new());
    let place = bus.plug(device.clone());
    let usb = Claimed::open(&bus, &place, Duration::from_secs(60));
    // 64 packets of 4 KiB take 0.64 s, 16 times.
    device.take_slowly(Duration::from_millis(10));
    let began = Instant::now();
    let short = Countdown::new(&usb, 1_500);
    assert_eq!(printer::print(&short, &picture(900)), Ok(Outcome::Unknown));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    device.take_slowly(Duration::ZERO);
    std::thread::sleep(Duration::from_millis(700));
    // What it has is an unfinished picture, into which every question goes.
    let told = printer::print(&usb, &picture(1));
    assert_eq!(told, Err(Fault::new(Kind::NeedsAttention, "silent-switch-off-and-on")));
    assert!(device.text().is_empty(), "{}", device.text());
    drop(usb);
    assert!(bus.unplug(&place));
    let place = bus.plug(device.clone());
    let usb = Claimed::open(&bus, &place, Duration::from_secs(60));
    device.clear();
    assert_eq!(printer::print(&usb, &picture(1)), Ok(Outcome::Printed));
    assert_eq!(device.printed().len(), 1);
}

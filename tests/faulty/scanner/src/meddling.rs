//! Faults that lie between the protocol and the bus.

use crate::fault::Fault;
use crate::packet::{HEIGHT, LINES_PER_PACKET};
use plugin_sdk::usb::{Completion, Concurrent, Refusal, Request, Status, Ticket};
use std::cell::Cell;

/// The claimed interface as the faulty driver uses it.
pub struct Meddling<'a, U: Concurrent> {
    usb: &'a U,
    fault: Fault,
    /// how often it looked whether a finger is there
    looks: Cell<u32>,
    /// lines taken so far
    lines: Cell<usize>,
    /// how long the pending read is
    length: Cell<usize>,
}

impl<U: Concurrent> std::fmt::Debug for Meddling<'_, U> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "meddling {:?}", self.fault)
    }
}

impl<'a, U: Concurrent> Meddling<'a, U> {
    /// The interface with this fault.
    pub fn new(usb: &'a U, fault: Fault) -> Self {
        Self {
            usb,
            fault,
            looks: Cell::new(0),
            lines: Cell::new(0),
            length: Cell::new(0),
        }
    }

    fn meddle(&self, completion: &mut Completion) {
        let data = &mut completion.data;
        match self.fault {
            Fault::FillsUp if completion.status == Status::Completed => data.resize(self.length.get(), 0),
            Fault::NoLineNumbers if data.len() == 540 => {
                let line = self.lines.get();
                self.lines.set(line + LINES_PER_PACKET);
                let number = u16::try_from(line + 1).unwrap_or(u16::MAX).to_le_bytes();
                (data[0], data[1]) = (0x80, 0x21);
                data[12] = u8::from(line + LINES_PER_PACKET < HEIGHT);
                data[16..18].copy_from_slice(&number);
            }
            Fault::TrapsOnEmpty if completion.status == Status::Completed && self.length.get() > 0 => {
                // Out of bounds where nothing came.
                std::hint::black_box(data[0]);
            }
            Fault::SpinsOnZeros => {
                while !data.is_empty() && data.iter().all(|byte| *byte == 0) {
                    std::hint::black_box(&data);
                }
            }
            _ => {}
        }
    }
}

impl<U: Concurrent> Concurrent for Meddling<'_, U> {
    fn submit(&self, request: Request, timeout_ms: u32) -> Result<Ticket, Refusal> {
        match &request {
            Request::DataOut { data, .. } => {
                self.length.set(0);
                if data.get(1) == Some(&0x38) {
                    self.looks.set(self.looks.get() + 1);
                }
            }
            Request::DataIn { length, .. } => self.length.set(usize::try_from(*length).unwrap_or(0)),
            _ => {}
        }
        let submitted = self.usb.submit(request, timeout_ms);
        if self.fault == Fault::TrapsOnRefusal {
            assert!(submitted.is_ok(), "a refusal was not thought of");
        }
        submitted
    }

    fn wait(&self, tickets: &[Ticket], timeout_ms: u32) -> Option<Completion> {
        if self.fault == Fault::Polls && tickets.is_empty() {
            return None;
        }
        let mut completion = self.usb.wait(tickets, timeout_ms);
        if self.fault == Fault::Clings {
            // Until the device answers, however long it takes.
            while completion.as_ref().is_some_and(|done| done.status == Status::TimedOut) {
                self.usb.wait(&[], 1_000);
            }
        }
        if let Some(completion) = &mut completion {
            self.meddle(completion);
        }
        completion
    }

    fn cancel(&self, ticket: Ticket) {
        self.usb.cancel(ticket);
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        if self.fault == Fault::LeavesHalted {
            return Ok(());
        }
        self.usb.clear_halt(endpoint)
    }

    fn remaining_ms(&self) -> u32 {
        match self.fault {
            Fault::Endless => 10_000,
            // Deaf to the host's wish, not to the clock.
            Fault::Stubborn if self.usb.remaining_ms() == 0 => 5_000,
            Fault::Impatient if self.looks.get() >= 3 => 1,
            _ => self.usb.remaining_ms(),
        }
    }
}

//! A claimed interface on which one transfer goes wrong.

use crate::claimed::Claimed;
use plugin_sdk::usb::{Completion, Concurrent, Refusal, Request, Status, Ticket};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// it ends `Stalled`, and its endpoint is halted until that is cleared; a control endpoint until the next request
    Halts,
    /// only half of its bytes come
    Shortens,
    /// what is read is other bytes
    Garbles,
    /// the host ends the call
    Cancels,
}

/// The interface, counted, with trouble at one of its transfers.
pub(crate) struct Troubled<'a> {
    inner: &'a Claimed,
    at: u32,
    trouble: Trouble,
    submitted: Cell<u32>,
    /// the transfer that goes wrong once it has begun, and its endpoint
    chosen: Cell<Option<Ticket>>,
    halted: Cell<Option<u8>>,
    /// ended before they reached the device
    stalled: RefCell<HashMap<Ticket, Completion>>,
}

impl<'a> Troubled<'a> {
    pub(crate) fn new(inner: &'a Claimed, at: u32, trouble: Trouble) -> Self {
        Self {
            inner,
            at,
            trouble,
            submitted: Cell::new(0),
            chosen: Cell::new(None),
            halted: Cell::new(None),
            stalled: RefCell::default(),
        }
    }

    /// Whether the transfer was reached at all.
    pub(crate) fn came_to_it(&self) -> bool {
        self.submitted.get() > self.at
    }

    /// The endpoint that is halted still.
    pub(crate) fn halted(&self) -> Option<u8> {
        self.halted.get()
    }

    fn stall(&self, number: u32) -> Ticket {
        // Far above those that the interface gives.
        let ticket = Ticket(u32::MAX - number);
        let completion = Completion {
            ticket,
            status: Status::Stalled,
            actual: 0,
            data: Vec::new(),
        };
        self.stalled.borrow_mut().insert(ticket, completion);
        ticket
    }
}

impl Concurrent for Troubled<'_> {
    fn submit(&self, request: Request, timeout_ms: u32) -> Result<Ticket, Refusal> {
        let number = self.submitted.replace(self.submitted.get() + 1);
        let endpoint = match &request {
            Request::DataIn { endpoint, .. } | Request::DataOut { endpoint, .. } => Some(*endpoint),
            Request::ControlIn { .. } | Request::ControlOut { .. } => None,
        };
        if number == self.at && self.trouble == Trouble::Halts {
            self.halted.set(endpoint);
            return Ok(self.stall(number));
        }
        if endpoint.is_some() && endpoint == self.halted.get() {
            return Ok(self.stall(number));
        }
        let ticket = self.inner.submit(request, timeout_ms)?;
        if number == self.at {
            self.chosen.set(Some(ticket));
            if self.trouble == Trouble::Cancels {
                self.inner.canceller()();
            }
        }
        Ok(ticket)
    }

    fn wait(&self, tickets: &[Ticket], timeout_ms: u32) -> Option<Completion> {
        let stalled = tickets
            .iter()
            .find_map(|ticket| self.stalled.borrow_mut().remove(ticket));
        if stalled.is_some() {
            return stalled;
        }
        let mut completion = self.inner.wait(tickets, timeout_ms)?;
        if self.chosen.get() == Some(completion.ticket) {
            match self.trouble {
                Trouble::Halts | Trouble::Cancels => {}
                Trouble::Shortens => completion.data.truncate(completion.data.len() / 2),
                Trouble::Garbles => completion.data.iter_mut().for_each(|byte| *byte ^= 0x5a),
            }
        }
        Some(completion)
    }

    fn cancel(&self, ticket: Ticket) {
        self.inner.cancel(ticket);
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        self.halted.set(self.halted.get().filter(|halted| *halted != endpoint));
        Concurrent::clear_halt(self.inner, endpoint)
    }

    fn remaining_ms(&self) -> u32 {
        Concurrent::remaining_ms(self.inner)
    }
}

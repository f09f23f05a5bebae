//! A claimed interface with somebody in between, who pulls the plug or changes what was read. Shared by the drivers'
//! tests.

use crate::claimed::Claimed;
use devices::bus::Place;
use plugin_sdk::usb::{Completion, Concurrent, Refusal, Request, Status, Ticket};
use simulator::virtual_device::VirtualBus;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;

/// Changes one read, given its number among those that brought bytes, from 0.
pub(crate) type Meddle = fn(u32, &mut Vec<u8>);

/// The interface, counted, and meddled with where asked.
pub(crate) struct Meddled {
    pub(crate) inner: Claimed,
    /// submitted so far
    pub(crate) transfers: Cell<u32>,
    /// the transfer before which the plug is pulled
    pub(crate) unplug_at: Option<(u32, VirtualBus, Place)>,
    pub(crate) meddle: Meddle,
    /// the transfer from which on nothing reaches the device any more
    pub(crate) stop_at: Option<u32>,
    reads: Cell<u32>,
    reading: RefCell<HashSet<Ticket>>,
}

impl Meddled {
    pub(crate) fn new(inner: Claimed) -> Self {
        Self {
            inner,
            transfers: Cell::new(0),
            unplug_at: None,
            meddle: |_, _| (),
            stop_at: None,
            reads: Cell::new(0),
            reading: RefCell::default(),
        }
    }
}

impl Concurrent for Meddled {
    fn submit(&self, request: Request, timeout_ms: u32) -> Result<Ticket, Refusal> {
        let number = self.transfers.replace(self.transfers.get() + 1);
        if let Some((at, bus, place)) = &self.unplug_at
            && number == *at
        {
            bus.unplug(place);
        }
        if self.stop_at.is_some_and(|at| number >= at) {
            return Err(Refusal::Busy);
        }
        let reads = matches!(request, Request::DataIn { .. });
        let ticket = self.inner.submit(request, timeout_ms)?;
        if reads {
            self.reading.borrow_mut().insert(ticket);
        }
        Ok(ticket)
    }

    fn wait(&self, tickets: &[Ticket], timeout_ms: u32) -> Option<Completion> {
        let mut completion = self.inner.wait(tickets, timeout_ms)?;
        if self.reading.borrow_mut().remove(&completion.ticket) && !completion.data.is_empty() {
            let number = self.reads.replace(self.reads.get() + 1);
            (self.meddle)(number, &mut completion.data);
        }
        Some(completion)
    }

    fn cancel(&self, ticket: Ticket) {
        self.inner.cancel(ticket);
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        Concurrent::clear_halt(&self.inner, endpoint)
    }

    fn remaining_ms(&self) -> u32 {
        Concurrent::remaining_ms(&self.inner)
    }
}

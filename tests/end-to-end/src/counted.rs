//! A bus that counts how many reads are pending while a control request goes out.

use devices::bus::{Bus, BusError, Found, Hotplug, OpenError, Place};
use devices::transfer::{Canceller, ClaimedInterface, Completion, Identity, Refusal, Request, Status, Ticket};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Any bus, counted.
pub(crate) struct CountedBus<B> {
    bus: B,
    most: Arc<AtomicUsize>,
}

impl<B: Bus> CountedBus<B> {
    pub(crate) fn new(bus: B) -> Self {
        Self {
            bus,
            most: Arc::default(),
        }
    }

    /// Most reads that were pending when a control request was queued.
    pub(crate) fn most_reads_under_control(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }
}

impl<B: Bus> Bus for CountedBus<B> {
    fn list(&self) -> Result<Vec<Found>, BusError> {
        self.bus.list()
    }

    fn open(&self, place: &Place, interface: u8) -> Result<Box<dyn ClaimedInterface>, OpenError> {
        let inner = self.bus.open(place, interface)?;
        Ok(Box::new(Counted {
            inner,
            reads: BTreeSet::new(),
            most: Arc::clone(&self.most),
        }))
    }

    fn next_hotplug(&self, timeout: Duration) -> Option<Hotplug> {
        self.bus.next_hotplug(timeout)
    }
}

struct Counted {
    inner: Box<dyn ClaimedInterface>,
    reads: BTreeSet<Ticket>,
    most: Arc<AtomicUsize>,
}

impl ClaimedInterface for Counted {
    fn identity(&self) -> Identity {
        self.inner.identity()
    }

    fn submit(&mut self, request: Request, timeout: Duration) -> Result<Ticket, Refusal> {
        let read = matches!(request, Request::DataIn { .. });
        let control = matches!(request, Request::ControlIn { .. } | Request::ControlOut { .. });
        let ticket = self.inner.submit(request, timeout)?;
        if control {
            self.most.fetch_max(self.reads.len(), Ordering::Relaxed);
        }
        if read {
            self.reads.insert(ticket);
        }
        Ok(ticket)
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.inner.cancel(ticket);
    }

    fn wait(&mut self, tickets: &[Ticket], timeout: Duration) -> Option<Completion> {
        let completion = self.inner.wait(tickets, timeout)?;
        self.reads.remove(&completion.ticket);
        Some(completion)
    }

    fn clear_halt(&mut self, endpoint: u8) -> Result<(), Status> {
        self.inner.clear_halt(endpoint)
    }

    fn select_alternate(&mut self, setting: u8) -> Result<(), Status> {
        self.inner.select_alternate(setting)
    }

    fn canceller(&self) -> Canceller {
        self.inner.canceller()
    }
}

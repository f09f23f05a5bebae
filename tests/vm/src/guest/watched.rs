//! A claimed interface whose transfers are timed.

use devices::transfer::{Canceller, ClaimedInterface, Completion, Identity, Refusal, Request, Status, Ticket};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How the device's end was told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gone {
    /// of the transfer that ended so, from 1
    pub(crate) number: u32,
    /// from its submit to its end
    pub(crate) after: Duration,
    /// when it ended
    pub(crate) at: Instant,
}

/// Hears of the first transfer that ended because the device is gone.
#[derive(Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<Option<Gone>>>);

impl Watch {
    pub(crate) fn gone(&self) -> Option<Gone> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The interface itself.
pub(crate) struct Watched {
    interface: Box<dyn ClaimedInterface>,
    watch: Watch,
    submitted: BTreeMap<Ticket, (u32, Instant)>,
    count: u32,
}

impl Watched {
    pub(crate) fn new(interface: Box<dyn ClaimedInterface>, watch: &Watch) -> Self {
        Self {
            interface,
            watch: watch.clone(),
            submitted: BTreeMap::new(),
            count: 0,
        }
    }
}

impl ClaimedInterface for Watched {
    fn identity(&self) -> Identity {
        self.interface.identity()
    }

    fn submit(&mut self, request: Request, timeout: Duration) -> Result<Ticket, Refusal> {
        let now = Instant::now();
        let ticket = self.interface.submit(request, timeout)?;
        self.count += 1;
        self.submitted.insert(ticket, (self.count, now));
        Ok(ticket)
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.interface.cancel(ticket);
    }

    fn wait(&mut self, tickets: &[Ticket], timeout: Duration) -> Option<Completion> {
        let completion = self.interface.wait(tickets, timeout)?;
        let submitted = self.submitted.remove(&completion.ticket);
        if let (Status::NoDevice, Some((number, since))) = (completion.status, submitted) {
            let at = Instant::now();
            let gone = Gone {
                number,
                after: at.saturating_duration_since(since),
                at,
            };
            self.watch
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert(gone);
        }
        Some(completion)
    }

    fn clear_halt(&mut self, endpoint: u8) -> Result<(), Status> {
        self.interface.clear_halt(endpoint)
    }

    fn select_alternate(&mut self, setting: u8) -> Result<(), Status> {
        self.interface.select_alternate(setting)
    }

    fn canceller(&self) -> Canceller {
        self.interface.canceller()
    }
}

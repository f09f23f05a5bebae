//! A claimed interface of `devices` as a driver sees the host's, for tests without the sandbox. Shared by the drivers'
//! tests.

use devices::bus::{Bus, Place};
use devices::transfer::{self as host, ClaimedInterface};
use plugin_sdk::usb::{Completion, Concurrent, Recipient, Refusal, Request, RequestKind, Setup, Status, Ticket};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The interface during one call.
pub(crate) struct Claimed {
    interface: RefCell<Box<dyn ClaimedInterface>>,
    until: Instant,
    cancelled: Arc<AtomicBool>,
}

impl Claimed {
    /// Opens the device for a call of this length.
    pub(crate) fn open(bus: &dyn Bus, place: &Place, call: Duration) -> Self {
        Self::interface(bus, place, 0, call)
    }

    /// The same on the interface of this number.
    pub(crate) fn interface(bus: &dyn Bus, place: &Place, number: u8, call: Duration) -> Self {
        Self {
            interface: RefCell::new(bus.open(place, number).unwrap()),
            until: Instant::now() + call,
            cancelled: Arc::default(),
        }
    }

    /// What the host does to end the call: nothing is left of its time, and what is pending is cancelled.
    #[allow(dead_code, clippy::allow_attributes, reason = "not every driver's tests cancel")]
    pub(crate) fn canceller(&self) -> impl Fn() + Send + use<> {
        let (canceller, cancelled) = (self.interface.borrow().canceller(), Arc::clone(&self.cancelled));
        move || {
            cancelled.store(true, Ordering::SeqCst);
            canceller.cancel();
        }
    }
}

fn setup(setup: Setup) -> host::Setup {
    host::Setup {
        kind: match setup.kind {
            RequestKind::Standard => host::RequestKind::Standard,
            RequestKind::Class => host::RequestKind::Class,
            RequestKind::Vendor => host::RequestKind::Vendor,
        },
        recipient: match setup.recipient {
            Recipient::Device => host::Recipient::Device,
            Recipient::Interface => host::Recipient::Interface,
            Recipient::Endpoint => host::Recipient::Endpoint,
            Recipient::Other => host::Recipient::Other,
        },
        request: setup.request,
        value: setup.value,
        index: setup.index,
    }
}

fn status(status: host::Status) -> Status {
    match status {
        host::Status::Completed => Status::Completed,
        host::Status::TimedOut => Status::TimedOut,
        host::Status::Cancelled => Status::Cancelled,
        host::Status::Stalled => Status::Stalled,
        host::Status::Overflow => Status::Overflow,
        host::Status::NoDevice => Status::NoDevice,
        host::Status::IoError => Status::IoError,
        host::Status::NotGranted => Status::NotGranted,
    }
}

fn milliseconds(ms: u32) -> Duration {
    Duration::from_millis(u64::from(ms))
}

impl Concurrent for Claimed {
    fn submit(&self, request: Request, timeout_ms: u32) -> Result<Ticket, Refusal> {
        let request = match request {
            Request::ControlIn { setup: asked, length } => host::Request::ControlIn {
                setup: setup(asked),
                length,
            },
            Request::ControlOut { setup: asked, data } => host::Request::ControlOut {
                setup: setup(asked),
                data,
            },
            Request::DataIn { endpoint, length } => host::Request::DataIn { endpoint, length },
            Request::DataOut { endpoint, data } => host::Request::DataOut { endpoint, data },
        };
        assert!((1..=60_000).contains(&timeout_ms), "a time-out of {timeout_ms} ms");
        let submitted = self.interface.borrow_mut().submit(request, milliseconds(timeout_ms));
        submitted
            .map(|ticket| Ticket(ticket.0))
            .map_err(|refusal| match refusal {
                host::Refusal::NoDevice => Refusal::NoDevice,
                host::Refusal::NotGranted => Refusal::NotGranted,
                host::Refusal::Busy => Refusal::Busy,
                host::Refusal::Invalid => Refusal::Invalid,
            })
    }

    fn wait(&self, tickets: &[Ticket], timeout_ms: u32) -> Option<Completion> {
        let tickets: Vec<host::Ticket> = tickets.iter().map(|ticket| host::Ticket(ticket.0)).collect();
        let completion = self.interface.borrow_mut().wait(&tickets, milliseconds(timeout_ms))?;
        Some(Completion {
            ticket: Ticket(completion.ticket.0),
            status: status(completion.status),
            actual: completion.actual,
            data: completion.data,
        })
    }

    fn cancel(&self, ticket: Ticket) {
        self.interface.borrow_mut().cancel(host::Ticket(ticket.0));
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        self.interface.borrow_mut().clear_halt(endpoint).map_err(status)
    }

    fn remaining_ms(&self) -> u32 {
        if self.cancelled.load(Ordering::SeqCst) {
            return 0;
        }
        let left = self.until.saturating_duration_since(Instant::now());
        u32::try_from(left.as_millis()).unwrap_or(u32::MAX)
    }
}

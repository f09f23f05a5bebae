//! The time that a call has, counted down. A driver has no clock: how long a transfer took that completed is not known.
//! Therefore every transfer is waited for in short slices, and a slice that was begun counts whole. What is counted is
//! never less than what was waited, so that no device, however it doles out its answers, makes a call longer.

use plugin_sdk::usb::{Completion, Concurrent, GRACE_MS, Refusal, Request, Status, Ticket, Usb};
use std::cell::Cell;

/// Long enough that a call makes some hundred waits at most, short enough that a receipt's quick transfers, some dozens,
/// count for less than a second.
const SLICE_MS: u32 = 20;

/// A claimed interface during one call.
pub struct Countdown<'a, T> {
    usb: &'a T,
    left_ms: Cell<u32>,
}

impl<'a, T: Concurrent> Countdown<'a, T> {
    /// A call that may take this long.
    pub fn new(usb: &'a T, call_ms: u32) -> Self {
        Self {
            usb,
            left_ms: Cell::new(call_ms),
        }
    }

    fn wait(&self, tickets: &[Ticket], ms: u32) -> Option<Completion> {
        self.left_ms.set(self.left_ms.get().saturating_sub(ms));
        self.usb.wait(tickets, ms)
    }

    /// Submits a transfer and waits for it, at most until the call's time is up.
    ///
    /// # Errors
    /// How the transfer ended instead of completing. Without time left it is not submitted: `timed-out`.
    pub(crate) fn transfer(&self, request: Request, timeout_ms: u32) -> Result<Vec<u8>, Status> {
        let allowed = timeout_ms.min(self.left_ms.get());
        if allowed == 0 {
            return Err(Status::TimedOut);
        }
        let ticket = self.usb.submit(request, allowed).map_err(Refusal::status)?;
        // As in the SDK, the host gets some grace to end it by itself.
        for _ in 0..allowed.saturating_add(GRACE_MS).div_ceil(SLICE_MS) {
            if let Some(completion) = self.wait(&[ticket], SLICE_MS) {
                return completion.completed();
            }
        }
        self.usb.cancel(ticket);
        match self.wait(&[ticket], GRACE_MS) {
            Some(completion) => completion.completed(),
            None => Err(Status::Cancelled),
        }
    }
}

impl<T: Concurrent> Usb for Countdown<'_, T> {
    fn write(&self, endpoint: u8, data: &[u8], timeout_ms: u32) -> Result<(), Status> {
        let data = data.to_vec();
        self.transfer(Request::DataOut { endpoint, data }, timeout_ms).map(drop)
    }

    fn read(&self, endpoint: u8, length: u32, timeout_ms: u32) -> Result<Vec<u8>, Status> {
        self.transfer(Request::DataIn { endpoint, length }, timeout_ms)
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        Concurrent::clear_halt(self.usb, endpoint)
    }

    fn pause(&self, ms: u32) {
        self.wait(&[], ms);
    }

    fn remaining_ms(&self) -> u32 {
        self.left_ms.get().min(Concurrent::remaining_ms(self.usb))
    }
}

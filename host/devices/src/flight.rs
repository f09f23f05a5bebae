//! Transfers in flight, through libusb's asynchronous interface. The only file of this crate with `unsafe`: safe rusb cannot
//! cancel a blocked read, loses partial counts, and cannot promise that a read is queued before the next request.
//!
//! Ownership: a flight (buffer, ticket, ledger) belongs to libusb from a successful submit until its callback, which takes
//! it back, frees the transfer and enters the completion. A pointer in the ledger is therefore valid while it stands
//! there: both the callback and every cancellation hold the ledger's lock.

#![expect(unsafe_code, reason = "libusb's asynchronous interface has no safe form")]

use crate::transfer::{Completion, EndpointKind, MAX_PENDING, Refusal, Request, Status, Ticket};
use crate::wheel::{Seen, Wheel};
use rusb::ffi::{self, constants as c};
use std::collections::{BTreeMap, VecDeque};
use std::ffi::{c_int, c_void};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes of a control request before its data (USB 2.0, table 9-2).
const SETUP_BYTES: usize = 8;

/// What is pending and what has completed on one interface.
#[derive(Default)]
struct Ledger {
    pending: BTreeMap<Ticket, Pointer>,
    done: VecDeque<Completion>,
    cancellations: u64,
}

impl Ledger {
    /// What nobody reaped counts too: a driver that only submits would otherwise fill the host's memory with what came of
    /// it.
    fn has_room(&self) -> bool {
        self.pending.len() + self.done.len() < MAX_PENDING
    }

    /// The first completion that is awaited.
    fn reap(&mut self, awaited: impl Fn(&Ticket) -> bool) -> Option<Completion> {
        let index = self.done.iter().position(|completion| awaited(&completion.ticket))?;
        self.done.remove(index)
    }
}

/// A transfer that libusb has.
struct Pointer(*mut ffi::libusb_transfer);

// SAFETY: libusb's transfer functions may be called from any thread; the ledger's lock orders them.
unsafe impl Send for Pointer {}

/// One interface's ledger and the wheel by which its completions come.
pub(crate) struct Flights {
    ledger: Mutex<Ledger>,
    wheel: Arc<Wheel>,
}

/// What libusb holds for us while a transfer is in flight.
struct Flight {
    flights: Arc<Flights>,
    ticket: Ticket,
    buffer: Vec<u8>,
    /// data begin here: after the setup of a control request
    data_at: usize,
    input: bool,
}

impl Flights {
    /// Nothing is in flight yet.
    pub(crate) fn on(wheel: Arc<Wheel>) -> Arc<Self> {
        Arc::new(Self {
            ledger: Mutex::default(),
            wheel,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        // Every change under this lock is one step, so a poisoned ledger is as good as a sound one.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a transfer on an open, claimed handle.
    ///
    /// The caller keeps the handle open until nothing is pending ([`Self::settle`]).
    pub(crate) fn submit<T: rusb::UsbContext>(
        self: &Arc<Self>,
        handle: &rusb::DeviceHandle<T>,
        ticket: Ticket,
        request: Request,
        kind: EndpointKind,
        timeout: Duration,
    ) -> Result<(), Refusal> {
        let parts = Parts::of(request, kind);
        let length = c_int::try_from(parts.buffer.len()).map_err(|_| Refusal::Invalid)?;
        // Held over the submit, so that the callback finds the ticket entered.
        let mut ledger = self.lock();
        if !ledger.has_room() {
            return Err(Refusal::Busy);
        }
        // SAFETY: no isochronous packets; a null pointer is checked for.
        let transfer = unsafe { ffi::libusb_alloc_transfer(0) };
        if transfer.is_null() {
            return Err(Refusal::Busy);
        }
        let mut flight = Box::new(Flight {
            flights: Arc::clone(self),
            ticket,
            buffer: parts.buffer,
            data_at: parts.data_at,
            input: parts.input,
        });
        let buffer = flight.buffer.as_mut_ptr();
        let flight = Box::into_raw(flight);
        // SAFETY: `transfer` is fresh and ours; the buffer lives in the flight, which the callback frees last.
        unsafe {
            (*transfer).dev_handle = handle.as_raw();
            (*transfer).endpoint = parts.endpoint;
            (*transfer).transfer_type = parts.transfer_type;
            (*transfer).timeout = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX).max(1);
            (*transfer).length = length;
            (*transfer).callback = completed;
            (*transfer).user_data = flight.cast::<c_void>();
            (*transfer).buffer = buffer;
        }
        // SAFETY: filled above; libusb owns it from here if it answers with success.
        let code = unsafe { ffi::libusb_submit_transfer(transfer) };
        if code == c::LIBUSB_SUCCESS {
            ledger.pending.insert(ticket, Pointer(transfer));
            return Ok(());
        }
        // SAFETY: libusb refused it, so both are still ours and no callback will come.
        unsafe {
            drop(Box::from_raw(flight));
            ffi::libusb_free_transfer(transfer);
        }
        match code {
            c::LIBUSB_ERROR_NO_DEVICE => Err(Refusal::NoDevice),
            c::LIBUSB_ERROR_BUSY => Err(Refusal::Busy),
            c::LIBUSB_ERROR_INVALID_PARAM | c::LIBUSB_ERROR_NOT_SUPPORTED => Err(Refusal::Invalid),
            _ => {
                // The bus failed: to the driver that is a transfer which ended badly.
                ledger.done.push_back(Completion {
                    ticket,
                    status: Status::IoError,
                    actual: 0,
                    data: Vec::new(),
                });
                Ok(())
            }
        }
    }

    /// Asks for the end of one transfer; a ticket that is not pending is ignored.
    pub(crate) fn cancel(&self, ticket: Ticket) {
        if let Some(pointer) = self.lock().pending.get(&ticket) {
            cancel(pointer);
        }
    }

    /// Asks for the end of all, and ends the waits that have nothing to wait for.
    pub(crate) fn cancel_all(&self) {
        let mut ledger = self.lock();
        ledger.cancellations += 1;
        ledger.pending.values().for_each(cancel);
        drop(ledger);
        self.wheel.look_again();
    }

    /// The first completion among these tickets, or among all where there are none named.
    pub(crate) fn wait(&self, tickets: &[Ticket], timeout: Duration) -> Option<Completion> {
        let awaited = |ticket: &Ticket| tickets.is_empty() || tickets.contains(ticket);
        let cancellations = self.lock().cancellations;
        self.wheel.wait(timeout, || {
            let mut ledger = self.lock();
            if let Some(completion) = ledger.reap(awaited) {
                Seen::Found(Some(completion))
            } else if ledger.pending.keys().any(awaited) {
                Seen::Pending
            } else if ledger.cancellations != cancellations {
                // What is pending comes back by itself; a pause has nothing to wait for.
                Seen::Found(None)
            } else {
                Seen::Nothing
            }
        })?
    }

    /// Cancels all and waits for their callbacks; false where some did not come in time.
    pub(crate) fn settle(&self, timeout: Duration) -> bool {
        self.cancel_all();
        let settled = self.wheel.wait(timeout, || {
            if self.lock().pending.is_empty() {
                Seen::Found(())
            } else {
                Seen::Pending
            }
        });
        settled.is_some()
    }
}

fn cancel(pointer: &Pointer) {
    // SAFETY: the caller holds the ledger's lock and the pointer stands in it, so its callback has not freed it. An
    // answer other than success means that it is completing already.
    unsafe { ffi::libusb_cancel_transfer(pointer.0) };
}

/// A request as libusb wants it.
struct Parts {
    buffer: Vec<u8>,
    endpoint: u8,
    transfer_type: u8,
    data_at: usize,
    input: bool,
}

impl Parts {
    fn of(request: Request, kind: EndpointKind) -> Self {
        let data_type = match kind {
            EndpointKind::Bulk => c::LIBUSB_TRANSFER_TYPE_BULK,
            EndpointKind::Interrupt => c::LIBUSB_TRANSFER_TYPE_INTERRUPT,
        };
        let control = |setup: crate::transfer::Setup, input: bool, length: u16, data: &[u8]| {
            let mut buffer = vec![setup.request_type(input), setup.request];
            for word in [setup.value, setup.index, length] {
                buffer.extend(word.to_le_bytes());
            }
            buffer.extend_from_slice(data);
            buffer.resize(SETUP_BYTES + usize::from(length), 0);
            let transfer_type = c::LIBUSB_TRANSFER_TYPE_CONTROL;
            Self {
                buffer,
                endpoint: 0,
                transfer_type,
                data_at: SETUP_BYTES,
                input,
            }
        };
        match request {
            Request::ControlIn { setup, length } => control(setup, true, length, &[]),
            Request::ControlOut { setup, data } => {
                // The bus's field has 16 bits; the seam says so too.
                control(setup, false, u16::try_from(data.len()).unwrap_or(u16::MAX), &data)
            }
            Request::DataIn { endpoint, length } => {
                let buffer = vec![0; usize::try_from(length).unwrap_or(0)];
                Self {
                    buffer,
                    endpoint,
                    transfer_type: data_type,
                    data_at: 0,
                    input: true,
                }
            }
            Request::DataOut { endpoint, data } => Self {
                buffer: data,
                endpoint,
                transfer_type: data_type,
                data_at: 0,
                input: false,
            },
        }
    }
}

/// libusb is done with a transfer. Runs on the thread that turns the wheel; must not unwind into C.
extern "system" fn completed(transfer: *mut ffi::libusb_transfer) {
    // SAFETY: libusb calls this exactly once for each submitted transfer, with the `user_data` that submit made of a box.
    let (flight, code, moved) = unsafe {
        let flight = Box::from_raw((*transfer).user_data.cast::<Flight>());
        (flight, (*transfer).status, (*transfer).actual_length)
    };
    let Flight {
        flights,
        ticket,
        mut buffer,
        data_at,
        input,
    } = *flight;
    let moved = usize::try_from(moved).unwrap_or(0).min(buffer.len() - data_at);
    // What was read leaves in the buffer that it came in: libusb does not look at that any more.
    let data = if input {
        buffer.truncate(data_at + moved);
        buffer.drain(..data_at);
        buffer
    } else {
        Vec::new()
    };
    let actual = u32::try_from(moved).unwrap_or(u32::MAX);
    let mut ledger = flights.lock();
    ledger.pending.remove(&ticket);
    ledger.done.push_back(Completion {
        ticket,
        status: status(code),
        actual,
        data,
    });
    drop(ledger);
    flights.wheel.look_again();
    // SAFETY: taken out of the ledger above, so nobody can cancel it any more; libusb allows freeing in the callback.
    unsafe { ffi::libusb_free_transfer(transfer) };
}

fn status(code: c_int) -> Status {
    match code {
        c::LIBUSB_TRANSFER_COMPLETED => Status::Completed,
        c::LIBUSB_TRANSFER_TIMED_OUT => Status::TimedOut,
        c::LIBUSB_TRANSFER_CANCELLED => Status::Cancelled,
        c::LIBUSB_TRANSFER_STALL => Status::Stalled,
        c::LIBUSB_TRANSFER_NO_DEVICE => Status::NoDevice,
        c::LIBUSB_TRANSFER_OVERFLOW => Status::Overflow,
        _ => Status::IoError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completion(number: u32) -> Completion {
        Completion {
            ticket: Ticket(number),
            status: Status::Completed,
            actual: 0,
            data: Vec::new(),
        }
    }

    #[test]
    fn completions_that_nobody_reaps_take_room_until_they_are_reaped() {
        let mut ledger = Ledger::default();
        for number in 0..u32::try_from(MAX_PENDING).unwrap_or(u32::MAX) {
            assert!(ledger.has_room(), "{number}");
            ledger.done.push_back(completion(number));
        }
        assert!(!ledger.has_room());
        assert_eq!(ledger.reap(|ticket| *ticket == Ticket(3)), Some(completion(3)));
        assert!(ledger.has_room());
    }
}

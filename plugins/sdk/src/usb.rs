//! USB transfers as a driver sees them (`wit/driver`, interface `usb`).

use crate::fault::{Fault, Kind};

/// How a transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// done; fewer bytes than asked is a short packet, not an error
    Completed,
    /// the time ran out
    TimedOut,
    /// the host took it back
    Cancelled,
    /// the endpoint halted (STALL)
    Stalled,
    /// the device sent more than was asked
    Overflow,
    /// unplugged
    NoDevice,
    /// anything else on the bus
    IoError,
    /// refused before it reached the bus
    NotGranted,
}

impl Status {
    /// The fault that this end of a transfer is to a driver that expected completion.
    #[must_use]
    pub fn fault(self) -> Fault {
        match self {
            Self::NoDevice => Fault::new(Kind::DeviceGone, "device-gone"),
            Self::Cancelled => Fault::new(Kind::Cancelled, "cancelled"),
            Self::TimedOut => Fault::new(Kind::Protocol, "no-answer"),
            Self::Stalled => Fault::new(Kind::Protocol, "stalled"),
            Self::Overflow => Fault::new(Kind::Protocol, "answer-too-long"),
            Self::NotGranted => Fault::new(Kind::NotSupported, "not-granted"),
            Self::Completed | Self::IoError => Fault::new(Kind::Protocol, "bus-error"),
        }
    }
}

/// USB 2.0, table 9-2: bits 5 and 6 of bmRequestType.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// chapter 9
    Standard,
    /// a device class's
    Class,
    /// the vendor's
    Vendor,
}

/// USB 2.0, table 9-2: bits 0 to 4 of bmRequestType.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// the whole device
    Device,
    /// one interface
    Interface,
    /// one endpoint
    Endpoint,
    /// anything else
    Other,
}

/// A control request (USB 2.0, table 9-2) without direction and wLength: both follow from the [`Request`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// whose request
    pub kind: RequestKind,
    /// to what
    pub recipient: Recipient,
    /// bRequest
    pub request: u8,
    /// wValue
    pub value: u16,
    /// wIndex
    pub index: u16,
}

/// What a transfer asks of the bus. Lengths reach the bus exactly as given.
#[derive(Clone, PartialEq, Eq)]
pub enum Request {
    /// control, device to host
    ControlIn {
        /// the request
        setup: Setup,
        /// wLength in bytes
        length: u16,
    },
    /// control, host to device
    ControlOut {
        /// the request
        setup: Setup,
        /// at most 65,535 bytes
        data: Vec<u8>,
    },
    /// bulk or interrupt, device to host
    DataIn {
        /// an IN endpoint's address, bit 7 set
        endpoint: u8,
        /// exact buffer length, 1 byte to 1 MiB
        length: u32,
    },
    /// bulk or interrupt, host to device
    DataOut {
        /// an OUT endpoint's address
        endpoint: u8,
        /// at most 1 MiB
        data: Vec<u8>,
    },
}

/// Data may be biometric: only lengths are shown.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ControlIn { setup, length } => write!(f, "control-in {setup:?} {length} bytes"),
            Self::ControlOut { setup, data } => write!(f, "control-out {setup:?} {} bytes", data.len()),
            Self::DataIn { endpoint, length } => write!(f, "data-in {endpoint:02x} {length} bytes"),
            Self::DataOut { endpoint, data } => write!(f, "data-out {endpoint:02x} {} bytes", data.len()),
        }
    }
}

/// Names a pending transfer; never used twice on one interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(pub u32);

/// Why a transfer was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// unplugged
    NoDevice,
    /// not in the grants
    NotGranted,
    /// 16 transfers are pending or not yet reaped
    Busy,
    /// no such endpoint, or a length out of range
    Invalid,
}

impl Refusal {
    /// The end of a transfer that never began.
    #[must_use]
    pub fn status(self) -> Status {
        match self {
            Self::NoDevice => Status::NoDevice,
            Self::NotGranted => Status::NotGranted,
            Self::Busy | Self::Invalid => Status::IoError,
        }
    }

    /// The fault that this refusal is to a driver.
    #[must_use]
    pub fn fault(self) -> Fault {
        match self {
            Self::NoDevice | Self::NotGranted => self.status().fault(),
            Self::Busy => Fault::new(Kind::Protocol, "too-many-transfers"),
            Self::Invalid => Fault::new(Kind::NotSupported, "no-such-endpoint"),
        }
    }
}

/// What came of a transfer.
#[derive(Clone, PartialEq, Eq)]
pub struct Completion {
    /// which
    pub ticket: Ticket,
    /// how it ended
    pub status: Status,
    /// bytes moved, also of a transfer that did not complete
    pub actual: u32,
    /// bytes read, empty for writes
    pub data: Vec<u8>,
}

impl Completion {
    /// The bytes that were read. What came before the time ran out was read too: the device will not send it again.
    ///
    /// # Errors
    /// How the transfer ended instead of completing.
    pub fn completed(self) -> Result<Vec<u8>, Status> {
        match self.status {
            Status::Completed => Ok(self.data),
            Status::TimedOut if !self.data.is_empty() => Ok(self.data),
            status => Err(status),
        }
    }
}

/// Data may be biometric: only lengths are shown.
impl std::fmt::Debug for Completion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?} {} bytes", self.ticket, self.status, self.actual)
    }
}

/// The claimed interface, for devices that move one transfer at a time. Lengths reach the bus exactly as given.
pub trait Usb {
    /// Writes to a bulk or interrupt OUT endpoint.
    ///
    /// # Errors
    /// How the transfer ended instead.
    fn write(&self, endpoint: u8, data: &[u8], timeout_ms: u32) -> Result<(), Status>;

    /// Reads from a bulk or interrupt IN endpoint; `length` is the exact buffer length, and what comes may be shorter.
    ///
    /// # Errors
    /// How the transfer ended instead.
    fn read(&self, endpoint: u8, length: u32, timeout_ms: u32) -> Result<Vec<u8>, Status>;

    /// Clears an endpoint's halt, after which it moves data again.
    ///
    /// # Errors
    /// How the request ended instead.
    fn clear_halt(&self, endpoint: u8) -> Result<(), Status>;

    /// The fault of a transfer that did not complete. An endpoint that stalled stays halted until it is cleared: here it
    /// is, so that the next call finds it working.
    fn failed(&self, endpoint: u8, status: Status) -> Fault {
        if status == Status::Stalled {
            // Where even that fails, the next transfer says so.
            let _ = self.clear_halt(endpoint);
        }
        status.fault()
    }

    /// Waits without a transfer: the only clock that a driver has.
    fn pause(&self, ms: u32);

    /// Milliseconds that the call has left, 0 once the host wants it to end.
    fn remaining_ms(&self) -> u32;
}

/// The claimed interface, for devices that need several transfers in flight. Whatever is this is also [`Usb`].
///
/// The required methods are those of the contract; the host's rules for them stand in `wit/driver`.
pub trait Concurrent {
    /// Queues a transfer; it is on the bus when this returns. `timeout_ms` is 1 to 60,000.
    ///
    /// # Errors
    /// [`Refusal`]: nothing was queued.
    fn submit(&self, request: Request, timeout_ms: u32) -> Result<Ticket, Refusal>;

    /// The first completion among these tickets (all pending ones if the list is empty), or none after the time-out.
    /// With nothing pending it is a pause. A ticket is never returned again by a later wait.
    fn wait(&self, tickets: &[Ticket], timeout_ms: u32) -> Option<Completion>;

    /// Asks for the end of a pending transfer; its completion still comes, `Cancelled` or what it became.
    fn cancel(&self, ticket: Ticket);

    /// Clears an endpoint's halt, after which it moves data again.
    ///
    /// # Errors
    /// How the request ended instead.
    fn clear_halt(&self, endpoint: u8) -> Result<(), Status>;

    /// Milliseconds that the call has left, 0 once the host wants it to end.
    fn remaining_ms(&self) -> u32;

    /// Submits a transfer and waits for that one.
    ///
    /// # Errors
    /// How the transfer ended instead of completing.
    fn transfer(&self, request: Request, timeout_ms: u32) -> Result<Vec<u8>, Status> {
        let ticket = self.submit(request, timeout_ms).map_err(Refusal::status)?;
        if let Some(completion) = self.wait(&[ticket], timeout_ms.saturating_add(GRACE_MS)) {
            return completion.completed();
        }
        // The wait ended before the transfer did: the host wants the call to end. What is pending must not be left
        // behind.
        self.cancel(ticket);
        match self.wait(&[ticket], GRACE_MS) {
            Some(completion) => completion.completed(),
            None => Err(Status::Cancelled),
        }
    }

    /// A control request that reads at most `length` bytes.
    ///
    /// # Errors
    /// How the transfer ended instead.
    fn control_in(&self, setup: Setup, length: u16, timeout_ms: u32) -> Result<Vec<u8>, Status> {
        self.transfer(Request::ControlIn { setup, length }, timeout_ms)
    }

    /// A control request that writes.
    ///
    /// # Errors
    /// How the transfer ended instead.
    fn control_out(&self, setup: Setup, data: &[u8], timeout_ms: u32) -> Result<(), Status> {
        let data = data.to_vec();
        self.transfer(Request::ControlOut { setup, data }, timeout_ms)
            .map(|_| ())
    }
}

/// What a wait allows the host on top of a transfer's own time-out, in milliseconds, so that the transfer's end is seen
/// rather than the wait's.
pub const GRACE_MS: u32 = 100;

impl<T: Concurrent + ?Sized> Usb for T {
    fn write(&self, endpoint: u8, data: &[u8], timeout_ms: u32) -> Result<(), Status> {
        let data = data.to_vec();
        self.transfer(Request::DataOut { endpoint, data }, timeout_ms)
            .map(|_| ())
    }

    fn read(&self, endpoint: u8, length: u32, timeout_ms: u32) -> Result<Vec<u8>, Status> {
        self.transfer(Request::DataIn { endpoint, length }, timeout_ms)
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        Concurrent::clear_halt(self, endpoint)
    }

    /// For drivers that leave nothing pending: a completion that comes meanwhile would be lost.
    fn pause(&self, ms: u32) {
        self.wait(&[], ms);
    }

    fn remaining_ms(&self) -> u32 {
        Concurrent::remaining_ms(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(status: Status, data: &[u8]) -> Result<Vec<u8>, Status> {
        let completion = Completion {
            ticket: Ticket(1),
            status,
            actual: 2,
            data: data.to_vec(),
        };
        completion.completed()
    }

    #[test]
    fn data_that_came_before_a_read_ran_out_of_time_are_data() {
        assert_eq!(ended(Status::TimedOut, &[1, 2]), Ok(vec![1, 2]));
        // A write that was taken in part has no data: it did not complete.
        assert_eq!(ended(Status::TimedOut, &[]), Err(Status::TimedOut));
        assert_eq!(ended(Status::Cancelled, &[1, 2]), Err(Status::Cancelled));
    }
}

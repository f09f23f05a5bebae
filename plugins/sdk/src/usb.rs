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

    /// Waits without a transfer: the only clock that a driver has.
    fn pause(&self, ms: u32);

    /// Milliseconds that the call has left, 0 once the host wants it to end.
    fn remaining_ms(&self) -> u32;
}

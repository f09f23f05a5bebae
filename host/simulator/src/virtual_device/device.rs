//! What a virtual device is to the bus.

use super::bell::Bell;
use devices::transfer::{Identity, Setup, Status};

/// What a device makes of a transfer.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// done; the bytes read, empty for writes. More than asked for ends `Overflow`
    Done(Vec<u8>),
    /// not yet, as if the device had said NAK: asked again when the device's bell rings, until the transfer's time is
    /// up. A device that answers so must not have done anything.
    Pending,
    /// STALL
    Stalled,
    /// the device is off the bus, in the middle of this transfer and for good
    Gone,
}

/// Data may be biometric: only lengths are shown.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Done(data) => write!(f, "done {} bytes", data.len()),
            Self::Pending => f.write_str("pending"),
            Self::Stalled => f.write_str("stalled"),
            Self::Gone => f.write_str("gone"),
        }
    }
}

/// How a device misbehaves, for tests of what then happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Misbehaviour {
    /// not at all
    #[default]
    None,
    /// it answers nothing any more: every transfer runs into its time-out
    Silent,
    /// it is off the bus in the middle of the next image or receipt, once; plugged in again, it works
    PulledMidTransfer,
}

impl Misbehaviour {
    /// Whether the plug is to be pulled now, which then is done.
    pub(super) fn take_pull(&mut self) -> bool {
        let pull = *self == Self::PulledMidTransfer;
        if pull {
            *self = Self::None;
        }
        pull
    }
}

/// A model of a device. Transfers of one endpoint come in order; control requests count as one endpoint.
pub trait Device: Send {
    /// Who it is, with its interface; the first one, where it has several.
    fn identity(&self) -> Identity;

    /// All of its interfaces, each with the same device around it. Endpoints are the device's: no two interfaces have the
    /// same one.
    fn interfaces(&self) -> Vec<Identity> {
        vec![self.identity()]
    }

    /// Rung by the device when something happened that may end a pending transfer. Always the same bell.
    fn bell(&self) -> Bell;

    /// It gets power: forget what a real one forgets without.
    fn plugged(&mut self) {}

    /// A control request that reads.
    fn control_in(&mut self, setup: &Setup, length: u16) -> Answer;

    /// A control request that writes.
    fn control_out(&mut self, setup: &Setup, data: &[u8]) -> Answer;

    /// Bytes for an OUT endpoint that it has.
    fn data_out(&mut self, endpoint: u8, data: &[u8]) -> Answer;

    /// Bytes wanted from an IN endpoint that it has.
    fn data_in(&mut self, endpoint: u8, length: u32) -> Answer;

    /// Clears an endpoint's halt.
    ///
    /// # Errors
    /// The status that the request ended with.
    fn clear_halt(&mut self, _endpoint: u8) -> Result<(), Status> {
        Ok(())
    }

    /// Selects an alternate setting; most devices have only setting 0.
    ///
    /// # Errors
    /// The status that the request ended with.
    fn select_alternate(&mut self, setting: u8) -> Result<(), Status> {
        if setting == 0 { Ok(()) } else { Err(Status::Stalled) }
    }
}

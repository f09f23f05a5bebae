//! A bus: what is plugged in, and what comes and goes.

use crate::transfer::ClaimedInterface;
use std::time::Duration;

/// Where a device is plugged in, stable while it stays: `bus-port.port`, as the system names it, with the address
/// that changes on every plug.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// for example `1-10`
    pub port: String,
    /// 1 to 127, new on every plug
    pub address: u8,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "port {} (address {})", self.port, self.address)
    }
}

/// A device that is plugged in, before anyone opened it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// where
    pub place: Place,
    /// idVendor
    pub vendor_id: u16,
    /// idProduct
    pub product_id: u16,
    /// bcdDevice
    pub release: u16,
    /// interface numbers of the active configuration
    pub interfaces: Vec<u8>,
}

/// Something was plugged in or pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hotplug {
    /// plugged in
    Arrived(Found),
    /// pulled
    Left(Place),
}

/// Why a device could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// not there any more
    #[error("the device at {0} is gone; plug it in again")]
    Gone(Place),
    /// the system refuses
    #[error("no permission for the device at {0}; install the udev rules and plug it in again")]
    Permission(Place),
    /// another program has it
    #[error("the device at {0} is in use by another program; close that program")]
    Busy(Place),
    /// no such interface
    #[error("the device at {0} has no interface {1}")]
    NoInterface(Place, u8),
    /// anything else, with the system's words
    #[error("the device at {0} could not be opened: {1}")]
    Other(Place, String),
}

/// A bus could not be reached at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("USB could not be started: {0}")]
pub struct BusError(pub String);

/// The seam for whole buses: rusb's, a virtual one.
pub trait Bus: Send + Sync {
    /// What is plugged in now.
    ///
    /// # Errors
    /// [`BusError`] where the system does not answer.
    fn list(&self) -> Result<Vec<Found>, BusError>;

    /// Opens a device and claims one interface.
    ///
    /// # Errors
    /// [`OpenError`], in words for the operator.
    fn open(&self, place: &Place, interface: u8) -> Result<Box<dyn ClaimedInterface>, OpenError>;

    /// The next arrival or departure, or none after the time-out.
    fn next_hotplug(&self, timeout: Duration) -> Option<Hotplug>;
}

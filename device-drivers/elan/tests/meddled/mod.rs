//! A claimed interface whose transfers are meddled with. Shared by the tests of the drivers of swipe sensors.

use plugin_sdk::usb::{Status, Usb};
use std::cell::Cell;

/// What is made of a read: its endpoint, the length asked for, and how it ended.
pub(crate) type Meddle = fn(u8, u32, Result<Vec<u8>, Status>) -> Result<Vec<u8>, Status>;

/// Pauses take no time here.
pub(crate) struct Meddled<'a> {
    inner: &'a dyn Usb,
    meddle: Meddle,
    unplug_at: Option<u32>,
    transfers: Cell<u32>,
}

impl<'a> Meddled<'a> {
    /// Every read is meddled with so.
    pub(crate) fn with(inner: &'a dyn Usb, meddle: Meddle) -> Self {
        Self {
            inner,
            meddle,
            unplug_at: None,
            transfers: Cell::new(0),
        }
    }

    /// The plug is pulled at this transfer.
    pub(crate) fn unplugged(inner: &'a dyn Usb, at: u32) -> Self {
        Self {
            unplug_at: Some(at),
            ..Self::with(inner, |_, _, read| read)
        }
    }

    /// Transfers so far.
    pub(crate) fn transfers(&self) -> u32 {
        self.transfers.get()
    }

    fn moved(&self) -> Result<(), Status> {
        let number = self.transfers.get();
        self.transfers.set(number + 1);
        match self.unplug_at {
            Some(at) if number >= at => Err(Status::NoDevice),
            _ => Ok(()),
        }
    }
}

impl Usb for Meddled<'_> {
    fn write(&self, endpoint: u8, data: &[u8], timeout_ms: u32) -> Result<(), Status> {
        self.moved()?;
        self.inner.write(endpoint, data, timeout_ms)
    }

    fn read(&self, endpoint: u8, length: u32, timeout_ms: u32) -> Result<Vec<u8>, Status> {
        self.moved()?;
        (self.meddle)(endpoint, length, self.inner.read(endpoint, length, timeout_ms))
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        self.inner.clear_halt(endpoint)
    }

    fn pause(&self, _ms: u32) {}

    fn remaining_ms(&self) -> u32 {
        self.inner.remaining_ms()
    }
}

/// A device that answers everything at once with zeros.
pub(crate) struct Talking;

impl Usb for Talking {
    fn write(&self, _: u8, _: &[u8], _: u32) -> Result<(), Status> {
        Ok(())
    }

    fn read(&self, _: u8, length: u32, _: u32) -> Result<Vec<u8>, Status> {
        Ok(vec![0; usize::try_from(length).unwrap()])
    }

    fn clear_halt(&self, _: u8) -> Result<(), Status> {
        Ok(())
    }

    fn pause(&self, _: u32) {}

    fn remaining_ms(&self) -> u32 {
        5_000
    }
}

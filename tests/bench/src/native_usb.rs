//! USB as a driver sees it, without the sandbox: on the host's seam, and straight on libusb.

use crate::Outcome;
use devices::transfer::{self as host, ClaimedInterface};
use nb1010_driver::reader;
use plugin_sdk::usb::{GRACE_MS, Refusal, Status, Usb};
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

/// A capture ends within this.
pub(crate) const CAPTURE: Duration = Duration::from_secs(5);

/// One capture by the driver's own code, natively.
pub(crate) fn capture(usb: &impl Usb) -> Outcome<Vec<u8>> {
    reader::capture(usb, |_| ()).map_err(|fault| format!("the reader gave no image ({})", fault.code).into())
}

/// A claimed interface of the host.
pub(crate) struct OnSeam {
    interface: RefCell<Box<dyn ClaimedInterface>>,
    transfers: Cell<u32>,
}

impl OnSeam {
    /// On this interface.
    pub(crate) fn new(interface: Box<dyn ClaimedInterface>) -> Self {
        Self {
            interface: RefCell::new(interface),
            transfers: Cell::new(0),
        }
    }

    /// How many transfers there were.
    pub(crate) fn transfers(&self) -> u32 {
        self.transfers.get()
    }

    /// As the plugin's side does it: submit, then wait for that one.
    fn transfer(&self, request: host::Request, timeout_ms: u32) -> Result<Vec<u8>, Status> {
        self.transfers.set(self.transfers.get() + 1);
        let mut interface = self.interface.borrow_mut();
        let ticket = interface
            .submit(request, milliseconds(timeout_ms))
            .map_err(|refusal| refused(refusal).status())?;
        let completion = interface
            .wait(&[ticket], milliseconds(timeout_ms + GRACE_MS))
            .ok_or(Status::TimedOut)?;
        match completion.status {
            host::Status::Completed => Ok(completion.data),
            status => Err(ended(status)),
        }
    }
}

/// How a transfer ended that did not complete.
fn ended(status: host::Status) -> Status {
    match status {
        host::Status::NoDevice => Status::NoDevice,
        host::Status::TimedOut => Status::TimedOut,
        host::Status::Stalled => Status::Stalled,
        host::Status::Overflow => Status::Overflow,
        _ => Status::IoError,
    }
}

fn milliseconds(ms: u32) -> Duration {
    Duration::from_millis(u64::from(ms))
}

fn refused(refusal: host::Refusal) -> Refusal {
    match refusal {
        host::Refusal::NoDevice => Refusal::NoDevice,
        host::Refusal::NotGranted => Refusal::NotGranted,
        host::Refusal::Busy => Refusal::Busy,
        host::Refusal::Invalid => Refusal::Invalid,
    }
}

impl Usb for OnSeam {
    fn write(&self, endpoint: u8, data: &[u8], timeout_ms: u32) -> Result<(), Status> {
        self.transfer(
            host::Request::DataOut {
                endpoint,
                data: data.to_vec(),
            },
            timeout_ms,
        )
        .map(drop)
    }

    fn read(&self, endpoint: u8, length: u32, timeout_ms: u32) -> Result<Vec<u8>, Status> {
        self.transfer(host::Request::DataIn { endpoint, length }, timeout_ms)
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        let cleared = self.interface.borrow_mut().clear_halt(endpoint);
        cleared.map_err(ended)
    }

    fn pause(&self, ms: u32) {
        std::thread::sleep(milliseconds(ms));
    }

    fn remaining_ms(&self) -> u32 {
        u32::try_from(CAPTURE.as_millis()).unwrap_or(u32::MAX)
    }
}

/// A device's handle with blocking transfers, as a program without this host would do it.
pub(crate) struct Straight {
    handle: rusb::DeviceHandle<rusb::Context>,
    opened: Instant,
}

impl Straight {
    /// Opens the first device with these ids and claims its interface 0.
    pub(crate) fn open(vendor: u16, product: u16) -> Outcome<Self> {
        use rusb::UsbContext as _;
        let context = rusb::Context::new()?;
        let handle = context
            .open_device_with_vid_pid(vendor, product)
            .ok_or("the reader cannot be opened")?;
        handle.claim_interface(0)?;
        Ok(Self {
            handle,
            opened: Instant::now(),
        })
    }
}

fn status(error: rusb::Error) -> Status {
    match error {
        rusb::Error::Timeout => Status::TimedOut,
        rusb::Error::NoDevice => Status::NoDevice,
        rusb::Error::Pipe => Status::Stalled,
        rusb::Error::Overflow => Status::Overflow,
        _ => Status::IoError,
    }
}

impl Usb for Straight {
    fn write(&self, endpoint: u8, data: &[u8], timeout_ms: u32) -> Result<(), Status> {
        self.handle
            .write_bulk(endpoint, data, milliseconds(timeout_ms))
            .map(drop)
            .map_err(status)
    }

    fn read(&self, endpoint: u8, length: u32, timeout_ms: u32) -> Result<Vec<u8>, Status> {
        let mut data = vec![0; usize::try_from(length).map_err(|_| Status::IoError)?];
        let moved = self
            .handle
            .read_bulk(endpoint, &mut data, milliseconds(timeout_ms))
            .map_err(status)?;
        data.truncate(moved);
        Ok(data)
    }

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        self.handle.clear_halt(endpoint).map_err(status)
    }

    fn pause(&self, ms: u32) {
        std::thread::sleep(milliseconds(ms));
    }

    fn remaining_ms(&self) -> u32 {
        let left = CAPTURE.saturating_sub(self.opened.elapsed());
        u32::try_from(left.as_millis()).unwrap_or(u32::MAX)
    }
}

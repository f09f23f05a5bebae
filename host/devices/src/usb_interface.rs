//! A claimed interface of a real device.

use crate::flight::Flights;
use crate::transfer::{
    Canceller, ClaimedInterface, Completion, EndpointKind, Identity, MAX_TRANSFER_BYTES, Refusal, Request, Status,
    Ticket,
};
use crate::wheel::Wheel;
use std::sync::Arc;
use std::time::Duration;

/// How long a device may take to give back what was cancelled, before its handle is left open for good.
const SETTLE: Duration = Duration::from_secs(2);

pub(crate) struct UsbInterface {
    /// none only while it is dropped
    handle: Option<rusb::DeviceHandle<rusb::Context>>,
    identity: Identity,
    /// the kernel's driver was taken off the interface
    detached: bool,
    alternate: u8,
    flights: Arc<Flights>,
    last: u32,
    gone: bool,
}

impl UsbInterface {
    /// Of a handle on which the identity's interface is claimed, maybe after the kernel's driver was `detached` from it.
    pub(crate) fn new(
        handle: rusb::DeviceHandle<rusb::Context>,
        identity: Identity,
        detached: bool,
        wheel: Arc<Wheel>,
    ) -> Self {
        Self {
            handle: Some(handle),
            identity,
            detached,
            alternate: 0,
            flights: Flights::on(wheel),
            last: 0,
            gone: false,
        }
    }

    fn check(&self, request: &Request) -> Result<EndpointKind, Refusal> {
        let (address, length) = match request {
            Request::ControlIn { .. } => return Ok(EndpointKind::Bulk),
            Request::ControlOut { data, .. } => {
                let fits = u16::try_from(data.len()).is_ok();
                return if fits {
                    Ok(EndpointKind::Bulk)
                } else {
                    Err(Refusal::Invalid)
                };
            }
            Request::DataIn { endpoint, length } => (*endpoint, usize::try_from(*length).unwrap_or(usize::MAX)),
            Request::DataOut { endpoint, data } => (*endpoint, data.len()),
        };
        let input = matches!(request, Request::DataIn { .. });
        let endpoint = self
            .identity
            .endpoints
            .iter()
            .find(|endpoint| endpoint.address == address);
        let right_way = (address & crate::transfer::ENDPOINT_IN != 0) == input;
        match endpoint {
            Some(endpoint) if right_way && length <= MAX_TRANSFER_BYTES && !(input && length == 0) => Ok(endpoint.kind),
            _ => Err(Refusal::Invalid),
        }
    }
}

impl ClaimedInterface for UsbInterface {
    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn submit(&mut self, request: Request, timeout: Duration) -> Result<Ticket, Refusal> {
        let kind = self.check(&request)?;
        if self.gone {
            return Err(Refusal::NoDevice);
        }
        let handle = self.handle.as_ref().ok_or(Refusal::NoDevice)?;
        let ticket = Ticket(self.last + 1);
        let submitted = self.flights.submit(handle, ticket, request, kind, timeout);
        self.gone |= submitted == Err(Refusal::NoDevice);
        submitted.map(|()| {
            self.last = ticket.0;
            ticket
        })
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.flights.cancel(ticket);
    }

    fn wait(&mut self, tickets: &[Ticket], timeout: Duration) -> Option<Completion> {
        let completion = self.flights.wait(tickets, timeout);
        self.gone |= completion
            .as_ref()
            .is_some_and(|completion| completion.status == Status::NoDevice);
        completion
    }

    fn clear_halt(&mut self, endpoint: u8) -> Result<(), Status> {
        let handle = self.handle.as_ref().ok_or(Status::NoDevice)?;
        handle.clear_halt(endpoint).map_err(status)
    }

    fn select_alternate(&mut self, setting: u8) -> Result<(), Status> {
        let handle = self.handle.as_ref().ok_or(Status::NoDevice)?;
        match handle.set_alternate_setting(self.identity.interface_number, setting) {
            Ok(()) => {}
            // Platforms and recordings that cannot do it are right where there is nothing to do.
            Err(rusb::Error::Other | rusb::Error::NotSupported) if setting == self.alternate => {}
            Err(error) => return Err(status(error)),
        }
        self.alternate = setting;
        let endpoints = crate::usb_bus::interface_of(&handle.device(), self.identity.interface_number, setting);
        if let Some((class, endpoints)) = endpoints {
            self.identity.interface_class = class;
            self.identity.endpoints = endpoints;
        }
        Ok(())
    }

    fn canceller(&self) -> Canceller {
        let flights = Arc::clone(&self.flights);
        Canceller::new(move || flights.cancel_all())
    }
}

impl Drop for UsbInterface {
    fn drop(&mut self) {
        let settled = self.flights.settle(SETTLE);
        let handle = self.handle.take();
        if settled {
            if let Some(handle) = handle.as_ref().filter(|_| self.detached) {
                // The kernel's driver gets its interface back, as far as the device is still there.
                let interface = self.identity.interface_number;
                let _ = handle
                    .release_interface(interface)
                    .and_then(|()| handle.attach_kernel_driver(interface));
            }
            // Closing the handle releases the interface.
            drop(handle);
        } else {
            // libusb still has transfers on this handle: closing it now would free what it uses.
            std::mem::forget(handle);
        }
    }
}

fn status(error: rusb::Error) -> Status {
    match error {
        rusb::Error::NoDevice => Status::NoDevice,
        rusb::Error::Timeout => Status::TimedOut,
        // A setting or an endpoint that the device does not have is no unplugged device: virtual ones stall too.
        rusb::Error::Pipe | rusb::Error::NotFound => Status::Stalled,
        rusb::Error::Overflow => Status::Overflow,
        _ => Status::IoError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_the_device_lacks_does_not_look_like_a_pulled_plug() {
        assert_eq!(status(rusb::Error::NotFound), Status::Stalled);
        assert_eq!(status(rusb::Error::NoDevice), Status::NoDevice);
    }
}

//! `kiosk:driver/usb`: a claimed interface as the guest holds it, behind its grant.

use crate::bindings::base::kiosk::driver::usb::{
    self as wire, Completion, ControlRead, ControlWrite, DataRead, DataWrite, Identity,
};
use crate::grants::InterfaceGrant;
use crate::guest::Guest;
use devices::transfer::{
    self, ClaimedInterface, EndpointKind, MAX_TRANSFER_BYTES, Recipient, Refusal, Request, RequestKind, Setup, Status,
    Ticket,
};
use std::time::Duration;
use wasmtime::component::Resource;

/// Longest time-out of one transfer that a driver can ask for, in milliseconds.
const MAX_TIMEOUT_MS: u32 = 60_000;

/// An interface and what may be done with it. Without a grant nothing may.
#[expect(unreachable_pub, reason = "bindgen re-exports it inside the crate")]
pub struct Claimed {
    interface: Box<dyn ClaimedInterface>,
    grant: Option<InterfaceGrant>,
}

impl Claimed {
    pub(crate) fn new(interface: Box<dyn ClaimedInterface>, grant: Option<InterfaceGrant>) -> Self {
        Self { interface, grant }
    }

    fn submit(&mut self, request: Request, timeout: Duration) -> Result<Ticket, Refusal> {
        let endpoints = self.interface.identity().endpoints;
        if !self
            .grant
            .as_ref()
            .is_some_and(|grant| grant.allows(&request, &endpoints))
        {
            return Err(Refusal::NotGranted);
        }
        if length(&request) > MAX_TRANSFER_BYTES {
            return Err(Refusal::Invalid);
        }
        self.interface.submit(request, timeout)
    }
}

fn length(request: &Request) -> usize {
    match request {
        Request::ControlIn { length, .. } => usize::from(*length),
        Request::DataIn { length, .. } => usize::try_from(*length).unwrap_or(usize::MAX),
        Request::ControlOut { data, .. } | Request::DataOut { data, .. } => data.len(),
    }
}

impl wire::Host for Guest {}
impl crate::bindings::base::kiosk::driver::faults::Host for Guest {}

impl wire::HostClaimedInterface for Guest {
    fn identity(&mut self, this: Resource<Claimed>) -> wasmtime::Result<Identity> {
        let identity = self.table.get(&this)?.interface.identity();
        self.returning();
        Ok(told(identity))
    }

    fn submit(
        &mut self,
        this: Resource<Claimed>,
        request: wire::Request,
        timeout_ms: u32,
    ) -> wasmtime::Result<Result<wire::Ticket, wire::Refusal>> {
        let timeout = self.clamped(timeout_ms);
        let submitted = self.table.get_mut(&this)?.submit(asked(request), timeout);
        self.returning();
        Ok(submitted.map(|ticket| ticket.0).map_err(refused))
    }

    fn cancel(&mut self, this: Resource<Claimed>, ticket: wire::Ticket) -> wasmtime::Result<()> {
        self.table.get_mut(&this)?.interface.cancel(Ticket(ticket));
        self.returning();
        Ok(())
    }

    fn wait(
        &mut self,
        this: Resource<Claimed>,
        tickets: Vec<wire::Ticket>,
        timeout_ms: u32,
    ) -> wasmtime::Result<Option<Completion>> {
        let timeout = self.clamped(timeout_ms);
        let tickets: Vec<Ticket> = tickets.into_iter().map(Ticket).collect();
        let completion = self.table.get_mut(&this)?.interface.wait(&tickets, timeout);
        self.returning();
        Ok(completion.map(completed))
    }

    fn transfer(
        &mut self,
        this: Resource<Claimed>,
        request: wire::Request,
        timeout_ms: u32,
    ) -> wasmtime::Result<Completion> {
        let timeout = self.clamped(timeout_ms);
        let claimed = self.table.get_mut(&this)?;
        let completion = match claimed.submit(asked(request), timeout) {
            Ok(ticket) => finish(claimed, ticket),
            Err(refusal) => transfer::Completion {
                ticket: Ticket(0),
                status: match refusal {
                    Refusal::NoDevice => Status::NoDevice,
                    Refusal::NotGranted => Status::NotGranted,
                    Refusal::Busy | Refusal::Invalid => Status::IoError,
                },
                actual: 0,
                data: Vec::new(),
            },
        };
        self.returning();
        Ok(completed(completion))
    }

    fn clear_halt(&mut self, this: Resource<Claimed>, endpoint: u8) -> wasmtime::Result<Result<(), wire::Status>> {
        let claimed = self.table.get_mut(&this)?;
        let cleared = if claimed
            .grant
            .as_ref()
            .is_some_and(|grant| grant.allows_clear_halt(endpoint))
        {
            claimed.interface.clear_halt(endpoint)
        } else {
            Err(Status::NotGranted)
        };
        self.returning();
        Ok(cleared.map_err(ended))
    }

    fn select_alternate(&mut self, this: Resource<Claimed>, setting: u8) -> wasmtime::Result<Result<(), wire::Status>> {
        let claimed = self.table.get_mut(&this)?;
        let selected = if claimed.grant.is_some() {
            claimed.interface.select_alternate(setting)
        } else {
            Err(Status::NotGranted)
        };
        self.returning();
        Ok(selected.map_err(ended))
    }

    fn drop(&mut self, this: Resource<Claimed>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        self.returning();
        Ok(())
    }
}

impl Guest {
    /// A time-out as asked, 1 ms at least, never past the end of the call.
    fn clamped(&self, timeout_ms: u32) -> Duration {
        Duration::from_millis(u64::from(timeout_ms.clamp(1, MAX_TIMEOUT_MS))).min(self.longest_wait())
    }
}

/// A transfer always ends by its own time-out at the latest; the margin is for a bus that reports late.
fn finish(claimed: &mut Claimed, ticket: Ticket) -> transfer::Completion {
    loop {
        if let Some(completion) = claimed.interface.wait(&[ticket], Duration::from_secs(61)) {
            return completion;
        }
        // The wait ended without it: the call was cancelled, and the completion is on its way.
        claimed.interface.cancel(ticket);
    }
}

fn told(identity: transfer::Identity) -> Identity {
    Identity {
        vendor_id: identity.vendor_id,
        product_id: identity.product_id,
        release: identity.release,
        manufacturer: identity.manufacturer,
        product: identity.product,
        serial: identity.serial,
        interface_number: identity.interface_number,
        interface_class: identity.interface_class,
        endpoints: identity
            .endpoints
            .into_iter()
            .map(|endpoint| wire::Endpoint {
                address: endpoint.address,
                kind: match endpoint.kind {
                    EndpointKind::Bulk => wire::EndpointKind::Bulk,
                    EndpointKind::Interrupt => wire::EndpointKind::Interrupt,
                },
                max_packet_size: endpoint.max_packet_size,
            })
            .collect(),
    }
}

fn asked(request: wire::Request) -> Request {
    match request {
        wire::Request::ControlIn(ControlRead { setup, length }) => Request::ControlIn {
            setup: set_up(setup),
            length,
        },
        wire::Request::ControlOut(ControlWrite { setup, data }) => Request::ControlOut {
            setup: set_up(setup),
            data,
        },
        wire::Request::DataIn(DataRead { endpoint, length }) => Request::DataIn { endpoint, length },
        wire::Request::DataOut(DataWrite { endpoint, data }) => Request::DataOut { endpoint, data },
    }
}

fn set_up(setup: wire::Setup) -> Setup {
    Setup {
        kind: match setup.kind {
            wire::RequestKind::Standard => RequestKind::Standard,
            wire::RequestKind::Class => RequestKind::Class,
            wire::RequestKind::Vendor => RequestKind::Vendor,
        },
        recipient: match setup.recipient {
            wire::Recipient::Device => Recipient::Device,
            wire::Recipient::Interface => Recipient::Interface,
            wire::Recipient::Endpoint => Recipient::Endpoint,
            wire::Recipient::Other => Recipient::Other,
        },
        request: setup.request,
        value: setup.value,
        index: setup.index,
    }
}

fn refused(refusal: Refusal) -> wire::Refusal {
    match refusal {
        Refusal::NoDevice => wire::Refusal::NoDevice,
        Refusal::NotGranted => wire::Refusal::NotGranted,
        Refusal::Busy => wire::Refusal::Busy,
        Refusal::Invalid => wire::Refusal::Invalid,
    }
}

fn completed(completion: transfer::Completion) -> Completion {
    Completion {
        ticket: completion.ticket.0,
        status: ended(completion.status),
        actual: completion.actual,
        data: completion.data,
    }
}

fn ended(status: Status) -> wire::Status {
    match status {
        Status::Completed => wire::Status::Completed,
        Status::TimedOut => wire::Status::TimedOut,
        Status::Cancelled => wire::Status::Cancelled,
        Status::Stalled => wire::Status::Stalled,
        Status::Overflow => wire::Status::Overflow,
        Status::NoDevice => wire::Status::NoDevice,
        Status::IoError => wire::Status::IoError,
        Status::NotGranted => wire::Status::NotGranted,
    }
}

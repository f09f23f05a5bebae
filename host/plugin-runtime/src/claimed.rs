//! `kiosk:driver/usb`: a claimed interface as the guest holds it, behind its grant.

use crate::bindings::base::kiosk::driver::usb::{
    self as wire, Completion, ControlRead, ControlWrite, DataRead, DataWrite, Identity,
};
use crate::grants::InterfaceGrant;
use crate::guest::Guest;
use devices::transfer::{
    self, ClaimedInterface, Endpoint, EndpointKind, MAX_TRANSFER_BYTES, Recipient, Refusal, Request, RequestKind,
    Setup, Status, Ticket,
};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use wasmtime::component::Resource;

/// Longest time-out of one transfer that a driver can ask for, in milliseconds.
const MAX_TIMEOUT_MS: u32 = 60_000;

/// How long a wait goes on before it looks whether the call was cancelled: the cancellation itself ends only waits that
/// have begun, and one that begins at that moment would miss it.
const SLICE: Duration = Duration::from_millis(20);
/// What a transfer may take on top of its time-out, on a bus that reports late.
const LATE: Duration = Duration::from_secs(1);
/// What a transfer may take to come back once it was cancelled.
const SETTLE: Duration = Duration::from_secs(2);

/// An interface and what may be done with it. Without a grant nothing may.
#[expect(unreachable_pub, reason = "bindgen re-exports it inside the crate")]
pub struct Claimed {
    interface: Box<dyn ClaimedInterface>,
    /// of its current alternate setting, against which every transfer is checked
    endpoints: Vec<Endpoint>,
    grant: Option<InterfaceGrant>,
    /// counts what was refused
    refused: Arc<AtomicU64>,
    /// submitted and not yet reaped
    open: BTreeSet<Ticket>,
}

impl Claimed {
    pub(crate) fn new(
        interface: Box<dyn ClaimedInterface>,
        grant: Option<InterfaceGrant>,
        refused: Arc<AtomicU64>,
    ) -> Self {
        Self {
            endpoints: interface.identity().endpoints,
            interface,
            grant,
            refused,
            open: BTreeSet::new(),
        }
    }

    fn submit(&mut self, request: Request, timeout: Duration) -> Result<Ticket, Refusal> {
        if !self
            .grant
            .as_ref()
            .is_some_and(|grant| grant.allows(&request, &self.endpoints))
        {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(Refusal::NotGranted);
        }
        if length(&request) > MAX_TRANSFER_BYTES {
            return Err(Refusal::Invalid);
        }
        let ticket = self.interface.submit(request, timeout)?;
        self.open.insert(ticket);
        Ok(ticket)
    }

    fn wait(&mut self, tickets: &[Ticket], timeout: Duration) -> Option<transfer::Completion> {
        let completion = self.interface.wait(tickets, timeout)?;
        self.open.remove(&completion.ticket);
        Some(completion)
    }

    /// Of the tickets that a guest names, those that are not reaped yet: at most 16, however many it names. One stays where
    /// none is known, since an empty list means all.
    fn known(&self, named: Vec<u32>) -> Vec<Ticket> {
        let first = named.first().copied().map(Ticket);
        let mut known: Vec<Ticket> = named.into_iter().map(Ticket).collect();
        known.retain(|ticket| self.open.contains(ticket));
        known.sort_unstable();
        known.dedup();
        if known.is_empty() {
            known.extend(first);
        }
        known
    }

    /// Is there anything that such a wait could return?
    fn awaits(&self, tickets: &[Ticket]) -> bool {
        match tickets {
            [] => !self.open.is_empty(),
            tickets => tickets.iter().any(|ticket| self.open.contains(ticket)),
        }
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
        let timeout = self.clamped(timeout_ms, Instant::now());
        let submitted = self.submitted(&this, asked(request), timeout)?;
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
        let now = Instant::now();
        let until = now + self.clamped(timeout_ms, now);
        let tickets = self.table.get(&this)?.known(tickets);
        let completion = self.waited(&this, &tickets, until, now)?;
        self.returning();
        Ok(completion.map(completed))
    }

    fn transfer(
        &mut self,
        this: Resource<Claimed>,
        request: wire::Request,
        timeout_ms: u32,
    ) -> wasmtime::Result<Completion> {
        // One look at the clock for all: transfers are what a driver makes thousands of.
        let now = Instant::now();
        let timeout = self.clamped(timeout_ms, now);
        let completion = match self.submitted(&this, asked(request), timeout)? {
            Ok(ticket) => self.finished(&this, ticket, timeout, now)?,
            Err(refusal) => failed(
                Ticket(0),
                match refusal {
                    Refusal::NoDevice => Status::NoDevice,
                    Refusal::NotGranted => Status::NotGranted,
                    Refusal::Busy | Refusal::Invalid => Status::IoError,
                },
            ),
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
        let selected = if claimed
            .grant
            .as_ref()
            .is_some_and(|grant| grant.allows_alternate(setting))
        {
            let selected = claimed.interface.select_alternate(setting);
            claimed.endpoints = claimed.interface.identity().endpoints;
            selected
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
    fn clamped(&self, timeout_ms: u32, now: Instant) -> Duration {
        let longest = self.latest_end(now).saturating_duration_since(now);
        Duration::from_millis(u64::from(timeout_ms.clamp(1, MAX_TIMEOUT_MS))).min(longest)
    }

    fn submitted(
        &mut self,
        this: &Resource<Claimed>,
        request: Request,
        timeout: Duration,
    ) -> wasmtime::Result<Result<Ticket, Refusal>> {
        let cancelled = self.is_cancelled();
        let submitted = self.table.get_mut(this)?.submit(request, timeout);
        // A cancellation since then may have come before the transfer, with nothing to cancel.
        if let (Ok(ticket), false, true) = (&submitted, cancelled, self.is_cancelled()) {
            self.table.get_mut(this)?.interface.cancel(*ticket);
        }
        Ok(submitted)
    }

    /// Waits as the contract says: once the call is cancelled, only for what was submitted and is not yet back.
    fn waited(
        &mut self,
        this: &Resource<Claimed>,
        tickets: &[Ticket],
        until: Instant,
        mut now: Instant,
    ) -> wasmtime::Result<Option<transfer::Completion>> {
        loop {
            // Anew each time: a cancellation shortens it.
            let latest = self.latest_end(now);
            let cancelled = self.is_cancelled();
            let claimed = self.table.get_mut(this)?;
            let left = if cancelled && !claimed.awaits(tickets) {
                Duration::ZERO
            } else {
                until.min(latest).saturating_duration_since(now)
            };
            let completion = claimed.wait(tickets, left.min(SLICE));
            if completion.is_some() || left.is_zero() {
                return Ok(completion);
            }
            now = Instant::now();
        }
    }

    /// Waits for one transfer, which always ends by its own time-out at the latest. Where its bus loses it, the call
    /// still ends.
    fn finished(
        &mut self,
        this: &Resource<Claimed>,
        ticket: Ticket,
        timeout: Duration,
        now: Instant,
    ) -> wasmtime::Result<transfer::Completion> {
        if let Some(completion) = self.waited(this, &[ticket], now + timeout + LATE, now)? {
            return Ok(completion);
        }
        let claimed = self.table.get_mut(this)?;
        claimed.interface.cancel(ticket);
        let completion = claimed.wait(&[ticket], SETTLE);
        Ok(completion.unwrap_or_else(|| failed(ticket, Status::IoError)))
    }
}

/// A transfer that ended badly before anything moved.
fn failed(ticket: Ticket, status: Status) -> transfer::Completion {
    transfer::Completion {
        ticket,
        status,
        actual: 0,
        data: Vec::new(),
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::clock::{Clock, Control};
    use crate::grants::{Allowed, Grants};
    use crate::plugin_log::LogMode;
    use devices::bus::Bus as _;
    use devices::transfer::{Canceller, Identity as Who};
    use plugin_package::Manifest;
    use simulator::virtual_device::{Nb1010, VirtualBus};
    use std::sync::Arc;
    use wasmtime::component::Resource;
    use wire::HostClaimedInterface as _;

    const ASK: &str = r#"
        name = "reader"
        contract = "kiosk:driver/fingerprint-scanner-driver@0.1.0"
        minimum-host = "0.1.0"
        [[usb]]
        vendor = 0x298d
        product = 0x1010
        interface = 0
        endpoints = [ { address = 0x83, kind = "bulk", max-length = 540 } ]
    "#;
    const LONG_MS: u32 = 30_000;
    const AT_ONCE: Duration = Duration::from_millis(50);

    /// When the host cancels, as seen from the bus.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Cancels {
        Never,
        /// just before the transfer is queued
        BeforeSubmit,
        /// just before the wait begins
        BeforeWait,
    }

    /// A virtual reader whose call is cancelled at the worst moment, or whose completions get lost.
    struct Awkward {
        inner: Box<dyn ClaimedInterface>,
        control: Arc<Control>,
        cancels: Cancels,
        loses: bool,
    }

    impl ClaimedInterface for Awkward {
        fn identity(&self) -> Who {
            self.inner.identity()
        }

        fn submit(&mut self, request: Request, timeout: Duration) -> Result<Ticket, Refusal> {
            if self.cancels == Cancels::BeforeSubmit {
                self.control.cancel();
            }
            self.inner.submit(request, timeout)
        }

        fn cancel(&mut self, ticket: Ticket) {
            self.inner.cancel(ticket);
        }

        fn wait(&mut self, tickets: &[Ticket], timeout: Duration) -> Option<transfer::Completion> {
            if self.cancels == Cancels::BeforeWait {
                self.control.cancel();
            }
            if self.loses {
                std::thread::sleep(timeout);
                return None;
            }
            self.inner.wait(tickets, timeout)
        }

        fn clear_halt(&mut self, endpoint: u8) -> Result<(), Status> {
            self.inner.clear_halt(endpoint)
        }

        fn select_alternate(&mut self, setting: u8) -> Result<(), Status> {
            self.inner.select_alternate(setting)
        }

        fn canceller(&self) -> Canceller {
            self.inner.canceller()
        }
    }

    /// A guest within a call, with its interface.
    struct Bench {
        store: wasmtime::Store<Guest>,
        control: Arc<Control>,
        rep: u32,
    }

    impl Bench {
        fn new(cancels: Cancels, loses: bool, call: Duration) -> Self {
            let bus = VirtualBus::new();
            let place = bus.plug(Nb1010::new("T1"));
            let inner = bus.open(&place, 0).unwrap();
            let control = Arc::new(Control::with(vec![inner.canceller()]));
            let manifest = Manifest::from_plugin_toml(ASK, "0.1.0").unwrap();
            let grants = Grants::effective(&manifest, &Allowed::all_asked(&manifest));
            let grant = grants.interface(0x298d, 0x1010, 0).cloned();
            let awkward = Awkward {
                inner,
                control: Arc::clone(&control),
                cancels,
                loses,
            };
            let engine = wasmtime::Engine::default();
            let log = std::sync::Mutex::new(crate::plugin_log::PluginLog::new("reader", LogMode::Production, &[]));
            let log = std::sync::Arc::new(log);
            let mut store = crate::guest::store(&engine, 1 << 20, &log);
            let claimed = Claimed::new(Box::new(awkward), grant, Arc::default());
            let rep = store.data_mut().table.push(claimed).unwrap().rep();
            store.data_mut().clock = Some(Clock::start(call, Duration::from_secs(1), Arc::clone(&control)));
            Self { store, control, rep }
        }

        fn interface(&self) -> Resource<Claimed> {
            Resource::new_borrow(self.rep)
        }

        fn pause(&mut self) -> Option<Completion> {
            let this = self.interface();
            self.store.data_mut().wait(this, Vec::new(), LONG_MS).unwrap()
        }

        /// How a read of nothing ends.
        fn read(&mut self) -> wire::Status {
            let this = self.interface();
            let request = wire::Request::DataIn(DataRead {
                endpoint: 0x83,
                length: 540,
            });
            self.store.data_mut().transfer(this, request, LONG_MS).unwrap().status
        }
    }

    #[test]
    fn a_pause_that_begins_after_the_cancellation_ends_at_once() {
        let mut bench = Bench::new(Cancels::Never, false, Duration::from_secs(60));
        bench.control.cancel();
        let started = Instant::now();
        assert!(bench.pause().is_none());
        assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    }

    #[test]
    fn a_cancellation_between_the_call_and_its_wait_is_not_missed() {
        for cancels in [Cancels::BeforeSubmit, Cancels::BeforeWait] {
            let mut bench = Bench::new(cancels, false, Duration::from_secs(60));
            let started = Instant::now();
            assert_eq!(bench.read(), wire::Status::Cancelled);
            assert!(bench.pause().is_none());
            assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
        }
        let mut bench = Bench::new(Cancels::BeforeWait, false, Duration::from_secs(60));
        let started = Instant::now();
        assert!(bench.pause().is_none());
        assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    }

    #[test]
    fn the_next_call_waits_again_as_long_as_it_asks() {
        let mut bench = Bench::new(Cancels::Never, false, Duration::from_millis(300));
        bench.control.cancel();
        bench.control.end();
        bench.control.begin();
        let this = bench.interface();
        let started = Instant::now();
        assert!(bench.store.data_mut().wait(this, Vec::new(), 200).unwrap().is_none());
        assert!(
            started.elapsed() >= Duration::from_millis(200),
            "{:?}",
            started.elapsed()
        );
    }

    #[test]
    fn a_transfer_that_its_bus_loses_ends_as_a_fault_of_the_bus() {
        let mut bench = Bench::new(Cancels::Never, true, Duration::from_millis(100));
        let started = Instant::now();
        assert_eq!(bench.read(), wire::Status::IoError);
        // What the call has left with its grace, and the time to settle.
        assert!(
            started.elapsed() < Duration::from_millis(3_500),
            "{:?}",
            started.elapsed()
        );
    }
}

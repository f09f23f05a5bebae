//! One USB transfer: what is asked of the bus and what came of it. Semantics follow the WASI-USB proposal where both
//! overlap; the same words stand in `wit/driver`.

use std::time::Duration;

/// Bit 7 of an endpoint address: set for IN (device to host).
pub const ENDPOINT_IN: u8 = 0x80;
/// Longest data of one transfer, in bytes.
pub const MAX_TRANSFER_BYTES: usize = 1 << 20;
/// Most transfers pending or not yet reaped on one claimed interface.
pub const MAX_PENDING: usize = 16;

/// How data moves on an endpoint. Isochronous is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndpointKind {
    /// large, error-checked, no guaranteed time
    Bulk,
    /// small, polled
    Interrupt,
}

/// One endpoint of the claimed interface's current alternate setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// bEndpointAddress, bit 7 set for IN
    pub address: u8,
    /// how data moves
    pub kind: EndpointKind,
    /// wMaxPacketSize in bytes
    pub max_packet_size: u16,
}

/// USB 2.0, table 9-2: bits 5 and 6 of bmRequestType.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// chapter 9
    Standard,
    /// a device class's
    Class,
    /// the vendor's
    Vendor,
}

/// USB 2.0, table 9-2: bits 0 to 4 of bmRequestType.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// A control request without direction and wLength: both follow from the transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

impl Setup {
    /// bmRequestType for a transfer in this direction.
    #[must_use]
    pub fn request_type(&self, input: bool) -> u8 {
        let kind = match self.kind {
            RequestKind::Standard => 0,
            RequestKind::Class => 1,
            RequestKind::Vendor => 2,
        };
        let recipient = match self.recipient {
            Recipient::Device => 0,
            Recipient::Interface => 1,
            Recipient::Endpoint => 2,
            Recipient::Other => 3,
        };
        (u8::from(input) << 7) | (kind << 5) | recipient
    }
}

/// What a transfer asks of the bus. Lengths reach the bus exactly as given.
#[derive(Clone, PartialEq, Eq)]
pub enum Request {
    /// control, device to host
    ControlIn {
        /// the request
        setup: Setup,
        /// wLength
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
        /// an IN endpoint
        endpoint: u8,
        /// exact buffer length, 1 to [`MAX_TRANSFER_BYTES`]
        length: u32,
    },
    /// bulk or interrupt, host to device
    DataOut {
        /// an OUT endpoint
        endpoint: u8,
        /// 0 to [`MAX_TRANSFER_BYTES`] bytes
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

/// How a transfer ended. After `NoDevice` every later one ends so too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// done; fewer bytes than asked is a short packet, not an error
    Completed,
    /// the time ran out; what had moved is reported
    TimedOut,
    /// taken back
    Cancelled,
    /// the endpoint halted (STALL)
    Stalled,
    /// the device sent more than was asked (babble)
    Overflow,
    /// unplugged
    NoDevice,
    /// anything else on the bus
    IoError,
    /// refused before it reached the bus
    NotGranted,
}

/// Names a pending transfer of one claimed interface; never reused within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u32);

/// Why a transfer was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// unplugged
    #[error("the device is gone")]
    NoDevice,
    /// not in the grants
    #[error("the request is not granted")]
    NotGranted,
    /// [`MAX_PENDING`] are pending or not yet reaped
    #[error("too many transfers are pending")]
    Busy,
    /// no such endpoint in the current alternate setting, or a length out of range
    #[error("no such endpoint, or a length out of range")]
    Invalid,
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

/// Data may be biometric: only lengths are shown.
impl std::fmt::Debug for Completion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?} {} bytes", self.ticket, self.status, self.actual)
    }
}

/// Who a device is, with its claimed interface. Strings may come from the system instead of the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// idVendor
    pub vendor_id: u16,
    /// idProduct
    pub product_id: u16,
    /// bcdDevice
    pub release: u16,
    /// iManufacturer
    pub manufacturer: Option<String>,
    /// iProduct
    pub product: Option<String>,
    /// iSerialNumber
    pub serial: Option<String>,
    /// bInterfaceNumber
    pub interface_number: u8,
    /// class, subclass, protocol of the interface
    pub interface_class: (u8, u8, u8),
    /// of the current alternate setting
    pub endpoints: Vec<Endpoint>,
}

/// The claimed interface of one device: the seam on which real, virtual and recorded devices stand. Dropping it
/// cancels what is pending, waits for it, and releases the interface.
pub trait ClaimedInterface: Send {
    /// Who it is, with the endpoints of the current alternate setting.
    fn identity(&self) -> Identity;

    /// Queues a transfer; it is on the bus when this returns.
    ///
    /// # Errors
    /// [`Refusal`]: nothing was queued.
    fn submit(&mut self, request: Request, timeout: Duration) -> Result<Ticket, Refusal>;

    /// Asks for the end of a pending transfer; its completion still comes, `Cancelled` or what it became. A ticket
    /// that is not pending is ignored.
    fn cancel(&mut self, ticket: Ticket);

    /// The first completion among these tickets (all pending and unreaped ones if empty), or none after the time-out.
    /// With nothing pending it is a pause. A ticket is reaped by the wait that returns it. Ends early with none when
    /// [`Canceller::cancel`] is called and nothing completed.
    fn wait(&mut self, tickets: &[Ticket], timeout: Duration) -> Option<Completion>;

    /// Clears an endpoint's halt.
    ///
    /// # Errors
    /// The status that the request ended with.
    fn clear_halt(&mut self, endpoint: u8) -> Result<(), Status>;

    /// Selects an alternate setting of the interface. Platforms that cannot do it answer `Ok` where the setting is
    /// the current one.
    ///
    /// # Errors
    /// The status that the request ended with.
    fn select_alternate(&mut self, setting: u8) -> Result<(), Status>;

    /// A handle with which another thread ends this interface's waiting.
    fn canceller(&self) -> Canceller;
}

/// Ends a claimed interface's pending transfers and waits from another thread. Cloned freely.
#[derive(Clone)]
pub struct Canceller(std::sync::Arc<dyn Fn() + Send + Sync>);

impl Canceller {
    /// A canceller that calls this.
    pub fn new(cancel: impl Fn() + Send + Sync + 'static) -> Self {
        Self(std::sync::Arc::new(cancel))
    }

    /// Every pending transfer ends `Cancelled`, every wait returns; the interface stays usable afterwards.
    pub fn cancel(&self) {
        (self.0)();
    }
}

impl std::fmt::Debug for Canceller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Canceller")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// bmRequestType by USB 2.0, table 9-2: (kind, recipient, input, value)
    const REQUEST_TYPES: [(RequestKind, Recipient, bool, u8); 6] = [
        (RequestKind::Standard, Recipient::Device, true, 0x80),
        (RequestKind::Standard, Recipient::Endpoint, false, 0x02),
        (RequestKind::Class, Recipient::Interface, true, 0xa1),
        (RequestKind::Class, Recipient::Interface, false, 0x21),
        (RequestKind::Vendor, Recipient::Device, true, 0xc0),
        (RequestKind::Vendor, Recipient::Other, false, 0x43),
    ];

    #[test]
    fn a_request_type_has_the_bits_of_the_standards_table() {
        for (kind, recipient, input, value) in REQUEST_TYPES {
            let setup = Setup {
                kind,
                recipient,
                request: 4,
                value: 0x07,
                index: 0,
            };
            assert_eq!(setup.request_type(input), value, "{kind:?} {recipient:?} {input}");
        }
    }

    #[test]
    fn what_moved_over_the_bus_is_never_shown_in_debug_output() {
        let secret = vec![0xa7; 32];
        let request = Request::DataOut {
            endpoint: 2,
            data: secret.clone(),
        };
        let completion = Completion {
            ticket: Ticket(1),
            status: Status::Completed,
            actual: 32,
            data: secret,
        };
        let shown = format!("{request:?} {completion:?}");
        assert_eq!(shown, "data-out 02 32 bytes Ticket(1) Completed 32 bytes");
    }
}

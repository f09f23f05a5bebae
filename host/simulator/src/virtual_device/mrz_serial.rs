//! A virtual document reader on a serial line over USB (CDC 1.2, its PSTN subclass 1.2, abstract control model): requests go
//! to the communication interface, a document's lines come over the data interface, in bursts as a slow line fills them.
//!
//! It sends only while the host is there (DTR). A burst of exactly one full packet has an empty one behind it, which ends
//! the transfer.

use super::bell::{Bell, locked};
use super::device::{Answer, Device, Misbehaviour};
use super::outbox::Outbox;
use crate::document::Document;
use devices::transfer::{Endpoint, EndpointKind, Identity, Recipient, RequestKind, Setup};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const COMMUNICATION: u8 = 0;
const DATA: u8 = 1;
const IN: u8 = 0x81;
const OUT: u8 = 0x01;
const NOTIFICATIONS: u8 = 0x82;
/// wMaxPacketSize of the data interface at full speed.
const MAX_PACKET: u16 = 64;

/// wMaxPacketSize of the communication interface.
const NOTIFICATION_PACKET: u16 = 16;

/// Class requests (PSTN 1.2, section 6.3).
const SET_LINE_CODING: u8 = 0x20;
const GET_LINE_CODING: u8 = 0x21;
const SET_CONTROL_LINE_STATE: u8 = 0x22;
/// Bit 0 of SET_CONTROL_LINE_STATE: the host is there.
const DTR: u16 = 1;
/// SERIAL_STATE (PSTN 1.2, section 6.5.4): carrier and ready.
const READY: [u8; 10] = [0xa1, 0x20, 0, 0, 0, 0, 2, 0, 0x03, 0];

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

/// How lines are put on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// STX, lines with CR between them, ETX, and the exclusive or of all bytes after STX up to ETX
    #[default]
    Checked,
    /// every line with CR LF behind it
    Plain,
}

/// A reader on a serial line. A handle, cloned freely: plug one clone in, keep another.
#[derive(Clone)]
pub struct MrzSerial {
    bell: Bell,
    serial: String,
    framing: Framing,
    /// bytes of one burst
    burst: usize,
    outbox: Outbox,
    notifications: Outbox,
    state: Arc<Mutex<State>>,
}

struct State {
    /// rate u32, stop bits, parity, data bits (PSTN 1.2, table 17)
    coding: [u8; 7],
    ready: bool,
}

/// After power-on: 115,200 baud, 8N1.
impl Default for State {
    fn default() -> Self {
        Self {
            coding: [0x00, 0xc2, 0x01, 0, 0, 0, 8],
            ready: false,
        }
    }
}

impl std::fmt::Debug for MrzSerial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MrzSerial {} with {} packets", self.serial, self.outbox.len())
    }
}

impl MrzSerial {
    /// A device with this serial number and no document on it, which sends bursts of 24 bytes.
    #[must_use]
    pub fn new(serial: &str, framing: Framing) -> Self {
        let bell = Bell::default();
        Self {
            outbox: Outbox::new(bell.clone(), usize::from(MAX_PACKET)),
            notifications: Outbox::new(bell.clone(), usize::from(NOTIFICATION_PACKET)),
            bell,
            serial: serial.to_owned(),
            framing,
            burst: 24,
            state: Arc::default(),
        }
    }

    /// The same device with bursts of so many bytes, 1 to 64.
    #[must_use]
    pub fn with_bursts(self, bytes: usize) -> Self {
        Self {
            burst: bytes.clamp(1, usize::from(MAX_PACKET)),
            ..self
        }
    }

    /// A document is read after this delay.
    pub fn present(&self, document: &Document, delay: Duration) {
        self.send(&self.framed(document), delay);
    }

    /// A document is pulled away: only the first so many bytes of what would have been sent are.
    pub fn present_part(&self, document: &Document, bytes: usize, delay: Duration) {
        let all = self.framed(document);
        self.send(&all[..bytes.min(all.len())], delay);
    }

    /// A document is read over a bad line: the byte at this place has a bit turned.
    pub fn present_garbled(&self, document: &Document, place: usize, delay: Duration) {
        let mut all = self.framed(document);
        all.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 0x01);
        self.send(&all, delay);
    }

    /// From now on it misbehaves so.
    pub fn misbehave(&self, misbehaviour: Misbehaviour) {
        self.outbox.misbehave(misbehaviour);
    }

    fn framed(&self, document: &Document) -> Vec<u8> {
        let lines = document.lines();
        match self.framing {
            Framing::Plain => lines.iter().flat_map(|line| line.bytes().chain(*b"\r\n")).collect(),
            Framing::Checked => {
                let mut bytes = lines.join("\r").into_bytes();
                bytes.push(ETX);
                let check = bytes.iter().fold(0, |sum, byte| sum ^ byte);
                bytes.insert(0, STX);
                bytes.push(check);
                bytes
            }
        }
    }

    fn send(&self, bytes: &[u8], delay: Duration) {
        let mut packets = Vec::new();
        for burst in bytes.chunks(self.burst) {
            packets.push(burst.to_vec());
            if burst.len() == usize::from(MAX_PACKET) {
                packets.push(Vec::new());
            }
        }
        self.outbox.put(packets, delay);
    }
}

/// A class request to the communication interface?
fn is_ours(setup: &Setup) -> bool {
    (setup.kind, setup.recipient, setup.index) == (RequestKind::Class, Recipient::Interface, u16::from(COMMUNICATION))
}

impl Device for MrzSerial {
    fn identity(&self) -> Identity {
        Identity {
            // pid.codes: numbers for tests
            vendor_id: 0x1209,
            product_id: 0x0003,
            release: 0x0100,
            manufacturer: Some("Simulator".to_owned()),
            product: Some("Serial document reader".to_owned()),
            serial: Some(self.serial.clone()),
            interface_number: COMMUNICATION,
            // CDC 1.2, section 4.2: communications, abstract control model
            interface_class: (2, 2, 0),
            endpoints: vec![Endpoint {
                address: NOTIFICATIONS,
                kind: EndpointKind::Interrupt,
                max_packet_size: NOTIFICATION_PACKET,
            }],
        }
    }

    fn interfaces(&self) -> Vec<Identity> {
        let endpoint = |address| Endpoint {
            address,
            kind: EndpointKind::Bulk,
            max_packet_size: MAX_PACKET,
        };
        let data = Identity {
            interface_number: DATA,
            // CDC 1.2, section 4.5
            interface_class: (0x0a, 0, 0),
            endpoints: vec![endpoint(IN), endpoint(OUT)],
            ..self.identity()
        };
        vec![self.identity(), data]
    }

    fn bell(&self) -> Bell {
        self.bell.clone()
    }

    fn plugged(&mut self) {
        *locked(&self.state) = State::default();
        self.outbox.clear();
        self.notifications.clear();
    }

    fn control_in(&mut self, setup: &Setup, _length: u16) -> Answer {
        match setup.request {
            _ if self.outbox.is_silent() => Answer::Pending,
            GET_LINE_CODING if is_ours(setup) => Answer::Done(locked(&self.state).coding.to_vec()),
            _ => Answer::Stalled,
        }
    }

    fn control_out(&mut self, setup: &Setup, data: &[u8]) -> Answer {
        if self.outbox.is_silent() {
            return Answer::Pending;
        }
        let mut state = locked(&self.state);
        match (setup.request, <[u8; 7]>::try_from(data)) {
            (SET_LINE_CODING, Ok(coding)) if is_ours(setup) => state.coding = coding,
            (SET_CONTROL_LINE_STATE, Err(_)) if is_ours(setup) && data.is_empty() => {
                state.ready = setup.value & DTR != 0;
                if state.ready {
                    self.notifications.put(vec![READY.to_vec()], Duration::ZERO);
                }
            }
            _ => return Answer::Stalled,
        }
        Answer::Done(Vec::new())
    }

    /// It takes no commands.
    fn data_out(&mut self, _endpoint: u8, _data: &[u8]) -> Answer {
        Answer::Done(Vec::new())
    }

    fn data_in(&mut self, endpoint: u8, length: u32) -> Answer {
        match endpoint {
            NOTIFICATIONS => self.notifications.read(length),
            _ if !locked(&self.state).ready => Answer::Pending,
            _ => self.outbox.read(length),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::document::Form;
    use crate::person::person;
    use crate::virtual_device::VirtualBus;
    use devices::bus::{Bus as _, OpenError, Place};
    use devices::transfer::{ClaimedInterface, Refusal, Request, Status};

    const LONG: Duration = Duration::from_secs(10);
    const SHORT: Duration = Duration::from_millis(30);

    fn both(device: &MrzSerial) -> (VirtualBus, Place, [Box<dyn ClaimedInterface>; 2]) {
        let bus = VirtualBus::new();
        let place = bus.plug(device.clone());
        let interfaces = [COMMUNICATION, DATA].map(|number| bus.open(&place, number).unwrap());
        (bus, place, interfaces)
    }

    fn request(request: u8, value: u16, data: &[u8]) -> Request {
        Request::ControlOut {
            setup: Setup {
                kind: RequestKind::Class,
                recipient: Recipient::Interface,
                request,
                value,
                index: 0,
            },
            data: data.to_vec(),
        }
    }

    fn data_in(endpoint: u8, length: u32) -> Request {
        Request::DataIn { endpoint, length }
    }

    fn moved(interface: &mut dyn ClaimedInterface, request: Request) -> (Status, Vec<u8>) {
        let ticket = interface.submit(request, SHORT).unwrap();
        let done = interface.wait(&[ticket], LONG).unwrap();
        (done.status, done.data)
    }

    fn document() -> Document {
        Document::of(&person(1, 1), Form::Td3)
    }

    #[test]
    fn both_interfaces_are_listed_and_each_is_claimed_once_until_it_is_dropped() {
        let (bus, place, [communication, data]) = both(&MrzSerial::new("SIM", Framing::Plain));
        assert_eq!(bus.list().unwrap()[0].interfaces, [0, 1]);
        assert_eq!(communication.identity().interface_class, (2, 2, 0));
        assert_eq!(data.identity().interface_class, (0x0a, 0, 0));
        assert_eq!(
            bus.open(&place, 2).err(),
            Some(OpenError::NoInterface(place.clone(), 2))
        );
        assert_eq!(bus.open(&place, 1).err(), Some(OpenError::Busy(place.clone())));
        drop(data);
        assert!(bus.open(&place, 1).is_ok());
        assert_eq!(bus.open(&place, 0).err(), Some(OpenError::Busy(place.clone())));
    }

    #[test]
    fn an_interface_moves_data_on_its_own_endpoints_alone() {
        let (_bus, _place, [mut communication, mut data]) = both(&MrzSerial::new("SIM", Framing::Plain));
        assert_eq!(communication.submit(data_in(IN, 64), SHORT), Err(Refusal::Invalid));
        assert_eq!(data.submit(data_in(NOTIFICATIONS, 16), SHORT), Err(Refusal::Invalid));
    }

    #[test]
    fn what_is_cancelled_or_dropped_on_one_interface_stays_pending_on_the_other() {
        let device = MrzSerial::new("SIM", Framing::Plain);
        let (_bus, _place, [mut communication, mut data]) = both(&device);
        let read = data.submit(data_in(IN, 64), LONG).unwrap();
        let notified = communication.submit(data_in(NOTIFICATIONS, 16), LONG).unwrap();
        communication.canceller().cancel();
        let cancelled = communication.wait(&[notified], LONG).unwrap();
        assert_eq!(cancelled.status, Status::Cancelled);
        assert_eq!(data.wait(&[], SHORT), None);
        moved(&mut *communication, request(SET_CONTROL_LINE_STATE, 3, &[]));
        drop(communication);
        device.present(&document(), Duration::ZERO);
        assert_eq!(
            data.wait(&[read], LONG).map(|done| done.status),
            Some(Status::Completed)
        );
    }

    #[test]
    fn a_pulled_plug_ends_what_is_pending_on_both_interfaces() {
        let (bus, place, [mut communication, mut data]) = both(&MrzSerial::new("SIM", Framing::Plain));
        data.submit(data_in(IN, 64), LONG).unwrap();
        communication.submit(data_in(NOTIFICATIONS, 16), LONG).unwrap();
        bus.unplug(&place);
        for interface in [&mut communication, &mut data] {
            assert_eq!(
                interface.wait(&[], LONG).map(|done| done.status),
                Some(Status::NoDevice)
            );
        }
    }

    #[test]
    fn requests_set_the_line_and_others_stall() {
        let (_bus, _place, [mut communication, _data]) = both(&MrzSerial::new("SIM", Framing::Plain));
        let coding = [0x80, 0x25, 0, 0, 0, 0, 8];
        let get = |request| Request::ControlIn {
            setup: Setup {
                kind: RequestKind::Class,
                recipient: Recipient::Interface,
                request,
                value: 0,
                index: 0,
            },
            length: 7,
        };
        let before = moved(&mut *communication, get(GET_LINE_CODING));
        assert_eq!(before, (Status::Completed, vec![0, 0xc2, 1, 0, 0, 0, 8]));
        let set =
            |interface: &mut dyn ClaimedInterface, data: &[u8]| moved(interface, request(SET_LINE_CODING, 0, data)).0;
        assert_eq!(set(&mut *communication, &coding[..6]), Status::Stalled);
        assert_eq!(set(&mut *communication, &coding), Status::Completed);
        assert_eq!(moved(&mut *communication, get(GET_LINE_CODING)).1, coding);
        assert_eq!(moved(&mut *communication, get(0x7f)).0, Status::Stalled);
        moved(&mut *communication, request(SET_CONTROL_LINE_STATE, 3, &[]));
        assert_eq!(moved(&mut *communication, data_in(NOTIFICATIONS, 16)).1, READY);
    }

    /// Bytes of a burst, of a read, and how long the first reads of the 92 bytes of a document are.
    const READS: [(usize, u32, &[usize]); 5] = [
        (64, 64, &[64, 0, 28]),
        (64, 512, &[64, 28]),
        (24, 64, &[24, 24, 24, 20]),
        (24, 512, &[24, 24, 24, 20]),
        (64, 128, &[64, 28]),
    ];

    #[test]
    fn a_transfer_ends_with_a_packet_that_is_not_full_or_with_its_buffer() {
        for (burst, length, expected) in READS {
            let device = MrzSerial::new("SIM", Framing::Checked).with_bursts(burst);
            let (_bus, _place, [mut communication, mut data]) = both(&device);
            moved(&mut *communication, request(SET_CONTROL_LINE_STATE, 3, &[]));
            device.present(&document(), Duration::ZERO);
            for bytes in expected {
                let (status, came) = moved(&mut *data, data_in(IN, length));
                assert_eq!((status, came.len()), (Status::Completed, *bytes), "{burst} {length}");
            }
            assert_eq!(moved(&mut *data, data_in(IN, length)).0, Status::TimedOut);
        }
    }

    #[test]
    fn a_device_is_shown_without_its_documents() {
        let device = MrzSerial::new("SIM", Framing::Plain);
        device.present(&document(), Duration::ZERO);
        assert_eq!(format!("{device:?}"), "MrzSerial SIM with 4 packets");
    }
}

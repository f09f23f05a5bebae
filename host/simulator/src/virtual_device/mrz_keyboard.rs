//! A virtual document reader that types: a boot keyboard by its interface (USB HID 1.11, appendices B.1 and F), which sends
//! the lines of a document as keys of a US keyboard (HID Usage Tables 1.4, section 10), each with Enter behind it.
//!
//! After power-on it speaks its report protocol, in which a report has its number before it; in the boot protocol it has
//! not. It keeps its idle rate without acting on it: it types faster than any rate repeats.

use super::bell::{Bell, locked};
use super::device::{Answer, Device, Misbehaviour};
use super::outbox::Outbox;
use crate::document::Document;
use devices::transfer::{Endpoint, EndpointKind, Identity, Recipient, RequestKind, Setup};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const IN: u8 = 0x81;
const MAX_PACKET: u16 = 16;
/// The report's number in the report protocol.
const NUMBER: u8 = 1;
const LEFT_SHIFT: u8 = 0x02;
const ENTER: u8 = 0x28;
const COMMA: u8 = 0x36;

/// Class requests (USB HID 1.11, section 7.2).
const GET_IDLE: u8 = 0x02;
const GET_PROTOCOL: u8 = 0x03;
const SET_IDLE: u8 = 0x0a;
const SET_PROTOCOL: u8 = 0x0b;

/// A reader that types. A handle, cloned freely: plug one clone in, keep another.
#[derive(Clone)]
pub struct MrzKeyboard {
    bell: Bell,
    serial: String,
    outbox: Outbox,
    state: Arc<Mutex<State>>,
}

struct State {
    boot: bool,
    /// in 4 ms
    idle: u8,
}

/// After power-on (USB HID 1.11, sections 7.2.4 and 7.2.6).
impl Default for State {
    fn default() -> Self {
        Self { boot: false, idle: 125 }
    }
}

impl std::fmt::Debug for MrzKeyboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MrzKeyboard {} with {} reports", self.serial, self.outbox.len())
    }
}

/// A report of the boot protocol with at most one key: modifiers, 0, six keys.
fn report(modifiers: u8, key: u8) -> Vec<u8> {
    vec![modifiers, 0, key, 0, 0, 0, 0, 0]
}

/// Modifiers and key of a character; capitals with shift, as somebody types them.
fn key(character: u8) -> (u8, u8) {
    match character {
        b'A'..=b'Z' => (LEFT_SHIFT, character - b'A' + 0x04),
        b'1'..=b'9' => (0, character - b'1' + 0x1e),
        b'0' => (0, 0x27),
        b'\n' => (0, ENTER),
        // The zone's only other character is the filler.
        _ => (LEFT_SHIFT, COMMA),
    }
}

/// Every key down and up.
fn typed(characters: &[u8]) -> Vec<Vec<u8>> {
    let pressed = characters.iter().map(|character| key(*character));
    pressed
        .flat_map(|(modifiers, key)| [report(modifiers, key), report(0, 0)])
        .collect()
}

impl MrzKeyboard {
    /// A device with this serial number and no document on it.
    #[must_use]
    pub fn new(serial: &str) -> Self {
        let bell = Bell::default();
        Self {
            outbox: Outbox::new(bell.clone(), usize::from(MAX_PACKET)),
            bell,
            serial: serial.to_owned(),
            state: Arc::default(),
        }
    }

    /// A document is read after this delay.
    pub fn present(&self, document: &Document, delay: Duration) {
        self.present_part(document, usize::MAX, delay);
    }

    /// A document is pulled away: only so many of its characters, ends of lines among them, are read.
    pub fn present_part(&self, document: &Document, characters: usize, delay: Duration) {
        let text: Vec<u8> = document
            .lines()
            .iter()
            .flat_map(|line| line.bytes().chain(*b"\n"))
            .take(characters)
            .collect();
        self.outbox.put(typed(&text), delay);
    }

    /// From now on it misbehaves so.
    pub fn misbehave(&self, misbehaviour: Misbehaviour) {
        self.outbox.misbehave(misbehaviour);
    }
}

/// A class request to the one interface?
fn is_ours(setup: &Setup) -> bool {
    (setup.kind, setup.recipient, setup.index) == (RequestKind::Class, Recipient::Interface, 0)
}

impl Device for MrzKeyboard {
    fn identity(&self) -> Identity {
        Identity {
            // pid.codes: numbers for tests
            vendor_id: 0x1209,
            product_id: 0x0002,
            release: 0x0100,
            manufacturer: Some("Simulator".to_owned()),
            product: Some("Typing document reader".to_owned()),
            serial: Some(self.serial.clone()),
            interface_number: 0,
            // USB HID 1.11, section 4.2 and 4.3: HID, boot interface, keyboard
            interface_class: (3, 1, 1),
            endpoints: vec![Endpoint {
                address: IN,
                kind: EndpointKind::Interrupt,
                max_packet_size: MAX_PACKET,
            }],
        }
    }

    fn bell(&self) -> Bell {
        self.bell.clone()
    }

    fn plugged(&mut self) {
        *locked(&self.state) = State::default();
        self.outbox.clear();
    }

    fn control_in(&mut self, setup: &Setup, _length: u16) -> Answer {
        let state = locked(&self.state);
        match setup.request {
            _ if self.outbox.is_silent() => Answer::Pending,
            GET_IDLE if is_ours(setup) => Answer::Done(vec![state.idle]),
            GET_PROTOCOL if is_ours(setup) => Answer::Done(vec![u8::from(!state.boot)]),
            _ => Answer::Stalled,
        }
    }

    fn control_out(&mut self, setup: &Setup, data: &[u8]) -> Answer {
        let mut state = locked(&self.state);
        let [low, high] = setup.value.to_le_bytes();
        match (setup.request, low) {
            _ if self.outbox.is_silent() => return Answer::Pending,
            _ if !is_ours(setup) || !data.is_empty() => return Answer::Stalled,
            (SET_IDLE, 0) => state.idle = high,
            (SET_PROTOCOL, 0) => state.boot = true,
            (SET_PROTOCOL, 1) => state.boot = false,
            _ => return Answer::Stalled,
        }
        Answer::Done(Vec::new())
    }

    fn data_out(&mut self, _endpoint: u8, _data: &[u8]) -> Answer {
        Answer::Stalled
    }

    fn data_in(&mut self, _endpoint: u8, length: u32) -> Answer {
        let boot = locked(&self.state).boot;
        match self.outbox.read(length) {
            Answer::Done(report) if !boot => Answer::Done([vec![NUMBER], report].concat()),
            answer => answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Form;
    use crate::person::person;

    fn class(request: u8, value: u16) -> Setup {
        Setup {
            kind: RequestKind::Class,
            recipient: Recipient::Interface,
            request,
            value,
            index: 0,
        }
    }

    fn done() -> Answer {
        Answer::Done(Vec::new())
    }

    #[test]
    fn requests_set_protocol_and_idle_rate_until_the_power_goes() {
        let mut device = MrzKeyboard::new("SIM");
        assert_eq!(device.control_in(&class(GET_PROTOCOL, 0), 1), Answer::Done(vec![1]));
        assert_eq!(device.control_in(&class(GET_IDLE, 0), 1), Answer::Done(vec![125]));
        assert_eq!(device.control_out(&class(SET_PROTOCOL, 0), &[]), done());
        assert_eq!(device.control_out(&class(SET_IDLE, 0x0500), &[]), done());
        assert_eq!(device.control_in(&class(GET_PROTOCOL, 0), 1), Answer::Done(vec![0]));
        assert_eq!(device.control_in(&class(GET_IDLE, 0), 1), Answer::Done(vec![5]));
        device.plugged();
        assert_eq!(device.control_in(&class(GET_PROTOCOL, 0), 1), Answer::Done(vec![1]));
    }

    #[test]
    fn requests_that_a_keyboard_has_not_stall() {
        let mut device = MrzKeyboard::new("SIM");
        let elsewhere = Setup {
            index: 1,
            ..class(SET_PROTOCOL, 0)
        };
        for setup in [class(SET_PROTOCOL, 2), class(SET_IDLE, 1), class(0x7f, 0), elsewhere] {
            assert_eq!(device.control_out(&setup, &[]), Answer::Stalled, "{setup:?}");
        }
        assert_eq!(device.control_out(&class(SET_PROTOCOL, 0), &[0]), Answer::Stalled);
    }

    /// The first reports of a passport, `P<`, in the boot protocol.
    const TYPED: [[u8; 8]; 4] = [
        [0x02, 0, 0x13, 0, 0, 0, 0, 0],
        [0; 8],
        [0x02, 0, 0x36, 0, 0, 0, 0, 0],
        [0; 8],
    ];

    #[test]
    fn keys_go_down_and_up_and_a_report_has_its_number_in_the_report_protocol_alone() {
        for boot in [false, true] {
            let mut device = MrzKeyboard::new("SIM");
            device.present(&Document::of(&person(1, 1), Form::Td3), Duration::ZERO);
            device.control_out(&class(SET_PROTOCOL, u16::from(!boot)), &[]);
            for report in TYPED {
                let expected = if boot {
                    report.to_vec()
                } else {
                    [&[1], report.as_slice()].concat()
                };
                assert_eq!(device.data_in(IN, 8), Answer::Done(expected));
            }
            // 90 keys in all.
            assert_eq!(device.outbox.len(), 180 - TYPED.len());
            assert_eq!(format!("{device:?}"), "MrzKeyboard SIM with 176 reports");
        }
    }

    #[test]
    fn without_a_document_nothing_is_typed() {
        let mut device = MrzKeyboard::new("SIM");
        assert_eq!(device.data_in(IN, 8), Answer::Pending);
        let document = Document::of(&person(1, 1), Form::Td3);
        device.present_part(&document, 1, Duration::ZERO);
        assert_eq!(
            [(); 3].map(|()| device.data_in(IN, 8) == Answer::Pending),
            [false, false, true]
        );
    }
}

//! A virtual AuthenTec AES3500: registers are written, and one image is sent once a finger lies on the sensor.
//!
//! The protocol is the one that `device-drivers/aes3500` was written for, from the same recording, but written down a
//! second time: the driver's mistakes are not the model's.

use super::bell::{Bell, locked};
use super::device::{Answer, Device, Misbehaviour};
use super::finger::{FingerHandle, Sensor};
use devices::transfer::{Endpoint, EndpointKind, Identity, Setup};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// Pixels in a line.
pub const WIDTH: u16 = 128;
/// Lines.
pub const HEIGHT: u16 = 128;
/// Pixels per inch.
pub const DPI: u16 = 500;

const OUT: u8 = 0x02;
const IN: u8 = 0x81;
const SIDE: usize = WIDTH as usize;
/// Lines in one of the eight parts of an image.
const PART: usize = 16;
/// Registers that are told after an image: 0x80 to 0xbb.
const TOLD: std::ops::RangeInclusive<u8> = 0x80..=0xbb;

/// An AES3500. A handle, cloned freely: plug one clone in, keep another. It sees 16 greys: of a picture on its sensor it
/// gives the nearest ones.
#[derive(Clone)]
pub struct Aes3500 {
    bell: Bell,
    finger: FingerHandle,
    serial: String,
    state: Arc<Mutex<State>>,
}

struct State {
    misbehaviour: Misbehaviour,
    registers: [u8; 256],
    /// an image is sent as soon as a finger is there
    armed: bool,
    /// not read yet. A reset does not take it back: nobody knows whether a real one's does
    outgoing: VecDeque<u8>,
}

impl std::fmt::Debug for Aes3500 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Aes3500 {} with {:?}", self.serial, self.finger)
    }
}

impl Aes3500 {
    /// A device with this serial number (the recorded one has none) and nothing on its sensor.
    #[must_use]
    pub fn new(serial: &str) -> Self {
        let bell = Bell::default();
        let sensor = Sensor {
            width: WIDTH,
            height: HEIGHT,
            dpi: DPI,
        };
        Self {
            finger: FingerHandle::new(sensor, bell.clone()),
            bell,
            serial: serial.to_owned(),
            state: Arc::new(Mutex::new(State {
                misbehaviour: Misbehaviour::None,
                registers: [0; 256],
                armed: false,
                outgoing: VecDeque::new(),
            })),
        }
    }

    /// Puts fingers on it.
    #[must_use]
    pub fn finger(&self) -> FingerHandle {
        self.finger.clone()
    }

    /// From now on it misbehaves so.
    pub fn misbehave(&self, misbehaviour: Misbehaviour) {
        locked(&self.state).misbehaviour = misbehaviour;
        self.bell.ring();
    }

    /// Whether it waits for nothing and has nothing to say.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let state = locked(&self.state);
        !state.armed && state.outgoing.is_empty()
    }
}

impl State {
    fn write(&mut self, register: u8, value: u8) {
        self.registers[usize::from(register)] = value;
        match (register, value) {
            (0x80, 0x01) => self.armed = false,
            (0x81, 0x04) => self.armed = true,
            _ => {}
        }
    }

    /// What goes over the wire for a picture.
    fn wire(&self, picture: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (mark, part) in (0xe0..).zip(0..SIDE / PART) {
            bytes.push(mark);
            for column in 0..SIDE {
                for line in (part * PART..(part + 1) * PART).step_by(2) {
                    bytes.push(strength(picture, line, column) | strength(picture, line + 1, column) << 4);
                }
            }
        }
        bytes.extend([0xdf, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(TOLD.flat_map(|register| [register, self.registers[usize::from(register)]]));
        bytes
    }
}

/// How strongly the sensor feels the finger here, 0 to 15. It counts lines from the bottom and columns from the right.
fn strength(picture: &[u8], line: usize, column: usize) -> u8 {
    let grey = picture[(SIDE - 1 - line) * SIDE + (SIDE - 1 - column)];
    let darkness = u16::from(255 - grey) * 15;
    u8::try_from((darkness + 127) / 255).unwrap_or(15)
}

impl Device for Aes3500 {
    fn identity(&self) -> Identity {
        let endpoint = |address, max_packet_size| Endpoint {
            address,
            kind: EndpointKind::Bulk,
            max_packet_size,
        };
        Identity {
            vendor_id: 0x08ff,
            product_id: 0x5731,
            release: 0x0000,
            manufacturer: None,
            product: Some("Fingerprint Sensor".to_owned()),
            serial: Some(self.serial.clone()),
            interface_number: 0,
            interface_class: (0xff, 0xff, 0xff),
            endpoints: vec![endpoint(IN, 64), endpoint(OUT, 8)],
        }
    }

    fn bell(&self) -> Bell {
        self.bell.clone()
    }

    fn plugged(&mut self) {
        let mut state = locked(&self.state);
        state.registers = [0; 256];
        state.armed = false;
        state.outgoing.clear();
    }

    fn control_in(&mut self, _setup: &Setup, _length: u16) -> Answer {
        Answer::Stalled
    }

    fn control_out(&mut self, _setup: &Setup, _data: &[u8]) -> Answer {
        Answer::Stalled
    }

    fn data_out(&mut self, _endpoint: u8, data: &[u8]) -> Answer {
        let mut state = locked(&self.state);
        if state.misbehaviour == Misbehaviour::Silent {
            return Answer::Pending;
        }
        let (pairs, rest) = data.as_chunks();
        if !rest.is_empty() || pairs.iter().any(|[register, _]| *register < 0x80) {
            return Answer::Stalled;
        }
        for [register, value] in pairs {
            state.write(*register, *value);
        }
        Answer::Done(Vec::new())
    }

    fn data_in(&mut self, endpoint: u8, length: u32) -> Answer {
        let mut state = locked(&self.state);
        if endpoint != IN || state.misbehaviour == Misbehaviour::Silent {
            return Answer::Pending;
        }
        if state.outgoing.is_empty() {
            if !state.armed || !self.finger.is_present() {
                return Answer::Pending;
            }
            state.armed = false;
            if state.misbehaviour.take_pull() {
                return Answer::Gone;
            }
            let image = state.wire(&self.finger.seen());
            state.outgoing.extend(image);
        }
        let room = usize::try_from(length).unwrap_or(usize::MAX);
        let moved = room.min(state.outgoing.len());
        let data = state.outgoing.drain(..moved).collect();
        if state.outgoing.is_empty() {
            self.finger.was_read();
        }
        Answer::Done(data)
    }
}

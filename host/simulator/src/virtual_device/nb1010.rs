//! A virtual NEXT Biometrics NB-1010-U: strictly request and response.

use super::bell::{Bell, locked};
use super::device::{Answer, Device, Misbehaviour};
use super::finger::{FingerHandle, Sensor};
use devices::transfer::{Endpoint, EndpointKind, Identity, Setup};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// Pixels in a line.
pub const WIDTH: u16 = 256;
/// Lines.
pub const HEIGHT: u16 = 180;
/// Pixels per inch.
pub const DPI: u16 = 385;

const OUT: u8 = 0x02;
const IN: u8 = 0x83;
/// Two lines in a packet.
const PIXELS_PER_PACKET: usize = 2 * WIDTH as usize;
const PACKET_BYTES: usize = 540;
/// How strongly a finger covers the sensor (as recorded), and how strongly nothing does.
const COVERED: u8 = 0xf7;
const UNCOVERED: u8 = 3;

/// An NB-1010-U. A handle, cloned freely: plug one clone in, keep another.
#[derive(Clone)]
pub struct Nb1010 {
    bell: Bell,
    finger: FingerHandle,
    serial: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    misbehaviour: Misbehaviour,
    answers: VecDeque<Vec<u8>>,
}

impl std::fmt::Debug for Nb1010 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Nb1010 {} with {:?}", self.serial, self.finger)
    }
}

impl Nb1010 {
    /// A device with this serial number and nothing on its sensor.
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
            state: Arc::default(),
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
}

/// An answer of 16 bytes.
fn answer(code: u8, sequence: u8, level: u8) -> Vec<u8> {
    let mut bytes = vec![0; 16];
    bytes[..5].copy_from_slice(&[0x80, code, sequence, 0, 16]);
    bytes[12] = level;
    bytes
}

fn line_packets(picture: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let last = picture.len() / PIXELS_PER_PACKET - 1;
    let numbered = (1u16..)
        .step_by(2)
        .zip(picture.chunks_exact(PIXELS_PER_PACKET))
        .enumerate();
    numbered.map(move |(index, (number, pixels))| {
        let mut packet = vec![0; PACKET_BYTES];
        packet[..6].copy_from_slice(&[0x80, 0x21, 0, 0, 0x1c, 0x02]);
        packet[12] = u8::from(index < last);
        packet[16..18].copy_from_slice(&number.to_le_bytes());
        packet[25..25 + PIXELS_PER_PACKET].copy_from_slice(pixels);
        packet
    })
}

impl Device for Nb1010 {
    fn identity(&self) -> Identity {
        let endpoint = |address, kind| Endpoint {
            address,
            kind,
            max_packet_size: 64,
        };
        Identity {
            vendor_id: 0x298d,
            product_id: 0x1010,
            release: 0x0100,
            manufacturer: Some("NEXT Biometrics".to_owned()),
            product: Some("NB-1010-U".to_owned()),
            serial: Some(self.serial.clone()),
            interface_number: 0,
            interface_class: (0xff, 0, 0),
            endpoints: vec![
                endpoint(OUT, EndpointKind::Bulk),
                endpoint(IN, EndpointKind::Bulk),
                endpoint(0x81, EndpointKind::Interrupt),
            ],
        }
    }

    fn bell(&self) -> Bell {
        self.bell.clone()
    }

    fn plugged(&mut self) {
        locked(&self.state).answers.clear();
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
        match data.get(1) {
            Some(0x38) => {
                let level = if self.finger.is_present() { COVERED } else { UNCOVERED };
                state.answers.push_back(answer(0x37, 1, level));
            }
            Some(0x0d) => state.answers.push_back(answer(0x20, 3, 0)),
            Some(0x12) => {
                state.answers.push_back(answer(0x20, 4, 0));
                state.answers.extend(line_packets(&self.finger.seen()));
            }
            _ => return Answer::Stalled,
        }
        Answer::Done(Vec::new())
    }

    fn data_in(&mut self, endpoint: u8, _length: u32) -> Answer {
        let mut state = locked(&self.state);
        if endpoint != IN || state.misbehaviour == Misbehaviour::Silent {
            return Answer::Pending;
        }
        let Some(packet) = state.answers.pop_front() else {
            return Answer::Pending;
        };
        // Half-way through the lines.
        if state.answers.len() == usize::from(HEIGHT / 4) && state.misbehaviour.take_pull() {
            return Answer::Gone;
        }
        if packet.len() == PACKET_BYTES && state.answers.is_empty() {
            self.finger.was_read();
        }
        Answer::Done(packet)
    }
}

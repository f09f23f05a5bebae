//! A virtual Egis ET570: the picture that is laid on it is drawn over a sensor of 57 lines, from its foot to its tip, a few
//! lines further for each of the five frames of a transfer.

use super::bell::{Bell, locked};
use super::device::{Answer, Device, Misbehaviour};
use super::finger::{FingerHandle, Sensor};
use devices::transfer::{Endpoint, EndpointKind, Identity, Setup};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// Pixels in a line.
pub const WIDTH: u16 = 114;
/// Lines of a picture: five frames one below the other.
pub const HEIGHT: u16 = 285;
/// Pixels per inch: what makes the ridges of the recorded finger as far apart as usual.
pub const DPI: u16 = 350;

const OUT: u8 = 0x04;
const IN: u8 = 0x83;
/// Lines that the sensor sees at once.
const FRAME_LINES: u16 = 57;
const FRAMES: usize = 5;
/// 254 blocks of 128 bytes, announced as such in the request.
const TRANSFER_BYTES: usize = 254 * 128;
/// Lines that a finger moves from frame to frame unless told otherwise.
const USUAL_STEP: u16 = 5;
/// The register that switches the sensor, and its value while the sensor is read.
const MODE: u8 = 0x02;
const SCANNING: u8 = 0x2f;
/// Value of a pixel in the middle without a finger, and how much higher it is at the edges.
const EMPTY: u32 = 130;
const EDGE: u32 = 70;
/// Largest value; the lowest bit is never set.
const MOST: u32 = 254;
/// By how much a pixel's own value is higher at most, and by how much it varies from frame to frame.
const GRAIN: u32 = 16;
const NOISE: u32 = 5;
/// Transfers without a finger before one is drawn: a voter waits until the screen asks for it.
const EMPTY_BEFORE: u32 = 2;
/// The frame of a swipe in the middle of which the plug is pulled.
const PULLED_AT: u32 = 8;

/// An ET570. A handle, cloned freely: plug one clone in, keep another.
#[derive(Clone)]
pub struct Egis0570 {
    bell: Bell,
    finger: FingerHandle,
    serial: String,
    state: Arc<Mutex<State>>,
}

struct State {
    misbehaviour: Misbehaviour,
    answers: VecDeque<Vec<u8>>,
    registers: [u8; 256],
    steps: Vec<u16>,
    /// frames of the finger that were read, and the first line that the sensor saw in the last; none before the first
    drawn: Option<(u32, u16)>,
    /// transfers without a finger since it was set up, or since a finger was drawn over it
    empty: u32,
    /// frames read since it got power, which decides their noise
    read: u32,
}

impl Default for State {
    fn default() -> Self {
        Self {
            misbehaviour: Misbehaviour::None,
            answers: VecDeque::new(),
            registers: [0; 256],
            steps: Vec::new(),
            drawn: None,
            empty: 0,
            read: 0,
        }
    }
}

impl std::fmt::Debug for Egis0570 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Egis0570 {} with {:?}", self.serial, self.finger)
    }
}

impl Egis0570 {
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

    /// Draws fingers over it.
    #[must_use]
    pub fn finger(&self) -> FingerHandle {
        self.finger.clone()
    }

    /// From now on it misbehaves so.
    pub fn misbehave(&self, misbehaviour: Misbehaviour) {
        locked(&self.state).misbehaviour = misbehaviour;
        self.bell.ring();
    }

    /// How fast fingers are drawn over it: lines from each frame to the next, over and over. 0 stands still; nothing but
    /// zeros stands for ever.
    pub fn draw(&self, steps: &[u16]) {
        locked(&self.state).steps = steps.to_vec();
    }
}

/// A number below `bound`, always the same for the same place (the mixing steps of MurmurHash3's finaliser).
fn bounded(place: u32, bound: u32) -> u32 {
    let mixed = (place ^ (place >> 16)).wrapping_mul(0x85eb_ca6b);
    let mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xc2b2_ae35);
    (mixed ^ (mixed >> 16)) % bound
}

/// How much lighter an empty sensor is here than in its middle: [`EDGE`] in the corners.
fn shade(line: u16, column: u16) -> u32 {
    // Hundredths of the way from the middle to the edge.
    let out = |at: u16, side: u16| 100 * u32::from((2 * at).abs_diff(side - 1)) / u32::from(side);
    let (down, across) = (out(line, FRAME_LINES), out(column, WIDTH));
    EDGE * (down * down + across * across) / 20_000
}

impl State {
    fn step(&self, frame: u32) -> u16 {
        let count = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
        let turn = frame.checked_rem(count).and_then(|turn| usize::try_from(turn).ok());
        turn.and_then(|turn| self.steps.get(turn))
            .copied()
            .unwrap_or(USUAL_STEP)
    }

    /// The next frame, upside down; the finger has moved on before.
    fn frame(&mut self, finger: &FingerHandle, bytes: &mut Vec<u8>) {
        let top = match self.drawn {
            _ if !finger.is_present() => None,
            // The tip was seen whole: the finger is gone.
            Some((_, 0)) => None,
            Some((number, top)) => {
                let top = top.saturating_sub(self.step(number));
                self.drawn = Some((number + 1, top));
                Some(top)
            }
            None if self.empty < EMPTY_BEFORE => None,
            None => {
                let top = HEIGHT - FRAME_LINES;
                self.drawn = Some((0, top));
                Some(top)
            }
        };
        let picture = finger.seen();
        self.read = self.read.wrapping_add(1);
        for line in (0..FRAME_LINES).rev() {
            for column in (0..WIDTH).rev() {
                let place = u32::from(column) << 16 | u32::from(line);
                let noise = bounded(place ^ self.read.wrapping_mul(0x9e37_79b9), NOISE);
                let empty = EMPTY + shade(line, column) + bounded(place, GRAIN);
                let dark = top.map_or(0, |top| {
                    let seen = usize::from(top + line) * usize::from(WIDTH) + usize::from(column);
                    u32::from(u8::MAX - picture[seen])
                });
                let value = (empty + noise + (MOST - empty) * dark / 255).min(MOST) & !1;
                bytes.push(u8::try_from(value).unwrap_or(u8::MAX));
            }
        }
    }

    /// Whether the finger was drawn over the sensor to its tip.
    fn is_over(&self) -> bool {
        matches!(self.drawn, Some((_, 0)))
    }

    fn transfer(&mut self, finger: &FingerHandle) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(TRANSFER_BYTES);
        // A finger that was drawn to its end and still lies there is drawn once more, but not at once.
        let was_over = self.is_over();
        for _ in 0..FRAMES {
            self.frame(finger, &mut bytes);
        }
        if was_over {
            self.drawn = None;
            self.empty = 0;
        }
        if self.drawn.is_none() {
            self.empty = self.empty.saturating_add(1);
        }
        bytes.resize(TRANSFER_BYTES, 0);
        bytes
    }

    fn answer(&mut self, register: u8) {
        let value = self.registers[usize::from(register)];
        let answer = [b'S', b'I', b'G', b'E', register, value, 1];
        self.answers.push_back(answer.to_vec());
    }
}

impl Device for Egis0570 {
    fn identity(&self) -> Identity {
        let endpoint = |address| Endpoint {
            address,
            kind: EndpointKind::Bulk,
            max_packet_size: 64,
        };
        Identity {
            vendor_id: 0x1c7a,
            product_id: 0x0570,
            release: 0x1041,
            manufacturer: Some("EgisTec".to_owned()),
            product: Some("EgisTec Touch Fingerprint Sensor".to_owned()),
            serial: Some(self.serial.clone()),
            interface_number: 0,
            interface_class: (0xff, 0, 0),
            endpoints: [IN, OUT].map(endpoint).to_vec(),
        }
    }

    fn bell(&self) -> Bell {
        self.bell.clone()
    }

    fn plugged(&mut self) {
        let mut state = locked(&self.state);
        *state = State {
            misbehaviour: state.misbehaviour,
            steps: std::mem::take(&mut state.steps),
            ..State::default()
        };
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
        match *data {
            [b'E', b'G', b'I', b'S', 0, register, _] => state.answer(register),
            [b'E', b'G', b'I', b'S', 1, register, value] => {
                state.registers[usize::from(register)] = value;
                if register != MODE {
                    state.drawn = None;
                    state.empty = 0;
                }
                state.answer(register);
            }
            [b'E', b'G', b'I', b'S', 6, 0, 0xfe] if state.registers[usize::from(MODE)] == SCANNING => {
                let transfer = state.transfer(&self.finger);
                state.answers.push_back(transfer);
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
        if packet.len() == TRANSFER_BYTES {
            let frames = state.drawn.map_or(0, |(number, _)| number);
            if frames >= PULLED_AT && state.misbehaviour.take_pull() {
                return Answer::Gone;
            }
            if state.is_over() {
                drop(state);
                self.finger.was_read();
            }
        }
        Answer::Done(packet)
    }
}

//! A virtual Elan swipe sensor: the picture that is laid on it is drawn over a sensor of 64 lines, from its foot to its
//! tip, a few lines further for every frame that is read.

use super::bell::{Bell, locked};
use super::device::{Answer, Device, Misbehaviour};
use super::finger::{FingerHandle, Sensor};
use devices::transfer::{Endpoint, EndpointKind, Identity, Setup};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// Pixels in a line.
pub const WIDTH: u16 = 144;
/// Lines of a picture: five frames one below the other.
pub const HEIGHT: u16 = 320;
/// Pixels per inch.
pub const DPI: u16 = 500;

const OUT: u8 = 0x01;
const FRAMES: u8 = 0x82;
const ANSWERS: u8 = 0x83;
/// Lines that the sensor sees at once.
const FRAME_LINES: u16 = 64;
/// Lines that a finger moves from frame to frame unless told otherwise.
const USUAL_STEP: u16 = 16;
/// Value of a pixel without a finger, after calibration (as recorded), and how much lower it is before.
const EMPTY: u16 = 8_330;
const UNCALIBRATED: u16 = 2_400;
/// By how much a pixel's own value is higher at most, and by how much it varies from frame to frame.
const GRAIN: u32 = 900;
const NOISE: u32 = 60;
/// How much a grey level of darkness raises a value.
const PER_LEVEL: u16 = 12;
/// Questions that are answered with "not yet" before it is calibrated (as recorded).
const UNTIL_CALIBRATED: u8 = 5;
/// The frame of a swipe in the middle of which the plug is pulled.
const PULLED_AT: u32 = 3;

/// An Elan swipe sensor. A handle, cloned freely: plug one clone in, keep another.
#[derive(Clone)]
pub struct Elan {
    bell: Bell,
    finger: FingerHandle,
    serial: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    misbehaviour: Misbehaviour,
    answers: VecDeque<Vec<u8>>,
    frames: VecDeque<Vec<u8>>,
    /// questions whether it is calibrated, so far
    asked: u8,
    lit: bool,
    awaiting: bool,
    steps: Vec<u16>,
    swipe: Drawn,
    /// frames read since it got power, which decides their noise
    read: u32,
}

/// How far the finger is drawn.
#[derive(Clone, Copy, Default)]
enum Drawn {
    /// not yet
    #[default]
    Not,
    /// so many frames were read, and the sensor sees the lines from this one on
    To(u32, u16),
    /// all of it
    Over,
}

impl std::fmt::Debug for Elan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Elan {} with {:?}", self.serial, self.finger)
    }
}

impl Elan {
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

impl State {
    fn step(&self, frame: u32) -> u16 {
        let count = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
        let turn = frame.checked_rem(count).and_then(|turn| usize::try_from(turn).ok());
        turn.and_then(|turn| self.steps.get(turn))
            .copied()
            .unwrap_or(USUAL_STEP)
    }

    /// Whether the finger is on the sensor now.
    fn covered(&self, finger: &FingerHandle) -> bool {
        self.lit && finger.is_present() && !matches!(self.swipe, Drawn::Over)
    }

    /// What the sensor sees now, after which the finger has moved on.
    fn frame(&mut self, finger: &FingerHandle) -> Vec<u8> {
        let covered = self.covered(finger);
        let (number, top) = match self.swipe {
            Drawn::To(number, top) => (number, top),
            Drawn::Not | Drawn::Over => (0, HEIGHT - FRAME_LINES),
        };
        let picture = covered.then(|| finger.seen());
        if covered {
            let above = top.checked_sub(self.step(number));
            // It ends where the tip was seen whole.
            self.swipe = match above {
                _ if top == 0 => Drawn::Over,
                above => Drawn::To(number + 1, above.unwrap_or(0)),
            };
        }
        self.read = self.read.wrapping_add(1);
        let calibrated = self.asked > UNTIL_CALIBRATED;
        let empty = if calibrated { EMPTY } else { EMPTY - UNCALIBRATED };
        let mut bytes = Vec::with_capacity(2 * usize::from(WIDTH) * usize::from(FRAME_LINES));
        // Column by column, a column from the tip to the foot.
        for column in 0..WIDTH {
            for line in 0..FRAME_LINES {
                let place = u32::from(column) << 16 | u32::from(line);
                let grain = bounded(place, GRAIN) + bounded(place ^ self.read.wrapping_mul(0x9e37_79b9), NOISE);
                let seen = usize::from(top + line) * usize::from(WIDTH) + usize::from(column);
                let dark = picture.as_ref().map_or(0, |picture| u16::from(u8::MAX - picture[seen]));
                bytes.extend_from_slice(&(empty + grain + dark * PER_LEVEL).to_le_bytes());
            }
        }
        bytes
    }
}

/// A number below `bound`, always the same for the same place (the mixing steps of MurmurHash3's finaliser).
fn bounded(place: u32, bound: u32) -> u16 {
    let mixed = (place ^ (place >> 16)).wrapping_mul(0x85eb_ca6b);
    let mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xc2b2_ae35);
    u16::try_from((mixed ^ (mixed >> 16)) % bound).unwrap_or_default()
}

impl Device for Elan {
    fn identity(&self) -> Identity {
        let endpoint = |address| Endpoint {
            address,
            kind: EndpointKind::Bulk,
            max_packet_size: 64,
        };
        Identity {
            vendor_id: 0x04f3,
            product_id: 0x0c26,
            release: 0x0140,
            manufacturer: Some("ELAN".to_owned()),
            product: Some("ELAN:Fingerprint".to_owned()),
            serial: Some(self.serial.clone()),
            interface_number: 0,
            interface_class: (0xff, 0, 0),
            endpoints: [0x81, OUT, FRAMES, 0x02, ANSWERS, 0x03].map(endpoint).to_vec(),
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

    fn data_out(&mut self, endpoint: u8, data: &[u8]) -> Answer {
        let mut state = locked(&self.state);
        if endpoint != OUT || state.misbehaviour == Misbehaviour::Silent {
            return Answer::Pending;
        }
        match data {
            [0x40, 0x19] => state.answers.push_back(vec![0x01, 0x40]),
            [0x00, 0x0c] => {
                let sides = [FRAME_LINES.to_le_bytes(), WIDTH.to_le_bytes()].concat();
                state.answers.push_back(sides);
            }
            [0x00, 0x09] => {
                let frame = state.frame(&self.finger);
                state.frames.push_back(frame);
            }
            // The mean of a pixel's own value and of its noise is half of their bounds.
            [0x40, 0x24] => state.answers.push_back((EMPTY + 480).to_be_bytes().to_vec()),
            [0x40, 0x23] => {
                state.asked = state.asked.saturating_add(1);
                let done = state.asked > UNTIL_CALIBRATED;
                state.answers.push_back(vec![if done { 3 } else { 1 }]);
            }
            [0x40, 0x31] => {
                state.lit = true;
                state.swipe = Drawn::Not;
            }
            [0x40, 0x3f] => state.awaiting = true,
            [0x00, 0x0b] => {
                state.lit = false;
                state.awaiting = false;
            }
            _ => return Answer::Stalled,
        }
        Answer::Done(Vec::new())
    }

    fn data_in(&mut self, endpoint: u8, _length: u32) -> Answer {
        let mut state = locked(&self.state);
        if state.misbehaviour == Misbehaviour::Silent {
            return Answer::Pending;
        }
        match endpoint {
            ANSWERS => {
                if let Some(answer) = state.answers.pop_front() {
                    return Answer::Done(answer);
                }
                if state.awaiting && state.covered(&self.finger) {
                    state.awaiting = false;
                    return Answer::Done(vec![0x55]);
                }
                Answer::Pending
            }
            FRAMES => {
                let Some(frame) = state.frames.pop_front() else {
                    return Answer::Pending;
                };
                let drawn = state.swipe;
                if matches!(drawn, Drawn::To(PULLED_AT.., _)) && state.misbehaviour.take_pull() {
                    return Answer::Gone;
                }
                if matches!(drawn, Drawn::Over) && state.frames.is_empty() && state.lit {
                    state.lit = false;
                    drop(state);
                    self.finger.was_read();
                }
                Answer::Done(frame)
            }
            _ => Answer::Pending,
        }
    }
}

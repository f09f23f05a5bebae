//! A virtual DigitalPersona U.are.U 4500 or Microsoft Fingerprint Reader v2: registers over vendor requests, events, and
//! one scrambled image.
//!
//! The protocol is the one that `device-drivers/uru4000` was written for, from the same recordings, but written down a
//! second time: the driver's mistakes are not the model's.

mod lock;

use super::bell::{Bell, locked};
use super::device::{Answer, Device, Misbehaviour};
use super::finger::{FingerHandle, Sensor};
use devices::transfer::{Endpoint, EndpointKind, Identity, RequestKind, Setup};
use lock::Lock;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// Pixels in a line.
pub const WIDTH: u16 = 384;
/// Lines.
pub const HEIGHT: u16 = 289;
/// Pixels per inch.
pub const DPI: u16 = 512;

const LINE: usize = WIDTH as usize;
const EVENTS: u8 = 0x81;
const IMAGE: u8 = 0x82;

const POWER: u16 = 0x07;
const SEED: u16 = 0x33;
const DEVICE_KEY: u16 = 0x34;
const MODE: u16 = 0x4e;
const VERSIONS: u16 = 0xf0;
const ANSWER: u16 = 0x2000;
const CHALLENGE: u16 = 0x2010;

const POWERED_DOWN: u8 = 0x80;
/// Longest stretch of scrambled lines: one of the recorded ones.
const STRETCH: usize = 72;

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Model {
    UAreU4500,
    MicrosoftV2,
}

impl Model {
    /// What its status says of a reader that has power.
    fn powered(self) -> u8 {
        match self {
            Self::UAreU4500 => 0x01,
            Self::MicrosoftV2 => 0x03,
        }
    }
}

/// A reader. A handle, cloned freely: plug one clone in, keep another.
#[derive(Clone)]
pub struct Uru4000 {
    model: Model,
    bell: Bell,
    finger: FingerHandle,
    serial: String,
    state: Arc<Mutex<State>>,
}

struct State {
    misbehaviour: Misbehaviour,
    /// of a model that has one
    lock: Option<Lock>,
    power: u8,
    mode: u8,
    events: VecDeque<[u8; 2]>,
    /// a mode's event was told
    told: bool,
    /// the image is to be sent
    exposed: bool,
    /// of the image sent last
    key: u32,
    /// of that key
    number: u8,
    /// what the host wrote for it
    seed: u32,
}

impl std::fmt::Debug for Uru4000 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Uru4000 {:?} {} with {:?}", self.model, self.serial, self.finger)
    }
}

impl Uru4000 {
    /// A U.are.U 4500 with this serial number and nothing on its sensor.
    #[must_use]
    pub fn new(serial: &str) -> Self {
        Self::of(Model::UAreU4500, serial, None)
    }

    /// A Microsoft Fingerprint Reader v2 with nothing on its sensor. It has no power, tells nothing and sends no image until
    /// its challenge is answered rightly, after every time that it was switched off; the challenges follow from the seed.
    #[must_use]
    pub fn microsoft(serial: &str, seed: u64) -> Self {
        Self::of(Model::MicrosoftV2, serial, Some(Lock::new(seed)))
    }

    fn of(model: Model, serial: &str, lock: Option<Lock>) -> Self {
        let bell = Bell::default();
        let sensor = Sensor {
            width: WIDTH,
            height: HEIGHT,
            dpi: DPI,
        };
        Self {
            model,
            finger: FingerHandle::new(sensor, bell.clone()),
            bell,
            serial: serial.to_owned(),
            state: Arc::new(Mutex::new(State {
                misbehaviour: Misbehaviour::None,
                lock,
                power: model.powered(),
                mode: 0x70,
                events: VecDeque::new(),
                told: false,
                exposed: false,
                key: 0x51f1_a2d7,
                number: 0,
                seed: 0,
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

    /// Whether the sensor is switched off: mode `off`, or no power.
    #[must_use]
    pub fn is_off(&self) -> bool {
        let state = locked(&self.state);
        state.mode == 0x70 || state.power & POWERED_DOWN != 0
    }
}

impl State {
    /// Whether it has power, and no lock that is shut.
    fn works(&self) -> bool {
        self.power & POWERED_DOWN == 0 && self.lock.as_ref().is_none_or(Lock::is_open)
    }

    fn write(&mut self, register: u16, data: &[u8]) -> bool {
        match (register, data) {
            (POWER, &[told]) => {
                let mut power = told;
                if let Some(lock) = &mut self.lock {
                    if told & POWERED_DOWN != 0 {
                        lock.shut();
                    } else if !lock.is_open() {
                        power |= POWERED_DOWN;
                    }
                }
                if self.power & POWERED_DOWN != 0 && power & POWERED_DOWN == 0 {
                    // Told twice, as the recorded device told it more than once.
                    self.events.clear();
                    self.events.extend([[0x56, 0xaa]; 2]);
                    self.mode = 0x70;
                    self.exposed = false;
                }
                self.power = power;
            }
            (MODE, &[mode @ (0x10 | 0x12 | 0x20 | 0x70)]) => {
                self.mode = mode;
                self.told = false;
                self.exposed = mode == 0x20 && self.works();
            }
            (SEED, &[number, a, b, c, d]) if number == self.number => self.seed = u32::from_le_bytes([a, b, c, d]),
            (ANSWER, answer) => match (&mut self.lock, answer.try_into()) {
                // A wrong one is taken like a right one; what is known of the device is what follows a right one.
                (Some(lock), Ok(answer)) => lock.answer(answer),
                _ => return false,
            },
            _ => return false,
        }
        true
    }

    fn read(&mut self, register: u16, length: u16) -> Option<Vec<u8>> {
        match (register, length) {
            (POWER, 1) => Some(vec![self.power]),
            (DEVICE_KEY, 4) => Some((self.key ^ self.seed).to_le_bytes().to_vec()),
            // Version numbers, as short ones as any.
            (VERSIONS, 16) => Some(vec![1; 16]),
            (CHALLENGE, 16) => self.lock.as_mut().map(|lock| lock.challenge().to_vec()),
            _ => None,
        }
    }

    /// What the mode has to tell about the finger, once.
    fn notice(&mut self, present: bool) {
        let event = match (self.mode, present) {
            (0x10, true) => [0x01, 0x01],
            (0x12, false) => [0x02, 0x00],
            _ => return,
        };
        if self.works() && !std::mem::replace(&mut self.told, true) {
            self.events.push_back(event);
        }
    }
}

impl Device for Uru4000 {
    fn identity(&self) -> Identity {
        let endpoint = |address, kind| Endpoint {
            address,
            kind,
            max_packet_size: 64,
        };
        let (vendor_id, product_id, release, manufacturer, product) = match self.model {
            Model::UAreU4500 => (
                0x05ba,
                0x000a,
                0x0103,
                "DigitalPersona, Inc.",
                "U.are.U\u{ae} 4500 Fingerprint Reader",
            ),
            Model::MicrosoftV2 => (
                0x045e,
                0x00ca,
                0x0100,
                "Microsoft",
                "Microsoft\u{ae} Fingerprint Reader",
            ),
        };
        Identity {
            vendor_id,
            product_id,
            release,
            manufacturer: Some(manufacturer.to_owned()),
            product: Some(product.to_owned()),
            serial: Some(self.serial.clone()),
            interface_number: 0,
            interface_class: (0xff, 0xff, 0xff),
            endpoints: vec![
                endpoint(EVENTS, EndpointKind::Interrupt),
                endpoint(IMAGE, EndpointKind::Bulk),
            ],
        }
    }

    fn bell(&self) -> Bell {
        self.bell.clone()
    }

    fn plugged(&mut self) {
        let mut state = locked(&self.state);
        state.power = self.model.powered();
        if let Some(lock) = &mut state.lock {
            lock.shut();
        }
        state.mode = 0x70;
        state.events.clear();
        state.exposed = false;
    }

    fn control_in(&mut self, setup: &Setup, length: u16) -> Answer {
        let mut state = locked(&self.state);
        if state.misbehaviour == Misbehaviour::Silent {
            return Answer::Pending;
        }
        match state.read(setup.value, length) {
            Some(data) if is_register(setup) => Answer::Done(data),
            _ => Answer::Stalled,
        }
    }

    fn control_out(&mut self, setup: &Setup, data: &[u8]) -> Answer {
        let mut state = locked(&self.state);
        if state.misbehaviour == Misbehaviour::Silent {
            return Answer::Pending;
        }
        if is_register(setup) && state.write(setup.value, data) {
            Answer::Done(Vec::new())
        } else {
            Answer::Stalled
        }
    }

    fn data_out(&mut self, _endpoint: u8, _data: &[u8]) -> Answer {
        Answer::Stalled
    }

    fn data_in(&mut self, endpoint: u8, _length: u32) -> Answer {
        let mut state = locked(&self.state);
        if state.misbehaviour == Misbehaviour::Silent {
            return Answer::Pending;
        }
        if endpoint == EVENTS {
            state.notice(self.finger.is_present());
            return state.events.pop_front().map_or(Answer::Pending, |event| {
                let mut packet = vec![0; 64];
                packet[..2].copy_from_slice(&event);
                Answer::Done(packet)
            });
        }
        if !state.exposed {
            return Answer::Pending;
        }
        state.exposed = false;
        if state.misbehaviour.take_pull() {
            return Answer::Gone;
        }
        // Any key but the last one; which does not matter.
        state.key = state.key.wrapping_mul(0x0019_660d).wrapping_add(0x3c6e_f35f);
        state.number = state.number % 15 + 1;
        let mut pixels = self.finger.seen();
        if self.model == Model::UAreU4500 {
            // That sensor looks at the finger upside down.
            pixels.reverse();
        }
        let image = wire_image(&pixels, state.key, state.number);
        self.finger.was_read();
        Answer::Done(image)
    }
}

fn is_register(setup: &Setup) -> bool {
    (setup.kind, setup.request, setup.index) == (RequestKind::Vendor, 4, 0)
}

/// How a stretch of lines is sent, and how many they are.
#[derive(Clone, Copy)]
struct Stretch {
    scrambled: bool,
    lines: u8,
}

/// The image as it goes over the wire: in negative, in stretches, with its header.
fn wire_image(pixels: &[u8], key: u32, number: u8) -> Vec<u8> {
    let mut lines: Vec<u8> = pixels.iter().map(|pixel| 255 - pixel).collect();
    let stretches = stretches(&lines);
    let mut bytes = vec![0; 64];
    bytes[..6].copy_from_slice(&[0x10, 0x40, 0x80, 0x01, HEIGHT.to_le_bytes()[0], HEIGHT.to_le_bytes()[1]]);
    bytes[6] = number;
    for (pair, stretch) in bytes[16..46].chunks_exact_mut(2).zip(&stretches) {
        pair.copy_from_slice(&[if stretch.scrambled { 0x02 } else { 0x00 }, stretch.lines]);
    }
    let mut register = key;
    let mut rest = lines.as_mut_slice();
    for stretch in &stretches {
        let (block, after) = rest.split_at_mut(usize::from(stretch.lines) * LINE);
        rest = after;
        let stream: Vec<u8> = block.iter().map(|_| turn(&mut register)).collect();
        if stretch.scrambled {
            // Every byte moves one place back; the last one has no place and was made sure to be 0.
            block.rotate_right(1);
            for (byte, mask) in block[1..].iter_mut().zip(stream) {
                *byte ^= mask;
            }
        }
    }
    bytes.append(&mut lines);
    bytes
}

/// Scrambled stretches with a plain line after each, as the recorded device sends them. A scrambled stretch loses its
/// last byte, which arrives as 0; so that nothing of the picture is lost, it ends where that byte is 0 (that edge of the
/// picture is white), and what has no such line is sent plain.
fn stretches(lines: &[u8]) -> Vec<Stretch> {
    let height = lines.len() / LINE;
    let is_white = |line: usize| lines[line * LINE + LINE - 1] == 0;
    let mut stretches = Vec::new();
    let mut from = 0;
    while from < height {
        let longest = height.min(from + STRETCH);
        let end = (from + 1..=longest).rev().find(|end| is_white(end - 1));
        // 15 pairs are all that the header holds; few enough stretches come out of whole ones.
        let useful = end.filter(|end| end - from > STRETCH / 2 || *end == height);
        let (scrambled, lines) = match useful {
            Some(end) => (true, end - from),
            None => (false, longest - from),
        };
        from += lines;
        stretches.extend(u8::try_from(lines).map(|lines| Stretch { scrambled, lines }));
        if scrambled && from < height {
            stretches.push(Stretch {
                scrambled: false,
                lines: 1,
            });
            from += 1;
        }
    }
    stretches
}

/// One turn of the shift register and the byte that it gives. Bit by bit, other than the driver does it.
fn turn(register: &mut u32) -> u8 {
    let bit = |place: u32| (*register >> place) & 1;
    let byte = [29, 24, 21, 18, 14, 11, 8, 4]
        .iter()
        .fold(0, |byte, &place| byte * 2 + u8::from(bit(place) == 1));
    let taps = [0, 2, 3, 6, 10, 12, 19, 22, 25, 28, 31];
    let feedback = taps.iter().fold(0, |parity, &place| parity ^ bit(place));
    *register = (*register >> 1) | (feedback << 31);
    byte
}

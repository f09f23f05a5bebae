//! A virtual Upek coprocessor with a TouchStrip or a TouchChip: framed messages, a session, and an image in parts.
//!
//! The protocol is the one that `device-drivers/upektc_img` was written for, from the same recordings, but written down a
//! second time: the driver's mistakes are not the model's.

use super::bell::{Bell, locked};
use super::device::{Answer, Device, Misbehaviour};
use super::finger::{FingerHandle, Sensor};
use devices::transfer::{Endpoint, EndpointKind, Identity, RequestKind, Setup};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Pixels per inch: three pixels for four of the sensor's dots, which are 50 µm apart.
pub const DPI: u16 = 381;

const OUT: u8 = 0x02;
const IN: u8 = 0x81;
/// Shorter frames are filled up to this.
const SHORTEST: usize = 64;
/// Bytes of a message in a frame.
const PART: usize = 2_042;
/// Five bytes, as the recorded ones; what theirs mean is not known.
const GREETING: [u8; 5] = [1, 0, 0, 0, 0];

/// Which sensor the coprocessor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// a finger is drawn over it: 144 x 384 pixels
    TouchStrip,
    /// a finger is laid on it: 192 x 270 pixels
    TouchChip,
}

impl Model {
    /// Pixels in a line, and lines.
    #[must_use]
    pub fn size(self) -> (u16, u16) {
        match self {
            Self::TouchStrip => (144, 384),
            Self::TouchChip => (192, 270),
        }
    }

    /// What it calls itself.
    fn number(self) -> u8 {
        match self {
            Self::TouchStrip => 0,
            Self::TouchChip => 1,
        }
    }

    /// Dots in a line, and lines of dots, as they are told.
    fn dots(self) -> [u8; 4] {
        match self {
            Self::TouchStrip => [0xc0, 0x00, 0x00, 0x02],
            Self::TouchChip => [0x00, 0x01, 0x68, 0x01],
        }
    }

    /// What is told of a finger, one after the other, before the image is sent.
    fn states(self) -> &'static [u8] {
        match self {
            Self::TouchStrip => &[0x00],
            Self::TouchChip => &[0x13, 0x00],
        }
    }
}

/// An Upek coprocessor. A handle, cloned freely: plug one clone in, keep another.
#[derive(Clone)]
pub struct UpektcImg {
    bell: Bell,
    finger: FingerHandle,
    serial: String,
    model: Model,
    state: Arc<Mutex<State>>,
}

struct State {
    misbehaviour: Misbehaviour,
    session: Session,
    /// frames that are not read yet, or not to their ends. Neither the end of a session nor the begin of another takes
    /// them back: nobody knows whether a real one's does
    outgoing: VecDeque<Vec<u8>>,
    /// of the next message that the host sends
    sequence: u8,
    /// the session's
    patience: Duration,
    heard: Instant,
}

/// Where a session is.
#[derive(PartialEq, Eq)]
enum Session {
    /// there is none
    None,
    /// it was greeted
    Greeted,
    /// between commands
    Entered,
    /// so many of the model's states were told; whether the next is wanted, and whether a read brought nothing since
    Scanning { told: usize, wanted: bool, idle_read: bool },
    /// so many bytes of the message were sent
    Sending { message: Vec<u8>, sent: usize },
}

impl std::fmt::Debug for UpektcImg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UpektcImg {:?} {} with {:?}", self.model, self.serial, self.finger)
    }
}

impl UpektcImg {
    /// A device with this serial number (the recorded ones have none) and nothing on its sensor.
    #[must_use]
    pub fn new(serial: &str, model: Model) -> Self {
        let bell = Bell::default();
        let (width, height) = model.size();
        let sensor = Sensor {
            width,
            height,
            dpi: DPI,
        };
        Self {
            finger: FingerHandle::new(sensor, bell.clone()),
            bell,
            serial: serial.to_owned(),
            model,
            state: Arc::new(Mutex::new(State {
                misbehaviour: Misbehaviour::None,
                session: Session::None,
                outgoing: VecDeque::new(),
                sequence: 0,
                patience: Duration::ZERO,
                heard: Instant::now(),
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

    /// Whether it is in no session and has nothing to say.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let state = locked(&self.state);
        state.session == Session::None && state.outgoing.is_empty()
    }
}

/// CRC-16/XMODEM, eight bits at a time, other than the driver does it.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0u16, |crc, byte| {
        let mut crc = crc.swap_bytes() ^ u16::from(*byte);
        crc ^= (crc & 0xff) >> 4;
        crc ^= crc << 12;
        crc ^ (crc & 0xff) << 5
    })
}

/// A frame, filled up.
fn frame(purpose: u8, sequence: u8, payload: &[u8]) -> Vec<u8> {
    let [low, high] = u16::try_from(payload.len()).unwrap_or(0x0fff).to_le_bytes();
    let mut bytes = vec![purpose, sequence * 16 + high, low];
    bytes.extend_from_slice(payload);
    let crc = crc(&bytes).to_le_bytes();
    let mut frame = [b"Ciao", bytes.as_slice(), &crc].concat();
    if frame.len() < SHORTEST {
        frame.resize(SHORTEST, 0);
    }
    frame
}

/// Length, two zeros, and the body.
fn message(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX).to_le_bytes();
    [&length, &[0, 0], body].concat()
}

fn told_state(state: u8) -> Vec<u8> {
    let mut body = vec![0; 15];
    body[1..3].copy_from_slice(&[0x20, 0x01]);
    body[6] = state;
    message(&body)
}

fn about(model: Model) -> Vec<u8> {
    let mut body = vec![0; 50];
    body[..2].copy_from_slice(&[0x06, 0x14]);
    body[38..42].copy_from_slice(&model.dots());
    message(&body)
}

fn image(picture: &[u8]) -> Vec<u8> {
    let length = u32::try_from(picture.len()).unwrap_or(u32::MAX).to_le_bytes();
    message(&[[0x0e, 0x12].as_slice(), &length, picture, &[0; 4]].concat())
}

impl State {
    /// Puts out the next part of a message, and whether it was the last.
    fn put_part(&mut self, message: &[u8], sent: usize) -> bool {
        let end = message.len().min(sent + PART);
        let (first, last) = (sent == 0, end == message.len());
        let kind = 0x20 + if first { 8 } else { 0 } + if last { 0 } else { 4 };
        let payload = [&[kind], &message[sent..end]].concat();
        // It carries the number of the message that asked for it.
        let sequence = (self.sequence + 15) % 16;
        self.outgoing.push_back(frame(0x00, sequence, &payload));
        last
    }

    /// A frame from the host; whether it made sense.
    fn take(&mut self, bytes: &[u8], model: Model, finger: &FingerHandle) -> bool {
        let &[b'C', b'i', b'a', b'o', purpose, sequence, length, ref rest @ ..] = bytes else {
            return false;
        };
        let Some((payload, sum)) = rest.split_last_chunk() else {
            return false;
        };
        let covered = &bytes[4..bytes.len() - 2];
        if u16::from_le_bytes(*sum) != crc(covered) || payload.len() != usize::from(length) || sequence & 0x0f != 0 {
            return false;
        }
        self.heard = Instant::now();
        match (purpose, payload) {
            (0x04, &[1, 0, low, high, 0, 0, 0, 0, 1, 1, 0, 0, 0]) if self.session == Session::Greeted => {
                self.patience = Duration::from_millis(u64::from(u16::from_le_bytes([low, high])));
                self.outgoing.push_back(frame(0x05, 0, &[model.number()]));
                self.session = Session::Entered;
                self.sequence = 0;
                true
            }
            (0x07, [1]) => {
                self.outgoing.push_back(frame(0x01, 0, &[]));
                self.session = Session::None;
                true
            }
            (0x09, []) => true,
            (0x00, payload) if sequence >> 4 == self.sequence => {
                self.sequence = (self.sequence + 1) % 16;
                self.take_message(payload, model, finger)
            }
            _ => false,
        }
    }

    fn take_message(&mut self, payload: &[u8], model: Model, finger: &FingerHandle) -> bool {
        let number = model.number();
        match (&mut self.session, payload) {
            (Session::Entered, [0x28, 4, 0, 0, 0, 0x06, 0x04]) => {
                self.put_part(&about(model), 0);
            }
            (Session::Entered, [0x28, 11, 0, 0, 0, 0x0e, 0x02, 0xfe, 0xff, 0xff, 0xff, 2, asked, 2])
                if *asked == number =>
            {
                self.put_part(&told_state(0x0c), 0);
                self.session = Session::Scanning {
                    told: 0,
                    wanted: false,
                    idle_read: false,
                };
            }
            (
                Session::Scanning {
                    told,
                    wanted,
                    idle_read,
                },
                [0x28, 5, 0, 0, 0, 0x00, 0x30, 0x01],
            ) => {
                if *told == model.states().len() {
                    let message = image(&finger.seen());
                    self.put_part(&message, 0);
                    self.session = Session::Sending { message, sent: PART };
                } else {
                    (*wanted, *idle_read) = (true, false);
                }
            }
            (Session::Sending { message, sent }, [0x30]) => {
                let (message, from) = (std::mem::take(message), *sent);
                let last = self.put_part(&message, from);
                self.session = match last {
                    true => Session::Entered,
                    false => Session::Sending {
                        message,
                        sent: from + PART,
                    },
                };
            }
            _ => return false,
        }
        true
    }

    /// What an idle read brings: something new to say, or once nothing, as the TouchChip does.
    fn idle(&mut self, model: Model, finger: &FingerHandle) -> Answer {
        let Session::Scanning {
            told,
            wanted,
            idle_read,
        } = &mut self.session
        else {
            return Answer::Pending;
        };
        if !*wanted {
            return Answer::Pending;
        }
        if model == Model::TouchChip && !std::mem::replace(idle_read, true) {
            return Answer::Done(Vec::new());
        }
        // A finger must be there at the first state; what follows is of its image.
        if *told > 0 || finger.is_present() {
            let state = model.states()[*told];
            *told += 1;
            *wanted = false;
            self.put_part(&told_state(state), 0);
        } else if self.heard.elapsed() >= self.patience {
            self.heard = Instant::now();
            self.outgoing.push_back(frame(0x08, 0, &[]));
        }
        Answer::Pending
    }
}

impl Device for UpektcImg {
    fn identity(&self) -> Identity {
        let endpoint = |address, kind| Endpoint {
            address,
            kind,
            max_packet_size: 64,
        };
        Identity {
            vendor_id: 0x147e,
            product_id: 0x2016,
            release: 0x0002,
            manufacturer: Some("UPEK".to_owned()),
            product: Some("Biometric Coprocessor".to_owned()),
            serial: Some(self.serial.clone()),
            interface_number: 0,
            interface_class: (0xff, 0, 0),
            endpoints: vec![
                endpoint(IN, EndpointKind::Bulk),
                endpoint(OUT, EndpointKind::Bulk),
                endpoint(0x83, EndpointKind::Interrupt),
            ],
        }
    }

    fn bell(&self) -> Bell {
        self.bell.clone()
    }

    fn plugged(&mut self) {
        let mut state = locked(&self.state);
        state.session = Session::None;
        state.outgoing.clear();
    }

    fn control_in(&mut self, _setup: &Setup, _length: u16) -> Answer {
        Answer::Stalled
    }

    fn control_out(&mut self, setup: &Setup, data: &[u8]) -> Answer {
        let mut state = locked(&self.state);
        if state.misbehaviour == Misbehaviour::Silent {
            return Answer::Pending;
        }
        if (setup.kind, setup.request, setup.value, setup.index) != (RequestKind::Vendor, 0x0c, 0x0100, 0x0400)
            || data != [0]
        {
            return Answer::Stalled;
        }
        state.session = Session::Greeted;
        state.outgoing.push_back(frame(0x03, 0, &GREETING));
        Answer::Done(Vec::new())
    }

    fn data_out(&mut self, endpoint: u8, data: &[u8]) -> Answer {
        let mut state = locked(&self.state);
        if endpoint != OUT || state.misbehaviour == Misbehaviour::Silent {
            return Answer::Pending;
        }
        if state.take(data, self.model, &self.finger) {
            Answer::Done(Vec::new())
        } else {
            Answer::Stalled
        }
    }

    fn data_in(&mut self, endpoint: u8, length: u32) -> Answer {
        let mut state = locked(&self.state);
        if endpoint != IN || state.misbehaviour == Misbehaviour::Silent {
            return Answer::Pending;
        }
        if state.outgoing.is_empty() {
            let nothing = state.idle(self.model, &self.finger);
            if state.outgoing.is_empty() {
                return nothing;
            }
        }
        // Half-way through the image.
        let half = matches!(&state.session, Session::Sending { message, sent } if *sent > message.len() / 2);
        if half && state.misbehaviour.take_pull() {
            return Answer::Gone;
        }
        let Some(frame) = state.outgoing.front_mut() else {
            return Answer::Pending;
        };
        let moved = frame.len().min(usize::try_from(length).unwrap_or(usize::MAX));
        let data: Vec<u8> = frame.drain(..moved).collect();
        if frame.is_empty() {
            // The last part of an image is longer than any answer that is not one.
            let read = state.outgoing.pop_front().is_some() && moved > SHORTEST && state.session == Session::Entered;
            if read {
                self.finger.was_read();
            }
        }
        Answer::Done(data)
    }
}

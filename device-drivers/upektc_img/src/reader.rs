//! The order of the messages: begin a session, ask for the sensor, scan, collect the parts of the image, end the session.

use crate::packet::{Answer, Command, Frame, HEAD_BYTES, Part, Purpose, REST_BYTES, State, following, message_length};
use crate::sensor::Sensor;
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{Concurrent, Recipient, RequestKind, Setup, Status, Usb as _};

const OUT: u8 = 0x02;
const IN: u8 = 0x81;
/// The device then greets, whatever it did before.
const BEGIN: Setup = Setup {
    kind: RequestKind::Vendor,
    recipient: Recipient::Device,
    request: 0x0c,
    value: 0x0100,
    index: 0x0400,
};
/// The device answers within 40 ms; this is a dead one.
const ANSWER_MS: u32 = 1_000;
/// For the answer to the end of a session, of which the host leaves little time.
const LEAVING_MS: u32 = 200;
/// A read may bring nothing where the device has nothing to say. Until the next one.
const NOTHING_MS: u32 = 5;
/// Between two looks whether the host still wants a finger.
const LOOK_MS: u32 = 1_000;
/// With less than this left, a finger is no longer waited for: 0 is the host's wish to end, and a late look must not
/// look like it. The session is ended within that.
const LEAST_MS: u32 = 250;
/// Until the device is told to go on where it told the same state again: it may do so at once.
const SAME_STATE_MS: u32 = 20;
/// A packet that the device still holds comes within this.
const LEFT_BEHIND_MS: u32 = 20;
/// Most packets that it may hold: a part of an image, and some answers.
const LEFT_BEHIND: u32 = 2 * (HEAD_BYTES + REST_BYTES) / HEAD_BYTES;
/// Most frames that are not the awaited one.
const OTHERS: u32 = 10;
/// How long the device waits until it asks whether the host is still there: at the first session, and when it scans.
const STILL_THERE_FIRST_MS: u16 = 70;
const STILL_THERE_SCANNING_MS: u16 = 700;

/// Asks the device which sensor it has, in a session of its own.
///
/// # Errors
/// `sensor-not-known`, `device-gone`, or a protocol fault's code.
pub fn open(usb: &impl Concurrent) -> Result<Sensor, Fault> {
    let mut session = Session::new(usb);
    let sensor = session.begin(|session| session.enter(STILL_THERE_FIRST_MS));
    let left = session.leave();
    sensor.and_then(|sensor| left.map(|()| sensor))
}

/// Captures one image of this sensor, top line first, ridges dark. Whatever happens, the session is ended.
///
/// # Errors
/// `nothing-presented`, `cancelled`, `device-gone`, or a protocol fault's code.
pub fn capture(usb: &impl Concurrent, sensor: &Sensor, tell: impl Fn(Stage)) -> Result<Vec<u8>, Fault> {
    let mut session = Session::new(usb);
    let image = session.capture(sensor, &tell);
    let left = session.leave();
    match image {
        Err(fault) => Err(fault),
        // A good image counts even if the device then is silent, as long as it is there.
        Ok(_) if left == Err(Status::NoDevice.fault()) => Err(Status::NoDevice.fault()),
        Ok(image) => Ok(image),
    }
}

/// What was heard within a time.
enum Heard {
    Nothing,
    /// the device asked whether the host is still there, and was told so
    StillThere,
    /// all parts of it, one after the other
    Message(Vec<u8>),
}

/// The device during one session.
struct Session<'a, U: Concurrent> {
    usb: &'a U,
    /// of the next message
    sequence: u8,
}

impl<'a, U: Concurrent> Session<'a, U> {
    fn new(usb: &'a U) -> Self {
        Self { usb, sequence: 0 }
    }

    fn capture(&mut self, sensor: &Sensor, tell: &impl Fn(Stage)) -> Result<Vec<u8>, Fault> {
        let (width, height) = sensor.dots();
        if self.begin(Self::enter_to_scan)? != (*sensor, width, height) {
            return Err(Fault::new(Kind::Protocol, "other-sensor"));
        }
        self.say(Command::Scan(sensor.number))?;
        match Answer::parse(&self.answer()?)? {
            Answer::State(_) => tell(Stage::Ready),
            _ => return Err(Fault::new(Kind::Protocol, "wrong-answer")),
        }
        let message = self.await_image(tell)?;
        match Answer::parse(&message)? {
            Answer::Image(pixels) if pixels.len() == sensor.pixels() => {
                tell(Stage::Remove);
                Ok(pixels.to_vec())
            }
            Answer::Image(_) => Err(Fault::new(Kind::Protocol, "wrong-size")),
            _ => Err(Fault::new(Kind::Protocol, "wrong-answer")),
        }
    }

    /// Tells the device to go on until it sends something else than a state.
    fn await_image(&mut self, tell: &impl Fn(Stage)) -> Result<Vec<u8>, Fault> {
        let mut last = State::AwaitsFinger;
        loop {
            self.say(Command::GoOn)?;
            let message = if last == State::Done {
                self.answer()?
            } else {
                self.await_message()?
            };
            let Answer::State(state) = Answer::parse(&message)? else {
                return Ok(message);
            };
            if state == last {
                self.usb.pause(SAME_STATE_MS);
            } else if last == State::AwaitsFinger {
                tell(Stage::Presented);
            }
            if state == State::Done && last != State::Done {
                tell(Stage::Reading);
            }
            last = state;
            self.time_left()?;
        }
    }

    /// The next message, as long as the host waits for a finger.
    fn await_message(&mut self) -> Result<Vec<u8>, Fault> {
        loop {
            let wait = self.time_left()?.min(LOOK_MS);
            if let Heard::Message(message) = self.hear(wait)? {
                return Ok(message);
            }
        }
    }

    /// What is left for a finger, at least 1 ms.
    fn time_left(&self) -> Result<u32, Fault> {
        match Concurrent::remaining_ms(self.usb) {
            0 => Err(Status::Cancelled.fault()),
            left if left <= LEAST_MS => Err(Fault::new(Kind::NothingPresented, "nothing-presented")),
            left => Ok(left - LEAST_MS),
        }
    }

    /// The message that answers the last one.
    fn answer(&mut self) -> Result<Vec<u8>, Fault> {
        for _ in 0..OTHERS {
            match self.hear(ANSWER_MS)? {
                Heard::Message(message) => return Ok(message),
                Heard::StillThere => {}
                Heard::Nothing => return Err(Status::TimedOut.fault()),
            }
        }
        Err(Fault::new(Kind::Protocol, "talks-without-end"))
    }

    fn hear(&mut self, within_ms: u32) -> Result<Heard, Fault> {
        let Some(frame) = self.receive(within_ms)? else {
            return Ok(Heard::Nothing);
        };
        if frame.purpose == Purpose::StillThere {
            self.send(&Frame::here(), ANSWER_MS)?;
            return Ok(Heard::StillThere);
        }
        self.collect(frame).map(Heard::Message)
    }

    /// Reads the other parts of a message.
    fn collect(&mut self, first: Frame) -> Result<Vec<u8>, Fault> {
        let (mut message, mut frame) = (Vec::new(), first);
        loop {
            if frame.purpose == Purpose::Message && following(frame.sequence) != self.sequence {
                return Err(Fault::new(Kind::Protocol, "wrong-sequence"));
            }
            let part = Part::parse(&frame)?;
            if part.first != message.is_empty() {
                return Err(Fault::new(Kind::Protocol, "wrong-answer"));
            }
            message.extend_from_slice(part.bytes);
            if !part.more {
                return Ok(message);
            }
            if message.len() >= message_length(&message)? {
                return Err(Fault::new(Kind::Protocol, "wrong-length"));
            }
            self.say(Command::NextPart)?;
            frame = self.receive(ANSWER_MS)?.ok_or(Status::TimedOut.fault())?;
        }
    }

    /// Does what begins a session. A capture that broke off leaves an answer or two behind, which come instead of the
    /// ones wanted: those are thrown away, and it is begun once more.
    fn begin<T>(&mut self, attempt: impl Fn(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        match attempt(self) {
            Err(fault) if fault.kind == Kind::Protocol && fault != Status::TimedOut.fault() => {
                self.throw_away()?;
                attempt(self)
            }
            begun => begun,
        }
    }

    fn enter(&mut self, still_there_ms: u16) -> Result<Sensor, Fault> {
        self.sequence = 0;
        self.usb.control_out(BEGIN, &[0], ANSWER_MS).map_err(Status::fault)?;
        self.expect(Purpose::Greeting)?;
        self.send(&Frame::enter(still_there_ms), ANSWER_MS)?;
        match self.expect(Purpose::Entered)?.as_slice() {
            [number] => Sensor::numbered(*number),
            _ => Err(Fault::new(Kind::Protocol, "wrong-length")),
        }
    }

    /// Begins a session to scan in: the sensor, its dots in a line and its lines of dots.
    fn enter_to_scan(&mut self) -> Result<(Sensor, u16, u16), Fault> {
        let sensor = self.enter(STILL_THERE_SCANNING_MS)?;
        self.say(Command::Describe)?;
        match Answer::parse(&self.answer()?)? {
            Answer::Dots(width, height) => Ok((sensor, width, height)),
            _ => Err(Fault::new(Kind::Protocol, "wrong-answer")),
        }
    }

    /// The payload of a frame that must come now.
    fn expect(&self, purpose: Purpose) -> Result<Vec<u8>, Fault> {
        let frame = self.receive(ANSWER_MS)?.ok_or(Status::TimedOut.fault())?;
        if frame.purpose == purpose {
            Ok(frame.payload)
        } else {
            Err(Fault::new(Kind::Protocol, "wrong-answer"))
        }
    }

    fn throw_away(&self) -> Result<(), Fault> {
        for _ in 0..LEFT_BEHIND {
            match self.usb.read(IN, HEAD_BYTES, LEFT_BEHIND_MS) {
                Ok(_) | Err(Status::Overflow) => {}
                Err(Status::TimedOut) => return Ok(()),
                Err(status) => return Err(self.usb.failed(IN, status)),
            }
        }
        Err(Fault::new(Kind::Protocol, "talks-without-end"))
    }

    /// Ends the session, after which the device is idle.
    fn leave(&mut self) -> Result<(), Fault> {
        self.send(&Frame::leave(self.sequence), LEAVING_MS)?;
        for _ in 0..OTHERS {
            // What it was still about to say comes first.
            let frame = self.receive(LEAVING_MS)?.ok_or(Status::TimedOut.fault())?;
            if frame.purpose == Purpose::Left {
                return Ok(());
            }
        }
        Err(Fault::new(Kind::Protocol, "talks-without-end"))
    }

    /// Sends a command in a message.
    fn say(&mut self, command: Command) -> Result<(), Fault> {
        let frame = command.frame(self.sequence);
        self.sequence = following(self.sequence);
        self.send(&frame, ANSWER_MS)
    }

    fn send(&self, frame: &Frame, timeout_ms: u32) -> Result<(), Fault> {
        let sent = self.usb.write(OUT, &frame.bytes(), timeout_ms);
        sent.map_err(|status| self.usb.failed(OUT, status))
    }

    /// The next frame, or none within this time.
    fn receive(&self, within_ms: u32) -> Result<Option<Frame>, Fault> {
        let Some(mut bytes) = self.read(HEAD_BYTES, within_ms)? else {
            return Ok(None);
        };
        let whole_head = u32::try_from(bytes.len()) == Ok(HEAD_BYTES);
        if whole_head && Frame::length(&bytes)? > bytes.len() {
            let rest = self.read(REST_BYTES, ANSWER_MS)?;
            bytes.extend(rest.ok_or(Status::TimedOut.fault())?);
        }
        Frame::parse(&bytes).map(Some)
    }

    /// Reads until something comes, or none within this time.
    fn read(&self, length: u32, within_ms: u32) -> Result<Option<Vec<u8>>, Fault> {
        let mut left = within_ms;
        while left > 0 {
            match self.usb.read(IN, length, left) {
                Ok(bytes) if bytes.is_empty() => {
                    self.usb.pause(NOTHING_MS);
                    left = left.saturating_sub(NOTHING_MS);
                }
                Ok(bytes) => return Ok(Some(bytes)),
                Err(Status::TimedOut) => return Ok(None),
                Err(status) => return Err(self.usb.failed(IN, status)),
            }
        }
        Ok(None)
    }
}

//! The order of a capture: power, finger, image, key, finger away, off. The event endpoint is read all the while, so
//! that nothing which the device tells is lost; control requests and the image's bulk read go out beside it.

use crate::challenge;
use crate::image::{Image, Sealed};
use crate::model::{Model, PowerUp};
use crate::registers::{
    CHALLENGE_BYTES, DEVICE_KEY_BYTES, EVENT_BYTES, EVENTS, Event, IMAGE, IMAGE_BYTES, Mode, POWERED_DOWN, Register,
    VERSIONS_BYTES,
};
use plugin_sdk::fault::{Fault, Kind};
use plugin_sdk::progress::Stage;
use plugin_sdk::usb::{Completion, Concurrent, GRACE_MS, Refusal, Request, Status, Ticket, Usb as _};

/// The device answers a control request within a few milliseconds; this is a dead one.
const ANSWER_MS: u32 = 1_000;
/// An image takes about 150 ms over full speed; this is a dead device.
const IMAGE_MS: u32 = 3_000;
/// Until the device says that it has power, and between two looks whether it has.
const POWER_MS: u32 = 1_000;
const POWER_POLL_MS: u32 = 10;
const NO_POWER: Fault = Fault::new(Kind::Protocol, "no-power");
const WRONG_LENGTH: Fault = Fault::new(Kind::Protocol, "wrong-length");
/// Longest time-out of one transfer.
const LONGEST_MS: u32 = 60_000;
/// How long the voter has for taking the finger away. The image is there already: after this, it counts all the same.
const REMOVE_MS: u32 = 3_000;
/// Kept of the call's time for switching the device off.
const CLOSING_MS: u32 = 250;

/// Captures one image. `seed` is the host's half of the image key: any number, recorded with the capture. Whatever
/// happens, the device is switched off and nothing stays pending.
///
/// # Errors
/// `nothing-presented`, `cancelled`, `device-gone`, or a protocol fault's code.
pub fn capture(usb: &impl Concurrent, model: &Model, seed: u32, tell: impl Fn(Stage)) -> Result<Image, Fault> {
    let mut session = Session::new(usb, model);
    let image = session.capture(seed, &tell);
    let switched_off = session.close();
    match image {
        Err(fault) => Err(fault),
        // A good image counts even if the device then would not switch off, as long as it is there.
        Ok(_) if switched_off == Err(Status::NoDevice.fault()) => Err(Status::NoDevice.fault()),
        Ok(image) => Ok(image),
    }
}

/// The device during one capture.
struct Session<'a, U: Concurrent> {
    usb: &'a U,
    model: &'a Model,
    /// the control request
    asking: Option<Ticket>,
    /// the read of the event endpoint
    listening: Option<Ticket>,
    /// the read of the image
    reading: Option<Ticket>,
    /// told and not yet looked at
    events: Vec<Event>,
}

impl<'a, U: Concurrent> Session<'a, U> {
    fn new(usb: &'a U, model: &'a Model) -> Self {
        Self {
            usb,
            model,
            asking: None,
            listening: None,
            reading: None,
            events: Vec::new(),
        }
    }

    fn capture(&mut self, seed: u32, tell: &impl Fn(Stage)) -> Result<Image, Fault> {
        self.listen()?;
        self.power_up()?;
        self.control(Register::Versions.read(VERSIONS_BYTES))?;

        self.control(Mode::AwaitFingerOn.request())?;
        tell(Stage::Ready);
        if !self.await_event(Event::FingerOn, u32::MAX)? {
            return Err(self.given_up(Fault::new(Kind::NothingPresented, "nothing-presented")));
        }
        tell(Stage::Presented);

        let bytes = self.read_image(tell)?;
        let sealed = Sealed::parse(&bytes)?;
        let key = self.exchange_keys(sealed.key_number(), seed)?;
        let image = sealed.open(key, self.model.facing);

        tell(Stage::Remove);
        self.events.clear();
        self.control(Mode::AwaitFingerOff.request())?;
        self.await_event(Event::FingerOff, REMOVE_MS)?;
        Ok(image)
    }

    /// Off and on again: from whatever state the device is in.
    fn power_up(&mut self) -> Result<(), Fault> {
        let status = self.power()?;
        self.control(Register::Power.write(&[status | POWERED_DOWN]))?;
        for _ in 0..POWER_MS / POWER_POLL_MS {
            self.control(Register::Power.write(&[status & !POWERED_DOWN]))?;
            if self.power()? & POWERED_DOWN == 0 {
                return if self.await_event(Event::PowerOn, POWER_MS)? {
                    Ok(())
                } else {
                    Err(self.given_up(NO_POWER))
                };
            }
            match self.model.power_up {
                PowerUp::Told => {}
                PowerUp::Challenged => self.unlock()?,
            }
            self.listen_for(POWER_POLL_MS)?;
        }
        Err(self.given_up(NO_POWER))
    }

    fn power(&mut self) -> Result<u8, Fault> {
        match self.control(Register::Power.read(1))?.as_slice() {
            [status] => Ok(*status),
            _ => Err(WRONG_LENGTH),
        }
    }

    /// Answers the challenge. Whether the answer was right, the device says by having power from then on.
    fn unlock(&mut self) -> Result<(), Fault> {
        let challenge = self.control(Register::Challenge.read(CHALLENGE_BYTES))?;
        let challenge = challenge.try_into().map_err(|_| WRONG_LENGTH)?;
        self.control(Register::Answer.write(&challenge::answer(challenge)))?;
        Ok(())
    }

    /// The bulk read must be pending when the device is told to send.
    fn read_image(&mut self, tell: &impl Fn(Stage)) -> Result<Vec<u8>, Fault> {
        let read = Request::DataIn {
            endpoint: IMAGE,
            length: IMAGE_BYTES,
        };
        let ticket = self.usb.submit(read, IMAGE_MS).map_err(Refusal::fault)?;
        self.reading = Some(ticket);
        self.control(Mode::Capture.request())?;
        tell(Stage::Reading);
        let image = self.finish(ticket, IMAGE_MS + GRACE_MS)?;
        self.reading = None;
        image.completed().map_err(|status| self.usb.failed(IMAGE, status))
    }

    /// Gives the device the host's half of the key and gets the whole one.
    fn exchange_keys(&mut self, number: u8, seed: u32) -> Result<u32, Fault> {
        let mut bytes = vec![number];
        bytes.extend_from_slice(&seed.to_le_bytes());
        self.control(Register::Seed.write(&bytes))?;
        let key = self.control(Register::DeviceKey.read(DEVICE_KEY_BYTES))?;
        let key = <[u8; 4]>::try_from(key.as_slice()).map_err(|_| WRONG_LENGTH)?;
        Ok(seed ^ u32::from_le_bytes(key))
    }

    /// One control request, with the events that come meanwhile.
    fn control(&mut self, request: Request) -> Result<Vec<u8>, Fault> {
        let ticket = self.usb.submit(request, ANSWER_MS).map_err(Refusal::fault)?;
        self.asking = Some(ticket);
        let answer = self.finish(ticket, ANSWER_MS + GRACE_MS)?;
        self.asking = None;
        answer.completed().map_err(Status::fault)
    }

    /// Waits for a transfer's end. Every event restarts the wait, but the transfer has a time-out of its own. Where the wait
    /// ends otherwise, the transfer stays pending until [`Self::close`].
    fn finish(&mut self, ticket: Ticket, wait_ms: u32) -> Result<Completion, Fault> {
        loop {
            let tickets: Vec<Ticket> = std::iter::once(ticket).chain(self.listening).collect();
            match self.usb.wait(&tickets, wait_ms) {
                Some(completion) if completion.ticket == ticket => return Ok(completion),
                Some(completion) => self.heard(completion)?,
                None => return Err(self.given_up(Status::TimedOut.fault())),
            }
        }
    }

    /// Whether the event was told within this time and the call's.
    fn await_event(&mut self, wanted: Event, within_ms: u32) -> Result<bool, Fault> {
        let remaining = self.usb.remaining_ms();
        let last = remaining.saturating_sub(within_ms).max(CLOSING_MS);
        loop {
            let told = std::mem::take(&mut self.events);
            if told.contains(&wanted) {
                return Ok(true);
            }
            let left = self.usb.remaining_ms().saturating_sub(last);
            if left == 0 {
                return Ok(false);
            }
            self.listen_for(left)?;
        }
    }

    /// Waits for one event, at most so long.
    fn listen_for(&mut self, ms: u32) -> Result<(), Fault> {
        if self.listening.is_none() {
            self.listen()?;
        }
        let tickets: Vec<Ticket> = self.listening.into_iter().collect();
        match self.usb.wait(&tickets, ms) {
            Some(completion) => self.heard(completion),
            None => Ok(()),
        }
    }

    /// Keeps what was told and listens on at once.
    fn heard(&mut self, completion: Completion) -> Result<(), Fault> {
        self.listening = None;
        match completion.completed() {
            Ok(packet) => self.events.extend(Event::parse(&packet)),
            Err(Status::TimedOut) => {}
            Err(status) => return Err(self.usb.failed(EVENTS, status)),
        }
        self.listen()
    }

    fn listen(&mut self) -> Result<(), Fault> {
        let read = Request::DataIn {
            endpoint: EVENTS,
            length: EVENT_BYTES,
        };
        let timeout = self.usb.remaining_ms().clamp(1, LONGEST_MS);
        self.listening = Some(self.usb.submit(read, timeout).map_err(Refusal::fault)?);
        Ok(())
    }

    /// A wait that ended with nothing is the host's wish where the call has no time left.
    fn given_up(&self, otherwise: Fault) -> Fault {
        if self.usb.remaining_ms() == 0 {
            Status::Cancelled.fault()
        } else {
            otherwise
        }
    }

    /// Takes a transfer back, and tells how it ended.
    fn take_back(&self, ticket: Ticket) -> Option<Completion> {
        self.usb.cancel(ticket);
        self.usb.wait(&[ticket], GRACE_MS)
    }

    /// Switches off and takes back what is pending. A read that ended meanwhile may have left its endpoint halted: that is
    /// cleared, so that the next capture finds it working.
    fn close(self) -> Result<(), Fault> {
        // Control requests wait for each other: the one that is stuck goes first. Its halt ends with the next one.
        if let Some(ticket) = self.asking {
            self.take_back(ticket);
        }
        let off = self.usb.transfer(Mode::Off.request(), CLOSING_MS);
        for (endpoint, ticket) in [(IMAGE, self.reading), (EVENTS, self.listening)] {
            let ended = ticket.and_then(|ticket| self.take_back(ticket));
            if let Some(Err(status)) = ended.map(Completion::completed) {
                // The capture's own end is already known.
                let _ = self.usb.failed(endpoint, status);
            }
        }
        off.map(|_| ()).map_err(Status::fault)
    }
}

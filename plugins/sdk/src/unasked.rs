//! Devices that send unasked: what is presented to them goes out at once, whether or not anybody waits for it.
//!
//! Three rules follow. What came before it was asked for is another voter's and thrown away; the first packet is waited
//! for as long as the call lasts; once something came, silence means that the rest is lost.

use crate::fault::{Fault, Kind};
use crate::usb::{Concurrent, Status, Usb as _};

/// Silence of this length in the middle of a document is its end, in milliseconds. The slowest keyboard sends 30
/// characters in that time.
pub const SILENCE_MS: u32 = 1_000;
/// After this silence nothing more is left of what was presented before, in milliseconds.
pub const LEFT_BEHIND_MS: u32 = 50;
/// With less than this left, in milliseconds, nothing is waited for: the call should end before its time is up.
const LEAST_MS: u32 = 100;
/// Most that one transfer waits, in milliseconds.
const LONGEST_MS: u32 = 60_000;
/// Most packets that a device may hold: several documents, key by key.
const MOST_LEFT_BEHIND: usize = 2_000;

/// What a packet is waited for as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// something that nobody has presented yet
    First,
    /// the rest of what has begun
    Rest,
}

/// The IN endpoint of such a device.
#[derive(Debug)]
pub struct Unasked<'a, U> {
    usb: &'a U,
    endpoint: u8,
    /// exact buffer length of every read, in bytes
    length: u32,
}

impl<'a, U: Concurrent> Unasked<'a, U> {
    /// Reads of this length from this endpoint.
    pub const fn new(usb: &'a U, endpoint: u8, length: u32) -> Self {
        Self { usb, endpoint, length }
    }

    /// Throws away what the device still holds; `seen` is shown each packet, for what it says of the device's state.
    ///
    /// # Errors
    /// `talks-without-end`, or how a read ended.
    pub fn throw_away(&self, mut seen: impl FnMut(&[u8])) -> Result<(), Fault> {
        for _ in 0..MOST_LEFT_BEHIND {
            match self.usb.read(self.endpoint, self.length, LEFT_BEHIND_MS) {
                Ok(packet) => seen(&packet),
                Err(Status::TimedOut) => return Ok(()),
                Err(status) => return Err(self.usb.failed(self.endpoint, status)),
            }
            match Concurrent::remaining_ms(self.usb) {
                0 => return Err(Status::Cancelled.fault()),
                left if left <= LEAST_MS => break,
                _ => {}
            }
        }
        Err(Fault::new(Kind::Protocol, "talks-without-end"))
    }

    /// The next packet; an empty one is a packet, too.
    ///
    /// # Errors
    /// `nothing-presented` once the call's time is up, `incomplete` after [`SILENCE_MS`] in the middle, `cancelled`, or how
    /// the read ended.
    pub fn packet(&self, awaited: Awaited) -> Result<Vec<u8>, Fault> {
        let mut left = Concurrent::remaining_ms(self.usb);
        if left == 0 {
            return Err(Status::Cancelled.fault());
        }
        loop {
            // Below, 0 may also be a clock that went on while a read timed out: where the host wants the call to end, the
            // read ends so.
            if left <= LEAST_MS {
                return Err(awaited.never_came());
            }
            let wait_ms = (left - LEAST_MS).min(awaited.patience_ms());
            match self.usb.read(self.endpoint, self.length, wait_ms) {
                Ok(packet) => return Ok(packet),
                Err(Status::TimedOut) if awaited == Awaited::First => left = Concurrent::remaining_ms(self.usb),
                Err(Status::TimedOut) => return Err(awaited.never_came()),
                Err(status) => return Err(self.usb.failed(self.endpoint, status)),
            }
        }
    }
}

impl Awaited {
    fn patience_ms(self) -> u32 {
        match self {
            Self::First => LONGEST_MS,
            Self::Rest => SILENCE_MS,
        }
    }

    fn never_came(self) -> Fault {
        match self {
            Self::First => Fault::new(Kind::NothingPresented, "nothing-presented"),
            Self::Rest => Fault::new(Kind::Protocol, "incomplete"),
        }
    }
}

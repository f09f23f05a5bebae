//! A device whose every answer is out of the input, in a time of its own.

use arbitrary::Unstructured;
use plugin_sdk::usb::{Completion, Concurrent, Refusal, Request, Status, Ticket};
use std::cell::RefCell;

/// What a call has, in milliseconds.
const CALL_MS: u32 = 10_000;
/// Transfers that the host lets a driver have pending.
const MOST_PENDING: usize = 16;
/// Calls after which a driver is taken to go round for ever: far more than any input has answers.
const MOST_CALLS: u32 = 100_000;

/// The claimed interface of such a device.
pub(crate) struct Device<'a>(RefCell<State<'a>>);

struct State<'a> {
    input: Unstructured<'a>,
    pending: Vec<(Ticket, Request, u32)>,
    next: u32,
    remaining_ms: u32,
    calls: u32,
}

impl<'a> Device<'a> {
    /// It answers from this input, and is silent once that is used up.
    pub(crate) fn new(input: Unstructured<'a>) -> Self {
        Self(RefCell::new(State {
            input,
            pending: Vec::new(),
            next: 0,
            remaining_ms: CALL_MS,
            calls: 0,
        }))
    }

    /// Transfers that the driver has left behind.
    pub(crate) fn pending(&self) -> usize {
        self.0.borrow().pending.len()
    }
}

impl State<'_> {
    fn called(&mut self) {
        self.calls += 1;
        assert!(self.calls < MOST_CALLS, "the driver never ends");
    }

    fn pass(&mut self, ms: u32) {
        self.remaining_ms = self.remaining_ms.saturating_sub(ms);
    }

    /// How a transfer ends: mostly well.
    fn status(&mut self) -> Status {
        match self.input.arbitrary::<u8>().unwrap_or_default() {
            0xf0..=0xf3 => Status::TimedOut,
            0xf4 | 0xf5 => Status::Stalled,
            0xf6 | 0xf7 => Status::Overflow,
            0xf8 | 0xf9 => Status::IoError,
            0xfa => Status::NoDevice,
            0xfb => Status::NotGranted,
            0xfc => Status::Cancelled,
            _ => Status::Completed,
        }
    }

    /// Bytes of the input, then zeros up to a length of its choice, so that a short input makes a whole image.
    fn data(&mut self, most: u32) -> Vec<u8> {
        let [low, high, top, given] = self.input.arbitrary::<[u8; 4]>().unwrap_or_default();
        let length = u32::from_le_bytes([low, high, top, 0]) % most.saturating_add(1);
        let given = usize::from(given).min(self.input.len());
        let mut data = self.input.bytes(given).unwrap_or_default().to_vec();
        data.resize(usize::try_from(length).unwrap_or_default(), 0);
        data
    }

    fn completed(&mut self, at: usize) -> Completion {
        let (ticket, request, timeout_ms) = self.pending.remove(at);
        if self.input.is_empty() {
            // silent from here on
            self.pass(timeout_ms);
            return ended(ticket, Status::TimedOut, Vec::new());
        }
        let status = self.status();
        self.pass(if status == Status::TimedOut { timeout_ms } else { 1 });
        let data = match (&request, status) {
            (Request::ControlIn { length, .. }, Status::Completed | Status::TimedOut) => self.data((*length).into()),
            (Request::DataIn { length, .. }, Status::Completed | Status::TimedOut) => self.data(*length),
            _ => Vec::new(),
        };
        ended(ticket, status, data)
    }
}

fn ended(ticket: Ticket, status: Status, data: Vec<u8>) -> Completion {
    Completion {
        ticket,
        status,
        actual: u32::try_from(data.len()).unwrap_or(u32::MAX),
        data,
    }
}

impl Concurrent for Device<'_> {
    fn submit(&self, request: Request, timeout_ms: u32) -> Result<Ticket, Refusal> {
        assert!((1..=60_000).contains(&timeout_ms), "a time-out of {timeout_ms} ms");
        let mut state = self.0.borrow_mut();
        state.called();
        if state.pending.len() == MOST_PENDING {
            return Err(Refusal::Busy);
        }
        let ticket = Ticket(state.next);
        state.next += 1;
        state.pending.push((ticket, request, timeout_ms));
        Ok(ticket)
    }

    fn wait(&self, tickets: &[Ticket], timeout_ms: u32) -> Option<Completion> {
        let mut state = self.0.borrow_mut();
        state.called();
        let asked: Vec<usize> = (0..state.pending.len())
            .filter(|at| tickets.is_empty() || tickets.contains(&state.pending[*at].0))
            .collect();
        if asked.is_empty() || state.remaining_ms == 0 {
            state.pass(timeout_ms);
            return None;
        }
        // Which ends first is the device's choice.
        let choice = usize::from(state.input.arbitrary::<u8>().unwrap_or_default()) % asked.len();
        Some(state.completed(asked[choice]))
    }

    fn cancel(&self, ticket: Ticket) {
        let mut state = self.0.borrow_mut();
        state.called();
        state.pending.retain(|(pending, ..)| *pending != ticket);
    }

    fn clear_halt(&self, _: u8) -> Result<(), Status> {
        let mut state = self.0.borrow_mut();
        state.called();
        state.pass(1);
        match state.status() {
            Status::Completed => Ok(()),
            status => Err(status),
        }
    }

    fn remaining_ms(&self) -> u32 {
        let mut state = self.0.borrow_mut();
        state.called();
        state.remaining_ms
    }
}

/// What a device does next, to make an input of [`Device`] of.
pub(crate) enum Act<'a> {
    /// takes what is sent by the transfer that is this far back in the driver's queue
    Take(u8),
    /// answers that transfer: so many bytes, which begin with these
    Answer(u8, u32, &'a [u8]),
    /// lets that transfer's time run out
    KeepSilent(u8),
}

/// The input that makes the device do this.
pub(crate) fn seed<'a>(acts: impl IntoIterator<Item = Act<'a>>) -> Vec<u8> {
    let mut seed = Vec::new();
    for act in acts {
        match act {
            Act::Take(transfer) => seed.extend([transfer, 0]),
            Act::Answer(transfer, length, bytes) => {
                let [low, high, top, _] = length.to_le_bytes();
                let given = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
                seed.extend([transfer, 0, low, high, top, given]);
                seed.extend(&bytes[..usize::from(given)]);
            }
            Act::KeepSilent(transfer) => seed.extend([transfer, 0xf0, 0, 0, 0, 0]),
        }
    }
    seed
}

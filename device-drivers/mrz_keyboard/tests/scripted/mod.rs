//! A claimed interface that answers by a script, on a clock of its own: what a transfer waits for is taken from the call's
//! time, and nothing else is. Shared by the tests of drivers whose devices send unasked.

use plugin_sdk::usb::{Completion, Concurrent, Refusal, Request, Setup, Status, Ticket};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// How long a call takes, in milliseconds.
pub(crate) const CALL_MS: u32 = 10_000;

/// What a read gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// bytes, after so many milliseconds
    Packet(u32, Vec<u8>),
    /// nothing, for as long as the read waits
    Silence,
    /// another end
    Ends(Status),
}

/// What is done to the transfer of a number, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blow {
    /// the plug is pulled: this and all later ones end so
    Pulled,
    /// the host wants the call to end
    Cancelled,
}

/// The interface. After its script it is silent.
pub(crate) struct Scripted {
    steps: RefCell<VecDeque<Step>>,
    blow: Option<(usize, Blow)>,
    /// how control requests end, in their order; completed after the last
    controls: RefCell<VecDeque<Status>>,
    pub(crate) asked: RefCell<Vec<(Setup, Vec<u8>)>>,
    pub(crate) transfers: Cell<usize>,
    pub(crate) remaining_ms: Cell<u32>,
    pub(crate) cleared: RefCell<Vec<u8>>,
    pending: RefCell<Vec<Completion>>,
}

impl Scripted {
    pub(crate) fn of(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: RefCell::new(steps.into_iter().collect()),
            blow: None,
            controls: RefCell::default(),
            asked: RefCell::default(),
            transfers: Cell::new(0),
            remaining_ms: Cell::new(CALL_MS),
            cleared: RefCell::default(),
            pending: RefCell::default(),
        }
    }

    pub(crate) fn struck(mut self, at: usize, blow: Blow) -> Self {
        self.blow = Some((at, blow));
        self
    }

    pub(crate) fn whose_requests_end(self, statuses: &[Status]) -> Self {
        self.controls.borrow_mut().extend(statuses);
        self
    }

    fn pass(&self, ms: u32) {
        self.remaining_ms.set(self.remaining_ms.get().saturating_sub(ms));
    }

    fn end(&self, request: &Request, timeout_ms: u32) -> (Status, Vec<u8>) {
        let number = self.transfers.replace(self.transfers.get() + 1);
        match self.blow {
            Some((at, Blow::Pulled)) if number >= at => return (Status::NoDevice, Vec::new()),
            Some((at, Blow::Cancelled)) if number == at => {
                self.remaining_ms.set(0);
                return (Status::Cancelled, Vec::new());
            }
            _ => {}
        }
        match request {
            Request::ControlOut { setup, data } => {
                self.asked.borrow_mut().push((*setup, data.clone()));
                let status = self.controls.borrow_mut().pop_front();
                (status.unwrap_or(Status::Completed), Vec::new())
            }
            Request::DataIn { length, .. } => self.read(*length, timeout_ms),
            other => panic!("the device is never asked for {other:?}"),
        }
    }

    fn read(&self, length: u32, timeout_ms: u32) -> (Status, Vec<u8>) {
        let mut steps = self.steps.borrow_mut();
        match steps.pop_front().unwrap_or(Step::Silence) {
            Step::Packet(after, bytes) if after >= timeout_ms => {
                steps.push_front(Step::Packet(after - timeout_ms, bytes));
                self.pass(timeout_ms);
                (Status::TimedOut, Vec::new())
            }
            Step::Packet(after, mut bytes) => {
                self.pass(after);
                let room = usize::try_from(length).unwrap();
                let status = if bytes.len() > room {
                    Status::Overflow
                } else {
                    Status::Completed
                };
                bytes.truncate(room);
                (status, bytes)
            }
            Step::Silence => {
                self.pass(timeout_ms);
                (Status::TimedOut, Vec::new())
            }
            Step::Ends(status) => (status, Vec::new()),
        }
    }
}

impl Concurrent for Scripted {
    fn submit(&self, request: Request, timeout_ms: u32) -> Result<Ticket, Refusal> {
        assert!((1..=60_000).contains(&timeout_ms), "a time-out of {timeout_ms} ms");
        let (status, data) = self.end(&request, timeout_ms);
        let ticket = Ticket(u32::try_from(self.transfers.get()).unwrap());
        self.pending.borrow_mut().push(Completion {
            ticket,
            status,
            actual: u32::try_from(data.len()).unwrap(),
            data,
        });
        Ok(ticket)
    }

    fn wait(&self, tickets: &[Ticket], _timeout_ms: u32) -> Option<Completion> {
        let mut pending = self.pending.borrow_mut();
        let place = pending.iter().position(|done| tickets.contains(&done.ticket))?;
        Some(pending.remove(place))
    }

    fn cancel(&self, _ticket: Ticket) {}

    fn clear_halt(&self, endpoint: u8) -> Result<(), Status> {
        self.cleared.borrow_mut().push(endpoint);
        Ok(())
    }

    fn remaining_ms(&self) -> u32 {
        self.remaining_ms.get()
    }
}

/// Nothing is left pending when a call ends.
impl Drop for Scripted {
    fn drop(&mut self) {
        assert!(self.pending.borrow().is_empty() || std::thread::panicking());
    }
}

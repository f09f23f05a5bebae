//! A plugged device's transfers, and the claimed interface that a driver holds.

use super::bell::{Bell, locked};
use super::device::{Answer, Device};
use devices::transfer::{
    Canceller, ClaimedInterface, Completion, ENDPOINT_IN, Identity, MAX_PENDING, MAX_TRANSFER_BYTES, Refusal, Request,
    Status, Ticket,
};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A device in its place, with what is pending on it. The device model is owned here; all waiting is on its bell.
pub(super) struct Port {
    bell: Bell,
    state: Mutex<State>,
}

struct State {
    device: Box<dyn Device>,
    gone: bool,
    claimed: bool,
    pending: VecDeque<Pending>,
    /// ended and not yet reaped, in the order of their ends
    ended: VecDeque<Completion>,
    last_ticket: u32,
    /// how often a canceller was called
    cancels: u64,
}

struct Pending {
    ticket: Ticket,
    request: Request,
    until: Instant,
}

/// What transfers of one queue share: an endpoint's address, 0 for control requests of both directions.
fn queue(request: &Request) -> u8 {
    match request {
        Request::ControlIn { .. } | Request::ControlOut { .. } => 0,
        Request::DataIn { endpoint, .. } | Request::DataOut { endpoint, .. } => *endpoint,
    }
}

impl Port {
    pub(super) fn new(mut device: Box<dyn Device>) -> Self {
        device.plugged();
        Self {
            bell: device.bell(),
            state: Mutex::new(State {
                device,
                gone: false,
                claimed: false,
                pending: VecDeque::new(),
                ended: VecDeque::new(),
                last_ticket: 0,
                cancels: 0,
            }),
        }
    }

    pub(super) fn identity(&self) -> Identity {
        locked(&self.state).device.identity()
    }

    pub(super) fn is_gone(&self) -> bool {
        locked(&self.state).gone
    }

    /// Everything pending ends `NoDevice`, and everything later too.
    pub(super) fn pull(&self) {
        locked(&self.state).pull();
        self.bell.ring();
    }

    /// The interface, or none where it is claimed already.
    pub(super) fn claim(self: &Arc<Self>, left: impl Fn() + Send + 'static) -> Option<VirtualInterface> {
        let mut state = locked(&self.state);
        if std::mem::replace(&mut state.claimed, true) {
            return None;
        }
        Some(VirtualInterface {
            port: Arc::clone(self),
            left: Box::new(left),
        })
    }
}

impl State {
    fn end(&mut self, ticket: Ticket, status: Status, data: Vec<u8>, actual: usize) {
        self.ended.push_back(Completion {
            ticket,
            status,
            // A transfer has at most 1 MiB.
            actual: u32::try_from(actual).unwrap_or(u32::MAX),
            data,
        });
    }

    fn pull(&mut self) {
        self.gone = true;
        self.end_all(Status::NoDevice);
    }

    fn end_all(&mut self, status: Status) {
        for pending in std::mem::take(&mut self.pending) {
            self.end(pending.ticket, status, Vec::new(), 0);
        }
    }

    /// Asks the device about the first transfer of each queue, until it has nothing more to say; then ends what is too
    /// old. Whether the device is gone since.
    fn run(&mut self) -> bool {
        let was_gone = self.gone;
        while !self.gone && self.step() {}
        let now = Instant::now();
        while let Some(index) = self.pending.iter().position(|pending| pending.until <= now) {
            if let Some(late) = self.pending.remove(index) {
                self.end(late.ticket, Status::TimedOut, Vec::new(), 0);
            }
        }
        self.gone && !was_gone
    }

    /// Whether a transfer ended, after which others may end too.
    fn step(&mut self) -> bool {
        let mut asked = [false; 256];
        for index in 0..self.pending.len() {
            let request = &self.pending[index].request;
            if std::mem::replace(&mut asked[usize::from(queue(request))], true) {
                continue;
            }
            let (answer, written, room) = match request {
                Request::ControlIn { setup, length } => {
                    (self.device.control_in(setup, *length), 0, usize::from(*length))
                }
                Request::ControlOut { setup, data } => (self.device.control_out(setup, data), data.len(), 0),
                Request::DataIn { endpoint, length } => (
                    self.device.data_in(*endpoint, *length),
                    0,
                    usize::try_from(*length).unwrap_or(usize::MAX),
                ),
                Request::DataOut { endpoint, data } => (self.device.data_out(*endpoint, data), data.len(), 0),
            };
            let (status, mut data) = match answer {
                Answer::Pending => continue,
                Answer::Gone => {
                    self.pull();
                    return false;
                }
                Answer::Stalled => (Status::Stalled, Vec::new()),
                Answer::Done(data) if data.len() > room => (Status::Overflow, data),
                Answer::Done(data) => (Status::Completed, data),
            };
            data.truncate(room);
            let actual = match status {
                Status::Stalled => 0,
                _ => data.len().max(written),
            };
            if let Some(done) = self.pending.remove(index) {
                self.end(done.ticket, status, data, actual);
            }
            return true;
        }
        false
    }

    /// Whether the current setting has room and an endpoint for this.
    fn check(&self, request: &Request) -> Result<(), Refusal> {
        if self.gone {
            return Err(Refusal::NoDevice);
        }
        if self.pending.len() + self.ended.len() >= MAX_PENDING {
            return Err(Refusal::Busy);
        }
        let has = |address: u8| {
            let endpoints = self.device.identity().endpoints;
            endpoints.iter().any(|endpoint| endpoint.address == address)
        };
        let valid = match request {
            Request::ControlIn { .. } => true,
            Request::ControlOut { data, .. } => u16::try_from(data.len()).is_ok(),
            Request::DataIn { endpoint, length } => {
                let length = usize::try_from(*length).unwrap_or(usize::MAX);
                endpoint & ENDPOINT_IN != 0 && has(*endpoint) && (1..=MAX_TRANSFER_BYTES).contains(&length)
            }
            Request::DataOut { endpoint, data } => {
                endpoint & ENDPOINT_IN == 0 && has(*endpoint) && data.len() <= MAX_TRANSFER_BYTES
            }
        };
        if valid { Ok(()) } else { Err(Refusal::Invalid) }
    }

    fn reap(&mut self, tickets: &[Ticket]) -> Option<Completion> {
        let asked = |done: &Completion| tickets.is_empty() || tickets.contains(&done.ticket);
        let index = self.ended.iter().position(asked)?;
        self.ended.remove(index)
    }
}

/// The claimed interface of a virtual device.
pub(super) struct VirtualInterface {
    port: Arc<Port>,
    /// called when the device left by itself
    left: Box<dyn Fn() + Send>,
}

impl VirtualInterface {
    /// Does something to the state, lets the device answer, and wakes whoever waits for what came of it.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let (result, left) = {
            let mut state = locked(&self.port.state);
            let result = change(&mut state);
            (result, state.run())
        };
        self.port.bell.ring();
        if left {
            (self.left)();
        }
        result
    }
}

impl ClaimedInterface for VirtualInterface {
    fn identity(&self) -> Identity {
        self.port.identity()
    }

    fn submit(&mut self, request: Request, timeout: Duration) -> Result<Ticket, Refusal> {
        self.change(|state| {
            state.check(&request)?;
            state.last_ticket = state.last_ticket.wrapping_add(1);
            let ticket = Ticket(state.last_ticket);
            state.pending.push_back(Pending {
                ticket,
                request,
                until: Instant::now() + timeout,
            });
            Ok(ticket)
        })
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.change(|state| {
            let index = state.pending.iter().position(|pending| pending.ticket == ticket);
            if index.and_then(|index| state.pending.remove(index)).is_some() {
                state.end(ticket, Status::Cancelled, Vec::new(), 0);
            }
        });
    }

    fn wait(&mut self, tickets: &[Ticket], timeout: Duration) -> Option<Completion> {
        let until = Instant::now() + timeout;
        let cancels = locked(&self.port.state).cancels;
        loop {
            let rung = self.port.bell.count();
            let (reaped, cancelled, next, left) = {
                let mut state = locked(&self.port.state);
                let left = state.run();
                let next = state.pending.iter().map(|pending| pending.until).min();
                (state.reap(tickets), state.cancels != cancels, next, left)
            };
            if left {
                (self.left)();
            }
            if reaped.is_some() || cancelled || until <= Instant::now() {
                return reaped;
            }
            self.port
                .bell
                .wait_past(rung, next.map_or(until, |next| next.min(until)));
        }
    }

    fn clear_halt(&mut self, endpoint: u8) -> Result<(), Status> {
        self.change(|state| match state.gone {
            true => Err(Status::NoDevice),
            false => state.device.clear_halt(endpoint),
        })
    }

    fn select_alternate(&mut self, setting: u8) -> Result<(), Status> {
        self.change(|state| match state.gone {
            true => Err(Status::NoDevice),
            false => state.device.select_alternate(setting),
        })
    }

    fn canceller(&self) -> Canceller {
        let port = Arc::clone(&self.port);
        Canceller::new(move || {
            {
                let mut state = locked(&port.state);
                state.cancels = state.cancels.wrapping_add(1);
                state.end_all(Status::Cancelled);
            }
            port.bell.ring();
        })
    }
}

/// Cancels what is pending and releases the interface; unreaped completions are forgotten.
impl Drop for VirtualInterface {
    fn drop(&mut self) {
        let mut state = locked(&self.port.state);
        state.pending.clear();
        state.ended.clear();
        state.claimed = false;
    }
}

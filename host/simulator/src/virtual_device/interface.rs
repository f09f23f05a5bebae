//! A plugged device's transfers, and the claimed interface that a driver holds.

use super::bell::{Bell, locked};
use super::device::{Answer, Device};
use devices::transfer::{
    Canceller, ClaimedInterface, Completion, ENDPOINT_IN, Identity, MAX_PENDING, MAX_TRANSFER_BYTES, Refusal, Request,
    Status, Ticket,
};
use std::collections::{BTreeMap, VecDeque};
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
    /// the claimed interfaces by number, and how often a canceller of each was called
    claimed: BTreeMap<u8, u64>,
    pending: VecDeque<Pending>,
    /// ended and not yet reaped, in the order of their ends
    ended: VecDeque<Ended>,
    last_ticket: u32,
}

struct Pending {
    /// number of the interface that it was asked for on
    interface: u8,
    ticket: Ticket,
    request: Request,
    until: Instant,
}

struct Ended {
    interface: u8,
    completion: Completion,
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
                claimed: BTreeMap::new(),
                pending: VecDeque::new(),
                ended: VecDeque::new(),
                last_ticket: 0,
            }),
        }
    }

    pub(super) fn identity(&self) -> Identity {
        locked(&self.state).device.identity()
    }

    /// The numbers of its interfaces.
    pub(super) fn numbers(&self) -> Vec<u8> {
        let interfaces = locked(&self.state).device.interfaces();
        interfaces.iter().map(|one| one.interface_number).collect()
    }

    pub(super) fn is_gone(&self) -> bool {
        locked(&self.state).gone
    }

    /// Everything pending ends `NoDevice`, and everything later too.
    pub(super) fn pull(&self) {
        locked(&self.state).pull();
        self.bell.ring();
    }

    /// The interface of this number, or none where it is claimed already.
    pub(super) fn claim(self: &Arc<Self>, number: u8, left: impl Fn() + Send + 'static) -> Option<VirtualInterface> {
        let mut state = locked(&self.state);
        if state.claimed.contains_key(&number) {
            return None;
        }
        state.claimed.insert(number, 0);
        Some(VirtualInterface {
            port: Arc::clone(self),
            number,
            left: Box::new(left),
        })
    }
}

impl State {
    fn end(&mut self, pending: &Pending, status: Status, data: Vec<u8>, actual: usize) {
        self.ended.push_back(Ended {
            interface: pending.interface,
            completion: Completion {
                ticket: pending.ticket,
                status,
                // A transfer has at most 1 MiB.
                actual: u32::try_from(actual).unwrap_or(u32::MAX),
                data,
            },
        });
    }

    fn pull(&mut self) {
        self.gone = true;
        self.end_all(Status::NoDevice);
    }

    fn end_all(&mut self, status: Status) {
        for pending in std::mem::take(&mut self.pending) {
            self.end(&pending, status, Vec::new(), 0);
        }
    }

    /// What is pending on one interface ends `Cancelled`, and its waits return.
    fn cancel_all(&mut self, interface: u8) {
        if let Some(cancels) = self.claimed.get_mut(&interface) {
            *cancels = cancels.wrapping_add(1);
        }
        let all = std::mem::take(&mut self.pending);
        let (cancelled, others) = all.into_iter().partition(|pending| pending.interface == interface);
        self.pending = others;
        let cancelled: VecDeque<Pending> = cancelled;
        for pending in cancelled {
            self.end(&pending, Status::Cancelled, Vec::new(), 0);
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
                self.end(&late, Status::TimedOut, Vec::new(), 0);
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
                self.end(&done, status, data, actual);
            }
            return true;
        }
        false
    }

    /// Whether the current setting has room and an endpoint for this.
    fn check(&self, interface: u8, request: &Request) -> Result<(), Refusal> {
        if self.gone {
            return Err(Refusal::NoDevice);
        }
        let pending = self.pending.iter().filter(|one| one.interface == interface).count();
        let ended = self.ended.iter().filter(|one| one.interface == interface).count();
        if pending + ended >= MAX_PENDING {
            return Err(Refusal::Busy);
        }
        let has = |address: u8| {
            let endpoints = self.identity(interface).endpoints;
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

    fn reap(&mut self, interface: u8, tickets: &[Ticket]) -> Option<Completion> {
        let asked = |done: &Ended| {
            done.interface == interface && (tickets.is_empty() || tickets.contains(&done.completion.ticket))
        };
        let index = self.ended.iter().position(asked)?;
        self.ended.remove(index).map(|done| done.completion)
    }

    /// Who the device is, with this interface.
    fn identity(&self, interface: u8) -> Identity {
        let mut interfaces = self.device.interfaces().into_iter();
        let of_it = interfaces.find(|one| one.interface_number == interface);
        of_it.unwrap_or_else(|| self.device.identity())
    }
}

/// The claimed interface of a virtual device.
pub(super) struct VirtualInterface {
    port: Arc<Port>,
    number: u8,
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
        locked(&self.port.state).identity(self.number)
    }

    fn submit(&mut self, request: Request, timeout: Duration) -> Result<Ticket, Refusal> {
        self.change(|state| {
            state.check(self.number, &request)?;
            state.last_ticket = state.last_ticket.wrapping_add(1);
            let ticket = Ticket(state.last_ticket);
            state.pending.push_back(Pending {
                interface: self.number,
                ticket,
                request,
                until: Instant::now() + timeout,
            });
            Ok(ticket)
        })
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.change(|state| {
            let of_it = |pending: &Pending| (pending.interface, pending.ticket) == (self.number, ticket);
            let index = state.pending.iter().position(of_it);
            if let Some(cancelled) = index.and_then(|index| state.pending.remove(index)) {
                state.end(&cancelled, Status::Cancelled, Vec::new(), 0);
            }
        });
    }

    fn wait(&mut self, tickets: &[Ticket], timeout: Duration) -> Option<Completion> {
        let until = Instant::now() + timeout;
        let cancels = locked(&self.port.state).claimed.get(&self.number).copied();
        loop {
            let rung = self.port.bell.count();
            let (reaped, cancelled, next, left) = {
                let mut state = locked(&self.port.state);
                let left = state.run();
                let next = state.pending.iter().map(|pending| pending.until).min();
                let cancelled = state.claimed.get(&self.number).copied() != cancels;
                (state.reap(self.number, tickets), cancelled, next, left)
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
        let (port, number) = (Arc::clone(&self.port), self.number);
        Canceller::new(move || {
            locked(&port.state).cancel_all(number);
            port.bell.ring();
        })
    }
}

/// Cancels what is pending and releases the interface; unreaped completions are forgotten.
impl Drop for VirtualInterface {
    fn drop(&mut self) {
        let mut state = locked(&self.port.state);
        state.pending.retain(|pending| pending.interface != self.number);
        state.ended.retain(|done| done.interface != self.number);
        state.claimed.remove(&self.number);
    }
}

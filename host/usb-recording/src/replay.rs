//! Plays the device of a recording.
//!
//! In lockstep every transfer must be the recorded one, in the recorded order; one that is not is written down as a
//! [`Deviation`] and ends `io-error`. Freely, a driver may ask again, ask more or less often, or begin anew: the device then
//! answers as it did to the same question nearest by. An answer comes once everything was asked that had been asked
//! before it came in the recording, at once; only what ran out of time, and pauses, take the time that they ask for.

use crate::recording::{Asked, Event, Payload, Recording, What};
use devices::transfer::{
    Canceller, ClaimedInterface, Completion, Identity, MAX_PENDING, Refusal, Request, Status, Ticket,
};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The call that readies the device, once.
const OPEN: &str = "open";

/// How closely a driver must follow the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// as recorded, transfer by transfer
    Lockstep,
    /// in any order that the device could have been asked in
    Free,
}

/// The driver did something else than the recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("transfer {number} of the recording is {recorded}, but the driver asked for {asked}")]
pub struct Deviation {
    /// from 1
    pub number: usize,
    /// what stands there
    pub recorded: String,
    /// what came
    pub asked: String,
}

/// A recording that cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// nothing to claim
    #[error("the recording names no interface; record it again")]
    NoInterface,
    /// hashed payloads
    #[error(
        "the recording keeps only digests of what the device sent; record it again with `--with-biometrics`, on a device with a synthetic finger"
    )]
    NoPayloads,
}

/// One recorded transfer.
struct Exchange {
    interface: u8,
    asked: Asked,
    /// none where the recording ends before
    end: Option<End>,
}

struct End {
    status: Status,
    actual: u32,
    data: Vec<u8>,
    /// how many transfers were queued between this one and its end
    after: usize,
    /// how this end stands among all ends
    rank: usize,
}

/// The device. A handle, cloned freely.
#[derive(Clone)]
pub struct Replay(Arc<Shared>);

struct Shared {
    interfaces: Vec<Identity>,
    exchanges: Vec<Exchange>,
    /// the first exchange after the device was opened
    opened: usize,
    order: Order,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// the exchange that is expected next
    next: usize,
    /// transfers queued so far
    queued: usize,
    last_ticket: u32,
    pending: VecDeque<Flying>,
    deviations: Vec<Deviation>,
    cancels: u64,
    most_pending: usize,
}

/// A transfer that waits for its end.
struct Flying {
    ticket: Ticket,
    interface: u8,
    /// which exchange it is; none is answered by nothing
    exchange: Option<usize>,
    /// the count of queued transfers when it was
    queued: usize,
    until: Instant,
    cancelled: bool,
    room: usize,
    read: bool,
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "replay of {} transfers", self.0.exchanges.len())
    }
}

impl Replay {
    /// A device that behaves as recorded.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn new(recording: &Recording, order: Order) -> Result<Self, ReplayError> {
        if recording.interfaces.is_empty() {
            return Err(ReplayError::NoInterface);
        }
        if recording.lacks_payloads() {
            return Err(ReplayError::NoPayloads);
        }
        Ok(Self(Arc::new(Shared {
            interfaces: recording.interfaces.clone(),
            exchanges: exchanges(recording),
            opened: opened(recording),
            order,
            state: Mutex::default(),
            changed: Condvar::new(),
        })))
    }

    /// Its interfaces, in the recorded order, as if just claimed.
    #[must_use]
    pub fn interfaces(&self) -> Vec<Box<dyn ClaimedInterface>> {
        let one = |identity: &Identity| -> Box<dyn ClaimedInterface> {
            Box::new(Played {
                device: self.clone(),
                identity: identity.clone(),
            })
        };
        self.0.interfaces.iter().map(one).collect()
    }

    /// The recorded calls begin anew, on the device as it was when it had been opened: a driver opens it once.
    pub fn rewind(&self) {
        let mut state = self.state();
        state.next = self.0.opened;
    }

    /// Recorded transfers, and how many of them were asked for since it began.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.0.exchanges.len(), self.state().next)
    }

    /// What the driver did otherwise.
    #[must_use]
    pub fn deviations(&self) -> Vec<Deviation> {
        self.state().deviations.clone()
    }

    /// Transfers that wait for their end.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.state().pending.len()
    }

    /// Most transfers that were pending at once.
    #[must_use]
    pub fn most_pending(&self) -> usize {
        self.state().most_pending
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn exchanges(recording: &Recording) -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    // Where the transfers of pending tickets stand.
    let mut open: Vec<(u32, usize)> = Vec::new();
    let mut rank = 0;
    for event in &recording.events {
        match &event.what {
            What::Submit {
                ticket,
                interface,
                asked,
                ..
            } => {
                open.retain(|(earlier, _)| earlier != ticket);
                open.push((*ticket, exchanges.len()));
                exchanges.push(Exchange {
                    interface: *interface,
                    asked: asked.clone(),
                    end: None,
                });
            }
            What::Done {
                ticket,
                status,
                actual,
                data,
            } => {
                let Some(place) = open.iter().position(|(earlier, _)| earlier == ticket) else {
                    continue;
                };
                let (_, index) = open.remove(place);
                rank += 1;
                exchanges[index].end = Some(End {
                    status: *status,
                    actual: *actual,
                    data: data.kept().map(<[u8]>::to_vec).unwrap_or_default(),
                    after: exchanges.len() - index - 1,
                    rank,
                });
            }
            _ => {}
        }
    }
    exchanges
}

/// How many exchanges there were before the first call but `open`: none where no call was written down.
fn opened(recording: &Recording) -> usize {
    let called = |event: &Event| matches!(&event.what, What::Call { name, .. } if name != OPEN);
    let until = recording.events.iter().position(called).unwrap_or(0);
    let submits = recording.events[..until].iter();
    submits
        .filter(|event| matches!(event.what, What::Submit { .. }))
        .count()
}

impl Shared {
    /// Which exchange this is, and whether it is another than the expected one.
    fn find(&self, interface: u8, request: &Request, next: usize) -> Option<usize> {
        let is = |index: &usize| {
            let exchange = &self.exchanges[*index];
            exchange.interface == interface && exchange.asked.is(request)
        };
        if next < self.exchanges.len() && is(&next) {
            return Some(next);
        }
        if self.order == Order::Lockstep {
            return None;
        }
        // What a device sends belongs to what it was told before: reads are answered only where they are expected.
        if matches!(request, Request::DataIn { .. }) {
            return self.read_nearby(interface, request, next);
        }
        let ahead = (next..self.exchanges.len()).find(is);
        ahead.or_else(|| (0..next.min(self.exchanges.len())).rev().find(is))
    }

    /// The next read of the same endpoint before anything else is written: with another length, too.
    fn read_nearby(&self, interface: u8, request: &Request, next: usize) -> Option<usize> {
        let Request::DataIn { endpoint, .. } = request else {
            return None;
        };
        let rest = self.exchanges.get(next..)?;
        let writes = |exchange: &&Exchange| !exchange.asked.is_read();
        let until = rest.iter().position(|exchange| writes(&exchange)).unwrap_or(rest.len());
        let of_it = |exchange: &Exchange| {
            exchange.interface == interface && exchange.asked.is_read() && exchange.asked.endpoint() == Some(*endpoint)
        };
        rest[..until].iter().position(of_it).map(|place| next + place)
    }
}

impl State {
    /// The end of a transfer, if its time has come.
    fn end(&self, flying: &Flying, exchanges: &[Exchange], now: Instant) -> Option<(Status, u32, Vec<u8>)> {
        if flying.cancelled {
            return Some((Status::Cancelled, 0, Vec::new()));
        }
        let end = flying.exchange.and_then(|index| exchanges[index].end.as_ref());
        // What ran out of time or was taken back in the recording waits for the same now.
        let told = end.filter(|end| !matches!(end.status, Status::TimedOut | Status::Cancelled));
        if let Some(end) = told.filter(|end| self.queued - flying.queued >= end.after) {
            if !flying.read || end.data.len() <= flying.room {
                return Some((end.status, end.actual, end.data.clone()));
            }
            let room = u32::try_from(flying.room).unwrap_or(u32::MAX);
            return Some((Status::Overflow, room, end.data[..flying.room].to_vec()));
        }
        if now < flying.until {
            return None;
        }
        let partial = end.filter(|end| end.status == Status::TimedOut);
        let data = partial.map(|end| end.data.clone()).unwrap_or_default();
        Some((Status::TimedOut, u32::try_from(data.len()).unwrap_or(u32::MAX), data))
    }

    /// Takes the transfer among these whose end comes first.
    fn reap(&mut self, interface: u8, tickets: &[Ticket], exchanges: &[Exchange]) -> Option<Completion> {
        let now = Instant::now();
        let rank = |flying: &Flying| {
            let end = flying.exchange.and_then(|index| exchanges[index].end.as_ref());
            end.map_or(usize::MAX, |end| end.rank)
        };
        let ready = self
            .pending
            .iter()
            .enumerate()
            .filter(|(_, flying)| flying.interface == interface)
            .filter(|(_, flying)| tickets.is_empty() || tickets.contains(&flying.ticket))
            .filter_map(|(place, flying)| Some((rank(flying), place, self.end(flying, exchanges, now)?)))
            .min_by_key(|(rank, place, _)| (*rank, *place));
        let (_, place, (status, actual, data)) = ready?;
        let flying = self.pending.remove(place)?;
        Some(Completion {
            ticket: flying.ticket,
            status,
            actual,
            data: if flying.read { data } else { Vec::new() },
        })
    }
}

/// One interface of the played device.
struct Played {
    device: Replay,
    identity: Identity,
}

impl Played {
    fn number(&self) -> u8 {
        self.identity.interface_number
    }
}

/// A transfer in words, without what it moved.
fn words(asked: &Request) -> String {
    format!("{asked:?}")
}

fn recorded_words(exchange: Option<&Exchange>) -> String {
    exchange.map_or("the end".to_owned(), |exchange| match &exchange.asked {
        Asked::ControlIn { setup, length } => format!("control-in {setup:?} {length} bytes"),
        Asked::ControlOut { setup, data } => format!("control-out {setup:?} {} bytes", data.length()),
        Asked::DataIn { endpoint, length } => format!("data-in {endpoint:02x} {length} bytes"),
        Asked::DataOut { endpoint, data } => match data {
            Payload::Kept(_) | Payload::Hashed { .. } => format!("data-out {endpoint:02x} {} bytes", data.length()),
        },
    })
}

impl ClaimedInterface for Played {
    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn submit(&mut self, request: Request, timeout: Duration) -> Result<Ticket, Refusal> {
        let shared = &self.device.0;
        let mut state = self.device.state();
        if state.pending.len() >= MAX_PENDING {
            return Err(Refusal::Busy);
        }
        let endpoint = match &request {
            Request::DataIn { endpoint, .. } | Request::DataOut { endpoint, .. } => Some(*endpoint),
            Request::ControlIn { .. } | Request::ControlOut { .. } => None,
        };
        let known = |address| self.identity.endpoints.iter().any(|one| one.address == address);
        if endpoint.is_some_and(|address| !known(address)) {
            return Err(Refusal::Invalid);
        }
        let found = shared.find(self.number(), &request, state.next);
        if found != Some(state.next) && (shared.order == Order::Lockstep || found.is_none()) {
            let deviation = Deviation {
                number: state.next + 1,
                recorded: recorded_words(shared.exchanges.get(state.next)),
                asked: words(&request),
            };
            state.deviations.push(deviation);
        }
        state.last_ticket = state.last_ticket.wrapping_add(1);
        state.queued += 1;
        if let Some(index) = found {
            state.next = index + 1;
        }
        let ticket = Ticket(state.last_ticket);
        let flying = Flying {
            ticket,
            interface: self.number(),
            exchange: found,
            queued: state.queued,
            until: Instant::now() + timeout,
            cancelled: false,
            room: match &request {
                Request::ControlIn { length, .. } => usize::from(*length),
                Request::DataIn { length, .. } => usize::try_from(*length).unwrap_or(usize::MAX),
                Request::ControlOut { .. } | Request::DataOut { .. } => 0,
            },
            read: matches!(request, Request::ControlIn { .. } | Request::DataIn { .. }),
        };
        state.pending.push_back(flying);
        state.most_pending = state.most_pending.max(state.pending.len());
        drop(state);
        shared.changed.notify_all();
        Ok(ticket)
    }

    fn cancel(&mut self, ticket: Ticket) {
        let mut state = self.device.state();
        for flying in &mut state.pending {
            flying.cancelled |= flying.ticket == ticket;
        }
        drop(state);
        self.device.0.changed.notify_all();
    }

    fn wait(&mut self, tickets: &[Ticket], timeout: Duration) -> Option<Completion> {
        let shared = &self.device.0;
        let until = Instant::now() + timeout;
        let mut state = self.device.state();
        let cancels = state.cancels;
        loop {
            if let Some(completion) = state.reap(self.number(), tickets, &shared.exchanges) {
                return Some(completion);
            }
            let now = Instant::now();
            if state.cancels != cancels || now >= until {
                return None;
            }
            let next = state.pending.iter().map(|flying| flying.until).min();
            let sleep = next
                .map_or(until, |next| next.min(until))
                .saturating_duration_since(now);
            let slept = shared.changed.wait_timeout(state, sleep.max(Duration::from_millis(1)));
            state = slept.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn clear_halt(&mut self, _endpoint: u8) -> Result<(), Status> {
        Ok(())
    }

    fn select_alternate(&mut self, _setting: u8) -> Result<(), Status> {
        Ok(())
    }

    fn canceller(&self) -> Canceller {
        let device = self.device.clone();
        Canceller::new(move || {
            let mut state = device.state();
            state.cancels = state.cancels.wrapping_add(1);
            for flying in &mut state.pending {
                flying.cancelled = true;
            }
            drop(state);
            device.0.changed.notify_all();
        })
    }
}

/// Whoever claims it next finds nothing pending.
impl Drop for Played {
    fn drop(&mut self) {
        let number = self.number();
        self.device.state().pending.retain(|flying| flying.interface != number);
    }
}

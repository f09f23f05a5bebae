//! Stands between a driver and its device: sees every transfer, and makes one of them go wrong.

use devices::transfer::{
    Canceller, ClaimedInterface, Completion, Identity, MAX_PENDING, Refusal, Request, Setup, Status, Ticket,
};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How a transfer goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// the plug is pulled
    Unplugged,
    /// the host wants the call to end
    Cancelled,
    /// STALL
    Stalled,
    /// the device sends more than was asked (babble)
    Overflow,
    /// an error on the bus
    IoError,
    /// the device does not answer
    Silent,
    /// the device does not answer, nor anything after
    Dead,
    /// it answers late: after the driver stopped waiting, into the next read
    Late,
    /// it takes this long to answer, in milliseconds
    Slow(u32),
    /// the answer lacks its last byte
    Short,
    /// half of the answer
    Half,
    /// one byte of the answer
    OneByte,
    /// an empty answer (a zero-length packet)
    Empty,
    /// an empty packet first, and the answer with the next read
    EmptyFirst,
    /// the same answer again with the next read
    Twice,
    /// this answer and the next one in the wrong order
    Swapped,
    /// an earlier answer, with another's sequence number
    Stale,
    /// all bytes 0
    Zeros,
    /// all bytes 255
    Ones,
    /// a bit of the first byte is turned
    FirstByte,
    /// a bit of the last byte is turned
    LastByte,
    /// a bit in the middle is turned
    MiddleByte,
    /// noise instead of the answer
    Noise,
    /// the host has no room for the transfer
    RefusedBusy,
    /// the host finds no such endpoint
    RefusedInvalid,
    /// the device has no endpoints any more
    NoEndpoints,
}

/// Which transfer goes wrong, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// counted from 0 since the call began
    pub at: usize,
    /// how
    pub wrong: Wrong,
}

/// One transfer, as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// what was asked, without its bytes
    pub asked: String,
    /// reads from the device?
    pub read: bool,
    /// its data endpoint
    pub endpoint: Option<u8>,
    /// of a control request
    pub setup: Option<(Setup, bool)>,
    /// how it ended; none while it is pending
    pub status: Option<Status>,
    /// bytes that came
    pub length: usize,
}

/// What was seen since the call began. Cloned freely.
#[derive(Clone, Default)]
pub struct Log {
    call: Arc<Mutex<State>>,
    /// endpoints and control requests that were used by anyone
    used: Arc<Mutex<BTreeSet<Use>>>,
}

#[derive(Default)]
struct State {
    plan: Option<Plan>,
    seen: Vec<Seen>,
    /// transfers that were queued or refused after the plug was pulled
    after_gone: usize,
    gone: bool,
    dead: bool,
    bare: bool,
    /// endpoints that stalled and were not cleared
    halted: BTreeSet<u8>,
    gone_at: Option<Instant>,
    /// the plan was carried out
    applied: bool,
    /// told when the host wants the call to end
    cancel: Option<Sender<()>>,
    cancels: u64,
    /// the last answer of each endpoint
    answers: HashMap<Option<u8>, Vec<u8>>,
    /// answers for the next reads of an endpoint
    saved: HashMap<Option<u8>, VecDeque<Vec<u8>>>,
}

/// Something of the device that a driver used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// a data endpoint
    Endpoint(u8),
    /// a control request: direction in, bRequest, wValue
    Control(bool, u8, u16),
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "log of {} transfers", self.seen().len())
    }
}

impl Log {
    /// A log of another session, which counts what is used together with this one.
    #[must_use]
    pub fn fresh(&self) -> Self {
        Self {
            call: Arc::default(),
            used: Arc::clone(&self.used),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call begins: nothing is seen yet, and this goes wrong in it.
    pub fn begin(&self, plan: Option<Plan>, cancel: Option<Sender<()>>) {
        let mut state = self.state();
        // A halt outlives the call.
        let halted = std::mem::take(&mut state.halted);
        *state = State {
            plan,
            cancel,
            halted,
            ..State::default()
        };
    }

    /// All transfers of the call.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    /// How many there are so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.state().seen.len()
    }

    /// Transfers whose end the driver never took.
    #[must_use]
    pub fn left_behind(&self) -> usize {
        self.state().seen.iter().filter(|seen| seen.status.is_none()).count()
    }

    /// Transfers that were asked for after the plug was pulled.
    #[must_use]
    pub fn after_gone(&self) -> usize {
        self.state().after_gone
    }

    /// When the plug was pulled.
    #[must_use]
    pub fn gone_at(&self) -> Option<Instant> {
        self.state().gone_at
    }

    /// Was the plan carried out?
    #[must_use]
    pub fn applied(&self) -> bool {
        self.state().applied
    }

    /// All that was used since the log was made.
    #[must_use]
    pub fn used(&self) -> BTreeSet<Use> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stands before an interface.
    #[must_use]
    pub fn before(&self, inner: Box<dyn ClaimedInterface>) -> Box<dyn ClaimedInterface> {
        Box::new(Probed {
            log: self.clone(),
            inner,
            last: 0,
            flying: Vec::new(),
        })
    }
}

/// What a pending transfer really is.
enum Flight {
    /// on the device
    Real(Ticket),
    /// two reads on the device at once, whose answers are swapped
    Pair(Ticket, Ticket),
    /// ends so
    Ended(Status, Vec<u8>),
    /// ended so on the device
    Done(Completion),
    /// never answered
    Silent,
}

struct Flying {
    ticket: Ticket,
    place: usize,
    endpoint: Option<u8>,
    room: usize,
    until: Instant,
    /// not before
    from: Instant,
    /// how often the host had cancelled when it was queued
    cancels: u64,
    wrong: Option<Wrong>,
    flight: Flight,
}

struct Probed {
    log: Log,
    inner: Box<dyn ClaimedInterface>,
    last: u32,
    flying: Vec<Flying>,
}

fn describe(request: &Request) -> (Option<u8>, Option<(Setup, bool)>, usize, bool) {
    match request {
        Request::ControlIn { setup, length } => (None, Some((*setup, true)), usize::from(*length), true),
        Request::ControlOut { setup, .. } => (None, Some((*setup, false)), 0, false),
        Request::DataIn { endpoint, length } => (
            Some(*endpoint),
            None,
            usize::try_from(*length).unwrap_or(usize::MAX),
            true,
        ),
        Request::DataOut { endpoint, .. } => (Some(*endpoint), None, 0, false),
    }
}

/// The bytes that come instead.
fn spoiled(wrong: Wrong, mut data: Vec<u8>) -> Vec<u8> {
    let (length, middle) = (data.len(), data.len() / 2);
    match wrong {
        Wrong::Short => data.truncate(length.saturating_sub(1)),
        Wrong::Half => data.truncate(middle),
        Wrong::OneByte => data.truncate(1),
        Wrong::Empty => data.clear(),
        Wrong::Zeros => data.fill(0),
        Wrong::Ones => data.fill(255),
        Wrong::FirstByte => data.iter_mut().take(1).for_each(|byte| *byte ^= 0x10),
        Wrong::LastByte => data.iter_mut().rev().take(1).for_each(|byte| *byte ^= 0x10),
        Wrong::MiddleByte => data.iter_mut().skip(middle).take(1).for_each(|byte| *byte ^= 0x10),
        Wrong::Noise => {
            let mut state = 0x2545_f491_u32;
            for byte in &mut data {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                *byte = state.to_le_bytes()[0];
            }
        }
        _ => {}
    }
    data
}

impl Probed {
    /// The flight of a transfer that is to go wrong, or why it is refused.
    fn wronged(
        &mut self,
        wrong: Wrong,
        request: Request,
        timeout: Duration,
        room: usize,
        state: &mut State,
    ) -> Result<Flight, Refusal> {
        let (endpoint, _, _, read) = describe(&request);
        let mut applied = true;
        let flight = match wrong {
            Wrong::Unplugged => {
                state.gone = true;
                state.gone_at = Some(Instant::now());
                Flight::Ended(Status::NoDevice, Vec::new())
            }
            Wrong::Stalled => {
                // A control pipe forgets its halt with the next request (USB 2.0, section 8.5.3.4).
                state.halted.extend(endpoint);
                Flight::Ended(Status::Stalled, Vec::new())
            }
            Wrong::IoError => Flight::Ended(Status::IoError, Vec::new()),
            Wrong::Silent => Flight::Silent,
            Wrong::Dead => {
                state.dead = true;
                Flight::Silent
            }
            Wrong::RefusedBusy => {
                state.applied = true;
                return Err(Refusal::Busy);
            }
            Wrong::RefusedInvalid | Wrong::NoEndpoints => {
                state.bare = wrong == Wrong::NoEndpoints;
                state.applied = true;
                return Err(Refusal::Invalid);
            }
            Wrong::Overflow if read => Flight::Ended(Status::Overflow, vec![0xa5; room]),
            Wrong::EmptyFirst if read => Flight::Ended(Status::Completed, Vec::new()),
            Wrong::Stale if read => match state.answers.get(&endpoint) {
                Some(earlier) => Flight::Ended(Status::Completed, earlier[..earlier.len().min(room)].to_vec()),
                None => {
                    applied = false;
                    Flight::Real(self.inner.submit(request, timeout)?)
                }
            },
            Wrong::Swapped if endpoint.is_some() && read => {
                let first = self.inner.submit(request.clone(), timeout)?;
                let second = self.inner.submit(request, timeout)?;
                // Whether there is a next answer at all is seen when the wait begins.
                applied = false;
                Flight::Pair(first, second)
            }
            Wrong::Cancelled => {
                let flight = Flight::Real(self.inner.submit(request, timeout)?);
                if let Some(cancel) = state.cancel.take() {
                    // The harness waits for exactly this.
                    let _ = cancel.send(());
                }
                flight
            }
            Wrong::Slow(_) => Flight::Real(self.inner.submit(request, timeout)?),
            _ if read => Flight::Real(self.inner.submit(request, timeout)?),
            _ => {
                applied = false;
                Flight::Real(self.inner.submit(request, timeout)?)
            }
        };
        state.applied |= applied;
        Ok(flight)
    }

    /// The end of a pending transfer, if it has come.
    fn end(&mut self, place: usize, state: &mut State) -> Option<(Status, u32, Vec<u8>)> {
        let now = Instant::now();
        let flying = &mut self.flying[place];
        let counted = |data: &Vec<u8>| u32::try_from(data.len()).unwrap_or(u32::MAX);
        if state.gone {
            return Some((Status::NoDevice, 0, Vec::new()));
        }
        let cancelled = flying.cancels != state.cancels;
        if cancelled {
            flying.from = now;
            flying.wrong = flying.wrong.filter(|wrong| *wrong != Wrong::Late);
        }
        match &flying.flight {
            Flight::Ended(status, data) => Some((*status, counted(data), data.clone())),
            Flight::Done(done) => Some((done.status, done.actual, done.data.clone())),
            Flight::Silent if cancelled => Some((Status::Cancelled, 0, Vec::new())),
            Flight::Silent => (now >= flying.until).then(|| (Status::TimedOut, 0, Vec::new())),
            Flight::Pair(first, second) => {
                let (first, second) = (*first, *second);
                let second_done = self.inner.wait(&[second], Duration::from_millis(5));
                match second_done {
                    Some(done) if done.status == Status::Completed => {
                        state.applied = true;
                        let flying = &mut self.flying[place];
                        if let Some(earlier) = self.inner.wait(&[first], Duration::from_millis(5)) {
                            state.saved.entry(flying.endpoint).or_default().push_back(earlier.data);
                        }
                        Some((Status::Completed, counted(&done.data), done.data))
                    }
                    _ => {
                        self.inner.cancel(second);
                        self.flying[place].flight = Flight::Real(first);
                        None
                    }
                }
            }
            Flight::Real(inner) => {
                let inner = *inner;
                if now < flying.from {
                    return None;
                }
                if flying.wrong == Some(Wrong::Late) {
                    if now < flying.until {
                        return None;
                    }
                    // It comes with the next read.
                    if let Some(done) = self.inner.wait(&[inner], Duration::ZERO) {
                        state.saved.entry(flying.endpoint).or_default().push_back(done.data);
                    }
                    return Some((Status::TimedOut, 0, Vec::new()));
                }
                let done = self.inner.wait(&[inner], Duration::ZERO)?;
                let flying = &self.flying[place];
                let Some(wrong) = flying.wrong.filter(|_| done.status == Status::Completed) else {
                    return Some((done.status, done.actual, done.data));
                };
                if wrong == Wrong::Twice {
                    let saved = state.saved.entry(flying.endpoint).or_default();
                    saved.push_back(done.data.clone());
                }
                let was_read = state.seen[flying.place].read;
                let data = spoiled(wrong, done.data);
                let actual = if was_read { counted(&data) } else { done.actual };
                Some((Status::Completed, actual, data))
            }
        }
    }
}

impl ClaimedInterface for Probed {
    fn identity(&self) -> Identity {
        self.inner.identity()
    }

    fn submit(&mut self, request: Request, timeout: Duration) -> Result<Ticket, Refusal> {
        let log = self.log.clone();
        let mut state = log.state();
        let (endpoint, setup, room, read) = describe(&request);
        if state.gone {
            state.after_gone += 1;
            return Err(Refusal::NoDevice);
        }
        if self.flying.len() >= MAX_PENDING {
            return Err(Refusal::Busy);
        }
        let of_it = match (endpoint, setup) {
            (Some(endpoint), _) => Some(Use::Endpoint(endpoint)),
            (None, Some((setup, input))) => Some(Use::Control(input, setup.request, setup.value)),
            (None, None) => None,
        };
        log.used.lock().unwrap_or_else(PoisonError::into_inner).extend(of_it);
        let place = state.seen.len();
        state.seen.push(Seen {
            asked: format!("{request:?}"),
            read,
            endpoint,
            setup,
            status: None,
            length: 0,
        });
        let wrong = state.plan.filter(|plan| plan.at == place).map(|plan| plan.wrong);
        let saved = read
            .then(|| state.saved.get_mut(&endpoint).and_then(VecDeque::pop_front))
            .flatten();
        let flight = match (wrong, saved) {
            _ if state.dead => Ok(Flight::Silent),
            _ if state.bare => Err(Refusal::Invalid),
            _ if endpoint.is_some_and(|endpoint| state.halted.contains(&endpoint)) => {
                Ok(Flight::Ended(Status::Stalled, Vec::new()))
            }
            (_, Some(data)) if data.len() > room => Ok(Flight::Ended(Status::Overflow, data[..room].to_vec())),
            (_, Some(data)) => Ok(Flight::Ended(Status::Completed, data)),
            (Some(wrong), None) => self.wronged(wrong, request, timeout, room, &mut state),
            (None, None) => self.inner.submit(request, timeout).map(Flight::Real),
        };
        let flight = match flight {
            Ok(flight) => flight,
            Err(refusal) => {
                state.seen[place].status = Some(Status::IoError);
                return Err(refusal);
            }
        };
        self.last += 1;
        let now = Instant::now();
        let from = match wrong {
            Some(Wrong::Slow(ms)) => now + Duration::from_millis(u64::from(ms)),
            _ => now,
        };
        self.flying.push(Flying {
            ticket: Ticket(self.last),
            place,
            endpoint,
            room,
            until: now + timeout,
            from,
            cancels: state.cancels,
            wrong,
            flight,
        });
        Ok(Ticket(self.last))
    }

    fn cancel(&mut self, ticket: Ticket) {
        for flying in self.flying.iter_mut().filter(|flying| flying.ticket == ticket) {
            match flying.flight {
                Flight::Real(inner) => {
                    flying.from = Instant::now();
                    // A late answer is not waited for any more.
                    flying.wrong = flying.wrong.filter(|wrong| *wrong != Wrong::Late);
                    self.inner.cancel(inner);
                }
                Flight::Pair(first, second) => {
                    self.inner.cancel(first);
                    self.inner.cancel(second);
                }
                Flight::Silent => flying.flight = Flight::Ended(Status::Cancelled, Vec::new()),
                Flight::Ended(..) | Flight::Done(_) => {}
            }
        }
    }

    fn wait(&mut self, tickets: &[Ticket], timeout: Duration) -> Option<Completion> {
        let until = Instant::now() + timeout;
        let cancels = self.log.state().cancels;
        loop {
            let log = self.log.clone();
            let mut state = log.state();
            for place in 0..self.flying.len() {
                let ticket = self.flying[place].ticket;
                if !tickets.is_empty() && !tickets.contains(&ticket) {
                    continue;
                }
                let Some((status, actual, data)) = self.end(place, &mut state) else {
                    continue;
                };
                let flying = self.flying.remove(place);
                let seen = &mut state.seen[flying.place];
                (seen.status, seen.length) = (Some(status), data.len());
                if status == Status::Completed && seen.read {
                    state.answers.insert(flying.endpoint, data.clone());
                }
                debug_assert!(data.len() <= flying.room || !state.seen[flying.place].read);
                return Some(Completion {
                    ticket,
                    status,
                    actual,
                    data,
                });
            }
            let cancelled = state.cancels != cancels;
            drop(state);
            let left = until.saturating_duration_since(Instant::now());
            if cancelled || left.is_zero() {
                return None;
            }
            // Where all that is waited for is on the device, its own wait is the quickest.
            let real: Vec<Ticket> = self.flying.iter().filter_map(plain).collect();
            let slice = left.min(Duration::from_millis(if real.len() == self.flying.len() {
                20
            } else {
                2
            }));
            if real.len() == self.flying.len() && !real.is_empty() {
                self.wait_inside(tickets, slice);
            } else {
                std::thread::sleep(slice);
            }
        }
    }

    fn clear_halt(&mut self, endpoint: u8) -> Result<(), Status> {
        let mut state = self.log.state();
        if state.gone {
            return Err(Status::NoDevice);
        }
        state.halted.remove(&endpoint);
        drop(state);
        self.inner.clear_halt(endpoint)
    }

    fn select_alternate(&mut self, setting: u8) -> Result<(), Status> {
        if self.log.state().gone {
            return Err(Status::NoDevice);
        }
        self.inner.select_alternate(setting)
    }

    fn canceller(&self) -> Canceller {
        let (inner, log) = (self.inner.canceller(), self.log.clone());
        Canceller::new(move || {
            log.state().cancels += 1;
            inner.cancel();
        })
    }
}

/// The device's ticket of a transfer that nothing is done to.
fn plain(flying: &Flying) -> Option<Ticket> {
    match (&flying.flight, flying.wrong) {
        (Flight::Real(inner), None) => Some(*inner),
        _ => None,
    }
}

impl Probed {
    /// Waits on the device for the first of these, and keeps its end.
    fn wait_inside(&mut self, tickets: &[Ticket], slice: Duration) {
        let wanted = |flying: &&mut Flying| tickets.is_empty() || tickets.contains(&flying.ticket);
        let inner: Vec<Ticket> = self
            .flying
            .iter_mut()
            .filter(wanted)
            .filter_map(|flying| plain(flying))
            .collect();
        let Some(done) = self.inner.wait(&inner, slice) else {
            return;
        };
        let of_it = |flying: &&mut Flying| matches!(flying.flight, Flight::Real(inner) if inner == done.ticket);
        if let Some(flying) = self.flying.iter_mut().find(of_it) {
            flying.flight = Flight::Done(done);
        }
    }
}

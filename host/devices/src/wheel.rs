//! Who turns libusb's wheel. Completions and arrivals are told by whichever thread handles events, and one at a time can. A
//! thread that waits for a transfer turns the wheel itself, as a program with blocking transfers does: the completion then
//! wakes the thread that it is for, and none in between. While nobody waits, a thread of the bus turns it.

use rusb::UsbContext as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the bus's thread sleeps in libusb at most.
const EVENT_WAIT: Duration = Duration::from_millis(200);
/// For how long nobody must have waited before the bus's thread takes the wheel back: between two transfers of a device,
/// taking it would cost more than it gives. Arrivals are told late by this at most.
const IDLE: Duration = Duration::from_millis(20);
/// Handling events fails for a moment while a device goes; turning on at once would burn a core.
const AFTER_FAILURE: Duration = Duration::from_millis(10);

/// What is turned: libusb, through which completions and arrivals come.
pub(crate) trait Events: Send + Sync {
    /// Handles what has happened, or waits for something to happen; false where that failed.
    fn handle(&self, longest: Duration) -> bool;

    /// Ends the `handle` that goes on, or else the next.
    fn interrupt(&self);
}

impl Events for rusb::Context {
    fn handle(&self, longest: Duration) -> bool {
        self.handle_events(Some(longest)).is_ok()
    }

    fn interrupt(&self) {
        self.interrupt_handle_events();
    }
}

/// Who handles events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turner {
    Nobody,
    /// a thread that waits for its own transfer
    Waiter,
    /// the bus's thread
    Bus {
        /// it was asked to step aside
        called: bool,
    },
}

struct State {
    turner: Turner,
    /// threads that wait while another one turns
    standing_by: usize,
    /// how often a waiter took the wheel
    turns: u64,
    over: bool,
}

/// What a waiter finds when it looks.
pub(crate) enum Seen<T> {
    /// what it waited for
    Found(T),
    /// it will come by the wheel
    Pending,
    /// nothing is on its way; only a call of [`Wheel::look_again`] or the time ends the wait
    Nothing,
}

/// libusb's events and the threads that want them.
pub(crate) struct Wheel {
    events: Box<dyn Events>,
    state: Mutex<State>,
    /// rung where those standing by have something to look at
    bell: Condvar,
    /// rung where the bus's thread is to end
    end: Condvar,
}

impl Wheel {
    pub(crate) fn new(events: impl Events + 'static) -> Arc<Self> {
        Arc::new(Self {
            events: Box::new(events),
            state: Mutex::new(State {
                turner: Turner::Nobody,
                standing_by: 0,
                turns: 0,
                over: false,
            }),
            bell: Condvar::new(),
            end: Condvar::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under this lock is one step, so a poisoned state is as good as a sound one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `look` finds something, or for the time-out. `look` is called under this wheel's lock.
    pub(crate) fn wait<T>(&self, timeout: Duration, mut look: impl FnMut() -> Seen<T>) -> Option<T> {
        let began = Instant::now();
        let mut left = timeout;
        let mut state = self.lock();
        let found = loop {
            let seen = look();
            if let Seen::Found(found) = seen {
                break Some(found);
            }
            if left.is_zero() {
                break None;
            }
            state = match (seen, state.turner) {
                (Seen::Pending, Turner::Nobody) => self.turn(state, left),
                (Seen::Pending, Turner::Bus { called: false }) => {
                    state.turner = Turner::Bus { called: true };
                    self.events.interrupt();
                    self.stand_by(state, left)
                }
                _ => self.stand_by(state, left),
            };
            left = timeout.saturating_sub(began.elapsed());
        };
        // The wheel stands still now where this thread turned it: the next one takes it.
        if state.standing_by > 0 && state.turner == Turner::Nobody {
            self.bell.notify_all();
        }
        found
    }

    fn turn<'a>(&'a self, mut state: MutexGuard<'a, State>, left: Duration) -> MutexGuard<'a, State> {
        state.turner = Turner::Waiter;
        state.turns += 1;
        drop(state);
        if !self.events.handle(left) {
            std::thread::sleep(AFTER_FAILURE.min(left));
        }
        let mut state = self.lock();
        state.turner = Turner::Nobody;
        state
    }

    fn stand_by<'a>(&'a self, mut state: MutexGuard<'a, State>, left: Duration) -> MutexGuard<'a, State> {
        state.standing_by += 1;
        let mut state = self
            .bell
            .wait_timeout(state, left)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        state.standing_by -= 1;
        state
    }

    /// There is something new to see for those who stand by. Not to be called under a lock that a `look` takes.
    pub(crate) fn look_again(&self) {
        if self.lock().standing_by > 0 {
            self.bell.notify_all();
        }
    }

    /// What the bus's thread does until [`Self::end`].
    pub(crate) fn turn_while_nobody_waits(&self) {
        let mut state = self.lock();
        while !state.over {
            if state.turner != Turner::Nobody {
                state = self.step_aside(state);
                continue;
            }
            state.turner = Turner::Bus { called: false };
            drop(state);
            if !self.events.handle(EVENT_WAIT) {
                std::thread::sleep(AFTER_FAILURE);
            }
            state = self.lock();
            let called = state.turner == Turner::Bus { called: true };
            state.turner = Turner::Nobody;
            if called {
                self.bell.notify_all();
                state = self.step_aside(state);
            }
        }
    }

    /// Lets waiters turn until none has for a while.
    fn step_aside<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        loop {
            let turns = state.turns;
            state = self
                .end
                .wait_timeout(state, IDLE)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            if state.over || (state.turner == Turner::Nobody && state.turns == turns) {
                return state;
            }
        }
    }

    /// Ends the bus's thread. Waiters still turn for themselves.
    pub(crate) fn end(&self) {
        self.lock().over = true;
        self.end.notify_all();
        self.events.interrupt();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread::{JoinHandle, ThreadId, current, spawn};

    /// Far longer than anything here takes.
    const LONG: Duration = Duration::from_secs(10);
    /// Shorter than the bus's thread sleeps by itself.
    const SOON: Duration = Duration::from_millis(150);

    /// Numbers that happen, and the threads on which they were handled.
    #[derive(Default)]
    struct Numbers {
        happened: Mutex<(Vec<u32>, bool)>,
        wakes: Condvar,
        handled: Mutex<Vec<(u32, ThreadId)>>,
        /// set while somebody handles: nobody else may
        busy: AtomicBool,
        /// what rings as a number is handled
        wheel: Mutex<Option<Arc<Wheel>>>,
    }

    struct Bus(Arc<Numbers>);

    impl Events for Bus {
        fn handle(&self, longest: Duration) -> bool {
            assert!(!self.0.busy.swap(true, Ordering::SeqCst), "two handle events");
            let happened = self.0.happened.lock().expect("no test panicked");
            let nothing = |(numbers, interrupted): &mut (Vec<u32>, bool)| numbers.is_empty() && !*interrupted;
            let waited = self.0.wakes.wait_timeout_while(happened, longest, nothing);
            let numbers = {
                let mut happened = waited.expect("no test panicked").0;
                happened.1 = false;
                std::mem::take(&mut happened.0)
            };
            let handled = numbers.into_iter().map(|number| (number, current().id()));
            self.0.handled.lock().expect("no test panicked").extend(handled);
            let wheel = self.0.wheel.lock().expect("no test panicked").clone();
            wheel.expect("there is a wheel").look_again();
            self.0.busy.store(false, Ordering::SeqCst);
            true
        }

        fn interrupt(&self) {
            self.0.happened.lock().expect("no test panicked").1 = true;
            self.0.wakes.notify_all();
        }
    }

    impl Numbers {
        fn start() -> (Arc<Self>, Arc<Wheel>) {
            let numbers = Arc::<Self>::default();
            let wheel = Wheel::new(Bus(Arc::clone(&numbers)));
            *numbers.wheel.lock().expect("no test panicked") = Some(Arc::clone(&wheel));
            (numbers, wheel)
        }

        fn happens(&self, number: u32) {
            self.happened.lock().expect("no test panicked").0.push(number);
            self.wakes.notify_all();
        }

        fn on(&self, number: u32) -> Option<ThreadId> {
            let handled = self.handled.lock().expect("no test panicked");
            handled.iter().find(|(other, _)| *other == number).map(|(_, on)| *on)
        }

        /// The thread on which it was handled, waited for by the wheel.
        fn awaited(&self, wheel: &Wheel, number: u32, longest: Duration) -> Option<ThreadId> {
            wheel.wait(longest, || self.on(number).map_or(Seen::Pending, Seen::Found))
        }
    }

    fn turning(wheel: &Arc<Wheel>) -> JoinHandle<()> {
        let wheel = Arc::clone(wheel);
        spawn(move || wheel.turn_while_nobody_waits())
    }

    fn later(numbers: &Arc<Numbers>, number: u32) -> JoinHandle<()> {
        let numbers = Arc::clone(numbers);
        spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            numbers.happens(number);
        })
    }

    #[test]
    fn what_a_thread_waits_for_is_handled_on_it_once_the_bus_has_stepped_aside() {
        let (numbers, wheel) = Numbers::start();
        let bus = turning(&wheel);
        std::thread::sleep(SOON);
        for number in 0..3 {
            let happening = later(&numbers, number);
            let began = Instant::now();
            assert_eq!(numbers.awaited(&wheel, number, LONG), Some(current().id()), "{number}");
            assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
            happening.join().expect("it only tells");
        }
        wheel.end();
        bus.join().expect("the bus's thread ends");
    }

    #[test]
    fn what_nobody_waits_for_is_handled_by_the_bus_also_after_somebody_waited() {
        let (numbers, wheel) = Numbers::start();
        let bus = turning(&wheel);
        for number in [1, 3] {
            numbers.happens(number);
            std::thread::sleep(SOON);
            assert_eq!(numbers.on(number), Some(bus.thread().id()), "{number}");
            numbers.happens(number + 1);
            assert!(numbers.awaited(&wheel, number + 1, LONG).is_some());
        }
        wheel.end();
        bus.join().expect("the bus's thread ends");
    }

    #[test]
    fn of_several_that_wait_each_gets_its_own_whoever_turns() {
        let (numbers, wheel) = Numbers::start();
        let bus = turning(&wheel);
        let waiting = [0, 1, 2].map(|number| {
            let (numbers, wheel) = (Arc::clone(&numbers), Arc::clone(&wheel));
            spawn(move || (0..50).all(|round| numbers.awaited(&wheel, 3 * round + number, LONG).is_some()))
        });
        for number in 0..150 {
            numbers.happens(number);
            if number % 7 == 0 {
                std::thread::sleep(Duration::from_millis(3));
            }
        }
        for one in waiting {
            assert!(one.join().expect("a waiter does not panic"));
        }
        wheel.end();
        bus.join().expect("the bus's thread ends");
    }

    #[test]
    fn the_time_ends_a_wait_and_so_does_a_look() {
        let (numbers, wheel) = Numbers::start();
        assert_eq!(numbers.awaited(&wheel, 1, Duration::from_millis(30)), None);
        let over = Arc::new(AtomicBool::new(false));
        let (ending, ended) = (Arc::clone(&wheel), Arc::clone(&over));
        let other = spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            ended.store(true, Ordering::SeqCst);
            ending.look_again();
        });
        let began = Instant::now();
        let look = || {
            if over.load(Ordering::SeqCst) {
                Seen::Found(())
            } else {
                Seen::Nothing
            }
        };
        assert_eq!(wheel.wait(LONG, look), Some(()));
        assert!(began.elapsed() < LONG);
        other.join().expect("it only rings");
    }
}

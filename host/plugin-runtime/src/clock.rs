//! A call's time: how long the guest may compute, how long the call may take, and its cancellation.

use crate::limits::GRACE;
use devices::transfer::Canceller;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Why a guest's time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeUp {
    /// computed too long between two host calls
    Guest(Duration),
    /// the call's time-out and its grace have passed
    Call(Duration),
    /// cancelled, and still not back
    Cancelled,
}

/// The cancellation of a long-lived instance's current call, reached from other threads.
#[derive(Debug, Default)]
pub(crate) struct Control {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: bool,
    cancelled: Option<Instant>,
    cancellers: Vec<Canceller>,
}

impl Control {
    pub(crate) fn with(cancellers: Vec<Canceller>) -> Self {
        Self {
            state: Mutex::new(State {
                cancellers,
                ..State::default()
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is left half-done under this lock, so a poisoned one is as good as a sound one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn begin(&self) {
        let mut state = self.lock();
        state.running = true;
        state.cancelled = None;
    }

    pub(crate) fn end(&self) {
        self.lock().running = false;
    }

    /// Cancels the call that runs now, if one does.
    pub(crate) fn cancel(&self) {
        let mut state = self.lock();
        if state.running && state.cancelled.is_none() {
            state.cancelled = Some(Instant::now());
            for canceller in &state.cancellers {
                canceller.cancel();
            }
        }
    }

    fn cancelled(&self) -> Option<Instant> {
        self.lock().cancelled
    }
}

/// What this thread has computed so far. Guests run, are looked at and re-armed on one thread.
fn processor_time() -> Duration {
    rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime)
        .try_into()
        .unwrap_or_default()
}

/// The time of one call.
#[derive(Debug)]
pub(crate) struct Clock {
    /// of the call itself, without the grace
    timeout: Duration,
    deadline: Instant,
    spin: Duration,
    /// the thread's processor time when the guest last got control: a busy machine is no fault of the guest
    armed: Duration,
    control: std::sync::Arc<Control>,
    pub(crate) up: Option<TimeUp>,
}

impl Clock {
    pub(crate) fn start(timeout: Duration, spin: Duration, control: std::sync::Arc<Control>) -> Self {
        let now = Instant::now();
        control.begin();
        Self {
            timeout,
            deadline: now + timeout,
            spin,
            armed: processor_time(),
            control,
            up: None,
        }
    }

    /// The guest gets control again.
    pub(crate) fn rearm(&mut self) {
        self.armed = processor_time();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.control.cancelled().is_some()
    }

    /// What the guest is told that it has left.
    pub(crate) fn remaining(&self) -> Duration {
        if self.is_cancelled() {
            return Duration::ZERO;
        }
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// When a host wait must end at the latest.
    pub(crate) fn latest_end(&self) -> Instant {
        match self.control.cancelled() {
            Some(at) => (at + GRACE).min(self.deadline + GRACE),
            None => self.deadline + GRACE,
        }
    }

    /// Looked at on every tick while the guest runs.
    pub(crate) fn check(&mut self) -> Option<TimeUp> {
        let now = Instant::now();
        self.up = if self.control.cancelled().is_some_and(|at| now > at + GRACE) {
            Some(TimeUp::Cancelled)
        } else if now > self.deadline + GRACE {
            Some(TimeUp::Call(self.timeout))
        } else if processor_time() > self.armed + self.spin {
            Some(TimeUp::Guest(self.spin))
        } else {
            None
        };
        self.up
    }
}

//! Trusted time: it moves forward on signed time alone, never because a clock was once ahead.
//!
//! Nothing here reads a clock; whoever calls says what the clock says.

use jiff::{SignedDuration, Timestamp};

/// A clock this much behind signed time is still taken for right: clocks drift, and servers' clocks differ.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);
/// Without an answer of the commission's server for this long, the kiosk says so.
pub const SILENCE: SignedDuration = SignedDuration::from_hours(24);

/// The time that a kiosk goes by. Its floor is the largest signed time that was ever seen, so it is built anew at every start from
/// what was kept, in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedTime {
    floor: Timestamp,
}

/// What signed time says of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// nothing against it
    Plausible,
    /// it is behind a time that was signed already, by more than [`TOLERANCE`]: it is wrong
    Behind {
        /// by how much
        by: SignedDuration,
    },
}

/// How old what a kiosk works on is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// since the commission last signed what this kiosk has; none where it has nothing yet
    pub age: Option<SignedDuration>,
    /// since a server or a stick last answered; none where none ever did
    pub silence: Option<SignedDuration>,
}

impl TrustedTime {
    /// Nothing was signed before this program was built.
    #[must_use]
    pub fn new(built: Timestamp) -> Self {
        Self { floor: built }
    }

    /// Takes in a time that was signed: `signed_at` of what a client trusts, a plan's `made`.
    pub fn signed(&mut self, at: Timestamp) {
        self.floor = self.floor.max(at);
    }

    /// The largest signed time.
    #[must_use]
    pub fn floor(&self) -> Timestamp {
        self.floor
    }

    /// What time it is, when the clock says this.
    #[must_use]
    pub fn now(&self, clock: Timestamp) -> Timestamp {
        clock.max(self.floor)
    }

    /// Whether the clock can be right.
    #[must_use]
    pub fn judge(&self, clock: Timestamp) -> Clock {
        let by = self.floor.duration_since(clock);
        if by > TOLERANCE {
            Clock::Behind { by }
        } else {
            Clock::Plausible
        }
    }
}

impl Freshness {
    /// Of times that were kept; `now` is [`TrustedTime::now`].
    #[must_use]
    pub fn of(signed_at: Option<Timestamp>, last_answer: Option<Timestamp>, now: Timestamp) -> Self {
        let since = |then: Timestamp| now.duration_since(then).max(SignedDuration::ZERO);
        Self {
            age: signed_at.map(since),
            silence: last_answer.map(since),
        }
    }

    /// Whole days since the commission last signed what this kiosk has.
    #[must_use]
    pub fn days(&self) -> Option<i64> {
        self.age.map(|age| age.as_hours() / 24)
    }

    /// Was there no answer for longer than [`SILENCE`]?
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.silence.is_none_or(|silence| silence > SILENCE)
    }
}

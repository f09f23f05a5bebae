//! How often it is looked for something new: spread, so that 5,000 kiosks that were switched on at the same hour do not ask in
//! the same second.

use std::time::Duration;

/// A look is this share of the pace earlier or later, at most.
const SPREAD: u32 = 5;
/// The first look comes within this, and within a tenth of the pace.
const FIRST: Duration = Duration::from_secs(60);

/// A pace, spread by chance.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    every: Duration,
}

impl Pace {
    /// So often.
    #[must_use]
    pub fn new(every: Duration) -> Self {
        Self { every }
    }

    /// Until the first look.
    #[must_use]
    pub fn first(self, chance: u8) -> Duration {
        FIRST.min(self.every / 10) * u32::from(chance) / 255
    }

    /// Until the next look.
    #[must_use]
    pub fn next(self, chance: u8) -> Duration {
        let spread = self.every / SPREAD;
        self.every - spread + spread * 2 * u32::from(chance) / 255
    }
}

/// A byte by chance; where the system gives none, the middle.
#[must_use]
pub fn chance() -> u8 {
    let mut byte = [127];
    let _ = getrandom::fill(&mut byte);
    byte[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_spread_around_the_pace_and_the_first_comes_soon() {
        let hour = Pace::new(Duration::from_secs(3_600));
        let minutes = |pause: Duration| pause.as_secs() / 60;
        assert_eq!([0, 255].map(|chance| minutes(hour.next(chance))), [48, 72]);
        assert_eq!([0, 255].map(|chance| hour.first(chance).as_secs()), [0, 60]);
        let minute = Pace::new(Duration::from_secs(60));
        assert_eq!(minute.first(255).as_secs(), 6);
    }
}

//! The kiosk's clock. It advises; officers open and close.

use std::time::{SystemTime, UNIX_EPOCH};

/// Where the time comes from: the machine, or a test.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01, UTC.
    fn now(&self) -> u64;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

const MINUTE: u64 = 60_000;
const DAY_MINUTES: u64 = 1_440;

/// Minutes since midnight of a time, at a fixed offset from UTC in minutes (Kyrgyzstan: 360, all year).
#[must_use]
pub fn minute_of_day(at: u64, utc_offset_minutes: i16) -> u16 {
    let shift = u64::try_from(i64::from(utc_offset_minutes).rem_euclid(1_440)).unwrap_or(0);
    let minute = (at / MINUTE % DAY_MINUTES + shift) % DAY_MINUTES;
    u16::try_from(minute).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minute_of_the_day_is_local_and_never_past_midnight() {
        // (Unix ms, offset, minute)
        let cases = [
            (0, 0, 0),
            (0, 360, 360),
            (0, -60, 1_380),
            (86_399_999, 360, 359),
            (3_600_000, 1_439, 59),
        ];
        for (at, offset, minute) in cases {
            assert_eq!(minute_of_day(at, offset), minute, "{at} {offset}");
        }
    }
}

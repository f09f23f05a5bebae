//! When a plugin has failed so often that the release before it takes over (design, section 4, rule 8).

use plugin_runtime::plugin::Digest;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// So many faults of one release ...
pub const FAULTS: usize = 3;
/// ... within this time, and it is returned from.
pub const WINDOW: Duration = Duration::from_secs(600);

/// The faults of the last while, by release. They are those since this program was started: a restart is a new beginning.
#[derive(Debug, Default)]
pub struct Faults(BTreeMap<Digest, VecDeque<Instant>>);

impl Faults {
    /// Counts a fault; true where it is one too many, and counting begins anew.
    pub fn count(&mut self, plugin: Digest, at: Instant) -> bool {
        let faults = self.0.entry(plugin).or_default();
        faults.push_back(at);
        while faults
            .front()
            .is_some_and(|first| at.saturating_duration_since(*first) > WINDOW)
        {
            faults.pop_front();
        }
        let too_many = faults.len() >= FAULTS;
        if too_many {
            faults.clear();
        }
        too_many
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_faults_within_ten_minutes_are_too_many_and_three_in_a_day_are_not() {
        let (one, other) = (Digest([1; 32]), Digest([2; 32]));
        let start = Instant::now();
        let at = |minutes: u64| start + Duration::from_secs(60 * minutes);
        let mut faults = Faults::default();
        // (which, minute, too many)
        let story = [
            (one, 0, false),
            (other, 1, false),
            (one, 6, false),
            (one, 11, false),
            (other, 11, false),
            (one, 12, true),
            (one, 13, false),
            (other, 14, false),
            (other, 20, true),
        ];
        for (plugin, minute, expected) in story {
            assert_eq!(faults.count(plugin, at(minute)), expected, "minute {minute}");
        }
    }
}

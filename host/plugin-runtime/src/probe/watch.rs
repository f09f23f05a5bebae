//! The time of a whole probe.

use super::ProbeError;
use std::time::{Duration, Instant};

pub(super) struct Watch<'a> {
    plugin: &'a str,
    began: Instant,
    time: Duration,
    done: usize,
}

impl<'a> Watch<'a> {
    pub(super) fn start(plugin: &'a str, time: Duration) -> Self {
        Self {
            plugin,
            began: Instant::now(),
            time,
            done: 0,
        }
    }

    pub(super) fn plugin(&self) -> &'a str {
        self.plugin
    }

    pub(super) fn took(&self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn left(&self) -> Duration {
        self.time.saturating_sub(self.took())
    }

    /// Whether there is time for another call.
    pub(super) fn look(&self) -> Result<(), ProbeError> {
        self.room_for(Duration::ZERO)
    }

    /// Whether a call that may take so long can come to its end in time.
    pub(super) fn room_for(&self, call: Duration) -> Result<(), ProbeError> {
        let left = self.left();
        if left.is_zero() || call > left {
            return Err(ProbeError::Time {
                plugin: self.plugin.to_owned(),
                time: self.time,
                done: self.done,
            });
        }
        Ok(())
    }

    /// One more answer was compared.
    pub(super) fn count(&mut self) {
        self.done += 1;
    }

    pub(super) fn done(&self) -> usize {
        self.done
    }
}

//! What wakes those who wait for a device.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Rung whenever something happened to a device: a transfer, a finger, a pulled plug. Whoever waits reads the count,
/// looks at the device, and sleeps until the count has moved on, so that no ring is lost in between.
#[derive(Clone, Default)]
pub struct Bell(Arc<(Mutex<u64>, Condvar)>);

impl Bell {
    /// Something happened.
    pub fn ring(&self) {
        let mut count = locked(&self.0.0);
        *count = count.wrapping_add(1);
        self.0.1.notify_all();
    }

    /// How often it was rung.
    #[must_use]
    pub fn count(&self) -> u64 {
        *locked(&self.0.0)
    }

    /// Sleeps until it was rung more often than this, or until this moment.
    pub fn wait_past(&self, count: u64, until: Instant) {
        let mut now = locked(&self.0.0);
        while *now == count {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            now = match self.0.1.wait_timeout(now, left) {
                Ok((guard, _)) => guard,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }
}

impl std::fmt::Debug for Bell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bell")
    }
}

/// A test that panicked under a lock has failed already; the others may go on.
pub(super) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

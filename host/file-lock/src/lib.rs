//! A lock on a file, for as long as the file is open.

use std::fs::{File, TryLockError};
use std::time::{Duration, Instant};

/// How long a lock is waited for. A process that is being started has the files of the one that starts it, and with them their
/// locks, until its own program is in its place: milliseconds, and more on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(5);

/// Locks a file for this process alone.
///
/// # Errors
/// [`TryLockError::WouldBlock`] where another one keeps it, else the system's.
pub fn lock(file: &File) -> Result<(), TryLockError> {
    let until = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(PAUSE),
            done => return done,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_let_go_in_a_moment_is_waited_for_and_one_that_is_kept_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let [first, second] = [(); 2].map(|()| File::open(file.path()).unwrap());
        lock(&first).unwrap();
        assert!(matches!(lock(&second), Err(TryLockError::WouldBlock)));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(20 * PAUSE);
                first.unlock().unwrap();
            });
            lock(&second).unwrap();
        });
    }
}

//! One worker a core. Each has its own instance of the component.

use crate::Outcome;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// A worker's place among all.
pub(crate) struct Worker<'a> {
    number: usize,
    of: usize,
    stop: &'a AtomicBool,
}

impl Worker<'_> {
    /// Its share of so many jobs: every other one with two workers, so that jobs that shrink are shared evenly. Ends
    /// early where another worker failed.
    pub(crate) fn share(&self, jobs: usize) -> impl Iterator<Item = usize> {
        let going = || !self.stop.load(Ordering::Relaxed);
        (self.number..jobs).step_by(self.of).take_while(move |_| going())
    }
}

/// Runs the work on all cores; the first error is that of all.
pub(crate) fn on_all_cores<T: Send>(work: impl Fn(&Worker<'_>) -> Outcome<T> + Sync) -> Outcome<Vec<T>> {
    let of = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let (stop, work) = (AtomicBool::new(false), &work);
    let stop = &stop;
    thread::scope(|scope| {
        let started: Vec<_> = (0..of)
            .map(|number| {
                scope.spawn(move || {
                    let done = work(&Worker { number, of, stop });
                    stop.fetch_or(done.is_err(), Ordering::Relaxed);
                    done
                })
            })
            .collect();
        started
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

//! How far the work is: a bar on a terminal, else a line at every tenth.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Shown while it lives; counted from many threads.
pub(crate) struct Progress {
    what: &'static str,
    bar: Option<ProgressBar>,
    done: AtomicUsize,
    total: usize,
}

impl Progress {
    /// `what` is being done, for example `comparing`, in so many steps.
    pub(crate) fn new(what: &'static str, total: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX)).with_message(what);
            let style = ProgressStyle::with_template("{msg:<12} [{bar:40}] {percent}% {eta} left");
            style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
        });
        Self {
            what,
            bar,
            done: AtomicUsize::new(0),
            total,
        }
    }

    /// So many steps more are done.
    pub(crate) fn advance(&self, steps: usize) {
        let before = self.done.fetch_add(steps, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.set_position(u64::try_from(before + steps).unwrap_or(u64::MAX));
            return;
        }
        let tenth = |done: usize| done * 10 / self.total.max(1);
        if tenth(before + steps) > tenth(before) {
            eprintln!("accuracy: {}, {} %", self.what, tenth(before + steps) * 10);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

//! A progress bar on a terminal; nothing in a log file.

use indicatif::{ProgressBar, ProgressStyle};

/// Shown while it lives.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// `what` is being done, for example `sealing`. Where standard error is no terminal, indicatif draws nothing.
    pub(crate) fn new(what: &'static str) -> Self {
        let bar = ProgressBar::new(0).with_message(what);
        let style = ProgressStyle::with_template("{msg} [{bar:40}] {percent}% {eta} left");
        Self(style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style)))
    }

    /// Steps done and steps in all.
    pub(crate) fn show(&self, done: usize, total: usize) {
        self.0.set_length(u64::try_from(total).unwrap_or(u64::MAX));
        self.0.set_position(u64::try_from(done).unwrap_or(u64::MAX));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

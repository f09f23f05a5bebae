//! A long-lived instance on a thread of its own, behind a bounded mailbox. What crosses it is plain data.

use crate::clock::Control;
use crate::error::{Cause, PluginError};
use crate::limits::MAILBOX;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};

/// What the thread works on.
type Job<S> = Box<dyn FnOnce(&mut S) -> After + Send>;

/// Whether the instance may be called again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    Goes,
    /// trapped or was ended by force: its store is dropped
    Ends,
}

/// The caller's side.
pub(crate) struct Actor<S> {
    plugin: String,
    control: Arc<Control>,
    jobs: Option<SyncSender<Job<S>>>,
    /// a call ended the instance; its store may still be being dropped
    ended: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl<S: 'static> Actor<S> {
    /// Starts the thread; `start` runs on it, and its error is this call's.
    pub(crate) fn start<E: Send + From<PluginError> + 'static>(
        plugin: &str,
        control: Arc<Control>,
        start: impl FnOnce() -> Result<S, E> + Send + 'static,
    ) -> Result<Self, E> {
        let (jobs, mailbox) = sync_channel::<Job<S>>(MAILBOX);
        let (started, outcome) = sync_channel::<Result<(), E>>(1);
        let thread = std::thread::Builder::new()
            .name(format!("plugin-{plugin}"))
            .spawn(move || {
                let mut state = match start() {
                    Ok(state) => state,
                    Err(error) => {
                        // The caller waits for exactly this.
                        let _ = started.send(Err(error));
                        return;
                    }
                };
                let _ = started.send(Ok(()));
                while let Ok(job) = mailbox.recv() {
                    if job(&mut state) == After::Ends {
                        return;
                    }
                }
            });
        let failed = |words: String| {
            E::from(PluginError {
                plugin: plugin.to_owned(),
                during: "start",
                cause: Cause::Runtime(words),
            })
        };
        let thread = thread.map_err(|cause| failed(cause.to_string()))?;
        outcome.recv().map_err(|_| failed("its thread ended".to_owned()))??;
        Ok(Self {
            plugin: plugin.to_owned(),
            control,
            jobs: Some(jobs),
            ended: Arc::default(),
            thread: Some(thread),
        })
    }

    /// Does a job on the instance and waits for its answer.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        during: &'static str,
        job: impl FnOnce(&mut S) -> (T, After) + Send + 'static,
    ) -> Result<T, PluginError> {
        self.post(during, job)?
            .recv()
            .map_err(|_| self.error(during, Cause::Stopped))
    }

    /// Queues a job; its answer comes over the channel, or the channel closes where the instance ended first.
    pub(crate) fn post<T: Send + 'static>(
        &self,
        during: &'static str,
        job: impl FnOnce(&mut S) -> (T, After) + Send + 'static,
    ) -> Result<std::sync::mpsc::Receiver<T>, PluginError> {
        if self.ended.load(Ordering::Acquire) {
            return Err(self.error(during, Cause::Stopped));
        }
        let (answer, answered) = sync_channel(1);
        let ended = Arc::clone(&self.ended);
        let job: Job<S> = Box::new(move |state| {
            let (value, after) = job(state);
            // Before the caller knows: whoever asks next must not find it running.
            ended.fetch_or(after == After::Ends, Ordering::Release);
            // A caller that stopped waiting is no fault of the plugin.
            let _ = answer.send(value);
            after
        });
        let jobs = self.jobs.as_ref().ok_or_else(|| self.error(during, Cause::Stopped))?;
        match jobs.try_send(job) {
            Ok(()) => Ok(answered),
            Err(TrySendError::Full(_)) => Err(self.error(during, Cause::Busy)),
            Err(TrySendError::Disconnected(_)) => Err(self.error(during, Cause::Stopped)),
        }
    }

    pub(crate) fn error(&self, during: &'static str, cause: Cause) -> PluginError {
        PluginError {
            plugin: self.plugin.clone(),
            during,
            cause,
        }
    }

    /// Cancels the call that runs now.
    pub(crate) fn cancel(&self) {
        self.control.cancel();
    }

    /// True until a call ended the instance.
    pub(crate) fn is_running(&self) -> bool {
        let ended = self.ended.load(Ordering::Acquire);
        !ended && self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl<S> Drop for Actor<S> {
    fn drop(&mut self) {
        self.control.cancel();
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was told on standard error already.
            let _ = thread.join();
        }
    }
}

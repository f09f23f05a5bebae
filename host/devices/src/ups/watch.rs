//! Asks a UPS again and again, and tells what changed.

use super::address::UpsAddress;
use super::client::Client;
use super::error::UpsError;
use super::state::UpsState;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::time::Duration;

/// Reports that wait to be heard; once so many do, newer ones wait with them and only the last is kept.
const MAX_UNHEARD: usize = 64;
/// How long a server may take to connect and to answer; it is on this machine or beside it.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the watch has to tell: the last one told holds until the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpsReport {
    /// the UPS's state, where it is the first known or differs from the one before
    State(UpsState),
    /// the state is not known any more, or now for another reason; the watch goes on asking
    Lost(UpsError),
}

/// Watches one UPS on a thread of its own. Dropping it ends the thread without waiting for it: at the latest when the
/// server's time to answer has run out.
pub struct Watch {
    address: UpsAddress,
    reports: Receiver<UpsReport>,
    /// the thread ends when this is dropped
    _stop: Sender<()>,
}

impl Watch {
    /// Starts asking, at once and then after each `pace` again; a lost connection is made anew at the same pace.
    ///
    /// # Errors
    /// [`UpsError::NoWatch`] where the system gives no thread. A server that is not there is not an error but the first
    /// report.
    pub fn start(address: UpsAddress, pace: Duration) -> Result<Self, UpsError> {
        Self::with_patience(address, pace, PATIENCE)
    }

    pub(super) fn with_patience(address: UpsAddress, pace: Duration, patience: Duration) -> Result<Self, UpsError> {
        let (tell, reports) = sync_channel(MAX_UNHEARD);
        let (stop, stopped) = channel();
        let mut round = Round {
            address: address.clone(),
            patience,
            client: None,
            told: None,
            tell,
        };
        std::thread::Builder::new()
            .name("ups-watch".to_owned())
            .spawn(
                move || {
                    while round.turn().is_continue() && stopped.recv_timeout(pace) == Err(RecvTimeoutError::Timeout) {}
                },
            )
            .map_err(|cause| UpsError::NoWatch {
                ups: address.to_string(),
                cause: cause.to_string(),
            })?;
        Ok(Self {
            address,
            reports,
            _stop: stop,
        })
    }

    /// Which UPS.
    #[must_use]
    pub fn address(&self) -> &UpsAddress {
        &self.address
    }

    /// The next report, or none where nothing changed within this time.
    #[must_use]
    pub fn next(&self, timeout: Duration) -> Option<UpsReport> {
        self.reports.recv_timeout(timeout).ok()
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Watch over {}", self.address)
    }
}

struct Round {
    address: UpsAddress,
    patience: Duration,
    client: Option<Client>,
    told: Option<UpsReport>,
    tell: SyncSender<UpsReport>,
}

impl Round {
    /// Asks once; breaks when nobody listens any more.
    fn turn(&mut self) -> std::ops::ControlFlow<()> {
        let report = match self.state() {
            Ok(state) => UpsReport::State(state),
            Err(error) => {
                // Also after a refusal: a new connection costs little, and the server may have been restarted.
                self.client = None;
                UpsReport::Lost(error)
            }
        };
        if self.told.as_ref() == Some(&report) {
            return std::ops::ControlFlow::Continue(());
        }
        match self.tell.try_send(report.clone()) {
            Ok(()) => self.told = Some(report),
            // It is not told, so the next turn tells what holds then.
            Err(TrySendError::Full(_)) => {}
            Err(TrySendError::Disconnected(_)) => return std::ops::ControlFlow::Break(()),
        }
        std::ops::ControlFlow::Continue(())
    }

    fn state(&mut self) -> Result<UpsState, UpsError> {
        let client = match &mut self.client {
            Some(client) => client,
            none => none.insert(Client::connect(&self.address, self.patience)?),
        };
        client.state()
    }
}

//! A driver on a recording: it must do exactly what it did.

use crate::plugin::Plugin;
use crate::session::{CallError, Gave, call};
use devices::transfer::ClaimedInterface;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use usb_recording::recording::{Recording, What};
use usb_recording::replay::{Deviation, Order, Replay, ReplayError};

/// How long a call may take of which the recording does not say it.
const USUAL: Duration = Duration::from_secs(10);
/// The code of a call that was recorded until its time was up.
const PATIENCE: &str = "nothing-presented";

/// What came of it.
#[derive(Debug)]
pub struct Played {
    /// what the call gave, or the code of the fault that it ended in, as recorded
    pub gave: Result<Gave, String>,
    /// transfers that the recording holds, and how many of them were asked for
    pub progress: (usize, usize),
    /// how long it took
    pub took: Duration,
}

/// Where the driver did something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlayError {
    /// the recording cannot be played
    #[error(transparent)]
    Recording(#[from] ReplayError),
    /// another transfer
    #[error(transparent)]
    Deviation(#[from] Deviation),
    /// a recorded fault that did not come
    #[error("the recorded call ended as `{0}`, this one well")]
    EndedWell(String),
    /// it stopped before the recording's end
    #[error("the driver asked for {done} of {all} recorded transfers")]
    Unfinished {
        /// asked for
        done: usize,
        /// recorded
        all: usize,
    },
    /// another fault, or the plugin's
    #[error(transparent)]
    Call(#[from] CallError),
}

/// The recorded call's time-out, and what it returned.
fn recorded_call(recording: &Recording) -> (Duration, Option<&str>) {
    let mut timeout = None;
    let mut code = None;
    let mut main = false;
    for event in &recording.events {
        match &event.what {
            What::Call { name, timeout_ms } => {
                main = !matches!(name.as_str(), "open" | "close" | "state");
                if main {
                    timeout = timeout_ms.map(|ms| Duration::from_millis(u64::from(ms)));
                }
            }
            What::Return(said) if main => code = Some(said.as_str()),
            _ => {}
        }
    }
    (timeout.unwrap_or(USUAL), code)
}

/// How long the recorded call may take.
#[must_use]
pub fn timeout(recording: &Recording) -> Duration {
    recorded_call(recording).0
}

/// Plays a recording to the driver. Where the recorded call ended in a fault, it must end in the same one.
///
/// # Errors
/// [`PlayError`].
pub fn play(plugin: &Plugin, recording: &Recording) -> Result<Played, PlayError> {
    let (timeout, code) = recorded_call(recording);
    // How often a driver asks before it gives up hangs on the clock.
    let patience = code == Some(PATIENCE);
    let device = Replay::new(recording, if patience { Order::Free } else { Order::Lockstep })?;
    let interfaces = in_order(plugin, &device);
    let began = Instant::now();
    let last = Mutex::new(String::new());
    let during = |_: &str, returned: Option<&str>| {
        if let Some(code) = returned {
            code.clone_into(&mut last.lock().unwrap_or_else(PoisonError::into_inner));
        }
    };
    let nonce = recording.nonce.unwrap_or_default();
    let gave = call(plugin, interfaces, nonce, timeout, &during);
    let took = began.elapsed();
    if let Some(deviation) = device.deviations().into_iter().next() {
        return Err(deviation.into());
    }
    let last = last.into_inner().unwrap_or_else(PoisonError::into_inner);
    let gave = match (gave, code) {
        (Ok(gave), None | Some("ok")) => Ok(gave),
        (Ok(_), Some(code)) => return Err(PlayError::EndedWell(code.to_owned())),
        (Err(_), Some(code)) if code != "ok" && last == code => Err(last),
        (Err(cause), _) => return Err(cause.into()),
    };
    let progress = device.progress();
    let (all, done) = progress;
    if all != done && !patience {
        return Err(PlayError::Unfinished { done, all });
    }
    Ok(Played { gave, progress, took })
}

/// The device's interfaces in the order of the plugin's manifest.
#[must_use]
pub fn in_order(plugin: &Plugin, device: &Replay) -> Vec<Box<dyn ClaimedInterface>> {
    let mut there = device.interfaces();
    let mut wanted = Vec::new();
    for (vendor, product, interface) in plugin.grants().interfaces() {
        let place = there.iter().position(|one| {
            let who = one.identity();
            (who.vendor_id, who.product_id, who.interface_number) == (vendor, product, interface)
        });
        wanted.extend(place.map(|place| there.remove(place)));
    }
    wanted
}

//! A driver with a played device, ready to be called, and what was seen of the call.

use super::case::Outcome;
use super::probe::{Log, Plan};
use devices::transfer::ClaimedInterface;
use plugin_package::Manifest;
use plugin_runtime::driver::{DriverError, Start};
use plugin_runtime::plugin::Plugin;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use usb_recording::recording::{Recording, What};
use usb_recording::replay::{Order, Replay};

/// What the host does without beyond a call's own time-out.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

/// The recordings of a driver's devices, by the name of what happens in them.
#[derive(Clone, Debug, Default)]
pub struct Scenarios(BTreeMap<String, Recording>);

/// Recordings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// the folder
    #[error("the folder of recordings {0} could not be read: {1}")]
    Folder(PathBuf, std::io::Error),
    /// one of them
    #[error(transparent)]
    Recording(#[from] usb_recording::import::ImportError),
    /// only digests
    #[error(
        "the recording `{0}` keeps only digests of what the device sent; record it again with `--with-biometrics`, with a synthetic finger"
    )]
    NoPayloads(String),
}

impl Scenarios {
    /// Those in a folder: files `NAME.usb`.
    ///
    /// # Errors
    /// [`ScenarioError`].
    pub fn read(folder: &Path) -> Result<Self, ScenarioError> {
        let entries = std::fs::read_dir(folder).map_err(|cause| ScenarioError::Folder(folder.to_owned(), cause))?;
        let mut found = Self::default();
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
            if let Some(name) = name.filter(|_| path.extension().is_some_and(|end| end == "usb")) {
                found.add(&name, usb_recording::import::read(&path, None)?)?;
            }
        }
        Ok(found)
    }

    /// Adds one.
    ///
    /// # Errors
    /// [`ScenarioError::NoPayloads`].
    pub fn add(&mut self, name: &str, recording: Recording) -> Result<(), ScenarioError> {
        if recording.lacks_payloads() {
            return Err(ScenarioError::NoPayloads(name.to_owned()));
        }
        self.0.insert(name.to_owned(), recording);
        Ok(())
    }

    /// The one of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Recording> {
        self.0.get(name)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// A driver that is to be tried, with its recordings.
pub(crate) struct Rig {
    pub(crate) plugin: Plugin,
    pub(crate) bytes: Vec<u8>,
    pub(crate) scenarios: Scenarios,
    /// sees every transfer of every call of this rig's main sessions
    pub(crate) log: Log,
}

/// A device that is plugged in.
pub(crate) struct Plugged {
    pub(crate) replay: Replay,
    pub(crate) log: Log,
    nonce: [u8; 32],
}

impl Plugged {
    /// Its interfaces, claimed once more, as the manifest wants them, with the probe before them.
    pub(crate) fn interfaces(&self, manifest: &Manifest) -> Vec<Box<dyn ClaimedInterface>> {
        let mut there = self.replay.interfaces();
        let mut wanted: Vec<Box<dyn ClaimedInterface>> = Vec::new();
        for ask in &manifest.usb {
            let place = there.iter().position(|one| {
                let who = one.identity();
                (who.vendor_id, who.product_id, who.interface_number) == (ask.vendor, ask.product, ask.interface)
            });
            wanted.extend(place.map(|place| self.log.before(there.remove(place))));
        }
        wanted
    }

    pub(crate) fn start(&self) -> Start {
        Start {
            nonce: self.nonce,
            ..Start::default()
        }
    }
}

impl Rig {
    pub(crate) fn manifest(&self) -> &Manifest {
        self.plugin.manifest()
    }

    /// Plugs the device of a scenario in.
    pub(crate) fn plug(&self, scenario: &str) -> Result<Plugged, Outcome> {
        let missing = || Outcome::NotTried(format!("the recording `{scenario}.usb` is missing"));
        let recording = self.scenarios.get(scenario).ok_or_else(missing)?;
        let replay = Replay::new(recording, Order::Free).map_err(|cause| Outcome::NotTried(cause.to_string()))?;
        Ok(Plugged {
            replay,
            log: self.log.fresh(),
            nonce: recording.nonce.unwrap_or_default(),
        })
    }

    /// The time-out of a recorded call, or one that any device keeps.
    pub(crate) fn timeout(&self, scenario: &str) -> Duration {
        let events = self
            .scenarios
            .get(scenario)
            .map(|recording| recording.events.as_slice());
        let told = events.unwrap_or_default().iter().find_map(|event| match &event.what {
            What::Call { timeout_ms, .. } => *timeout_ms,
            _ => None,
        });
        Duration::from_millis(u64::from(told.unwrap_or(3_000).clamp(500, 10_000)))
    }
}

/// A call, from outside.
pub(crate) struct Called<T> {
    pub(crate) result: Result<T, DriverError>,
    pub(crate) took: Duration,
    /// from the moment when the host wanted the call to end
    pub(crate) since_cancel: Option<Duration>,
    /// from the moment when the plug was pulled
    pub(crate) since_gone: Option<Duration>,
}

/// Calls a driver while one transfer goes wrong. `cancel` ends the call.
pub(crate) fn called<T: Send>(
    log: &Log,
    plan: Option<Plan>,
    run: impl FnOnce() -> Result<T, DriverError> + Send,
    cancel: impl Fn() + Sync,
) -> Called<T> {
    let (send, wanted) = channel();
    log.begin(plan, Some(send));
    let began = Instant::now();
    let (result, cancelled, ended) = std::thread::scope(|scope| {
        let call = scope.spawn(move || {
            let result = run();
            (result, Instant::now())
        });
        let mut cancelled = None;
        while !call.is_finished() {
            match wanted.recv_timeout(Duration::from_millis(1)) {
                Ok(()) => {
                    cancelled = Some(Instant::now());
                    cancel();
                }
                Err(RecvTimeoutError::Timeout) => {}
                // It is told once.
                Err(RecvTimeoutError::Disconnected) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        match call.join() {
            Ok((result, ended)) => (result, cancelled, ended),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
    Called {
        result,
        took: ended.duration_since(began),
        since_cancel: cancelled.map(|then| ended.saturating_duration_since(then)),
        since_gone: log.gone_at().map(|then| ended.saturating_duration_since(then)),
    }
}

/// Runs at single transfers that go on beside each other: most of them wait.
const BESIDE: usize = 4;

/// Does something for each number below `count`, some beside each other; gives what came of it in their order.
pub(crate) fn beside<T: Send>(
    count: usize,
    work: impl Fn(usize) -> Result<T, Outcome> + Sync,
) -> Result<Vec<T>, Outcome> {
    let next = AtomicUsize::new(0);
    let share = || -> Result<Vec<(usize, T)>, Outcome> {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(done);
            }
            done.push((number, work(number)?));
        }
    };
    let shares: Vec<Result<Vec<(usize, T)>, Outcome>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..BESIDE).map(|_| scope.spawn(share)).collect();
        threads
            .into_iter()
            .map(|thread| match thread.join() {
                Ok(share) => share,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    });
    let mut all = Vec::with_capacity(count);
    for share in shares {
        all.extend(share?);
    }
    all.sort_by_key(|(number, _)| *number);
    Ok(all.into_iter().map(|(_, value)| value).collect())
}

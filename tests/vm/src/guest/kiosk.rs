//! A whole kiosk in the kernel, as it was packed for it: without devices, with a roll, and with a clerk who takes updates.

use crate::Outcome;
use gateway::assembly::{Ground, Kiosk};
use gateway::clock::Clock;
use gateway::configuration::Configuration;
use gateway::ports::random_nonce;
use gateway::updates::clerk::Clerk;
use gateway::updates::state::Run;
use journal::StoreKey;
use journal::journal::{Journal, Moment, Observer};
use plan::item::ItemId;
use simulator::virtual_device::VirtualBus;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use updates::artifacts::Artifacts;
use updates::client::Client;

const CONFIGURATION: &str = "/kiosk/kiosk.toml";
/// A repository with the old releases, and the same with the new ones, as sticks hold them.
pub(crate) const OLD: &str = "/kiosk/old";
pub(crate) const NEW: &str = "/kiosk/new";
/// An hour after the new releases were signed, Unix ms: 2026-11-02T04:00:00Z.
pub(crate) const BEGIN: u64 = 1_793_592_000_000;
const MINUTE: u64 = 60_000;

/// What runs, by item.
pub(crate) type Runs = BTreeMap<ItemId, Run>;

/// A clock that moves on with each write of the journal, so that a row's time tells which write it was of.
#[derive(Clone)]
pub(crate) struct Strokes(Arc<AtomicU64>);

impl Clock for Strokes {
    fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Strokes {
    /// Of a kiosk's start: each is a minute after the one before it.
    pub(crate) fn of_start(number: u64) -> Self {
        Self(Arc::new(AtomicU64::new(BEGIN + number * MINUTE)))
    }

    /// Hears of the journal's writes: `told` gets the time of each that is durable.
    fn observer(&self, told: impl Fn(u64) + Send + 'static) -> Observer {
        let strokes = Arc::clone(&self.0);
        Box::new(move |_, moment| {
            if moment == Moment::Durable {
                told(strokes.fetch_add(1, Ordering::SeqCst));
            }
        })
    }
}

/// What was packed, and where it keeps what it takes.
pub(crate) struct Packed {
    configuration: Configuration,
    root: Vec<u8>,
    updates: PathBuf,
}

impl Packed {
    pub(crate) fn read() -> Outcome<Self> {
        let configuration = Configuration::read(Path::new(CONFIGURATION))?;
        let updates = configuration
            .file
            .updates
            .as_ref()
            .ok_or("the kiosk takes no updates")?;
        Ok(Self {
            root: fs::read(configuration.path(&updates.root))?,
            updates: configuration.path(&updates.folder),
            configuration,
        })
    }

    /// The root that it came with.
    pub(crate) fn root(&self) -> &[u8] {
        &self.root
    }

    /// Its journal, while no kiosk runs.
    pub(crate) fn journal(&self) -> Outcome<Journal> {
        let keyed = &self.configuration.file.journal;
        let key = StoreKey::read(&self.configuration.path(&keyed.key))?;
        Ok(Journal::open_idle(&self.configuration.path(&keyed.file), &key)?)
    }

    /// Its trust, while no kiosk runs.
    pub(crate) fn client(&self) -> Outcome<Client> {
        Ok(Client::open(&self.updates.join("metadata"), &self.root)?)
    }

    /// Its files.
    pub(crate) fn artifacts(&self) -> Outcome<Artifacts> {
        Ok(Artifacts::open(&self.updates.join("artifacts"))?)
    }

    /// Starts it; `told` gets the time of each write of the journal once it is durable.
    pub(crate) fn start(&self, clock: &Strokes, told: impl Fn(u64) + Send + 'static) -> Outcome<Started<'_>> {
        let ground = Ground {
            bus: Arc::new(VirtualBus::new()),
            clock: Arc::new(clock.clone()),
            nonce: random_nonce(),
            observer: Some(clock.observer(told)),
        };
        Ok(Started {
            packed: self,
            kiosk: Arc::new(Kiosk::assemble(&self.configuration, ground)?),
        })
    }
}

/// A kiosk that was started.
pub(crate) struct Started<'a> {
    packed: &'a Packed,
    pub(crate) kiosk: Arc<Kiosk>,
}

impl Started<'_> {
    /// Its clerk takes what is on a stick; what runs then.
    pub(crate) fn take(&self, stick: &str) -> Outcome<Runs> {
        let Packed { updates, root, .. } = self.packed;
        let clerk = Clerk::new(&self.kiosk, updates, root, None)?;
        clerk
            .ok_or("the kiosk takes no signed releases")?
            .import(Path::new(stick))?;
        self.runs()
    }

    /// What runs by the journal, which must be what is on the table.
    pub(crate) fn runs(&self) -> Outcome<Runs> {
        let standing = self.kiosk.updates();
        let runs: Runs = standing.all_that_run().map(|(id, run)| (id.clone(), run)).collect();
        let table = self.kiosk.table();
        for (id, run) in &runs {
            let there = table.parts().releases.get(id).map(|origin| origin.counter);
            if there != Some(run.counter) {
                let sentence = format!("{id} {} runs by the journal, {there:?} is on the table", run.counter);
                return Err(sentence.into());
            }
        }
        if table.policy().is_none() {
            return Err("no policy is on the table".into());
        }
        Ok(runs)
    }
}

//! The engine and its ticking thread; from a file's bytes to a plugin.

use crate::engine::{Arithmetic, Threads, engine};
use crate::grants::{Allowed, Grants};
use crate::limits::{COMPONENT_BYTES, TICK};
use crate::plugin::{Digest, LoadError, LogMode, Plugin};
use crate::signed::Signed;
use crate::workshop::{Workshop, purpose};
use plugin_package::{Manifest, read_manifest};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use wasmtime::Engine;
use wasmtime::component::Component;

/// This host's version, against which a plugin's `minimum-host` is held.
pub const HOST_VERSION: &str = env!("CARGO_PKG_VERSION");

/// What machine code begins with: compiled components and programs are ELF files alike.
const MACHINE_CODE: &[u8] = b"\x7fELF";

/// What each contract may import. What stands here is linked; nothing else is.
const IMPORTS: [(&str, &[&str]); 6] = [
    (
        crate::scanner::CONTRACT,
        &[
            "kiosk:types/log@0.1.0",
            "kiosk:types/samples@0.1.0",
            "kiosk:driver/usb@0.1.0",
            "kiosk:driver/faults@0.1.0",
            "kiosk:driver/progress@0.1.0",
        ],
    ),
    (
        crate::document_reader::CONTRACT,
        &[
            "kiosk:types/log@0.1.0",
            "kiosk:types/samples@0.1.0",
            "kiosk:driver/usb@0.1.0",
            "kiosk:driver/faults@0.1.0",
            "kiosk:driver/progress@0.1.0",
        ],
    ),
    (
        crate::printer::CONTRACT,
        &[
            "kiosk:types/log@0.1.0",
            "kiosk:driver/usb@0.1.0",
            "kiosk:driver/faults@0.1.0",
        ],
    ),
    (
        crate::matcher::CONTRACT,
        &["kiosk:types/log@0.1.0", "kiosk:types/samples@0.1.0"],
    ),
    (
        crate::policy::CONTRACT,
        &["kiosk:types/log@0.1.0", "kiosk:types/samples@0.1.0"],
    ),
    (
        crate::exporter::CONTRACT,
        &[
            "kiosk:types/log@0.1.0",
            "kiosk:exporter/snapshot@0.1.0",
            "kiosk:exporter/sink@0.1.0",
        ],
    ),
];

/// The engine could not be made: a fault of this build or machine, not of a plugin.
#[derive(Debug, thiserror::Error)]
#[error("the plugin engine cannot run on this machine: {0}; report it to the commission")]
pub struct EngineError(String);

/// Loads plugins. Cloned freely; the last one that goes stops the clock.
#[derive(Clone)]
pub struct Runtime {
    /// runs all but matchers
    exact: Engine,
    /// runs matchers
    fast: Engine,
    log: LogMode,
    workshop: Arc<Workshop>,
    _ticker: Arc<Ticker>,
}

/// A thread that advances the engines' epoch until it is dropped.
struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Ticker {
    fn start(engines: [Engine; 2]) -> Result<Self, EngineError> {
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::Builder::new()
            .name("plugin-clock".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    engines.iter().for_each(Engine::increment_epoch);
                }
            })
            .map_err(|cause| EngineError(cause.to_string()))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It only counts; there is nothing to learn from how it ended.
            let _ = thread.join();
        }
    }
}

impl Runtime {
    /// Engines that give the same answers on every kiosk: no relaxed SIMD, no threads, and canonical NaNs for all but
    /// matchers. A matcher computes with so many fractions that canonical NaNs cost it half of its speed, measured;
    /// on processors of one kind it gives the same answers without, and what it answers are whole numbers.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn new(log: LogMode) -> Result<Self, EngineError> {
        Self::with_workshop(log, Workshop::here())
    }

    /// As [`Self::new`], with another place where plugins are compiled.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn with_workshop(log: LogMode, workshop: Workshop) -> Result<Self, EngineError> {
        let engine = |arithmetic| engine(arithmetic, Threads::All).map_err(|cause| EngineError(cause.to_string()));
        let (exact, fast) = (engine(Arithmetic::Exact)?, engine(Arithmetic::Fast)?);
        let ticker = Ticker::start([exact.clone(), fast.clone()])?;
        Ok(Self {
            exact,
            fast,
            log,
            workshop: Arc::new(workshop),
            _ticker: Arc::new(ticker),
        })
    }

    /// Where its plugins are compiled.
    #[must_use]
    pub fn workshop(&self) -> &Workshop {
        &self.workshop
    }

    /// Reads, checks and compiles a plugin. `pinned` is the digest that was signed; `allowed` what was granted.
    ///
    /// # Errors
    /// [`LoadError`], in one sentence.
    pub fn load(&self, bytes: &[u8], pinned: Option<Digest>, allowed: &Allowed) -> Result<Plugin, LoadError> {
        let (manifest, digest) = examined(bytes, pinned)?;
        self.finish(bytes, manifest, digest, allowed)
    }

    /// Reads, checks and compiles a plugin that must say of itself what was signed about it.
    ///
    /// # Errors
    /// [`LoadError`], in one sentence.
    pub fn load_signed(&self, bytes: &[u8], signed: &Signed, allowed: &Allowed) -> Result<Plugin, LoadError> {
        let (manifest, digest) = examined(bytes, Some(signed.digest))?;
        signed.agrees(&manifest)?;
        self.finish(bytes, manifest, digest, allowed)
    }

    fn finish(&self, bytes: &[u8], manifest: Manifest, digest: Digest, allowed: &Allowed) -> Result<Plugin, LoadError> {
        check_host(&manifest)?;
        let arithmetic = Arithmetic::of(&manifest.contract.to_string());
        let engine = match arithmetic {
            Arithmetic::Exact => &self.exact,
            Arithmetic::Fast => &self.fast,
        };
        let purpose = purpose(engine, arithmetic, digest);
        let component = self.workshop.component(engine, &purpose, bytes, &manifest)?;
        check_imports(engine, &component, &manifest)?;
        let grants = Grants::effective(&manifest, allowed);
        Ok(Plugin::new(
            engine.clone(),
            component,
            self.log,
            manifest,
            digest,
            grants,
        ))
    }
}

/// What a file says of itself, where it is a component and the one that was pinned. It is read and validated whole before the
/// compiler sees it.
fn examined(bytes: &[u8], pinned: Option<Digest>) -> Result<(Manifest, Digest), LoadError> {
    if bytes.len() > COMPONENT_BYTES {
        return Err(LoadError::TooLarge(bytes.len()));
    }
    if bytes.starts_with(MACHINE_CODE) {
        return Err(LoadError::CompiledCode);
    }
    let manifest = read_manifest(bytes)?;
    let digest = Digest::of(bytes);
    if let Some(expected) = pinned.filter(|expected| *expected != digest) {
        let short = |digest: Digest| digest.to_string()[..12].to_owned();
        return Err(LoadError::Digest {
            name: manifest.name,
            found: short(digest),
            expected: short(expected),
        });
    }
    Ok((manifest, digest))
}

fn check_host(manifest: &Manifest) -> Result<(), LoadError> {
    let number = |version: &str| -> Vec<u32> { version.split('.').filter_map(|part| part.parse().ok()).collect() };
    if number(&manifest.minimum_host) > number(HOST_VERSION) {
        return Err(LoadError::Host {
            name: manifest.name.clone(),
            needs: manifest.minimum_host.clone(),
            host: HOST_VERSION,
        });
    }
    Ok(())
}

fn check_imports(engine: &Engine, component: &Component, manifest: &Manifest) -> Result<(), LoadError> {
    let contract = manifest.contract.to_string();
    let Some((_, granted)) = IMPORTS.iter().find(|(known, _)| *known == contract) else {
        return Err(LoadError::Contract {
            name: manifest.name.clone(),
            found: contract,
            expected: "a contract that this kiosk knows",
        });
    };
    let kind = component.component_type();
    let foreign = kind
        .imports(engine)
        .map(|(name, _)| name)
        .find(|name| !granted.contains(name));
    match foreign {
        None => Ok(()),
        Some(import) => Err(LoadError::Import {
            name: manifest.name.clone(),
            import: import.to_owned(),
        }),
    }
}

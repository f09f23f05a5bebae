//! The engine and its ticking thread; from a file's bytes to a plugin.

use crate::grants::{Allowed, Grants};
use crate::limits::{COMPONENT_BYTES, TICK};
use crate::plugin::{Digest, LoadError, LogMode, Plugin};
use plugin_package::{Manifest, read_manifest};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use wasmtime::component::Component;
use wasmtime::{Config, Engine};

/// This host's version, against which a plugin's `minimum-host` is held.
pub const HOST_VERSION: &str = env!("CARGO_PKG_VERSION");

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
    numeric: Engine,
    log: LogMode,
    _ticker: Arc<Ticker>,
}

fn engine(canonical_nans: bool) -> Result<Engine, EngineError> {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .concurrency_support(false)
        .cranelift_nan_canonicalization(canonical_nans)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        // A backtrace names the guest's functions, and those could spell out what was read.
        .wasm_backtrace_max_frames(None)
        .max_wasm_stack(512 << 10);
    Engine::new(&config).map_err(|cause| EngineError(cause.to_string()))
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
        let (exact, numeric) = (engine(true)?, engine(false)?);
        let ticker = Ticker::start([exact.clone(), numeric.clone()])?;
        Ok(Self {
            exact,
            numeric,
            log,
            _ticker: Arc::new(ticker),
        })
    }

    /// Reads, checks and compiles a plugin. `pinned` is the digest that was signed; `allowed` what was granted.
    ///
    /// # Errors
    /// [`LoadError`], in one sentence.
    pub fn load(&self, bytes: &[u8], pinned: Option<Digest>, allowed: &Allowed) -> Result<Plugin, LoadError> {
        if bytes.len() > COMPONENT_BYTES {
            return Err(LoadError::TooLarge(bytes.len()));
        }
        // Read and validated whole before the compiler sees it.
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
        check_host(&manifest)?;
        let engine = if manifest.contract.to_string() == crate::matcher::CONTRACT {
            &self.numeric
        } else {
            &self.exact
        };
        let component = Component::new(engine, bytes).map_err(|cause| LoadError::Shape {
            name: manifest.name.clone(),
            contract: manifest.contract.to_string(),
            cause: cause.to_string(),
        })?;
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

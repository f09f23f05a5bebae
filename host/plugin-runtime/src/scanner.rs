//! Fingerprint scanners: a driver plugin that holds its claimed interfaces (`kiosk:driver/fingerprint-scanner`).

use crate::actor::{Actor, After};
use crate::bindings::base::kiosk::driver::{faults, progress};
use crate::bindings::scanner::{FingerprintScannerDriver, FingerprintScannerDriverPre};
use crate::claimed::Claimed;
use crate::driver::{self, DriverError, Instance, Kind, Start};
use crate::error::PluginError;
use crate::guest::{Guest, bad_answer};
pub use crate::listener::Stage;
use crate::plugin::{LoadError, Plugin};
use crate::samples::{FingerImage, check};
use devices::transfer::ClaimedInterface;
use std::time::Duration;
use wasmtime::Store;
use wasmtime::component::{Component, HasSelf, Linker, Resource, ResourceAny};

/// What a plugin for this place is made for.
pub const CONTRACT: &str = "kiosk:driver/fingerprint-scanner-driver@0.1.0";

const CLOSE: Duration = Duration::from_secs(1);
const DESCRIBE: Duration = Duration::from_secs(1);
/// Most fingers that one capture can give.
const MAX_FINGERS: usize = 10;

/// A scanner, as its driver describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// for the screen
    pub vendor: String,
    /// for the screen
    pub model: String,
    /// where the device has one
    pub serial: Option<String>,
    /// where the device tells it
    pub firmware: Option<String>,
    /// the finger is drawn over a line
    pub swipe: bool,
    /// pixels of a usual image
    pub width: u16,
    /// pixels of a usual image
    pub height: u16,
    /// pixels per inch
    pub dpi: u16,
}

/// What one capture gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// one finger; several from a slap scanner
    pub fingers: Vec<FingerImage>,
    /// 0 live to 100 attack, where the device judges it
    pub presentation_attack: Option<u8>,
}

/// A running driver with its scanner.
pub struct Scanner {
    actor: Actor<Instance<Reader>>,
    description: Description,
}

/// The contract of scanners.
struct Reader;

impl Kind for Reader {
    const CONTRACT: &'static str = CONTRACT;
    type Bindings = FingerprintScannerDriver;

    fn linker(plugin: &Plugin) -> wasmtime::Result<Linker<Guest>> {
        let mut linker = driver::linker(plugin)?;
        progress::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
        Ok(linker)
    }

    fn check(plugin: &Plugin, linker: &Linker<Guest>) -> wasmtime::Result<()> {
        FingerprintScannerDriverPre::new(linker.instantiate_pre(&plugin.component)?).map(drop)
    }

    fn instantiate(
        store: &mut Store<Guest>,
        component: &Component,
        linker: &Linker<Guest>,
    ) -> wasmtime::Result<Self::Bindings> {
        FingerprintScannerDriver::instantiate(store, component, linker)
    }

    fn open(
        bindings: &Self::Bindings,
        store: &mut Store<Guest>,
        interfaces: &[Resource<Claimed>],
        start: &faults::Start,
    ) -> wasmtime::Result<Result<ResourceAny, faults::Fault>> {
        let scanner = bindings.kiosk_driver_fingerprint_scanner().scanner();
        scanner.call_open(store, interfaces, start)
    }
}

/// Checks that a plugin can be a scanner's driver, without a device.
///
/// # Errors
/// [`LoadError`].
pub fn fits(plugin: &Plugin) -> Result<(), LoadError> {
    driver::fits::<Reader>(plugin)
}

/// Tries whether an instance of the driver starts, without a device.
pub(crate) fn starts(plugin: &Plugin) -> Result<(), DriverError> {
    driver::starts::<Reader>(plugin)
}

impl Scanner {
    /// Starts the driver on its interfaces, in the order of its manifest, and opens the device.
    ///
    /// # Errors
    /// [`DriverError`]: the device's fault, or the plugin's.
    pub fn start(
        plugin: &Plugin,
        interfaces: Vec<Box<dyn ClaimedInterface>>,
        start: Start,
    ) -> Result<Self, DriverError> {
        let actor = driver::start::<Reader>(plugin, interfaces, start)?;
        let description = actor.ask("describe", Instance::describe)??;
        Ok(Self { actor, description })
    }

    /// What the driver said of the device.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Captures one image; blocks for `timeout` and the grace at most. `tell` hears how far it is.
    ///
    /// # Errors
    /// [`DriverError`]. After a plugin's error the driver is gone ([`Self::is_running`]) and must be started again.
    pub fn capture(&self, timeout: Duration, tell: impl FnMut(Stage) + Send + 'static) -> Result<Capture, DriverError> {
        self.actor
            .ask("capture", move |instance| instance.capture(timeout, Box::new(tell)))?
    }

    /// Ends the capture that runs now; it returns within the grace.
    pub fn cancel(&self) {
        self.actor.cancel();
    }

    /// False once a call ended the plugin.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.actor.is_running()
    }

    /// Bytes of memory that the driver holds now.
    ///
    /// # Errors
    /// [`PluginError`].
    pub fn memory(&self) -> Result<usize, PluginError> {
        self.actor
            .ask("memory", |instance| (instance.store.data().memory_taken(), After::Goes))
    }

    /// Leaves the device switched off or idle. Not for a device that is gone: drop it then.
    ///
    /// # Errors
    /// [`PluginError`].
    pub fn close(self) -> Result<(), PluginError> {
        self.actor.ask("close", |instance| (instance.close(), After::Ends))?
    }
}

impl std::fmt::Debug for Scanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "scanner {} {}", self.description.vendor, self.description.model)
    }
}

impl Instance<Reader> {
    fn describe(&mut self) -> (Result<Description, PluginError>, After) {
        let described = self.call("describe", DESCRIBE, |store, bindings, scanner| {
            bindings
                .kiosk_driver_fingerprint_scanner()
                .scanner()
                .call_describe(store, scanner)
        });
        let described = described.map(|told| Description {
            vendor: quotation::phrase(&told.vendor),
            model: quotation::phrase(&told.model),
            serial: told.serial.as_deref().map(quotation::phrase),
            firmware: told.firmware.as_deref().map(quotation::phrase),
            swipe: told.swipe,
            width: told.width,
            height: told.height,
            dpi: told.dpi,
        });
        let after = if described.is_ok() { After::Goes } else { After::Ends };
        (described, after)
    }

    fn capture(
        &mut self,
        timeout: Duration,
        tell: Box<dyn FnMut(Stage) + Send>,
    ) -> (Result<Capture, DriverError>, After) {
        let captured = self.ask_heard("capture", timeout, tell, |store, bindings, scanner, ms, listener| {
            bindings
                .kiosk_driver_fingerprint_scanner()
                .scanner()
                .call_capture(store, scanner, ms, listener)
        });
        let answer = match captured {
            (Ok(answer), _) => answer,
            (Err(error), after) => return (Err(error), after),
        };
        if answer.fingers.is_empty() || answer.fingers.len() > MAX_FINGERS {
            return (
                Err(bad_answer(&self.plugin, "capture", "a capture gives 1 to 10 fingers").into()),
                After::Ends,
            );
        }
        let fingers: Result<Vec<FingerImage>, &'static str> = answer.fingers.into_iter().map(check).collect();
        match fingers {
            Ok(fingers) => {
                let presentation_attack = answer.presentation_attack.map(|score| score.min(100));
                (
                    Ok(Capture {
                        fingers,
                        presentation_attack,
                    }),
                    After::Goes,
                )
            }
            Err(rule) => (Err(bad_answer(&self.plugin, "capture", rule).into()), After::Ends),
        }
    }

    fn close(&mut self) -> Result<(), PluginError> {
        self.call("close", CLOSE, |store, bindings, scanner| {
            bindings
                .kiosk_driver_fingerprint_scanner()
                .scanner()
                .call_close(store, scanner)
        })
    }
}

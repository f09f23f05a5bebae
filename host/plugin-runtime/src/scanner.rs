//! Fingerprint scanners: a driver plugin that holds its claimed interfaces (`kiosk:driver/fingerprint-scanner`).

use crate::actor::{Actor, After};
use crate::bindings::base::kiosk::driver::progress;
use crate::bindings::scanner::FingerprintScannerDriver;
use crate::clock::Control;
use crate::driver::{self, DriverError, OPEN, Start, hand_over, reported, runtime_error, start_record};
use crate::error::PluginError;
use crate::guest::{self, Guest, Span, bad_answer, call};
use crate::limits::{DRIVER_MEMORY, GUEST_TIME};
use crate::listener::Listener;
use crate::plugin::{LoadError, Plugin, shown};
use crate::samples::{FingerImage, check};
use devices::transfer::ClaimedInterface;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Store;
use wasmtime::component::{HasSelf, Linker, Resource, ResourceAny};

/// What a plugin for this place is made for.
pub const CONTRACT: &str = "kiosk:driver/fingerprint-scanner-driver@0.1.0";

const CLOSE: Duration = Duration::from_secs(1);
const DESCRIBE: Duration = Duration::from_secs(1);
/// Most fingers that one capture can give.
const MAX_FINGERS: usize = 10;

/// How far a capture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// put the finger on the sensor
    Ready,
    /// a finger is there
    Presented,
    /// hold still
    Reading,
    /// do not move
    HoldStill,
    /// press harder
    PressHarder,
    /// take the finger off
    Remove,
}

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
    actor: Actor<Instance>,
    description: Description,
}

struct Instance {
    store: Store<Guest>,
    bindings: FingerprintScannerDriver,
    scanner: ResourceAny,
    plugin: String,
    control: Arc<Control>,
}

/// Checks that a plugin can be a scanner's driver, without a device.
///
/// # Errors
/// [`LoadError`].
pub fn fits(plugin: &Plugin) -> Result<(), LoadError> {
    plugin.require(CONTRACT)?;
    let linker = linker(plugin).map_err(|cause| plugin.shape(&cause))?;
    let ready = linker
        .instantiate_pre(&plugin.component)
        .map_err(|cause| plugin.shape(&cause))?;
    crate::bindings::scanner::FingerprintScannerDriverPre::new(ready).map_err(|cause| plugin.shape(&cause))?;
    Ok(())
}

fn linker(plugin: &Plugin) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = driver::linker(plugin)?;
    progress::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    Ok(linker)
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
        let control = Arc::new(Control::with(interfaces.iter().map(|one| one.canceller()).collect()));
        let (plugin, own) = (plugin.clone(), Arc::clone(&control));
        let name = plugin.name().to_owned();
        let actor = Actor::start(&name, control, move || {
            Instance::start(&plugin, interfaces, &start, own)
        })?;
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

impl Instance {
    fn start(
        plugin: &Plugin,
        interfaces: Vec<Box<dyn ClaimedInterface>>,
        start: &Start,
        control: Arc<Control>,
    ) -> Result<Self, DriverError> {
        let name = plugin.name().to_owned();
        let mut store = guest::store(&plugin.engine, DRIVER_MEMORY, &plugin.log);
        let open = |during| Span {
            during,
            timeout: OPEN,
            spin: GUEST_TIME,
        };
        let linker = linker(plugin).map_err(|cause| runtime_error(&name, &cause))?;
        let bindings = call(&mut store, &name, open("start"), &control, |store| {
            FingerprintScannerDriver::instantiate(store, &plugin.component, &linker)
        })?;
        let scanner = call(&mut store, &name, open("open"), &control, |store| {
            let handles = hand_over(store, plugin, interfaces)?;
            let start = start_record(start);
            bindings
                .kiosk_driver_fingerprint_scanner()
                .scanner()
                .call_open(store, &handles, &start)
        })?
        .map_err(|fault| reported(fault, store.data()))?;
        Ok(Self {
            store,
            bindings,
            scanner,
            plugin: name,
            control,
        })
    }

    fn call<T>(
        &mut self,
        during: &'static str,
        timeout: Duration,
        run: impl FnOnce(&mut Store<Guest>, &FingerprintScannerDriver, ResourceAny) -> wasmtime::Result<T>,
    ) -> Result<T, PluginError> {
        let span = Span {
            during,
            timeout,
            spin: GUEST_TIME,
        };
        let (bindings, scanner) = (&self.bindings, self.scanner);
        call(&mut self.store, &self.plugin, span, &self.control, |store| {
            run(store, bindings, scanner)
        })
    }

    fn describe(&mut self) -> (Result<Description, PluginError>, After) {
        let described = self.call("describe", DESCRIBE, |store, bindings, scanner| {
            bindings
                .kiosk_driver_fingerprint_scanner()
                .scanner()
                .call_describe(store, scanner)
        });
        let described = described.map(|told| Description {
            vendor: shown(&told.vendor),
            model: shown(&told.model),
            serial: told.serial.as_deref().map(shown),
            firmware: told.firmware.as_deref().map(shown),
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
        let captured = self.call("capture", timeout, |store, bindings, scanner| {
            let listener = store.data_mut().table.push(Listener::new(tell))?;
            let lent = Resource::new_borrow(listener.rep());
            let ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
            let answer =
                bindings
                    .kiosk_driver_fingerprint_scanner()
                    .scanner()
                    .call_capture(&mut *store, scanner, ms, lent)?;
            store.data_mut().table.delete(listener)?;
            Ok(answer)
        });
        let answer = match captured {
            Err(error) => return (Err(error.into()), After::Ends),
            Ok(Err(fault)) => return (Err(reported(fault, self.store.data()).into()), After::Goes),
            Ok(Ok(answer)) => answer,
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

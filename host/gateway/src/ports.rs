//! Keeps drivers on their devices: finds the device that a driver is granted, claims it, starts the driver, and starts it
//! again after a fault or a plug.

use devices::bus::{Bus, BusError, Found, OpenError, Place};
use devices::transfer::ClaimedInterface;
use identification::event::PrintOutcome;
use plugin_runtime::driver::{DriverError, FaultKind, Start};
use plugin_runtime::plugin::Plugin;
use plugin_runtime::printer::{Block, Printer};
use plugin_runtime::scanner::{Capture, Scanner, Stage};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What a scanner is to the operator.
const SCANNER: &str = "fingerprint scanner";

/// Why a device cannot be used now, in one sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// nothing that a driver knows is plugged in
    #[error("no {0} that this kiosk knows is plugged in; plug it in, or go on without it")]
    Absent(&'static str),
    /// the system
    #[error(transparent)]
    Bus(#[from] BusError),
    /// the system, for one device
    #[error(transparent)]
    Open(#[from] OpenError),
    /// the driver or its device
    #[error("{role}: {cause}")]
    Driver {
        /// `scanner`, `printer`
        role: &'static str,
        /// which plugin
        plugin: Box<str>,
        /// its word
        cause: DriverError,
    },
}

impl PortError {
    /// The code for the journal.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Absent(_) => "absent".to_owned(),
            Self::Bus(_) => "no-usb".to_owned(),
            Self::Open(OpenError::Permission(_)) => "no-permission".to_owned(),
            Self::Open(OpenError::Busy(_)) => "in-use".to_owned(),
            Self::Open(_) => "not-opened".to_owned(),
            Self::Driver { cause, .. } => cause.code(),
        }
    }

    /// True where the voter simply did not touch the sensor.
    #[must_use]
    pub fn is_patience(&self) -> bool {
        matches!(self, Self::Driver { cause: DriverError::Fault(fault), .. }
            if matches!(fault.kind, FaultKind::NothingPresented | FaultKind::Cancelled))
    }

    /// The plugin whose own fault this is, where it is one.
    #[must_use]
    pub fn plugin(&self) -> Option<&str> {
        match self {
            Self::Driver {
                plugin,
                cause: DriverError::Plugin(_),
                ..
            } => Some(plugin),
            _ => None,
        }
    }
}

/// Where a driver's nonce comes from: the system's randomness, or a recording.
pub type Nonce = Arc<dyn Fn() -> [u8; 32] + Send + Sync>;

/// The nonce of every day.
#[must_use]
pub fn random_nonce() -> Nonce {
    Arc::new(|| {
        let mut nonce = [0; 32];
        // Without randomness a driver still works; its device's challenge is then the same each time.
        let _ = getrandom::fill(&mut nonce);
        nonce
    })
}

/// A driver and the device that it is to drive.
struct Claim<'a> {
    driver: &'a Plugin,
    place: Place,
    interfaces: Vec<Box<dyn ClaimedInterface>>,
}

/// The interfaces that a driver is granted on this kind of device, in the order of its manifest, where the device has all of
/// them. A driver for a family is granted several kinds.
fn granted(driver: &Plugin, device: &Found) -> Option<Vec<u8>> {
    let interfaces: Vec<u8> = driver
        .grants()
        .interfaces()
        .filter(|(vendor, product, _)| (*vendor, *product) == (device.vendor_id, device.product_id))
        .map(|(_, _, interface)| interface)
        .collect();
    let has_all = interfaces.iter().all(|interface| device.interfaces.contains(interface));
    (!interfaces.is_empty() && has_all).then_some(interfaces)
}

/// Claims a device for the first driver that is granted one. One that cannot be opened is passed over for the next.
fn claim<'a>(bus: &dyn Bus, drivers: &'a [Plugin], role: &'static str) -> Result<Claim<'a>, PortError> {
    let found = bus.list()?;
    let mut refused = PortError::Absent(role);
    for driver in drivers {
        for device in &found {
            let Some(interfaces) = granted(driver, device) else {
                continue;
            };
            let claimed: Result<Vec<_>, OpenError> = interfaces
                .into_iter()
                .map(|interface| bus.open(&device.place, interface))
                .collect();
            match claimed {
                Ok(interfaces) => {
                    return Ok(Claim {
                        driver,
                        place: device.place.clone(),
                        interfaces,
                    });
                }
                Err(cause) => refused = cause.into(),
            }
        }
    }
    Err(refused)
}

/// Is any device plugged in that one of these drivers is granted?
fn is_there(bus: &dyn Bus, drivers: &[Plugin]) -> bool {
    let found = bus.list().unwrap_or_default();
    found.iter().any(|device| serves(drivers, device))
}

/// Is this a device that one of these drivers is granted?
pub(crate) fn serves(drivers: &[Plugin], device: &Found) -> bool {
    drivers.iter().any(|driver| granted(driver, device).is_some())
}

/// The fingerprint scanner's place.
pub struct ScannerPort {
    bus: Arc<dyn Bus>,
    drivers: Vec<Plugin>,
    nonce: Nonce,
    running: Mutex<Option<Arc<Running>>>,
}

struct Running {
    scanner: Scanner,
    plugin: String,
    place: Place,
}

impl Running {
    fn model(&self) -> String {
        let description = self.scanner.description();
        format!("{} {}", description.vendor, description.model)
            .trim()
            .to_owned()
    }
}

impl ScannerPort {
    /// A place that these drivers can serve.
    #[must_use]
    pub fn new(bus: Arc<dyn Bus>, drivers: Vec<Plugin>, nonce: Nonce) -> Self {
        Self {
            bus,
            drivers,
            nonce,
            running: Mutex::default(),
        }
    }

    /// Is a scanner plugged in that a driver knows?
    #[must_use]
    pub fn is_there(&self) -> bool {
        is_there(&*self.bus, &self.drivers)
    }

    fn ensure(&self) -> Result<Arc<Running>, PortError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = running.as_ref().filter(|one| one.scanner.is_running()) {
            return Ok(Arc::clone(one));
        }
        // The old instance lets go of its interface before the new one claims it.
        *running = None;
        let Claim {
            driver,
            place,
            interfaces,
        } = claim(&*self.bus, &self.drivers, SCANNER)?;
        let plugin = driver.name().to_owned();
        let start = Start {
            nonce: (self.nonce)(),
            ..Start::default()
        };
        let scanner = Scanner::start(driver, interfaces, start).map_err(|cause| PortError::Driver {
            role: "scanner",
            plugin: plugin.as_str().into(),
            cause,
        })?;
        let one = Arc::new(Running { scanner, plugin, place });
        *running = Some(Arc::clone(&one));
        Ok(one)
    }

    /// The model where the driver runs; a page that is looked at often does not start it.
    ///
    /// # Errors
    /// [`PortError::Absent`].
    pub fn now(&self) -> Result<String, PortError> {
        // A driver that is being started holds the lock for as long as that takes.
        let running = self.running.try_lock().ok().and_then(|slot| slot.clone());
        match running.filter(|one| one.scanner.is_running()) {
            Some(one) => Ok(one.model()),
            None if self.is_there() => Ok("plugged in; it starts with the next finger".to_owned()),
            None => Err(PortError::Absent(SCANNER)),
        }
    }

    /// The model; starts the driver.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn describe(&self) -> Result<String, PortError> {
        Ok(self.ensure()?.model())
    }

    /// Captures one image.
    ///
    /// # Errors
    /// [`PortError`]. A device that is gone or a plugin that broke a limit is started again by the next call.
    pub fn capture(&self, timeout: Duration, tell: impl FnMut(Stage) + Send + 'static) -> Result<Capture, PortError> {
        let running = self.ensure()?;
        running.scanner.capture(timeout, tell).map_err(|cause| {
            let gone = matches!(&cause, DriverError::Fault(fault)
                if matches!(fault.kind, FaultKind::DeviceGone | FaultKind::ReEnumerates));
            if gone || !running.scanner.is_running() {
                let mut slot = self.running.lock().unwrap_or_else(PoisonError::into_inner);
                slot.take_if(|one| Arc::ptr_eq(one, &running));
            }
            PortError::Driver {
                role: "scanner",
                plugin: running.plugin.as_str().into(),
                cause,
            }
        })
    }

    /// The device at this place was pulled: its driver is dropped, and the next use looks for a device anew.
    pub fn left(&self, place: &Place) {
        let mut slot = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take_if(|one| one.place == *place);
    }

    /// Ends the capture that runs now.
    pub fn cancel(&self) {
        if let Some(running) = self.running.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            running.scanner.cancel();
        }
    }
}

struct RunningPrinter {
    printer: Printer,
    plugin: String,
    place: Place,
}

impl Drop for ScannerPort {
    /// The device is left switched off, where nothing else holds its driver.
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(one) = running
            .and_then(|one| Arc::try_unwrap(one).ok())
            .filter(|one| one.scanner.is_running())
        {
            // The station ends; a scanner that does not switch off is nobody's to report to any more.
            let _ = one.scanner.close();
        }
    }
}

/// The receipt printer's place.
pub struct PrinterPort {
    bus: Arc<dyn Bus>,
    drivers: Vec<Plugin>,
    nonce: Nonce,
    running: Mutex<Option<RunningPrinter>>,
    /// where a device was pulled since the last receipt: a print holds the other lock for as long as it takes
    left: Mutex<Vec<Place>>,
}

impl PrinterPort {
    /// A place that these drivers can serve.
    #[must_use]
    pub fn new(bus: Arc<dyn Bus>, drivers: Vec<Plugin>, nonce: Nonce) -> Self {
        Self {
            bus,
            drivers,
            nonce,
            running: Mutex::default(),
            left: Mutex::default(),
        }
    }

    /// Is a printer plugged in that a driver knows?
    #[must_use]
    pub fn is_there(&self) -> bool {
        is_there(&*self.bus, &self.drivers)
    }

    /// Prints a receipt.
    ///
    /// # Errors
    /// [`PortError`]. Where the printer could not even be opened nothing came out; after any other error it is unknown.
    pub fn print(&self, blocks: Vec<Block>) -> Result<PrintOutcome, PortError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let left = std::mem::take(&mut *self.left.lock().unwrap_or_else(PoisonError::into_inner));
        running.take_if(|one| left.contains(&one.place));
        if running.as_ref().is_none_or(|one| !one.printer.is_running()) {
            *running = None;
            let Claim {
                driver,
                place,
                interfaces,
            } = claim(&*self.bus, &self.drivers, "receipt printer")?;
            let plugin = driver.name().to_owned();
            let start = Start {
                nonce: (self.nonce)(),
                ..Start::default()
            };
            let printer = Printer::start(driver, interfaces, start).map_err(|cause| PortError::Driver {
                role: "printer",
                plugin: plugin.as_str().into(),
                cause,
            })?;
            *running = Some(RunningPrinter { printer, plugin, place });
        }
        let Some(RunningPrinter { printer, plugin, .. }) = running.as_ref() else {
            return Err(PortError::Absent("receipt printer"));
        };
        let printed = printer.print(blocks).map_err(|cause| PortError::Driver {
            role: "printer",
            plugin: plugin.as_str().into(),
            cause,
        });
        // Whatever went wrong, the next receipt begins with a driver that opens the device anew.
        if !matches!(printed, Ok(PrintOutcome::Printed)) {
            *running = None;
        }
        printed
    }
    /// The device at this place was pulled: the next receipt begins with a driver that opens a device anew.
    pub fn left(&self, place: &Place) {
        self.left
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(place.clone());
    }
}

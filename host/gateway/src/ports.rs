//! Keeps drivers on their devices: finds the device that a driver is granted, claims it, starts the driver, and starts it
//! again after a fault or a plug.

use devices::bus::{Bus, BusError, Found, OpenError, Place};
use devices::transfer::ClaimedInterface;
use identification::event::PrintOutcome;
use plugin_runtime::driver::{DriverError, FaultKind, Start};
use plugin_runtime::plugin::Plugin;
use plugin_runtime::printer::{Block, Printer};
use plugin_runtime::scanner::{Capture, Scanner, Stage};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

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
fn granted(grants: impl Iterator<Item = (u16, u16, u8)>, device: &Found) -> Option<Vec<u8>> {
    let interfaces: Vec<u8> = grants
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
            let Some(interfaces) = granted(driver.grants().interfaces(), device) else {
                continue;
            };
            match open_all(bus, &device.place, interfaces) {
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

/// Claims these interfaces of one device in this order; all of them, or none.
fn open_all(bus: &dyn Bus, place: &Place, interfaces: Vec<u8>) -> Result<Vec<Box<dyn ClaimedInterface>>, OpenError> {
    interfaces
        .into_iter()
        .map(|interface| bus.open(place, interface))
        .collect()
}

/// Is any device plugged in that one of these drivers is granted?
fn is_there(bus: &dyn Bus, drivers: &[Plugin]) -> bool {
    let found = bus.list().unwrap_or_default();
    found.iter().any(|device| serves(drivers, device))
}

/// Is this a device that one of these drivers is granted?
pub(crate) fn serves(drivers: &[Plugin], device: &Found) -> bool {
    drivers
        .iter()
        .any(|driver| granted(driver.grants().interfaces(), device).is_some())
}

/// A kind of device that a driver runs, as far as a [`Port`] has to know it.
pub trait Driven: Sized {
    /// in the journal and in sentences: `scanner`, `printer`
    const ROLE: &'static str;
    /// what it is to the operator
    const NAME: &'static str;

    /// Starts the driver on its interfaces and opens the device.
    ///
    /// # Errors
    /// [`DriverError`].
    fn start(driver: &Plugin, interfaces: Vec<Box<dyn ClaimedInterface>>, start: Start) -> Result<Self, DriverError>;

    /// False once a call ended the plugin.
    fn is_running(&self) -> bool;

    /// Ends the call that runs now.
    fn cancel(&self);

    /// Leaves the device switched off, where it has something to switch off.
    fn close(self) {}
}

/// The place of one device: a driver runs on it from its first use until the device goes or a call breaks off, and the
/// next use starts one anew. Calls come one after the other. Other drivers come in between two calls ([`Port::exchange`]): an
/// interface has one owner, so that the place outlives every table.
pub struct Port<D: Driven> {
    bus: Arc<dyn Bus>,
    /// replaced whole
    drivers: RwLock<Arc<[Plugin]>>,
    nonce: Nonce,
    /// held for as long as a call takes
    call: Mutex<()>,
    /// held for as long as a driver's start takes
    start: Mutex<()>,
    /// held for a moment, so that a pulled plug and a cancel never wait
    slot: Mutex<Slot<D>>,
}

/// What a port has.
struct Slot<D> {
    running: Option<Arc<Running<D>>>,
    /// where a driver is being started; taken away when its device is pulled meanwhile
    starting: Option<Place>,
}

struct Running<D> {
    device: D,
    plugin: Plugin,
    place: Place,
}

/// Why other drivers did not come in. Those that were there are still.
#[derive(Debug)]
pub enum ExchangeError<E> {
    /// the new driver does not work on the device that is plugged in
    Faulty {
        /// which driver
        plugin: Box<Plugin>,
        /// its word
        why: PortError,
        /// the old driver works on that device: so it is not the device
        old_works: bool,
    },
    /// what makes the exchange final failed
    NotFinal(E),
}

impl<D: Driven> Port<D> {
    /// A place that these drivers can serve.
    #[must_use]
    pub fn new(bus: Arc<dyn Bus>, drivers: Vec<Plugin>, nonce: Nonce) -> Self {
        Self {
            bus,
            drivers: RwLock::new(drivers.into()),
            nonce,
            call: Mutex::default(),
            start: Mutex::default(),
            slot: Mutex::new(Slot {
                running: None,
                starting: None,
            }),
        }
    }

    /// Is a device plugged in that a driver knows?
    #[must_use]
    pub fn is_there(&self) -> bool {
        is_there(&*self.bus, &self.drivers())
    }

    /// Who can serve this place.
    fn drivers(&self) -> Arc<[Plugin]> {
        Arc::clone(&self.drivers.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, drivers: Arc<[Plugin]>) {
        *self.drivers.write().unwrap_or_else(PoisonError::into_inner) = drivers;
    }

    /// The device where its driver runs now.
    fn running(&self) -> Option<Arc<Running<D>>> {
        let slot = lock(&self.slot);
        slot.running.as_ref().filter(|one| one.device.is_running()).cloned()
    }

    /// The device, with its driver started where it does not run.
    fn ensure(&self) -> Result<Arc<Running<D>>, PortError> {
        let _one_start = lock(&self.start);
        self.started()
    }

    /// The same, for whoever holds `start`.
    fn started(&self) -> Result<Arc<Running<D>>, PortError> {
        if let Some(one) = self.running() {
            return Ok(one);
        }
        // The old instance lets go of its interface before the new one claims it.
        drop(lock(&self.slot).running.take());
        let drivers = self.drivers();
        let claim = claim(&*self.bus, &drivers, D::NAME)?;
        let (plugin, place) = (claim.driver.clone(), claim.place);
        let start = Start {
            nonce: (self.nonce)(),
            ..Start::default()
        };
        lock(&self.slot).starting = Some(place.clone());
        let started = D::start(claim.driver, claim.interfaces, start);
        let mut slot = lock(&self.slot);
        let stayed = slot.starting.take().is_some();
        let device = started.map_err(|cause| failed::<D>(plugin.name(), cause))?;
        let one = Arc::new(Running { device, plugin, place });
        // One that was pulled meanwhile fails this use of it, and is not kept for the next.
        slot.running = stayed.then(|| Arc::clone(&one));
        Ok(one)
    }

    /// One call of the device; the next one begins with a driver that opens the device anew where this one says so, and
    /// wherever the device is gone or the plugin broke off.
    fn call<T>(
        &self,
        call: impl FnOnce(&D) -> Result<T, DriverError>,
        anew: impl FnOnce(&Result<T, DriverError>) -> bool,
    ) -> Result<T, PortError> {
        let _one_call = lock(&self.call);
        let one = self.ensure()?;
        let called = call(&one.device);
        if is_gone(&called) || !one.device.is_running() || anew(&called) {
            let let_go = lock(&self.slot).running.take_if(|kept| Arc::ptr_eq(kept, &one));
            drop(let_go);
        }
        called.map_err(|cause| failed::<D>(one.plugin.name(), cause))
    }

    /// Brings other drivers in between two calls. The driver that runs is closed and the new one opened on the device, before
    /// `make_final` says so in the journal; where the new driver does not work or that fails, the old one is opened again.
    ///
    /// # Errors
    /// [`ExchangeError`]: the old drivers are still in their place.
    pub fn exchange<T, E>(
        &self,
        drivers: &[Plugin],
        make_final: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, ExchangeError<E>> {
        let old = self.drivers();
        if is_same_list(&old, drivers) {
            return make_final().map_err(ExchangeError::NotFinal);
        }
        let _one_call = lock(&self.call);
        let _one_start = lock(&self.start);
        let running = self.running().map(|one| one.plugin.clone());
        let stays = running
            .as_ref()
            .is_some_and(|plugin| drivers.iter().any(|driver| is_same(driver, plugin)));
        let restore = |this: &Self| {
            if !stays {
                this.close_running();
            }
            this.set(Arc::clone(&old));
            running.as_ref().map(|_| this.started())
        };
        if !stays {
            self.close_running();
        }
        self.set(drivers.into());
        if !stays
            && let Err(why) = self.started()
            && let Some(plugin) = faulty(&why, drivers)
        {
            // Also where it did not run: whether the device is at fault shows with the old driver alone.
            let restored = restore(self).or_else(|| (!old.is_empty()).then(|| self.started()));
            return Err(ExchangeError::Faulty {
                plugin,
                why,
                old_works: matches!(restored, Some(Ok(_))),
            });
        }
        make_final().map_err(|cause| {
            let _ = restore(self);
            ExchangeError::NotFinal(cause)
        })
    }

    /// Closes what runs, so that its interface is free.
    fn close_running(&self) {
        let running = lock(&self.slot).running.take();
        if let Some(one) = running.and_then(Arc::into_inner).filter(|one| one.device.is_running()) {
            one.device.close();
        }
    }

    /// The device at this place was pulled: its driver is dropped, and the next use looks for a device anew.
    pub fn left(&self, place: &Place) {
        let mut slot = lock(&self.slot);
        slot.starting.take_if(|starting| starting == place);
        let let_go = slot.running.take_if(|one| one.place == *place);
        // Its thread is waited for, which nobody else must wait for.
        drop(slot);
        drop(let_go);
    }

    /// Ends the call that runs now.
    pub fn cancel(&self) {
        if let Some(one) = self.running() {
            one.device.cancel();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these locks guard is replaced whole, so a poisoned one is as good as a sound one.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed<D: Driven>(plugin: &str, cause: DriverError) -> PortError {
    PortError::Driver {
        role: D::ROLE,
        plugin: plugin.into(),
        cause,
    }
}

fn is_gone<T>(called: &Result<T, DriverError>) -> bool {
    matches!(called, Err(DriverError::Fault(fault))
        if matches!(fault.kind, FaultKind::DeviceGone | FaultKind::ReEnumerates))
}

/// The new driver whose fault this is. What the system refuses, and a device that is gone, are not a driver's.
fn faulty(error: &PortError, drivers: &[Plugin]) -> Option<Box<Plugin>> {
    let PortError::Driver { plugin, cause, .. } = error else {
        return None;
    };
    let gone = matches!(cause, DriverError::Fault(fault)
        if matches!(fault.kind, FaultKind::DeviceGone | FaultKind::ReEnumerates));
    let driver = drivers.iter().find(|driver| driver.name() == &**plugin)?;
    (!gone).then(|| Box::new(driver.clone()))
}

/// The same bytes under the same grants.
pub(crate) fn is_same(one: &Plugin, other: &Plugin) -> bool {
    one.digest() == other.digest() && one.grants() == other.grants()
}

fn is_same_list(one: &[Plugin], other: &[Plugin]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
}

impl<D: Driven> Drop for Port<D> {
    /// The device is left switched off, where nothing else holds its driver.
    fn drop(&mut self) {
        self.close_running();
    }
}

/// The fingerprint scanner's place.
pub type ScannerPort = Port<Scanner>;

impl Driven for Scanner {
    const ROLE: &'static str = "scanner";
    const NAME: &'static str = "fingerprint scanner";

    fn start(driver: &Plugin, interfaces: Vec<Box<dyn ClaimedInterface>>, start: Start) -> Result<Self, DriverError> {
        Scanner::start(driver, interfaces, start)
    }

    fn is_running(&self) -> bool {
        Scanner::is_running(self)
    }

    fn cancel(&self) {
        Scanner::cancel(self);
    }

    fn close(self) {
        // The station ends; a scanner that does not switch off is nobody's to report to any more.
        let _ = Scanner::close(self);
    }
}

fn model(scanner: &Scanner) -> String {
    let description = scanner.description();
    format!("{} {}", description.vendor, description.model)
        .trim()
        .to_owned()
}

impl Port<Scanner> {
    /// The model where the driver runs; a page that is looked at often does not start it.
    ///
    /// # Errors
    /// [`PortError::Absent`].
    pub fn now(&self) -> Result<String, PortError> {
        match self.running() {
            Some(one) => Ok(model(&one.device)),
            None if self.is_there() => Ok("plugged in; it starts with the next finger".to_owned()),
            None => Err(PortError::Absent(Scanner::NAME)),
        }
    }

    /// The model; starts the driver.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn describe(&self) -> Result<String, PortError> {
        Ok(model(&self.ensure()?.device))
    }

    /// Captures one image.
    ///
    /// # Errors
    /// [`PortError`]. A device that is gone or a plugin that broke a limit is started again by the next call.
    pub fn capture(&self, timeout: Duration, tell: impl FnMut(Stage) + Send + 'static) -> Result<Capture, PortError> {
        self.call(|scanner| scanner.capture(timeout, tell), |_| false)
    }
}

/// The receipt printer's place.
pub type PrinterPort = Port<Printer>;

impl Driven for Printer {
    const ROLE: &'static str = "printer";
    const NAME: &'static str = "receipt printer";

    fn start(driver: &Plugin, interfaces: Vec<Box<dyn ClaimedInterface>>, start: Start) -> Result<Self, DriverError> {
        Printer::start(driver, interfaces, start)
    }

    fn is_running(&self) -> bool {
        Printer::is_running(self)
    }

    fn cancel(&self) {
        Printer::cancel(self);
    }
}

impl Port<Printer> {
    /// Prints a receipt.
    ///
    /// # Errors
    /// [`PortError`]. Where the printer could not even be opened nothing came out; after any other error it is unknown.
    pub fn print(&self, blocks: Vec<Block>) -> Result<PrintOutcome, PortError> {
        // Whatever went wrong, the next receipt begins with a driver that opens the device anew.
        let anew = |printed: &Result<PrintOutcome, DriverError>| !matches!(printed, Ok(PrintOutcome::Printed));
        self.call(|printer| printer.print(blocks), anew)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use devices::bus::Hotplug;

    /// A bus whose devices can be seen and not opened; it keeps what was asked for.
    #[derive(Default)]
    struct Shut(Mutex<Vec<u8>>);

    impl Bus for Shut {
        fn list(&self) -> Result<Vec<Found>, BusError> {
            Ok(Vec::new())
        }

        fn open(&self, place: &Place, interface: u8) -> Result<Box<dyn ClaimedInterface>, OpenError> {
            lock(&self.0).push(interface);
            Err(OpenError::Busy(place.clone()))
        }

        fn next_hotplug(&self, _timeout: Duration) -> Option<Hotplug> {
            None
        }
    }

    fn reader(interfaces: &[u8]) -> Found {
        Found {
            place: Place {
                port: "1-1".to_owned(),
                address: 7,
            },
            vendor_id: 0x1d6b,
            product_id: 0x0104,
            release: 0x0100,
            interfaces: interfaces.to_vec(),
        }
    }

    /// The second is of another device of the family.
    const GRANTS: [(u16, u16, u8); 4] = [
        (0x1d6b, 0x0104, 2),
        (0x1d6b, 0x0105, 1),
        (0x1d6b, 0x0104, 0),
        (0x1d6b, 0x0104, 1),
    ];

    #[test]
    fn a_driver_gets_the_interfaces_of_one_device_in_the_order_of_its_manifest() {
        let device = reader(&[0, 1, 2, 3]);
        assert_eq!(granted(GRANTS.into_iter(), &device), Some(vec![2, 0, 1]));
    }

    #[test]
    fn a_device_that_lacks_one_of_the_interfaces_is_not_the_drivers() {
        assert_eq!(granted(GRANTS.into_iter(), &reader(&[0, 1])), None);
        let other = Found {
            product_id: 0x0106,
            ..reader(&[0, 1, 2])
        };
        assert_eq!(granted(GRANTS.into_iter(), &other), None);
    }

    #[test]
    fn after_an_interface_that_cannot_be_claimed_no_further_one_is_asked_for() {
        let bus = Shut::default();
        let device = reader(&[0, 1, 2]);
        let error = open_all(&bus, &device.place, vec![2, 0, 1]).err().unwrap();
        assert!(matches!(error, OpenError::Busy(_)), "{error}");
        assert_eq!(*lock(&bus.0), [2]);
    }
}

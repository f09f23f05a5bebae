//! The machine's USB, through libusb.

use crate::bus::{Bus, BusError, Found, Hotplug, OpenError, Place};
use crate::transfer::{ClaimedInterface, Endpoint, EndpointKind, Identity};
use crate::usb_interface::UsbInterface;
use crate::wheel::Wheel;
use rusb::UsbContext as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The kernel configures a device within this once it has told of it: reading its strings and binding drivers takes time.
const CONFIGURING: Duration = Duration::from_secs(2);
/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(5);

/// The machine's USB. Arrivals and transfers for which nobody waits are served by one event thread.
pub struct UsbBus {
    context: rusb::Context,
    /// none where the platform has no hotplug
    registration: Mutex<Option<rusb::Registration<rusb::Context>>>,
    arrivals: Mutex<Receiver<Hotplug>>,
    wheel: Arc<Wheel>,
    events: Option<std::thread::JoinHandle<()>>,
}

impl UsbBus {
    /// Starts libusb with a context of its own: the library's global one ends the process where USB is missing.
    ///
    /// # Errors
    /// [`BusError`] where the system has no USB or does not let this user reach it.
    pub fn start() -> Result<Self, BusError> {
        let failed = |cause: rusb::Error| BusError(cause.to_string());
        let context = rusb::Context::new().map_err(failed)?;
        let (send, arrivals) = channel();
        let registration = rusb::HotplugBuilder::new()
            .register(&context, Box::new(Watcher(send)))
            .ok();
        let wheel = Wheel::new(context.clone());
        let turning = Arc::clone(&wheel);
        let events = std::thread::Builder::new()
            .name("usb-events".to_owned())
            .spawn(move || turning.turn_while_nobody_waits())
            .map_err(|cause| BusError(cause.to_string()))?;
        Ok(Self {
            context,
            registration: Mutex::new(registration),
            arrivals: Mutex::new(arrivals),
            wheel,
            events: Some(events),
        })
    }

    fn device(&self, place: &Place) -> Result<rusb::Device<rusb::Context>, OpenError> {
        let devices = self
            .context
            .devices()
            .map_err(|cause| OpenError::Other(place.clone(), cause.to_string()))?;
        devices
            .iter()
            .find(|device| place_of(device) == *place)
            .ok_or_else(|| OpenError::Gone(place.clone()))
    }
}

impl Drop for UsbBus {
    fn drop(&mut self) {
        drop(
            self.registration
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        self.wheel.end();
        if let Some(events) = self.events.take() {
            // It only turns libusb's wheel; there is nothing to learn from how it ended.
            let _ = events.join();
        }
    }
}

impl std::fmt::Debug for UsbBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("USB")
    }
}

struct Watcher(Sender<Hotplug>);

impl rusb::Hotplug<rusb::Context> for Watcher {
    fn device_arrived(&mut self, device: rusb::Device<rusb::Context>) {
        if let Some(found) = found(&device) {
            // Nobody listens any more while the bus is being dropped.
            let _ = self.0.send(Hotplug::Arrived(found));
        }
    }

    fn device_left(&mut self, device: rusb::Device<rusb::Context>) {
        let _ = self.0.send(Hotplug::Left(place_of(&device)));
    }
}

impl Bus for UsbBus {
    fn list(&self) -> Result<Vec<Found>, BusError> {
        let devices = self.context.devices().map_err(|cause| BusError(cause.to_string()))?;
        Ok(devices.iter().filter_map(|device| found(&device)).collect())
    }

    fn open(&self, place: &Place, interface: u8) -> Result<Box<dyn ClaimedInterface>, OpenError> {
        let device = self.device(place)?;
        let refused = |cause: rusb::Error| match cause {
            rusb::Error::Access => OpenError::Permission(place.clone()),
            rusb::Error::Busy => OpenError::Busy(place.clone()),
            rusb::Error::NoDevice => OpenError::Gone(place.clone()),
            rusb::Error::NotFound => OpenError::NoInterface(place.clone(), interface),
            other => OpenError::Other(place.clone(), other.to_string()),
        };
        let identity = identity(&device, interface).ok_or_else(|| OpenError::NoInterface(place.clone(), interface))?;
        let handle = device.open().map_err(refused)?;
        await_configuration(&handle);
        // Asked for one by one: libusb's automatic detaching makes claiming fail where it is not supported.
        let detached = handle.kernel_driver_active(interface) == Ok(true);
        if detached {
            handle.detach_kernel_driver(interface).map_err(refused)?;
        }
        handle.claim_interface(interface).map_err(refused)?;
        Ok(Box::new(UsbInterface::new(
            handle,
            identity,
            detached,
            Arc::clone(&self.wheel),
        )))
    }

    fn next_hotplug(&self, timeout: Duration) -> Option<Hotplug> {
        let arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        match arrivals.recv_timeout(timeout) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                // No hotplug on this platform: a caller that polls must not spin.
                std::thread::sleep(timeout);
                None
            }
        }
    }
}

/// A device is told of before the kernel has configured it; until then there is no interface to claim, and no driver of the
/// kernel's on it to take off.
fn await_configuration(handle: &rusb::DeviceHandle<rusb::Context>) {
    const NOT_CONFIGURED: u8 = 0;
    let until = Instant::now() + CONFIGURING;
    // A device that left, or whose configuration cannot be asked for, is the claim's to tell.
    while handle.active_configuration() == Ok(NOT_CONFIGURED) && Instant::now() < until {
        std::thread::sleep(LOOK);
    }
}

fn place_of(device: &rusb::Device<rusb::Context>) -> Place {
    let ports: Vec<String> = device
        .port_numbers()
        .unwrap_or_default()
        .iter()
        .map(u8::to_string)
        .collect();
    // A root hub has no port of its own.
    let port = if ports.is_empty() {
        format!("usb{}", device.bus_number())
    } else {
        format!("{}-{}", device.bus_number(), ports.join("."))
    };
    Place {
        port,
        address: device.address(),
    }
}

fn configuration(device: &rusb::Device<rusb::Context>) -> Option<rusb::ConfigDescriptor> {
    device
        .active_config_descriptor()
        .or_else(|_| device.config_descriptor(0))
        .ok()
}

fn found(device: &rusb::Device<rusb::Context>) -> Option<Found> {
    let descriptor = device.device_descriptor().ok()?;
    let interfaces = configuration(device)
        .map(|configuration| configuration.interfaces().map(|interface| interface.number()).collect());
    Some(Found {
        place: place_of(device),
        vendor_id: descriptor.vendor_id(),
        product_id: descriptor.product_id(),
        release: release(descriptor.device_version()),
        interfaces: interfaces.unwrap_or_default(),
    })
}

/// bcdDevice out of its parsed digits.
fn release(version: rusb::Version) -> u16 {
    let digit = |value: u8, shift: u32| u16::from(value) << shift;
    let major = digit(version.major() / 10, 12) | digit(version.major() % 10, 8);
    major | digit(version.minor(), 4) | digit(version.sub_minor(), 0)
}

/// Class and endpoints of one alternate setting.
pub(crate) fn interface_of(
    device: &rusb::Device<rusb::Context>,
    number: u8,
    alternate: u8,
) -> Option<((u8, u8, u8), Vec<Endpoint>)> {
    let configuration = configuration(device)?;
    let interface = configuration
        .interfaces()
        .find(|interface| interface.number() == number)?;
    let setting = interface
        .descriptors()
        .find(|setting| setting.setting_number() == alternate)?;
    let endpoints = setting
        .endpoint_descriptors()
        .filter_map(|endpoint| {
            let kind = match endpoint.transfer_type() {
                rusb::TransferType::Bulk => EndpointKind::Bulk,
                rusb::TransferType::Interrupt => EndpointKind::Interrupt,
                _ => return None,
            };
            Some(Endpoint {
                address: endpoint.address(),
                kind,
                max_packet_size: endpoint.max_packet_size(),
            })
        })
        .collect();
    Some((
        (setting.class_code(), setting.sub_class_code(), setting.protocol_code()),
        endpoints,
    ))
}

fn identity(device: &rusb::Device<rusb::Context>, number: u8) -> Option<Identity> {
    let descriptor = device.device_descriptor().ok()?;
    let (interface_class, endpoints) = interface_of(device, number, 0)?;
    let port = place_of(device).port;
    Some(Identity {
        vendor_id: descriptor.vendor_id(),
        product_id: descriptor.product_id(),
        release: release(descriptor.device_version()),
        manufacturer: from_system(&port, "manufacturer"),
        product: from_system(&port, "product"),
        serial: from_system(&port, "serial"),
        interface_number: number,
        interface_class,
        endpoints,
    })
}

/// Strings come from the system, which read them when the device was plugged in: some devices answer such a request only
/// then, and a second one costs a second each.
fn from_system(port: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(Path::new("/sys/bus/usb/devices").join(port).join(name)).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

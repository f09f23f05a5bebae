//! A driver plugin with a virtual device, recorded at the host's seam.

use devices::bus::{Bus as _, Place};
use devices::transfer::ClaimedInterface;
use plugin_runtime::document_reader::DocumentReader;
use plugin_runtime::driver::{DriverError, Start};
use plugin_runtime::plugin::Plugin;
use plugin_runtime::scanner::{Scanner, Stage};
use simulator::virtual_device::VirtualBus;
use std::error::Error;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use usb_recording::recorder::{Keep, Recorder};
use usb_recording::recording::Recording;
use usb_recording::text;

/// A recording in memory.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Memory {
    fn recording(&self) -> Result<Recording, Box<dyn Error>> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(text::read(&String::from_utf8(bytes)?)?)
    }
}

/// Everything: the fingers are synthetic.
const ALL: Keep = Keep {
    large: true,
    biometric: true,
};

/// Claims the interfaces that the driver is granted on the device at this place.
fn claimed(plugin: &Plugin, bus: &VirtualBus, place: &Place) -> Result<Vec<Box<dyn ClaimedInterface>>, Box<dyn Error>> {
    let found = bus.list()?;
    let device = found
        .iter()
        .find(|one| one.place == *place)
        .ok_or("nothing is plugged in there")?;
    let granted = plugin
        .grants()
        .interfaces()
        .filter(|(vendor, product, _)| (*vendor, *product) == (device.vendor_id, device.product_id));
    let claimed: Result<Vec<_>, _> = granted.map(|(_, _, interface)| bus.open(place, interface)).collect();
    Ok(claimed?)
}

/// Records the kit's test receipt on the printer at this place; how it came out does not matter.
///
/// # Errors
/// Where the device cannot be opened or the recording is not whole.
pub fn print(plugin: &Plugin, bus: &VirtualBus, place: &Place) -> Result<Recording, Box<dyn Error>> {
    let memory = Memory::default();
    let claimed = claimed(plugin, bus, place)?;
    let identities: Vec<_> = claimed.iter().map(|one| one.identity()).collect();
    let recorder = Recorder::begin(Box::new(memory.clone()), &identities, Some(&[0; 32]), ALL);
    let interfaces = claimed.into_iter().map(|one| recorder.around(one)).collect();
    let during = |name: &str, returned: Option<&str>| match returned {
        None => recorder.call(name, None),
        Some(code) => recorder.returned(code),
    };
    plugin_kit::session::call(plugin, interfaces, [0; 32], Duration::from_secs(10), &during)?;
    recorder.end()?;
    memory.recording()
}

/// A document's lines, or why there are none.
pub type Lines = Result<Vec<String>, DriverError>;

/// Records a reading on the device at this place; `ready` is called once the driver waits for a document. How the reading
/// ends is recorded, too.
///
/// # Errors
/// Where the device cannot be opened or the recording is not whole.
pub fn read(
    plugin: &Plugin,
    bus: &VirtualBus,
    place: &Place,
    timeout: Duration,
    ready: impl FnOnce() + Send + 'static,
) -> Result<(Recording, Lines), Box<dyn Error>> {
    let memory = Memory::default();
    let claimed = claimed(plugin, bus, place)?;
    let identities: Vec<_> = claimed.iter().map(|one| one.identity()).collect();
    let recorder = Recorder::begin(Box::new(memory.clone()), &identities, Some(&[0; 32]), ALL);
    let interfaces = claimed.into_iter().map(|one| recorder.around(one)).collect();
    recorder.call("open", None);
    let reader = DocumentReader::start(plugin, interfaces, Start::default())?;
    recorder.returned("ok");
    recorder.call("read", Some(u32::try_from(timeout.as_millis())?));
    let mut ready = Some(ready);
    let read = reader.read(timeout, move |stage| {
        if let Some(ready) = ready.take_if(|_| stage == Stage::Ready) {
            ready();
        }
    });
    match &read {
        Ok(_) => recorder.returned("ok"),
        Err(cause) => recorder.returned(&cause.code()),
    }
    // Its interfaces go with it.
    drop(reader);
    recorder.end()?;
    Ok((memory.recording()?, read.map(|document| document.mrz_lines)))
}

/// Records a capture on the device at this place; `during` is done once the driver is open. How the capture ends is
/// recorded, too.
///
/// # Errors
/// Where the device cannot be opened or the recording is not whole.
pub fn capture(
    plugin: &Plugin,
    bus: &VirtualBus,
    place: &Place,
    nonce: [u8; 32],
    timeout: Duration,
    during: impl FnOnce() + Send,
) -> Result<(Recording, Result<plugin_runtime::FingerImage, DriverError>), Box<dyn Error>> {
    let memory = Memory::default();
    let claimed = claimed(plugin, bus, place)?;
    let identities: Vec<_> = claimed.iter().map(|one| one.identity()).collect();
    let recorder = Recorder::begin(Box::new(memory.clone()), &identities, Some(&nonce), ALL);
    let interfaces = claimed.into_iter().map(|one| recorder.around(one)).collect();
    recorder.call("open", None);
    let start = Start {
        nonce,
        ..Start::default()
    };
    let scanner = Scanner::start(plugin, interfaces, start)?;
    recorder.returned("ok");
    let ms = u32::try_from(timeout.as_millis())?;
    recorder.call("capture", Some(ms));
    let captured = std::thread::scope(|scope| {
        scope.spawn(during);
        scanner.capture(timeout, |_| ())
    });
    match &captured {
        Ok(_) => recorder.returned("ok"),
        Err(cause) => recorder.returned(&cause.code()),
    }
    recorder.call("close", None);
    scanner.close()?;
    recorder.returned("ok");
    recorder.end()?;
    let image = captured.map(|capture| capture.fingers.into_iter().next());
    let image = match image {
        Ok(Some(image)) => Ok(image),
        Ok(None) => return Err("the capture gave no finger".into()),
        Err(cause) => Err(cause),
    };
    Ok((memory.recording()?, image))
}

//! One capture of the reader that is plugged in, through its plugin and libusb, in figures.

use devices::usb_bus::UsbBus;
use plugin_kit::session::{Gave, call, claim, load};
use serde_json::{Value, json};
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use usb_recording::recorder::{Keep, Recorder};

/// Bytes in memory.
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

/// FNV-1a of 64 bits: the pixels themselves stay here.
fn fnv(pixels: &[u8]) -> String {
    let hash = pixels.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// Captures once; the nonce as 64 hexadecimal digits.
pub(crate) fn capture(plugin: &Path, nonce: &str) -> Result<Value, Box<dyn Error>> {
    let (_runtime, plugin, _) = load(plugin)?;
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..nonce.len()).step_by(2)) {
        *byte = u8::from_str_radix(nonce.get(at..at + 2).ok_or("the nonce is cut off")?, 16)?;
    }
    // Its thread moves every transfer: it stays until the capture is done.
    let bus = UsbBus::start()?;
    let (_, interfaces) = claim(&bus, &plugin, None)?;
    let identities: Vec<_> = interfaces.iter().map(|one| one.identity()).collect();
    let memory = Memory::default();
    let recorder = Recorder::begin(Box::new(memory.clone()), &identities, None, Keep::default());
    let interfaces = interfaces.into_iter().map(|one| recorder.around(one)).collect();
    let began = Instant::now();
    let gave = call(&plugin, interfaces, bytes, Duration::from_secs(10), &|_, _| ())?;
    let took = began.elapsed();
    recorder.end()?;
    drop(bus);
    let Gave::Finger { device, image, .. } = gave else {
        return Err("the plugin is no scanner's driver".into());
    };
    let written = String::from_utf8(memory.0.lock().unwrap_or_else(PoisonError::into_inner).clone())?;
    Ok(json!({
        "device": device,
        "width": image.image.width,
        "height": image.image.height,
        "fnv": fnv(&image.image.pixels),
        "transfers": written.matches(" submit ").count(),
        "ms": took.as_millis(),
    }))
}

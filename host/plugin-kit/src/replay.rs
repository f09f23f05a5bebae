//! Recordings as regression tests: the driver must do exactly what it did.

use crate::sentence::Sentence;
use crate::session::{Gave, call};
use plugin_runtime::plugin::Plugin;
use std::path::Path;
use std::time::{Duration, Instant};
use usb_recording::recording::{Recording, What};
use usb_recording::replay::{Order, Replay};

/// What came of a replay.
#[derive(Debug)]
pub struct Replayed {
    /// transfers that the recording holds, and how many of them were asked for
    pub progress: (usize, usize),
    /// the image's size, where there is one
    pub image: Option<(u16, u16)>,
    /// how long it took
    pub took: Duration,
}

/// The recorded call's name and time-out, and what it returned.
fn recorded_call(recording: &Recording) -> (Option<Duration>, Option<&str>) {
    let mut timeout = None;
    let mut code = None;
    let mut main = false;
    for event in &recording.events {
        match &event.what {
            What::Call { name, timeout_ms } => {
                main = !matches!(name.as_str(), "open" | "close" | "state");
                if main {
                    timeout = timeout_ms.map(|ms| Duration::from_millis(u64::from(ms)));
                }
            }
            What::Return(said) if main => code = Some(said.as_str()),
            _ => {}
        }
    }
    (timeout, code)
}

/// Plays a recording in lockstep. Where the recorded call ended in a fault, it must end in the same one.
///
/// # Errors
/// A sentence: where the driver did something else.
pub fn replay(plugin: &Plugin, recording: &Recording, expected: Option<&[u8]>) -> Result<Replayed, Sentence> {
    let (timeout, code) = recorded_call(recording);
    // How often a driver asks before it gives up hangs on the clock.
    let patience = code == Some("nothing-presented");
    let device = Replay::new(recording, if patience { Order::Free } else { Order::Lockstep })?;
    let timeout = timeout.unwrap_or(Duration::from_secs(10));
    let interfaces = in_order(plugin, &device);
    let began = Instant::now();
    let last = std::sync::Mutex::new(String::new());
    let during = |_: &str, returned: Option<&str>| {
        if let Some(code) = returned {
            code.clone_into(&mut last.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        }
    };
    let gave = call(
        plugin,
        interfaces,
        recording.nonce.unwrap_or_default(),
        timeout,
        &during,
    );
    let took = began.elapsed();
    if let Some(deviation) = device.deviations().first() {
        return Err(Sentence(deviation.to_string()));
    }
    let gave = match (gave, code) {
        (Ok(gave), None | Some("ok")) => Some(gave),
        (Ok(_), Some(code)) => return Err(Sentence(format!("the recorded call ended as `{code}`, this one well"))),
        (Err(_), Some(code))
            if code != "ok" && *last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) == code =>
        {
            None
        }
        (Err(cause), _) => return Err(cause),
    };
    let progress = device.progress();
    if progress.0 != progress.1 && !patience {
        let (all, done) = progress;
        return Err(Sentence(format!(
            "the driver asked for {done} of {all} recorded transfers"
        )));
    }
    let image = match &gave {
        Some(Gave::Finger { image, .. }) => {
            if expected.is_some_and(|expected| expected != image.image.pixels) {
                return Err(Sentence("the image is another than the expected one".to_owned()));
            }
            Some((image.image.width, image.image.height))
        }
        _ => None,
    };
    Ok(Replayed { progress, image, took })
}

/// The device's interfaces in the order of the plugin's manifest.
pub(crate) fn in_order(plugin: &Plugin, device: &Replay) -> Vec<Box<dyn devices::transfer::ClaimedInterface>> {
    let mut there = device.interfaces();
    let mut wanted = Vec::new();
    for (vendor, product, interface) in plugin.grants().interfaces() {
        let place = there.iter().position(|one| {
            let who = one.identity();
            (who.vendor_id, who.product_id, who.interface_number) == (vendor, product, interface)
        });
        wanted.extend(place.map(|place| there.remove(place)));
    }
    wanted
}

/// A PNG's pixels, where it is grey.
///
/// # Errors
/// A sentence.
pub fn grey_png(path: &Path) -> Result<Vec<u8>, Sentence> {
    let file = std::fs::File::open(path).map_err(|cause| Sentence::file(path, &cause))?;
    let wrong = |words: &str| Sentence(format!("{} cannot be used: {words}", path.display()));
    let mut reader = png::Decoder::new(std::io::BufReader::new(file))
        .read_info()
        .map_err(|cause| wrong(&cause.to_string()))?;
    let size = reader.output_buffer_size().ok_or_else(|| wrong("it is too large"))?;
    let mut bytes = vec![0; size];
    let info = reader
        .next_frame(&mut bytes)
        .map_err(|cause| wrong(&cause.to_string()))?;
    let samples = info.color_type.samples();
    Ok(bytes[..info.buffer_size()]
        .chunks_exact(samples)
        .map(|pixel| pixel[0])
        .collect())
}

/// Writes a grey PNG.
///
/// # Errors
/// A sentence.
pub fn write_grey_png(path: &Path, width: u16, height: u16, pixels: &[u8]) -> Result<(), Sentence> {
    let file = std::fs::File::create(path).map_err(|cause| Sentence::file(path, &cause))?;
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(file), u32::from(width), u32::from(height));
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let failed = |cause: png::EncodingError| Sentence(format!("{} could not be written: {cause}", path.display()));
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(pixels).map_err(failed)
}

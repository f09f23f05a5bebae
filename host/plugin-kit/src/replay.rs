//! Recordings as regression tests: the driver must do exactly what it did.

use crate::sentence::Sentence;
use crate::session::Gave;
use plugin_runtime::lockstep::play;
use plugin_runtime::plugin::Plugin;
use std::path::Path;
use std::time::Duration;
use usb_recording::recording::Recording;

pub(crate) use plugin_runtime::lockstep::in_order;

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

/// Plays a recording in lockstep. Where the recorded call ended in a fault, it must end in the same one.
///
/// # Errors
/// A sentence: where the driver did something else.
pub fn replay(plugin: &Plugin, recording: &Recording, expected: Option<&[u8]>) -> Result<Replayed, Sentence> {
    let played = play(plugin, recording)?;
    let image = match &played.gave {
        Ok(Gave::Finger { image, .. }) => {
            if expected.is_some_and(|expected| expected != image.image.pixels) {
                return Err(Sentence("the image is another than the expected one".to_owned()));
            }
            Some((image.image.width, image.image.height))
        }
        _ => None,
    };
    Ok(Replayed {
        progress: played.progress,
        image,
        took: played.took,
    })
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

//! An image file as the matcher takes it.

use crate::sets::Listed;
use identification::voter::FingerPosition;
use plugin_runtime::{FingerImage, GreyImage, Impression};
use std::path::PathBuf;

/// Resolutions that a file is believed, pixels per inch: many files state that of a screen.
const BELIEVED: std::ops::RangeInclusive<u16> = 300..=1_000;
/// Where nothing states it: what most scanners have.
const USUAL: u16 = 500;

/// A file that is no image.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be read as an image: {cause}; replace it, or take it away")]
pub(crate) struct PictureError {
    path: PathBuf,
    cause: String,
}

/// Reads it; the finger's position is unknown.
pub(crate) fn read(listed: &Listed) -> Result<FingerImage, PictureError> {
    let failed = |cause: String| PictureError {
        path: listed.path.clone(),
        cause,
    };
    let read = grey_png(&listed.path).map_err(failed)?;
    let stated = read.dpi.filter(|dpi| BELIEVED.contains(dpi));
    Ok(FingerImage {
        image: GreyImage {
            width: read.width,
            height: read.height,
            dpi: listed.dpi.or(stated).unwrap_or(USUAL),
            pixels: read.pixels,
        },
        position: FingerPosition::Unknown,
        impression: Impression::LiveScanPlain,
    })
}

struct Read {
    width: u16,
    height: u16,
    dpi: Option<u16>,
    pixels: Vec<u8>,
}

fn grey_png(path: &std::path::Path) -> Result<Read, String> {
    let told = |cause: &dyn std::fmt::Display| cause.to_string();
    let file = std::fs::File::open(path).map_err(|cause| told(&cause))?;
    let mut decoder = png::Decoder::new(std::io::BufReader::new(file));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|cause| told(&cause))?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("it is too large")?];
    let info = reader.next_frame(&mut pixels).map_err(|cause| told(&cause))?;
    if info.color_type != png::ColorType::Grayscale {
        return Err("it is not grey".to_owned());
    }
    pixels.truncate(info.buffer_size());
    let side = |length: u32| u16::try_from(length).map_err(|_| "it is too large".to_owned());
    Ok(Read {
        width: side(info.width)?,
        height: side(info.height)?,
        dpi: None,
        pixels,
    })
}

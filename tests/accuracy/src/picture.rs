//! An image file as the matcher takes it.

use crate::sets::Listed;
use identification::voter::FingerPosition;
use image_files::PictureError;
use plugin_runtime::{FingerImage, GreyImage, Impression};

/// Resolutions that a file is believed, pixels per inch: many files state that of a screen.
const BELIEVED: std::ops::RangeInclusive<u16> = 300..=1_000;
/// Where nothing states it: what most scanners have.
const USUAL: u16 = 500;

/// Reads it; the finger's position is unknown.
pub(crate) fn read(listed: &Listed) -> Result<FingerImage, PictureError> {
    let read = image_files::read(&listed.path)?;
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

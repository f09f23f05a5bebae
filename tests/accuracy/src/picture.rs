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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::name::ImageName;

    /// (of the set, of the file, taken)
    const CASES: [(Option<u16>, Option<u16>, u16); 6] = [
        (None, None, 500),
        (None, Some(72), 500),
        (None, Some(569), 569),
        (None, Some(1_200), 500),
        (Some(385), Some(569), 385),
        (Some(1_200), None, 1_200),
    ];

    #[test]
    fn the_set_states_the_resolution_else_the_file_if_it_is_one_of_a_scanner_else_it_is_500() {
        let folder = tempfile::tempdir().unwrap();
        for (set, file, taken) in CASES {
            let path = folder.path().join("1_1.png");
            let to = std::fs::File::create(&path).unwrap();
            let mut encoder = png::Encoder::new(to, 2, 1);
            encoder.set_color(png::ColorType::Grayscale);
            encoder.set_pixel_dims(file.map(|dpi| {
                let per_metre = (u32::from(dpi) * 10_000).div_ceil(254);
                png::PixelDimensions {
                    xppu: per_metre,
                    yppu: per_metre,
                    unit: png::Unit::Meter,
                }
            }));
            encoder.write_header().unwrap().write_image_data(&[1, 2]).unwrap();
            let listed = Listed {
                name: ImageName::of_file("s", "1_1").unwrap(),
                path,
                dpi: set,
            };
            let image = read(&listed).unwrap().image;
            assert_eq!((image.dpi, image.pixels), (taken, vec![1, 2]), "{set:?} {file:?}");
        }
    }
}

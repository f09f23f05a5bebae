//! The resolution of a sample whose source does not know it, from how far apart its ridges are.
//!
//! Ridges of grown people are about 9 pixels apart at 500 dpi, 0.46 mm (Maltoni et al., Handbook of Fingerprint
//! Recognition, section 3.4). People differ by a tenth and more, so a stated resolution is always better.

use crate::image::{Image, WORKING_DPI};
use crate::{contrast, frequency, orientation, segmentation};

/// A sample whose resolution is not known states this.
pub const UNKNOWN: u16 = 0;

/// Resolutions that are tried; each reads ridges from half to nearly twice the usual distance.
const TRIED: [u16; 3] = [350, 550, 850];
/// Resolutions that are believed.
const BELIEVED: std::ops::RangeInclusive<u16> = 300..=1_000;
/// Usual distance between ridges, in pixels at 500 dpi.
const USUAL: f32 = 9.0;

/// The resolution at which the ridges are as far apart as usual; 500 dpi where there are none.
pub(crate) fn estimated(image: &Image) -> u16 {
    let mut best = (0.0, WORKING_DPI);
    for dpi in TRIED {
        let tried = Image { dpi, ..image.clone() };
        let Ok(grey) = tried.at_working_resolution() else {
            continue;
        };
        let contrast = contrast::normalised(&grey);
        let orientation = orientation::estimate(&contrast.normal);
        let mask = segmentation::foreground(&contrast.spread, &orientation.coherence);
        let frequency = frequency::estimate(&contrast.normal, &orientation, &mask);
        let cells = mask.values.len().max(1) as f32;
        // Clear waves count, and most those near the middle of what can be read.
        let clear = frequency.total / cells;
        if clear > best.0 {
            let dpi = f32::from(dpi) * frequency.usual / USUAL;
            let dpi = crate::number::short(dpi).clamp(*BELIEVED.start(), *BELIEVED.end());
            best = (clear, dpi);
        }
    }
    best.1
}

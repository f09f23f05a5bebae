//! The sample as it comes from a reader, and the same at 500 dpi.

use crate::number::{index, short};
use std::fmt;

/// Resolution that everything after [`Image`] works at, in pixels per inch; that of ISO/IEC 19794-2 class 3 scanners.
pub const WORKING_DPI: u16 = 500;

/// Longest side after resampling, in pixels: 81 mm, a rolled thumb and a margin.
const LONGEST_SIDE: usize = 1_600;

/// 8-bit grey, row-major, top row first, ridges dark.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// pixels in a row
    pub width: u16,
    /// rows
    pub height: u16,
    /// pixels per inch, 100 to 1,200
    pub dpi: u16,
    /// exactly width x height values, 0 black
    pub pixels: Vec<u8>,
}

// Pixels are biometric data and never get into a log.
impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({} x {} at {} dpi)", self.width, self.height, self.dpi)
    }
}

impl Image {
    /// The sample at 500 dpi, or what is wrong with it.
    pub(crate) fn at_working_resolution(&self) -> Result<Grey, String> {
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        if !(100..=1_200).contains(&self.dpi) {
            return Err(format!("{} dpi is not between 100 and 1,200", self.dpi));
        }
        if width == 0 || height == 0 {
            return Err("the image is empty".to_owned());
        }
        if self.pixels.len() != width * height {
            return Err(format!("{} pixels are not {width} x {height}", self.pixels.len()));
        }
        let scale = f32::from(WORKING_DPI) / f32::from(self.dpi);
        let (wide, high) = (index(width as f32 * scale), index(height as f32 * scale));
        if wide.max(high) > LONGEST_SIDE {
            return Err(format!("{wide} x {high} pixels at 500 dpi are larger than a finger"));
        }
        if wide.min(high) == 0 {
            return Err("the image is empty".to_owned());
        }
        let values = if self.dpi == WORKING_DPI {
            self.pixels
                .iter()
                .map(|pixel| short(f32::from(*pixel) * LEVEL))
                .collect()
        } else {
            self.resampled((wide, high), scale)
        };
        Ok(Grey {
            width: wide,
            height: high,
            values,
        })
    }

    fn resampled(&self, (wide, high): (usize, usize), scale: f32) -> Vec<u16> {
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        let columns = taps(width, wide, scale);
        let mut across: Vec<f32> = Vec::with_capacity(wide * height);
        for line in self.pixels.chunks_exact(width) {
            across.extend(columns.iter().map(|tap| {
                let pixels = &line[tap.first..tap.first + tap.weights.len()];
                let sum: f32 = pixels.iter().zip(&tap.weights).map(|(p, w)| f32::from(*p) * w).sum();
                sum * LEVEL
            }));
        }
        let mut values = Vec::with_capacity(wide * high);
        let mut sums = vec![0.0; wide];
        for tap in taps(height, high, scale) {
            sums.fill(0.0);
            for (line, weight) in across[tap.first * wide..].chunks_exact(wide).zip(&tap.weights) {
                for (sum, value) in sums.iter_mut().zip(line) {
                    *sum += weight * value;
                }
            }
            values.extend(sums.iter().map(|sum| short(*sum)));
        }
        values
    }
}

/// What one grey level is in a [`Grey`].
pub(crate) const LEVEL: f32 = 4.0;

/// A sample at 500 dpi.
pub(crate) struct Grey {
    /// pixels in a row
    pub(crate) width: usize,
    /// rows
    pub(crate) height: usize,
    /// row-major, quarters of grey levels: 0 black to 1020 white
    pub(crate) values: Vec<u16>,
}

/// What one resampled value is made of.
struct Tap {
    first: usize,
    weights: Vec<f32>,
}

/// A triangle as wide as the coarser of both grids: interpolation when enlarging, averaging when reducing.
fn taps(from: usize, to: usize, scale: f32) -> Vec<Tap> {
    let reach = (1.0 / scale).max(1.0);
    (0..to)
        .map(|place| {
            let centre = ((place as f32 + 0.5) / scale - 0.5).clamp(0.0, (from - 1) as f32);
            let first = index((centre - reach).max(0.0));
            let last = index(centre + reach).min(from - 1);
            let mut weights: Vec<f32> = (first..=last)
                .map(|at| (1.0 - (at as f32 - centre).abs() / reach).max(0.0))
                .collect();
            let total: f32 = weights.iter().sum();
            weights.iter_mut().for_each(|weight| *weight /= total);
            Tap { first, weights }
        })
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn ramp(width: u16, height: u16, dpi: u16) -> Image {
        let pixels = (0..height)
            .flat_map(|_| (0..width).map(|x| u8::try_from(x % 256).unwrap()))
            .collect();
        Image {
            width,
            height,
            dpi,
            pixels,
        }
    }

    #[test]
    fn resampling_keeps_size_in_millimetres_and_grey_levels() {
        for dpi in [100, 250, 385, 500, 512, 1_000, 1_200] {
            let plane = ramp(200, 120, dpi).at_working_resolution().unwrap();
            let scale = 500.0 / f32::from(dpi);
            assert_eq!(
                (plane.width, plane.height),
                (index(200.0 * scale), index(120.0 * scale)),
                "{dpi} dpi"
            );
            let middle = f32::from(plane.values[plane.height / 2 * plane.width + plane.width / 2]) / LEVEL;
            assert!((middle - 100.0).abs() < 2.0, "{dpi} dpi: {middle}");
        }
    }

    #[test]
    fn an_image_that_contradicts_itself_is_refused() {
        let good = ramp(200, 120, 500);
        let cases = [
            Image {
                dpi: 99,
                ..good.clone()
            },
            Image {
                dpi: 1_201,
                ..good.clone()
            },
            Image {
                width: 199,
                ..good.clone()
            },
            Image {
                width: 0,
                pixels: vec![],
                ..good.clone()
            },
            ramp(400, 120, 100),
        ];
        for case in cases {
            assert!(case.at_working_resolution().is_err(), "{case:?}");
        }
    }
}

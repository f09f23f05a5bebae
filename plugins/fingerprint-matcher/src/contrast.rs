//! Local contrast: every place gets mean 0 and spread 1, dark ridges positive.
//!
//! Hong, Wan, Jain 1998, section 2.3 (normalisation), with a sliding window instead of one mean for the image, because
//! pressure differs between the middle and the rim of a fingertip.

use crate::plane::Plane;

/// Half of the window, in pixels: together about four ridges.
const HALF_WINDOW: usize = 16;

/// The evened-out sample and how strong its contrast was.
pub(crate) struct Contrast {
    /// local mean 0, local standard deviation about 1, ridges positive, cut at +-3
    pub(crate) normal: Plane<f32>,
    /// local standard deviation in grey levels
    pub(crate) spread: Plane<f32>,
}

/// Evens out a sample at 500 dpi.
pub(crate) fn normalised(image: &Plane<f32>) -> Contrast {
    let sums = Sums::of(image);
    let mut means = Plane::filled(image.width, image.height, 0.0);
    let mut spread = means.clone();
    for y in 0..image.height {
        for x in 0..image.width {
            let (mean, variance) = sums.window(x, y);
            means.set(x, y, mean);
            spread.set(x, y, variance.max(0.0).sqrt());
        }
    }
    // Without a floor the empty sensor's noise would be blown up into ridges.
    let floor = 0.25 * percentile(&spread, 0.8) + 2.0;
    let normal = Plane::from_places(image.width, image.height, |x, y| {
        ((means.at(x, y) - image.at(x, y)) / spread.at(x, y).max(floor)).clamp(-3.0, 3.0)
    });
    Contrast { normal, spread }
}

/// The value that the given share of values does not exceed.
pub(crate) fn percentile(plane: &Plane<f32>, share: f32) -> f32 {
    let mut sorted: Vec<f32> = plane.values.iter().copied().step_by(7).collect();
    sorted.sort_by(f32::total_cmp);
    sorted[crate::number::index((sorted.len() - 1) as f32 * share)]
}

/// Running sums of values and squares from the top left corner.
struct Sums {
    width: usize,
    height: usize,
    values: Vec<f64>,
    squares: Vec<f64>,
}

impl Sums {
    fn of(image: &Plane<f32>) -> Self {
        let stride = image.width + 1;
        let mut values = vec![0.0; stride * (image.height + 1)];
        let mut squares = values.clone();
        for y in 0..image.height {
            let (mut value, mut square) = (0.0, 0.0);
            for x in 0..image.width {
                let pixel = f64::from(image.at(x, y));
                value += pixel;
                square += pixel * pixel;
                let at = (y + 1) * stride + x + 1;
                values[at] = values[at - stride] + value;
                squares[at] = squares[at - stride] + square;
            }
        }
        Self {
            width: image.width,
            height: image.height,
            values,
            squares,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a mean of grey levels, less precise is enough"
    )]
    fn window(&self, x: usize, y: usize) -> (f32, f32) {
        let stride = self.width + 1;
        let (left, right) = (x.saturating_sub(HALF_WINDOW), (x + HALF_WINDOW + 1).min(self.width));
        let (top, bottom) = (y.saturating_sub(HALF_WINDOW), (y + HALF_WINDOW + 1).min(self.height));
        let area = ((right - left) * (bottom - top)) as f64;
        let sum = |of: &[f64]| {
            of[bottom * stride + right] - of[top * stride + right] - of[bottom * stride + left]
                + of[top * stride + left]
        };
        let mean = sum(&self.values) / area;
        let variance = sum(&self.squares) / area - mean * mean;
        (mean as f32, variance as f32)
    }
}

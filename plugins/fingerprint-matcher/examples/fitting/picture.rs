//! A picture of fractions, to be made worse.

use fingerprint_matcher::Image;

/// Blurs up to this wide are done exactly, wider ones by three boxes, which come near (Kovesi 2010).
const EXACT: f32 = 4.0;

/// Row-major values.
#[derive(Clone)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) values: Vec<f32>,
}

impl Picture {
    pub(crate) fn of(image: &Image) -> Self {
        Self {
            width: image.width.into(),
            height: image.height.into(),
            values: image.pixels.iter().map(|pixel| f32::from(*pixel)).collect(),
        }
    }

    /// The picture as an image in place of `like`.
    #[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
    pub(crate) fn into_image(self, like: &Image) -> Image {
        Image {
            pixels: self.values.iter().map(|value| (value + 0.5) as u8).collect(),
            ..like.clone()
        }
    }

    /// Another picture of this size.
    pub(crate) fn with(&self, mut value: impl FnMut(usize, usize) -> f32) -> Self {
        let places = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        Self {
            values: places.map(|(x, y)| value(x, y)).collect(),
            ..*self
        }
    }

    pub(crate) fn at(&self, x: usize, y: usize) -> f32 {
        self.values[y * self.width + x]
    }

    /// Between four pixels; the rim goes on for ever.
    #[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
    pub(crate) fn between(&self, x: f32, y: f32) -> f32 {
        let axis = |at: f32, length: usize| {
            let at = at.clamp(0.0, (length - 1) as f32);
            let low = at as usize;
            (low, (low + 1).min(length - 1), at - low as f32)
        };
        let ((left, right, u), (top, bottom, v)) = (axis(x, self.width), axis(y, self.height));
        let row = |y| self.at(left, y) * (1.0 - u) + self.at(right, y) * u;
        row(top) * (1.0 - v) + row(bottom) * v
    }

    /// The value that this share of pixels does not exceed.
    #[expect(clippy::cast_possible_truncation, reason = "a share of a length")]
    pub(crate) fn percentile(&self, share: f32) -> f32 {
        let mut sorted = self.values.clone();
        sorted.sort_by(f32::total_cmp);
        sorted[((sorted.len() - 1) as f32 * share) as usize]
    }

    /// Of each square of so many pixels, the value that a rule prefers.
    pub(crate) fn preferred(&self, side: usize, prefer: fn(f32, f32) -> f32) -> Self {
        let before = side / 2;
        self.with(|x, y| {
            let rows = y.saturating_sub(before)..(y + side - before).min(self.height);
            let columns = x.saturating_sub(before)..(x + side - before).min(self.width);
            let row = |y| self.values[y * self.width..][columns.clone()].iter().copied();
            rows.flat_map(row).reduce(prefer).unwrap_or_default()
        })
    }

    /// Smoothed by a Gaussian of so many pixels; the picture repeats beyond its rim.
    pub(crate) fn blurred(&self, width: f32) -> Self {
        self.lines_blurred(width).turned().lines_blurred(width).turned()
    }

    fn turned(&self) -> Self {
        let turned = Self {
            width: self.height,
            height: self.width,
            values: vec![0.0; self.values.len()],
        };
        turned.with(|x, y| self.at(y, x))
    }

    fn lines_blurred(&self, width: f32) -> Self {
        let mut blurred = self.clone();
        for line in blurred.values.chunks_exact_mut(self.width) {
            if width <= EXACT {
                weighted(line, width);
            } else {
                (0..3).for_each(|_| boxed(line, width));
            }
        }
        blurred
    }
}

#[expect(clippy::cast_possible_truncation, reason = "some pixels")]
fn weighted(line: &mut [f32], width: f32) {
    let reach = (3.0 * width).ceil() as usize;
    let weight = |away: usize| libm::expf(-0.5 * (away as f32 / width) * (away as f32 / width));
    let weights: Vec<f32> = (0..=2 * reach).map(|at| weight(at.abs_diff(reach))).collect();
    let all: f32 = weights.iter().sum();
    let old = line.to_vec();
    for (at, value) in line.iter_mut().enumerate() {
        let around = weights.iter().enumerate().map(|(step, weight)| {
            let from = (at + step + old.len() * reach - reach) % old.len();
            weight * old[from]
        });
        *value = around.sum::<f32>() / all;
    }
}

/// One of three boxes that together have the Gaussian's spread.
#[expect(clippy::cast_possible_truncation, reason = "some pixels")]
fn boxed(line: &mut [f32], width: f32) {
    let reach = (((4.0 * width * width + 1.0).sqrt() - 1.0) / 2.0 + 0.5) as usize;
    let old = line.to_vec();
    let at = |place: usize| f64::from(old[(place + old.len() * reach - reach) % old.len()]);
    let mut sum: f64 = (0..=2 * reach).map(at).sum();
    for (place, value) in line.iter_mut().enumerate() {
        *value = (sum / (2 * reach + 1) as f64) as f32;
        sum += at(place + 2 * reach + 1) - at(place);
    }
}

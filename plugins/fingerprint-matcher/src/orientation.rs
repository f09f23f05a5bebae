//! Which way the ridges run, in cells of 8 x 8 pixels.
//!
//! Least-squares orientation from gradients: Hong, Wan, Jain 1998, section 2.4; coherence: Bazen and Gerez 2002,
//! section 2.2. An orientation is kept as a vector of twice its angle, so that it can be averaged.

use crate::plane::{Plane, smoothed};

/// Side of a cell, in pixels at 500 dpi.
pub(crate) const CELL: usize = 8;

/// Ridge directions of a sample.
pub(crate) struct Orientation {
    /// (cos, sin) of twice the ridge direction, y downwards, length 1 or 0
    pub(crate) doubled: Plane<(f32, f32)>,
    /// 0 no direction to 1 perfectly parallel ridges
    pub(crate) coherence: Plane<f32>,
}

/// Reads the ridge directions of an evened-out sample.
pub(crate) fn estimate(normal: &Plane<f32>) -> Orientation {
    let (width, height) = (normal.width.div_ceil(CELL), normal.height.div_ceil(CELL));
    let mut difference = Plane::filled(width, height, 0.0f32);
    let mut product = difference.clone();
    let mut energy = difference.clone();
    for y in 1..normal.height.saturating_sub(1) {
        let row = &normal.values[y * normal.width..(y + 1) * normal.width];
        let above = &normal.values[(y - 1) * normal.width..y * normal.width];
        let below = &normal.values[(y + 1) * normal.width..(y + 2) * normal.width];
        for x in 1..normal.width.saturating_sub(1) {
            let gx = above[x + 1] - above[x - 1] + 2.0 * (row[x + 1] - row[x - 1]) + below[x + 1] - below[x - 1];
            let gy = below[x - 1] - above[x - 1] + 2.0 * (below[x] - above[x]) + below[x + 1] - above[x + 1];
            let at = (y / CELL) * width + x / CELL;
            difference.values[at] += gx * gx - gy * gy;
            product.values[at] += 2.0 * gx * gy;
            energy.values[at] += gx * gx + gy * gy;
        }
    }
    let (difference, product, energy) = (
        smoothed(&difference, 1.0),
        smoothed(&product, 1.0),
        smoothed(&energy, 1.0),
    );
    // The gradient is across the ridge: turned by 90 degrees, so the doubled vector changes sign.
    let across = |value: &Plane<f32>| Plane {
        width,
        height,
        values: value
            .values
            .iter()
            .zip(&energy.values)
            .map(|(v, e)| -v / e.max(1e-3))
            .collect(),
    };
    let (cosine, sine) = (across(&difference), across(&product));
    let coherence = Plane {
        width,
        height,
        values: cosine
            .values
            .iter()
            .zip(&sine.values)
            .map(|(c, s)| (c * c + s * s).sqrt())
            .collect(),
    };
    // Where the ridges are unclear their surroundings decide.
    let (wide_cosine, wide_sine) = (smoothed(&cosine, 2.0), smoothed(&sine, 2.0));
    let doubled = Plane::from_places(width, height, |x, y| {
        let trust = coherence.at(x, y);
        let wide = 0.6 * (1.0 - trust) * (1.0 - trust);
        unit(
            trust * cosine.at(x, y) + wide * wide_cosine.at(x, y),
            trust * sine.at(x, y) + wide * wide_sine.at(x, y),
        )
    });
    Orientation { doubled, coherence }
}

impl Orientation {
    /// Doubled direction at a pixel, between the centres of the four cells around it.
    pub(crate) fn at(&self, x: f32, y: f32) -> (f32, f32) {
        let size = CELL as f32;
        let (u, v) = ((x + 0.5) / size - 0.5, (y + 0.5) / size - 0.5);
        let (left, top) = (u.floor(), v.floor());
        let (right_share, bottom_share) = (u - left, v - top);
        let (left, top) = (crate::number::whole(left), crate::number::whole(top));
        let mut sum = (0.0, 0.0);
        for (dx, dy, share) in [
            (0, 0, (1.0 - right_share) * (1.0 - bottom_share)),
            (1, 0, right_share * (1.0 - bottom_share)),
            (0, 1, (1.0 - right_share) * bottom_share),
            (1, 1, right_share * bottom_share),
        ] {
            let (cosine, sine) = self.doubled.nearest(left + dx, top + dy);
            sum = (sum.0 + share * cosine, sum.1 + share * sine);
        }
        unit(sum.0, sum.1)
    }
}

fn unit(x: f32, y: f32) -> (f32, f32) {
    let length = (x * x + y * y).sqrt();
    if length > 1e-6 {
        (x / length, y / length)
    } else {
        (0.0, 0.0)
    }
}

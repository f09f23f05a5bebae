//! Which way the ridges run, in cells of 8 x 8 pixels.
//!
//! Least-squares orientation from gradients: Hong, Wan, Jain 1998, section 2.4; coherence: Bazen and Gerez 2002,
//! section 2.2. An orientation is kept as a vector of twice its angle, so that it can be averaged.

use crate::margined::Margined;
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

/// Reads the ridge directions of a sample around 0.
pub(crate) fn estimate(picture: &Margined) -> Orientation {
    let (width, height) = (picture.width.div_ceil(CELL), picture.height.div_ceil(CELL));
    let gradients = gradients(picture, width, height);
    let part = |of: fn(&[f32; 3]) -> f32| smoothed(&gradients.map(|sums| of(&sums)), 1.0);
    let (difference, product, energy) = (part(|sums| sums[0]), part(|sums| sums[1]), part(|sums| sums[2]));
    // The gradient is across the ridge: turned by 90 degrees, so the doubled vector changes sign.
    let across = |value: &Plane<f32>| Plane {
        width,
        height,
        values: value
            .values
            .iter()
            .zip(&energy.values)
            .map(|(v, e)| -v / e.max(1.0))
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

/// Sums over each cell of gx^2 - gy^2, 2 gx gy and gx^2 + gy^2 (Sobel), without the picture's outermost pixels.
fn gradients(picture: &Margined, width: usize, height: usize) -> Plane<[f32; 3]> {
    let mut sums = Plane::filled(width, height, [0.0f32; 3]);
    let last = picture.width.saturating_sub(1);
    for y in 1..picture.height.saturating_sub(1) {
        let [above, row, below] = [y - 1, y, y + 1].map(|y| picture.row(y));
        let cells = &mut sums.values[y / CELL * width..][..width];
        for (cell, sums) in cells.iter_mut().enumerate() {
            let from = (cell * CELL).max(1);
            let to = ((cell + 1) * CELL).min(last);
            if from >= to {
                continue;
            }
            // one more pixel on each side
            let [above, row, below] = [above, row, below].map(|line| &line[from - 1..=to]);
            let (mut xx, mut yy, mut xy) = (0i32, 0i32, 0i32);
            for ((above, row), below) in above.windows(3).zip(row.windows(3)).zip(below.windows(3)) {
                let (a, b, c) = (i32::from(above[0]), i32::from(above[1]), i32::from(above[2]));
                let (d, e) = (i32::from(row[0]), i32::from(row[2]));
                let (f, g, h) = (i32::from(below[0]), i32::from(below[1]), i32::from(below[2]));
                let gx = c - a + 2 * (e - d) + h - f;
                let gy = f - a + 2 * (g - b) + h - c;
                xx += gx * gx;
                yy += gy * gy;
                xy += gx * gy;
            }
            sums[0] += (xx - yy) as f32;
            sums[1] += 2.0 * xy as f32;
            sums[2] += xx as f32 + yy as f32;
        }
    }
    sums
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

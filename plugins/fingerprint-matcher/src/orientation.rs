//! Which way the ridges run, in cells of 8 x 8 pixels.
//!
//! Least-squares orientation from gradients: Hong, Wan, Jain 1998, section 2.4; coherence: Bazen and Gerez 2002,
//! section 2.2. An orientation is kept as a vector of twice its angle, so that it can be averaged.

use crate::margined::Margined;
use crate::plane::{Plane, smoothed};
use wide::{i16x8, i32x4};

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
#[inline(never)]
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
    let last = picture.width.saturating_sub(1);
    Plane::from_places(width, height, |x, y| {
        let (left, top) = (x * CELL, y * CELL);
        let inside = i16x8::new(std::array::from_fn(|lane| {
            let counts = (1..last).contains(&(left + lane));
            if counts { -1 } else { 0 }
        }));
        let rows = top.max(1)..(top + CELL).min(picture.height.saturating_sub(1));
        energies(picture, left, rows, inside)
    })
}

/// The three sums over eight columns of some rows; lanes outside are 0 in `inside`.
#[inline(never)]
fn energies(picture: &Margined, left: usize, rows: std::ops::Range<usize>, inside: i16x8) -> [f32; 3] {
    let (mut xx, mut yy, mut xy) = (i32x4::ZERO, i32x4::ZERO, i32x4::ZERO);
    if !rows.is_empty() {
        let above = picture.index(left, rows.start - 1) - 1;
        let lines = picture.values()[above..].chunks(picture.stride);
        let mut lines = lines.map_while(|line| line.first_chunk().map(sobel));
        let mut next = || lines.next().unwrap_or_default();
        let (mut above, mut row) = (next(), next());
        for _ in rows {
            let below = next();
            let gx = (above.0 + row.0 + row.0 + below.0) & inside;
            let gy = (below.1 - above.1) & inside;
            (xx, yy, xy) = (xx + gx.dot(gx), yy + gy.dot(gy), xy + gx.dot(gy));
            (above, row) = (row, below);
        }
    }
    // Each part fits into 32 bits, their sum may not.
    let [xx, yy, xy] = [xx, yy, xy].map(|sum| sum.to_array().into_iter().map(i64::from).sum::<i64>());
    [(xx - yy) as f32, 2.0 * xy as f32, (xx + yy) as f32]
}

/// Of eight pixels of a line, with one more on each side: the differences across, and the weighted sums.
fn sobel(line: &[i16; CELL + 2]) -> (i16x8, i16x8) {
    let [before, at, after] = [0, 1, 2].map(|from| {
        let (_, rest) = line.split_at(from);
        i16x8::new(rest.first_chunk().copied().unwrap_or_default())
    });
    (after - before, before + at + at + after)
}

const _: () = assert!(CELL == 8, "a cell is as wide as a vector");

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

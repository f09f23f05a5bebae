//! A smooth random surface.

use super::chance::normal;
use super::plane::Plane;
use super::rounding::{split, whole};
use rand_chacha::ChaCha8Rng;

/// A random surface with mean 0, standard deviation about 1 and no detail much finer than `grain` pixels: random
/// heights on a lattice, joined by cubic B-splines, so that slopes and curvatures have no jumps.
pub(crate) struct Surface {
    lattice: Plane,
    grain: f32,
}

/// A B-spline averages its lattice; this brings the standard deviation back to about 1.
const AVERAGING: f32 = 2.08;

impl Surface {
    /// A surface over `0..width` by `0..height` pixels; beyond that it continues flat.
    pub(crate) fn new(generator: &mut ChaCha8Rng, width: f32, height: f32, grain: f32) -> Surface {
        let lattice = Plane::from_fn(whole(width / grain) + 5, whole(height / grain) + 5, |_, _| {
            AVERAGING * normal(generator)
        });
        Surface { lattice, grain }
    }

    /// The height at a place, in pixels.
    pub(crate) fn at(&self, x: f32, y: f32) -> f32 {
        let (column, right) = split(x / self.grain, (self.lattice.width - 4) as f32 - 0.001);
        let (row, down) = split(y / self.grain, (self.lattice.height - 4) as f32 - 0.001);
        let (across, along) = (spline(right), spline(down));
        let mut height = 0.0;
        for (offset, weight) in along.into_iter().enumerate() {
            let start = (row + offset) * self.lattice.width + column;
            let cells = &self.lattice.cells[start..start + 4];
            height +=
                weight * (cells[0] * across[0] + cells[1] * across[1] + cells[2] * across[2] + cells[3] * across[3]);
        }
        height
    }
}

/// The four weights of a uniform cubic B-spline, `t` from 0 to 1 between the middle two.
fn spline(t: f32) -> [f32; 4] {
    let rest = 1.0 - t;
    [
        rest * rest * rest / 6.0,
        (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
        (3.0 * rest * rest * rest - 6.0 * rest * rest + 4.0) / 6.0,
        t * t * t / 6.0,
    ]
}

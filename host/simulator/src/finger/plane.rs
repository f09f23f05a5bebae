//! A picture of real numbers.

use super::rounding::split;

/// Real numbers in rows, top row first. One cell is one pixel.
#[derive(Clone)]
pub(crate) struct Plane {
    /// cells per row, at least 2
    pub(crate) width: usize,
    /// rows, at least 2
    pub(crate) height: usize,
    /// row by row
    pub(crate) cells: Vec<f32>,
}

impl Plane {
    /// A plane whose cell at column `x` and row `y` is `value(x, y)`.
    pub(crate) fn from_fn(width: usize, height: usize, mut value: impl FnMut(usize, usize) -> f32) -> Plane {
        let mut cells = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                cells.push(value(x, y));
            }
        }
        Plane { width, height, cells }
    }

    /// The value between cells, bilinear. Outside the plane, the nearest edge.
    pub(crate) fn sample(&self, x: f32, y: f32) -> f32 {
        // the last cell has no right neighbour, so the range ends a little before it
        let (column, right) = split(x, (self.width - 1) as f32 - 0.001);
        let (row, down) = split(y, (self.height - 1) as f32 - 0.001);
        let start = row * self.width + column;
        let (above, below) = (
            &self.cells[start..start + 2],
            &self.cells[start + self.width..start + self.width + 2],
        );
        let top = above[0] + (above[1] - above[0]) * right;
        let bottom = below[0] + (below[1] - below[0]) * right;
        top + (bottom - top) * down
    }

    /// The plane with a border of `margin` cells that repeats the edge, and then `extra` more cells on the right of
    /// each row, so that a filter can read past the edge.
    pub(crate) fn padded(&self, margin: usize, extra: usize) -> Plane {
        let (width, height) = (self.width + 2 * margin + extra, self.height + 2 * margin);
        Plane::from_fn(width, height, |x, y| {
            let column = x.saturating_sub(margin).min(self.width - 1);
            let row = y.saturating_sub(margin).min(self.height - 1);
            self.cells[row * self.width + column]
        })
    }
}

//! What of a frame is compared: its ridges, without the grain of the sensor and without the shading of the finger.

use super::Shape;
use std::ops::Range;

/// Half the side of the square whose mean is taken away, in pixels: about three ridges.
const SHADING: usize = 14;

/// Ridges negative, valleys positive, 0 where there is neither; in quarters of a grey level.
pub(super) struct Detail {
    /// below 2^10
    values: Vec<i16>,
    squares: Sums,
}

impl Detail {
    /// The detail of a frame.
    pub(super) fn of(grey: &[u8], shape: Shape) -> Self {
        let quarters: Vec<i32> = grey.iter().map(|&value| 4 * i32::from(value)).collect();
        let smooth = smoothed(&smoothed(&quarters, shape), shape);
        let shading = shading(&smooth, shape);
        let values: Vec<i32> = smooth.iter().zip(shading).map(|(value, mean)| value - mean).collect();
        let squares: Vec<i32> = values.iter().map(|value| value * value).collect();
        Self {
            squares: Sums::of(&squares, shape),
            // Means of grey levels in quarters, and differences of such, have 11 bits.
            values: values.iter().map(|&value| i16::try_from(value).unwrap_or(0)).collect(),
        }
    }

    /// Part of a line.
    pub(super) fn line(&self, shape: Shape, line: usize, columns: &Range<usize>) -> &[i16] {
        let start = line * shape.width;
        &self.values[start + columns.start..start + columns.end]
    }

    /// The sum of the squares of a part.
    pub(super) fn squares(&self, lines: &Range<usize>, columns: &Range<usize>) -> i64 {
        self.squares.within(lines, columns)
    }
}

/// Sums over any part of a frame.
struct Sums {
    /// pixels in a line, and one
    stride: usize,
    /// of all values above a line and left of a column
    sums: Vec<i64>,
}

impl Sums {
    fn of(values: &[i32], shape: Shape) -> Self {
        let stride = shape.width + 1;
        let mut sums = vec![0i64; stride * (shape.height + 1)];
        for (line, values) in values.chunks_exact(shape.width).enumerate() {
            let mut row = 0i64;
            for (column, &value) in values.iter().enumerate() {
                row += i64::from(value);
                sums[(line + 1) * stride + column + 1] = sums[line * stride + column + 1] + row;
            }
        }
        Self { stride, sums }
    }

    fn within(&self, lines: &Range<usize>, columns: &Range<usize>) -> i64 {
        let at = |line: usize, column: usize| self.sums[line * self.stride + column];
        at(lines.end, columns.end) - at(lines.start, columns.end) - at(lines.end, columns.start)
            + at(lines.start, columns.start)
    }
}

/// Each pixel with its neighbours, weighted 1, 2, 1 both ways; the border repeats.
fn smoothed(values: &[i32], shape: Shape) -> Vec<i32> {
    let Shape { width, height, .. } = shape;
    let mut across = vec![0; values.len()];
    for (line, smooth) in values.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
        for (column, value) in smooth.iter_mut().enumerate() {
            let (left, right) = (column.saturating_sub(1), (column + 1).min(width - 1));
            *value = line[left] + 2 * line[column] + line[right];
        }
    }
    let mut both = vec![0; values.len()];
    for (line, smooth) in both.chunks_exact_mut(width).enumerate() {
        let (above, below) = (line.saturating_sub(1), (line + 1).min(height - 1));
        for (column, value) in smooth.iter_mut().enumerate() {
            let at = |line: usize| across[line * width + column];
            *value = (at(above) + 2 * at(line) + at(below) + 8).div_euclid(16);
        }
    }
    both
}

/// The mean of the square around each pixel, as far as it lies within the frame.
fn shading(values: &[i32], shape: Shape) -> Vec<i32> {
    let Shape { width, height, .. } = shape;
    let sums = Sums::of(values, shape);
    let around = |at: usize, side: usize| at.saturating_sub(SHADING)..(at + SHADING + 1).min(side);
    let mut means = Vec::with_capacity(values.len());
    for line in 0..height {
        let lines = around(line, height);
        for column in 0..width {
            let columns = around(column, width);
            let count = i64::try_from(lines.len() * columns.len()).unwrap_or(i64::MAX);
            let mean = sums.within(&lines, &columns).div_euclid(count);
            // A mean of values of 32 bits has 32 bits.
            means.push(i32::try_from(mean).unwrap_or(0));
        }
    }
    means
}

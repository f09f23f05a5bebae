//! What of a frame is compared: its ridges, without the grain of the sensor and without the shading of the finger.

use super::Shape;

/// Half the side of the square whose mean is taken away, in pixels: about three ridges.
const SHADING: usize = 14;

/// Ridges negative, valleys positive, 0 where there is neither; in quarters of a grey level.
pub(super) struct Detail(Vec<i32>);

impl Detail {
    /// The detail of a frame.
    pub(super) fn of(grey: &[u8], shape: Shape) -> Self {
        let quarters: Vec<i32> = grey.iter().map(|&value| 4 * i32::from(value)).collect();
        let smooth = smoothed(&smoothed(&quarters, shape), shape);
        let shading = shading(&smooth, shape);
        Self(smooth.iter().zip(shading).map(|(value, mean)| value - mean).collect())
    }

    /// Part of a line.
    pub(super) fn line(&self, shape: Shape, line: usize, columns: std::ops::Range<usize>) -> &[i32] {
        let start = line * shape.width;
        &self.0[start + columns.start..start + columns.end]
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
    // sums[y][x]: of all values above line y and left of column x
    let mut sums = vec![0i64; (width + 1) * (height + 1)];
    for line in 0..height {
        let mut row = 0i64;
        for column in 0..width {
            row += i64::from(values[line * width + column]);
            sums[(line + 1) * (width + 1) + column + 1] = sums[line * (width + 1) + column + 1] + row;
        }
    }
    let around = |at: usize, side: usize| (at.saturating_sub(SHADING), (at + SHADING + 1).min(side));
    let mut means = Vec::with_capacity(values.len());
    for line in 0..height {
        let (top, bottom) = around(line, height);
        for column in 0..width {
            let (left, right) = around(column, width);
            let sum = |line: usize, column: usize| sums[line * (width + 1) + column];
            let total = sum(bottom, right) - sum(top, right) - sum(bottom, left) + sum(top, left);
            let count = i64::try_from((bottom - top) * (right - left)).unwrap_or(i64::MAX);
            // A mean of values of 32 bits has 32 bits.
            means.push(i32::try_from(total.div_euclid(count)).unwrap_or(0));
        }
    }
    means
}

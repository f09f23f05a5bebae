//! A picture of small whole numbers with a margin of zeros around it, so that a filter needs no case for the edge.
//!
//! Whole numbers, because sums of products of eight of them are one instruction natively and in Wasm, and because
//! they come out the same everywhere.

use wide::i32x4;

/// Margin on each side, in pixels: the farthest that a filter or a probe line reaches, and a vector's width.
pub(crate) const MARGIN: usize = 24;

/// Row-major values, top row first, with [`MARGIN`] zeros on every side.
#[derive(Clone)]
pub(crate) struct Margined {
    /// pixels in a row, without the margins
    pub(crate) width: usize,
    /// rows, without the margins
    pub(crate) height: usize,
    /// values in a row, with both margins
    pub(crate) stride: usize,
    values: Vec<i16>,
}

impl Margined {
    pub(crate) fn zero(width: usize, height: usize) -> Self {
        let stride = width + 2 * MARGIN;
        Self {
            width,
            height,
            stride,
            values: vec![0; stride * (height + 2 * MARGIN)],
        }
    }

    /// Index of a pixel among [`Self::values`].
    pub(crate) fn index(&self, x: usize, y: usize) -> usize {
        (y + MARGIN) * self.stride + x + MARGIN
    }

    pub(crate) fn values(&self) -> &[i16] {
        &self.values
    }

    /// The pixels of a row, to be written.
    pub(crate) fn row_mut(&mut self, y: usize) -> &mut [i16] {
        let start = self.index(0, y);
        &mut self.values[start..start + self.width]
    }

    /// The pixels of a row.
    pub(crate) fn row(&self, y: usize) -> &[i16] {
        let start = self.index(0, y);
        &self.values[start..start + self.width]
    }
}

/// Sum of the four parts of a sum of products, which is far below what 32 bits hold.
pub(crate) fn whole(sum: i32x4) -> i32 {
    let [a, b, c, d] = sum.to_array();
    a.wrapping_add(b).wrapping_add(c.wrapping_add(d))
}

/// Writes as many values as there is room for. Nearly always all: then no length has to be looked at.
pub(crate) fn put<const COUNT: usize>(room: &mut [i16], values: [i16; COUNT]) {
    match room.first_chunk_mut() {
        Some(all) => *all = values,
        None => room.copy_from_slice(&values[..room.len()]),
    }
}

//! Places on a grid, each with its eight neighbours in one number.

use crate::plane::Plane;

/// The eight neighbours clockwise from the north, as (dx, dy).
const AROUND: [(isize, isize); 8] = [(0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1)];

/// The bit of a place itself.
const SET: u16 = 0x100;

/// A picture's pixels that are set, none of them on its rim.
pub(crate) struct Places {
    pub(crate) width: usize,
    /// bit k where neighbour k of [`AROUND`] is set, kept for pixels inside the rim; [`SET`] where the place is
    cells: Vec<u16>,
    /// from a place to its neighbours
    steps: [isize; 8],
}

impl Places {
    /// Takes 1 where set and 0 elsewhere; the outermost pixels become 0.
    pub(crate) fn new(picture: Plane<u8>) -> Self {
        let (width, height) = (picture.width, picture.height);
        let mut set = picture.values;
        for (y, row) in set.chunks_exact_mut(width).enumerate() {
            if y == 0 || y + 1 == height {
                row.fill(0);
            }
            row[0] = 0;
            row[width - 1] = 0;
        }
        let mut cells = vec![0; set.len()];
        for y in 1..height.saturating_sub(1) {
            let [above, row, below] = [y - 1, y, y + 1].map(|y| &set[y * width..][..width]);
            let inner = &mut cells[y * width..][..width];
            for x in 1..width.saturating_sub(1) {
                let around = above[x]
                    | above[x + 1] << 1
                    | row[x + 1] << 2
                    | below[x + 1] << 3
                    | below[x] << 4
                    | below[x - 1] << 5
                    | row[x - 1] << 6
                    | above[x - 1] << 7;
                inner[x] = u16::from(around) | u16::from(row[x]) << 8;
            }
        }
        let steps = AROUND.map(|(dx, dy)| dy * width.cast_signed() + dx);
        Self { width, cells, steps }
    }

    /// All that are set, row by row.
    pub(crate) fn all(&self) -> Vec<usize> {
        let set = self.cells.iter().enumerate().filter(|(_, cell)| **cell & SET != 0);
        set.map(|(at, _)| at).collect()
    }

    pub(crate) fn is_set(&self, at: usize) -> bool {
        self.cells[at] & SET != 0
    }

    /// Whether a place is set and its neighbour k is not.
    pub(crate) fn borders(&self, at: usize, k: u32) -> bool {
        self.cells[at] & (SET | 1u16.wrapping_shl(k)) == SET
    }

    /// Which neighbours are set: bit k is neighbour k, clockwise from the north.
    pub(crate) fn around(&self, at: usize) -> usize {
        usize::from(self.cells[at] & 0xff)
    }

    /// Neighbour k of a place.
    pub(crate) fn neighbour(&self, at: usize, k: usize) -> usize {
        at.wrapping_add_signed(self.steps[k % 8])
    }

    pub(crate) fn erase(&mut self, at: usize) {
        self.cells[at] &= !SET;
        self.for_neighbours(at, |cell, bit| *cell &= !bit);
    }

    pub(crate) fn draw(&mut self, at: usize) {
        self.cells[at] |= SET;
        self.for_neighbours(at, |cell, bit| *cell |= bit);
    }

    /// Each neighbour's cell and the bit that the place has in it: that of the opposite way. Written out, because a
    /// turn of a loop costs a look at the clock in the sandbox.
    fn for_neighbours(&mut self, at: usize, mut change: impl FnMut(&mut u16, u16)) {
        let [north, north_east, east, south_east, south, south_west, west, north_west] = self.steps;
        let mut change = |step, bit| change(&mut self.cells[at.wrapping_add_signed(step)], bit);
        change(north, 0x10);
        change(north_east, 0x20);
        change(east, 0x40);
        change(south_east, 0x80);
        change(south, 0x01);
        change(south_west, 0x02);
        change(west, 0x04);
        change(north_west, 0x08);
    }
}

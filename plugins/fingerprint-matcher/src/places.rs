//! Places on a grid, each with its eight neighbours in one number.

use crate::plane::Plane;

/// The eight neighbours clockwise from the north, as (dx, dy).
const AROUND: [(isize, isize); 8] = [(0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1)];

/// A picture's pixels that are set, none of them on its rim.
pub(crate) struct Places {
    pub(crate) width: usize,
    /// 1 where set
    set: Vec<u8>,
    /// bit k where neighbour k of [`AROUND`] is set; kept for pixels inside the rim
    around: Vec<u8>,
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
        let mut around = vec![0; set.len()];
        for y in 1..height.saturating_sub(1) {
            let [above, row, below] = [y - 1, y, y + 1].map(|y| &set[y * width..][..width]);
            let inner = &mut around[y * width..][..width];
            for x in 1..width.saturating_sub(1) {
                inner[x] = above[x]
                    | above[x + 1] << 1
                    | row[x + 1] << 2
                    | below[x + 1] << 3
                    | below[x] << 4
                    | below[x - 1] << 5
                    | row[x - 1] << 6
                    | above[x - 1] << 7;
            }
        }
        let steps = AROUND.map(|(dx, dy)| dy * width.cast_signed() + dx);
        Self {
            width,
            set,
            around,
            steps,
        }
    }

    /// All that are set, row by row.
    pub(crate) fn all(&self) -> Vec<usize> {
        let set = self.set.iter().enumerate().filter(|(_, value)| **value == 1);
        set.map(|(at, _)| at).collect()
    }

    pub(crate) fn is_set(&self, at: usize) -> bool {
        self.set[at] == 1
    }

    /// Which neighbours are set: bit k is neighbour k, clockwise from the north.
    pub(crate) fn around(&self, at: usize) -> usize {
        usize::from(self.around[at])
    }

    /// Neighbour k of a place.
    pub(crate) fn neighbour(&self, at: usize, k: usize) -> usize {
        at.wrapping_add_signed(self.steps[k % 8])
    }

    pub(crate) fn erase(&mut self, at: usize) {
        self.set[at] = 0;
        for (k, step) in self.steps.iter().enumerate() {
            self.around[at.wrapping_add_signed(*step)] &= !opposite(k);
        }
    }

    pub(crate) fn draw(&mut self, at: usize) {
        self.set[at] = 1;
        for (k, step) in self.steps.iter().enumerate() {
            self.around[at.wrapping_add_signed(*step)] |= opposite(k);
        }
    }
}

/// The bit that a place has in what is around its neighbour k.
fn opposite(k: usize) -> u8 {
    1u8.rotate_left(if k < 4 { 4 } else { 0 }) << (k % 4)
}

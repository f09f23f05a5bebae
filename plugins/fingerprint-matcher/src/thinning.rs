//! Ridges one pixel wide, with the same connections as before.
//!
//! Border pixels are taken off from the north, south, east and west in turn, as long as each is a simple point (its
//! removal changes no connection) and not the end of a line. Simple points by Yokoi's connectivity number: Yokoi,
//! Toriwaki, Fukumura 1975.

use crate::margined::Margined;
use crate::plane::Plane;

/// The eight neighbours clockwise from the north, as (dx, dy).
pub(crate) const AROUND: [(i32, i32); 8] = [(0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1)];

/// True for neighbourhoods (bit k is neighbour k of [`AROUND`]) whose centre can go.
fn removable() -> [bool; 256] {
    std::array::from_fn(|around| {
        let empty = |k: usize| around >> (k % 8) & 1 == 0;
        let connections = [0, 2, 4, 6]
            .iter()
            .filter(|&&k| empty(k) && !(empty(k + 1) && empty(k + 2)))
            .count();
        connections == 1 && around.count_ones() >= 2
    })
}

/// Thins what is positive to 1, the rest 0; the outermost pixels become 0.
pub(crate) fn thinned(ridges: &Margined) -> Plane<u8> {
    let mut values = Vec::with_capacity(ridges.width * ridges.height);
    for y in 0..ridges.height {
        values.extend(ridges.row(y).iter().map(|answer| u8::from(*answer > 0)));
    }
    lines(Plane {
        width: ridges.width,
        height: ridges.height,
        values,
    })
}

fn lines(mut picture: Plane<u8>) -> Plane<u8> {
    let (width, height) = (picture.width, picture.height);
    for x in 0..width {
        picture.set(x, 0, 0);
        picture.set(x, height - 1, 0);
    }
    for y in 0..height {
        picture.set(0, y, 0);
        picture.set(width - 1, y, 0);
    }
    let removable = removable();
    let mut remaining: Vec<usize> = (0..picture.values.len())
        .filter(|at| picture.values[*at] == 1)
        .collect();
    let around = [
        0usize.wrapping_sub(width),
        1usize.wrapping_sub(width),
        1,
        width + 1,
        width,
        width - 1,
        0usize.wrapping_sub(1),
        0usize.wrapping_sub(width + 1),
    ];
    let mut border = Vec::new();
    loop {
        let before = remaining.len();
        for side in [0, 4, 2, 6] {
            border.clear();
            border.extend(
                remaining
                    .iter()
                    .copied()
                    .filter(|at| picture.values[at.wrapping_add(around[side])] == 0),
            );
            for &at in &border {
                let mut neighbours = 0usize;
                for (k, offset) in around.iter().enumerate() {
                    neighbours |= usize::from(picture.values[at.wrapping_add(*offset)]) << k;
                }
                if removable[neighbours] {
                    picture.values[at] = 0;
                }
            }
            remaining.retain(|at| picture.values[*at] == 1);
        }
        if remaining.len() == before {
            return picture;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thick_cross_becomes_lines_that_still_meet() {
        let cross = Plane::from_places(41, 41, |x, y| u8::from(x.abs_diff(20) < 4 || y.abs_diff(20) < 4));
        let thin = lines(cross);
        let count: u32 = thin.values.iter().map(|pixel| u32::from(*pixel)).sum();
        assert!((60..100).contains(&count), "{count} pixels");
        for square in 0..40 * 40 {
            let (x, y) = (square % 40, square / 40);
            let full = [(0, 0), (1, 0), (0, 1), (1, 1)]
                .iter()
                .all(|(dx, dy)| thin.at(x + dx, y + dy) == 1);
            assert!(!full, "two by two pixels at {x}, {y}");
        }
    }
}

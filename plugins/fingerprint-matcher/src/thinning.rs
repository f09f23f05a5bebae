//! Ridges one pixel wide, with the same connections as before.
//!
//! Border pixels are taken off from the north, south, east and west in turn, as long as each is a simple point (its
//! removal changes no connection) and not the end of a line. Simple points by Yokoi's connectivity number: Yokoi,
//! Toriwaki, Fukumura 1975.

use crate::margined::Margined;
use crate::places::Places;
use crate::plane::Plane;
use std::sync::LazyLock;

/// True for neighbourhoods, as [`Places::around`] has them, whose centre can go.
static REMOVABLE: LazyLock<[bool; 256]> = LazyLock::new(|| {
    std::array::from_fn(|around| {
        let empty = |k: usize| around >> (k % 8) & 1 == 0;
        let connections = [0, 2, 4, 6]
            .iter()
            .filter(|&&k| empty(k) && !(empty(k + 1) && empty(k + 2)))
            .count();
        connections == 1 && around.count_ones() >= 2
    })
});

/// Thins what is positive; the outermost pixels are left out. Also says which places remain, row by row.
#[inline(never)]
pub(crate) fn thinned(ridges: &Margined) -> (Places, Vec<usize>) {
    let mut values = Vec::with_capacity(ridges.width * ridges.height);
    for y in 0..ridges.height {
        values.extend(ridges.row(y).iter().map(|answer| u8::from(*answer > 0)));
    }
    lines(Places::new(Plane {
        width: ridges.width,
        height: ridges.height,
        values,
    }))
}

fn lines(mut picture: Places) -> (Places, Vec<usize>) {
    let removable = &*REMOVABLE;
    let mut remaining = picture.all();
    let mut border = vec![0; remaining.len()];
    loop {
        let before = remaining.len();
        for side in [0, 4, 2, 6] {
            let found = bordering(&picture, &remaining, side, &mut border);
            for &at in &border[..found] {
                if removable[picture.around(at)] {
                    picture.erase(at);
                }
            }
        }
        remaining.retain(|at| picture.is_set(*at));
        if remaining.len() == before {
            return (picture, remaining);
        }
    }
}

/// Copies the places that are still set and have nothing on that side, and says how many. A function of its own, so
/// that its few values stay in registers.
#[inline(never)]
fn bordering(picture: &Places, remaining: &[usize], side: u32, border: &mut [usize]) -> usize {
    let mut found = 0;
    // Without a branch, for which they are cannot be foretold. Four at a time: a turn of a loop costs a look at the
    // clock in the sandbox.
    let (fours, rest) = remaining.as_chunks::<4>();
    let mut look = |at: usize| {
        border[found] = at;
        found += usize::from(picture.borders(at, side));
    };
    for [a, b, c, d] in fours {
        look(*a);
        look(*b);
        look(*c);
        look(*d);
    }
    rest.iter().for_each(|at| look(*at));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thick_cross_becomes_lines_that_still_meet() {
        let cross = Plane::from_places(41, 41, |x, y| u8::from(x.abs_diff(20) < 4 || y.abs_diff(20) < 4));
        let (thin, left) = lines(Places::new(cross));
        let count = left.len();
        assert!((60..100).contains(&count), "{count} pixels");
        for square in 0..40 * 40 {
            let (x, y) = (square % 40, square / 40);
            let full = [(0, 0), (1, 0), (0, 1), (1, 1)]
                .iter()
                .all(|(dx, dy)| thin.is_set((y + dy) * thin.width + x + dx));
            assert!(!full, "two by two pixels at {x}, {y}");
        }
    }
}

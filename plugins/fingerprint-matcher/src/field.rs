//! Which way the ridges run all over a print, coarsely: what is left of it where no minutia is.

use crate::number::index;
use crate::orientation::{CELL, Orientation};
use crate::plane::Plane;

/// Cells of the orientation on a side of one square of the field.
const CELLS: usize = 3;
/// Side of a square, in pixels at 500 dpi.
pub(crate) const SQUARE: usize = CELL * CELLS;
/// A square outside the finger.
pub(crate) const OUTSIDE: u8 = 0;
/// A square whose ridges run no one way.
pub(crate) const UNCLEAR: u8 = 1;
/// The first direction; the others follow counter-clockwise.
pub(crate) const FIRST: u8 = 2;
/// Directions over half a turn.
pub(crate) const DIRECTIONS: u8 = 128;

/// Ridge directions in squares of [`SQUARE`] pixels, of the part of the sample where the finger is.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Field {
    /// squares to the left of the first column
    pub(crate) left: u8,
    /// squares above the first row
    pub(crate) top: u8,
    /// squares in a row
    pub(crate) columns: u8,
    /// [`OUTSIDE`], [`UNCLEAR`], or a direction, row by row
    pub(crate) squares: Vec<u8>,
}

impl Field {
    /// The field of a sample.
    pub(crate) fn of(orientation: &Orientation, mask: &Plane<bool>) -> Self {
        let (width, height) = (mask.width.div_ceil(CELLS), mask.height.div_ceil(CELLS));
        let squares = Plane::from_places(width, height, |x, y| square(orientation, mask, x, y));
        let inside = |x: usize, y: usize| squares.at(x, y) != OUTSIDE;
        let columns: Vec<usize> = (0..width).filter(|x| (0..height).any(|y| inside(*x, y))).collect();
        let rows: Vec<usize> = (0..height).filter(|y| (0..width).any(|x| inside(x, *y))).collect();
        let ([left, .., right] | [left @ right]) = columns[..] else {
            return Self::default();
        };
        let ([top, .., bottom] | [top @ bottom]) = rows[..] else {
            return Self::default();
        };
        let byte = |value: usize| u8::try_from(value).unwrap_or(u8::MAX);
        Self {
            left: byte(left),
            top: byte(top),
            columns: byte(right - left + 1),
            squares: (top..=bottom)
                .flat_map(|y| (left..=right).map(move |x| (x, y)))
                .map(|(x, y)| squares.at(x, y))
                .collect(),
        }
    }
}

/// What two fields have in common under an alignment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Overlap {
    /// squares of the one that are inside the other
    pub(crate) shared: f32,
    /// sum of the cosines of twice the difference of direction, over those that have one
    pub(crate) agreement: f32,
    /// how many those are
    pub(crate) compared: f32,
}

impl Field {
    /// Whether a place in pixels is inside; none where there is no field.
    pub(crate) fn shows(&self, x: f32, y: f32) -> Option<bool> {
        (self.columns > 0).then(|| self.at(x, y) != OUTSIDE)
    }

    fn at(&self, x: f32, y: f32) -> u8 {
        let (u, v) = (
            crate::number::whole((x / SQUARE as f32).floor()) - i32::from(self.left),
            crate::number::whole((y / SQUARE as f32).floor()) - i32::from(self.top),
        );
        let columns = i32::from(self.columns);
        if u < 0 || v < 0 || u >= columns {
            return OUTSIDE;
        }
        usize::try_from(v * columns + u)
            .ok()
            .and_then(|at| self.squares.get(at).copied())
            .unwrap_or(OUTSIDE)
    }

    /// Compares with another field, where `place` says the place there of a place here, and directions turn by `turn`.
    pub(crate) fn overlap(&self, other: &Self, turn: u8, place: impl Fn(f32, f32) -> (f32, f32)) -> Overlap {
        let mut overlap = Overlap::default();
        let columns = usize::from(self.columns).max(1);
        for (at, square) in self.squares.iter().enumerate() {
            if *square == OUTSIDE {
                continue;
            }
            let middle = |at: usize, before: u8| (at as f32 + f32::from(before) + 0.5) * SQUARE as f32;
            let (x, y) = place(middle(at % columns, self.left), middle(at / columns, self.top));
            let there = other.at(x, y);
            if there == OUTSIDE {
                continue;
            }
            overlap.shared += 1.0;
            if *square >= FIRST && there >= FIRST {
                overlap.compared += 1.0;
                let off = there.wrapping_sub(*square).wrapping_sub(turn);
                overlap.agreement += crate::direction::unit(off.wrapping_mul(2)).0;
            }
        }
        overlap
    }
}

fn square(orientation: &Orientation, mask: &Plane<bool>, x: usize, y: usize) -> u8 {
    let (mut cells, mut inside, mut cosine, mut sine) = (0.0f32, 0.0f32, 0.0, 0.0);
    for v in y * CELLS..((y + 1) * CELLS).min(mask.height) {
        for u in x * CELLS..((x + 1) * CELLS).min(mask.width) {
            cells += 1.0;
            if mask.at(u, v) {
                inside += 1.0;
                let trust = orientation.coherence.at(u, v);
                let (c, s) = orientation.doubled.at(u, v);
                (cosine, sine) = (cosine + trust * c, sine + trust * s);
            }
        }
    }
    if 2.0 * inside < cells {
        return OUTSIDE;
    }
    if (cosine * cosine + sine * sine).sqrt() < 0.15 * inside {
        return UNCLEAR;
    }
    // y is downwards, angles are counter-clockwise
    let turn = libm::atan2f(-sine, cosine) / std::f32::consts::TAU;
    let turn = if turn < 0.0 { turn + 1.0 } else { turn };
    let direction = index(turn * f32::from(DIRECTIONS)) % usize::from(DIRECTIONS);
    FIRST + u8::try_from(direction).unwrap_or(0)
}

//! How well two frames fit at every shift.

use super::Shape;
use super::detail::Detail;

/// Fractions of a line below this, in 16ths, are noise: two frames that fit exactly show them too.
const LEAST_FRACTION: i32 = 3;

/// One shift of a frame against the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shift {
    /// how far down the frame belongs, in 16ths of a line; negative: up
    pub(super) down_16ths: i32,
    /// how far to the right it belongs, in pixels
    pub(super) right: i32,
    /// correlation of what they share, in thousandths
    pub(super) likeness: i32,
}

/// Furthest shift that counts as none, in lines.
const REST: i32 = 1;

/// Of a frame with the one before: for each number of lines down, the best place sideways. From the furthest up to the
/// furthest down.
pub(super) struct Likeness(Vec<(i32, i32)>);

impl Likeness {
    /// Compares at every shift.
    pub(super) fn between(before: &Detail, frame: &Detail, shape: Shape) -> Self {
        let furthest = signed(shape.height - shape.least_shared());
        let sideways = signed(shape.sideways);
        let best = |down: i32| {
            let at = (-sideways..=sideways).map(|right| (correlation(before, frame, (down, right), shape), right));
            // Where two are equally good, the one less far to the side.
            at.max_by_key(|&(likeness, right)| (likeness, -right.abs()))
                .unwrap_or_default()
        };
        Self((-furthest..=furthest).map(best).collect())
    }

    /// The best likeness of two frames between which the finger did not move.
    pub(super) fn at_rest(before: &Detail, frame: &Detail, shape: Shape) -> i32 {
        let still = (-REST..=REST).map(|down| correlation(before, frame, (down, 0), shape));
        still.max().unwrap_or_default()
    }

    /// Furthest shift, in lines.
    fn furthest(&self) -> usize {
        self.0.len() / 2
    }

    /// The likeness at the best shift.
    pub(super) fn best(&self) -> i32 {
        self.0.iter().map(|&(likeness, _)| likeness).max().unwrap_or_default()
    }

    /// Whether the finger moved on far enough for the frame to be worth keeping.
    pub(super) fn is_step(&self, shape: Shape) -> bool {
        let best = self.0.iter().enumerate().max_by_key(|&(_, &(likeness, _))| likeness);
        best.is_some_and(|(index, _)| index.abs_diff(self.furthest()) >= shape.least_step())
    }

    /// The likeness at every number of lines down, from the furthest up.
    pub(super) fn by_lines(&self) -> impl Iterator<Item = i32> {
        self.0.iter().map(|&(likeness, _)| likeness)
    }

    /// The shift of this place among [`Self::by_lines`], to 16ths of a line: the top of the parabola through the likeness
    /// there and at its neighbours.
    pub(super) fn shift(&self, index: usize) -> Shift {
        let (likeness, right) = self.0[index];
        let lines = signed(index) - signed(self.furthest());
        let neighbour = |index: Option<usize>| index.and_then(|index| self.0.get(index)).map(|&(likeness, _)| likeness);
        let fraction = match (neighbour(index.checked_sub(1)), neighbour(index.checked_add(1))) {
            (Some(above), Some(below)) if above < likeness && below < likeness => {
                8 * (below - above) / (2 * likeness - above - below)
            }
            _ => 0,
        };
        let fraction = if fraction.abs() < LEAST_FRACTION { 0 } else { fraction };
        Shift {
            down_16ths: 16 * lines + fraction,
            right,
            likeness,
        }
    }
}

/// Sides of a frame are far below 2^31.
fn signed(pixels: usize) -> i32 {
    i32::try_from(pixels).unwrap_or(i32::MAX)
}

/// The part of a side that both frames have when one is shifted, in the coordinates of the first and of the second.
fn shared(side: usize, shift: i32) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    let by = usize::try_from(shift.unsigned_abs()).unwrap_or(side).min(side);
    if shift >= 0 {
        (by..side, 0..side - by)
    } else {
        (0..side - by, by..side)
    }
}

/// Normalised cross-correlation of what two frames share, in thousandths; the mean of a detail is 0.
fn correlation(before: &Detail, frame: &Detail, (down, right): (i32, i32), shape: Shape) -> i32 {
    let (lines_before, lines) = shared(shape.height, down);
    let (columns_before, columns) = shared(shape.width, right);
    let mut product = 0i64;
    for (line_before, line) in lines_before.clone().zip(lines.clone()) {
        let first = before.line(shape, line_before, &columns_before);
        let second = frame.line(shape, line, &columns);
        product += i64::from(super::product::product(first, second));
    }
    let square_before = before.squares(&lines_before, &columns_before);
    let square = frame.squares(&lines, &columns);
    let norm = square_before.isqrt() * square.isqrt();
    if norm == 0 {
        return 0;
    }
    i32::try_from(1_000 * product / norm).unwrap_or_default()
}

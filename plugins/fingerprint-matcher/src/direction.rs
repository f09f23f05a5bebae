//! Angles as 1/256 of a turn, counter-clockwise, 0 to the right; ISO/IEC 19794-2's unit of 1.40625 degrees.

use crate::number::{whole, wrapped};
use std::sync::LazyLock;

/// Radians in one unit.
const UNIT: f32 = std::f32::consts::TAU / 256.0;

/// Cosine and sine of every angle.
static CIRCLE: LazyLock<[(f32, f32); 256]> =
    LazyLock::new(|| std::array::from_fn(|angle| (libm::cosf(angle as f32 * UNIT), libm::sinf(angle as f32 * UNIT))));

/// Cosine and sine.
pub(crate) fn unit(angle: u8) -> (f32, f32) {
    CIRCLE[usize::from(angle)]
}

/// The table itself, for inner loops.
pub(crate) fn circle() -> &'static [(f32, f32); 256] {
    &CIRCLE
}

/// The angle of a vector on the screen (y downwards); any angle for the null vector.
pub(crate) fn of(dx: f32, dy: f32) -> u8 {
    wrapped(whole(libm::atan2f(-dy, dx) / UNIT))
}

/// How far `to` is turned from `from`: -128 to 127.
pub(crate) fn turn(from: u8, to: u8) -> i8 {
    to.wrapping_sub(from).cast_signed()
}

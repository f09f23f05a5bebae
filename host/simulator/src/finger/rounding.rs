//! The few places where a float becomes a whole number.

/// A grey level: the nearest of 0 to 255. NaN gives 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates at 0 and 255"
)]
pub(crate) fn grey(level: f32) -> u8 {
    (level + 0.5) as u8
}

/// The whole part of a coordinate: negative numbers and NaN give 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates at 0; callers bound the top"
)]
pub(crate) fn whole(coordinate: f32) -> usize {
    coordinate as usize
}

/// The cell before a coordinate, and how far past it the coordinate is (0 to 1), with the coordinate first brought
/// into `0..=last`.
pub(crate) fn split(coordinate: f32, last: f32) -> (usize, f32) {
    let bounded = coordinate.clamp(0.0, last);
    let cell = whole(bounded);
    (cell, bounded - cell as f32)
}

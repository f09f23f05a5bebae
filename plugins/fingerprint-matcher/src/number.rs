//! Conversions between number types, each with its rule; nowhere else are numbers cut.

/// Nearest whole number as an index; negative and not-a-number become 0.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float cast saturates; indices here are far below 2^32"
)]
pub(crate) fn index(value: f32) -> usize {
    (value + 0.5) as usize
}

/// Nearest whole number, saturating.
#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
pub(crate) fn whole(value: f32) -> i32 {
    (value + 0.5).floor() as i32
}

/// Nearest byte, saturating.
#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
pub(crate) fn byte(value: f32) -> u8 {
    (value + 0.5) as u8
}

/// Nearest 16-bit number, saturating.
#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
pub(crate) fn short(value: f32) -> u16 {
    (value + 0.5) as u16
}

/// A count as 16 bits, saturating.
pub(crate) fn count16(value: usize) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

/// A count as 32 bits, saturating.
pub(crate) fn count32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The lowest eight bits: an angle in 1/256 of a turn wraps around.
pub(crate) fn wrapped(value: i32) -> u8 {
    (value & 0xff) as u8
}

/// Nearest 16-bit whole number, saturating; halves go away from zero.
#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates")]
pub(crate) fn whole16(value: f32) -> i16 {
    (value + 0.5_f32.copysign(value)) as i16
}

/// As a 32-bit float: precise enough for grey levels.
#[expect(
    clippy::cast_possible_truncation,
    reason = "less precise, which is what is asked for"
)]
pub(crate) fn narrow(value: f64) -> f32 {
    value as f32
}

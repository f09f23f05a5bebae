//! From samples to grey.

/// Rec. ITU-R BT.601, 2.5.1, in 1/1000, rounded; grey stays as it is.
pub(crate) fn luma(&[red, green, blue]: &[u8; 3]) -> u8 {
    let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    u8::try_from((sum + 500) / 1000).unwrap_or(u8::MAX)
}

/// Grey with an opacity of 0 to 255, on white paper.
pub(crate) fn on_white(grey: u8, opacity: u8) -> u8 {
    let sum = u32::from(grey) * u32::from(opacity) + 255 * u32::from(255 - opacity);
    u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
}

/// The more significant half of 16 bits, as PNG readers reduce them.
pub(crate) fn high(sample: u16) -> u8 {
    sample.to_be_bytes()[0]
}

/// Samples of `bits` (1, 2 or 4) each, most significant first, rows begun on a byte, as 0 to 255.
pub(crate) fn unpack(packed: &[u8], width: usize, bits: u8) -> Vec<u8> {
    let most = (1u8 << bits) - 1;
    let in_byte = usize::from(8 / bits);
    packed
        .chunks(width.div_ceil(in_byte))
        .flat_map(|row| {
            let samples = row.iter().flat_map(move |byte| {
                let shifts = (0..8 / bits).rev();
                shifts.map(move |place| (byte >> (place * bits) & most) * (255 / most))
            });
            samples.take(width)
        })
        .collect()
}

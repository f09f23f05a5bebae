//! Mean grey values of 16 by 16 fields of an image.

/// Fields along a side.
const SIDE: usize = 16;
/// Bytes of a template.
pub const BYTES: usize = SIDE * SIDE;
/// Darkest and lightest field of an image without a finger differ by less.
const LEAST_CONTRAST: u8 = 12;
/// Highest score that is given.
const HIGHEST: u16 = 1_000;

/// Extracts a template; none where the image has no contrast.
#[must_use]
pub fn extract(width: usize, height: usize, pixels: &[u8]) -> Option<Vec<u8>> {
    if width < SIDE || height < SIDE || pixels.len() != width * height {
        return None;
    }
    let mut fields = Vec::with_capacity(BYTES);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let (top, bottom) = (row * height / SIDE, (row + 1) * height / SIDE);
            let (left, right) = (column * width / SIDE, (column + 1) * width / SIDE);
            let mut sum = 0;
            for line in top..bottom {
                sum += pixels[line * width + left..line * width + right]
                    .iter()
                    .map(|pixel| usize::from(*pixel))
                    .sum::<usize>();
            }
            let mean = sum / ((bottom - top) * (right - left));
            fields.push(u8::try_from(mean).unwrap_or(u8::MAX));
        }
    }
    let (dark, light) = (fields.iter().min()?, fields.iter().max()?);
    (light - dark >= LEAST_CONTRAST).then_some(fields)
}

/// How good a template is: the part of its fields that a finger darkened, in percent.
#[must_use]
pub fn quality(template: &[u8]) -> u8 {
    let lightest = template.iter().copied().max().unwrap_or(0);
    let dark = template.iter().filter(|field| lightest - **field >= LEAST_CONTRAST);
    u8::try_from(dark.count() * 100 / template.len().max(1)).unwrap_or(100)
}

/// How alike two templates are: 0 not at all to [`HIGHEST`] the same.
#[must_use]
pub fn score(one: &[u8], other: &[u8]) -> u16 {
    let differences = one.iter().zip(other).map(|(a, b)| u32::from(a.abs_diff(*b)));
    let mean = differences.sum::<u32>() * 16 / u32::try_from(BYTES).unwrap_or(1);
    HIGHEST.saturating_sub(u16::try_from(mean * 4).unwrap_or(u16::MAX))
}

//! How good a sample is, and what the operator can do about it.

use crate::contrast::{Contrast, UNIT};
use crate::number::byte;
use crate::orientation::CELL;
use crate::plane::Plane;

/// What an operator can do about a poor sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// moisten the finger, press more
    TooDry,
    /// wipe the finger, press less
    TooWet,
    /// lay the finger flat
    TooSmallAnArea,
    /// hold still
    Moved,
    /// put the middle of the fingertip on the middle of the sensor
    OffCentre,
    /// there are no ridges
    NotAFinger,
    /// clean the sensor
    DirtySensor,
}

/// Square millimetres in a cell.
const CELL_AREA: f32 = (CELL as f32 * 25.4 / 500.0) * (CELL as f32 * 25.4 / 500.0);
/// Smaller contact is unusable, in square millimetres: half of what the smallest accepted sensor (about 100) sees.
const LEAST_AREA: f32 = 30.0;
/// Smaller contact is worth a word.
const SMALL_AREA: f32 = 80.0;
/// Less ridge clarity (0 to 1) is unusable.
const LEAST_CLARITY: f32 = 0.18;
/// Less ridge clarity is worth a word.
const LOW_CLARITY: f32 = 0.45;
/// Fewer minutiae cannot be compared.
const FEWEST_MINUTIAE: usize = 5;

/// What can be said about a sample before its minutiae are known.
pub(crate) struct Findings {
    /// square millimetres of ridges
    area: f32,
    /// 0 no ridges to 1 pure waves
    clarity: f32,
    /// above 0: thin dark ridges on light skin; below: dark with thin valleys
    skew: f32,
    /// distance of the finger's middle from the image's, as a share of half the image
    offset: f32,
}

/// Looks at the ridges inside the finger.
pub(crate) fn findings(
    contrast: &Contrast,
    coherence: &Plane<f32>,
    clarity: &Plane<f32>,
    mask: &Plane<bool>,
) -> Findings {
    let (mut cells, mut clear, mut x_sum, mut y_sum) = (0.0f32, 0.0, 0.0, 0.0);
    let (mut cubes, mut squares, mut pixels) = (0.0f32, 0.0f32, 0.0f32);
    for y in 0..mask.height {
        for x in 0..mask.width {
            if !mask.at(x, y) {
                continue;
            }
            cells += 1.0;
            clear += (coherence.at(x, y) * clarity.at(x, y)).sqrt();
            x_sum += x as f32;
            y_sum += y as f32;
            for py in (y * CELL..((y + 1) * CELL).min(contrast.normal.height)).step_by(2) {
                let row = &contrast.normal.row(py)[x * CELL..((x + 1) * CELL).min(contrast.normal.width)];
                for value in row.iter().step_by(2) {
                    let value = f32::from(*value) / UNIT;
                    cubes += value * value * value;
                    squares += value * value;
                    pixels += 1.0;
                }
            }
        }
    }
    let count = cells.max(1.0);
    let spread = (squares / pixels.max(1.0)).sqrt().max(1e-3);
    let aside = |sum: f32, side: usize| (sum / count + 0.5) / (side as f32 / 2.0) - 1.0;
    let (dx, dy) = (aside(x_sum, mask.width), aside(y_sum, mask.height));
    Findings {
        area: cells * CELL_AREA,
        clarity: clear / count,
        skew: cubes / pixels.max(1.0) / (spread * spread * spread),
        offset: (dx * dx + dy * dy).sqrt(),
    }
}

impl Findings {
    /// Why the sample cannot be used at all; empty if it can.
    pub(crate) fn refusal(&self) -> Vec<Advice> {
        if self.area < 1.0 {
            vec![Advice::NotAFinger]
        } else if self.clarity < LEAST_CLARITY {
            vec![self.dry_or_wet().unwrap_or(Advice::NotAFinger)]
        } else if self.area < LEAST_AREA {
            self.advice_on_place()
        } else {
            Vec::new()
        }
    }

    /// The same once minutiae are counted.
    pub(crate) fn refusal_for_minutiae(&self, minutiae: usize) -> Vec<Advice> {
        if minutiae >= FEWEST_MINUTIAE {
            return Vec::new();
        }
        if self.area < SMALL_AREA {
            return self.advice_on_place();
        }
        vec![self.dry_or_wet().unwrap_or(Advice::NotAFinger)]
    }

    /// What would make the next sample better.
    pub(crate) fn advice(&self) -> Vec<Advice> {
        let mut advice = if self.area < SMALL_AREA {
            self.advice_on_place()
        } else {
            Vec::new()
        };
        if self.clarity < LOW_CLARITY {
            advice.extend(self.dry_or_wet());
        }
        advice
    }

    fn advice_on_place(&self) -> Vec<Advice> {
        if self.offset > 0.35 {
            vec![Advice::TooSmallAnArea, Advice::OffCentre]
        } else {
            vec![Advice::TooSmallAnArea]
        }
    }

    fn dry_or_wet(&self) -> Option<Advice> {
        match self.skew {
            skew if skew > 0.25 => Some(Advice::TooDry),
            skew if skew < -0.25 => Some(Advice::TooWet),
            _ => None,
        }
    }

    /// 0 worst to 100 best: each of area, clarity and count of minutiae can spoil it alone.
    pub(crate) fn score(&self, minutiae: usize) -> u8 {
        let area = rise(self.area, 30.0, 140.0);
        let clarity = rise(self.clarity, 0.15, 0.75);
        let count = rise(minutiae as f32, 5.0, 30.0);
        byte(100.0 * clarity * area.sqrt() * count.sqrt())
    }
}

/// 0 up to `low`, 1 from `high`, straight between.
fn rise(value: f32, low: f32, high: f32) -> f32 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
}

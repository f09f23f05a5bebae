//! How good a sample is, and what the operator can do about it.

use crate::contrast::Contrast;
use crate::number::{byte, index};
use crate::orientation::{CELL, Orientation};
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
/// Unclear ridges in a finger lighter than this are broken, in one darker than that run together. Of shared prints whose
/// ridges were broken on purpose and unclear after it, 101 in 155 are told to be dry and 10 wet; of those run together, 12
/// dry and 34 wet, in 74.
const DRY: f32 = 0.42;
const WET: f32 = 0.50;
/// Contrast that lies this much along one direction (0 all round to 1) is smeared. A motion of a ridge's distance blurs the
/// ridges that it crosses and leaves those that it follows: of the shared sets one print in 448 reaches it, and of the same
/// smeared by 10 pixels three in four.
const SMEARED: f32 = 0.55;
/// In a smaller contact all ridges may well run one way, in square millimetres.
const ALL_ROUND: f32 = 150.0;
/// Fewer minutiae cannot be compared.
const FEWEST_MINUTIAE: usize = 5;

/// What can be said about a sample before its minutiae are known.
pub(crate) struct Findings {
    /// square millimetres of ridges
    area: f32,
    /// 0 no ridges to 1 pure waves
    clarity: f32,
    /// how dark the finger is in the mean, from 0, its lightest places, to 1, its darkest
    darkness: f32,
    /// how much of the contrast lies along one direction, 0 to 1
    along: f32,
    /// distance of the finger's middle from the image's, as a share of half the image
    offset: f32,
}

/// Looks at the ridges inside the finger.
pub(crate) fn findings(
    contrast: &Contrast,
    orientation: &Orientation,
    clarity: &Plane<f32>,
    mask: &Plane<bool>,
) -> Findings {
    let (mut cells, mut clear, mut x_sum, mut y_sum) = (0.0f32, 0.0, 0.0, 0.0);
    let (mut energy, mut along) = (0.0f32, (0.0, 0.0));
    let (mut levels, mut lightest, mut darkest) = (0.0f32, Vec::new(), Vec::new());
    for y in 0..mask.height {
        for x in 0..mask.width {
            if !mask.at(x, y) {
                continue;
            }
            cells += 1.0;
            let coherence = orientation.coherence.at(x, y);
            clear += (coherence * clarity.at(x, y)).sqrt();
            let (part, (cosine, sine)) = (contrast.spread.at(x, y).powi(2), orientation.doubled.at(x, y));
            energy += part;
            along = (along.0 + part * coherence * cosine, along.1 + part * coherence * sine);
            x_sum += x as f32;
            y_sum += y as f32;
            let (mean, spread) = (contrast.mean.at(x, y), contrast.spread.at(x, y));
            levels += mean;
            lightest.push(mean + spread);
            darkest.push(mean - spread);
        }
    }
    let count = cells.max(1.0);
    let (light, dark) = (usual(lightest, 0.95), usual(darkest, 0.05));
    let aside = |sum: f32, side: usize| (sum / count + 0.5) / (side as f32 / 2.0) - 1.0;
    let (dx, dy) = (aside(x_sum, mask.width), aside(y_sum, mask.height));
    Findings {
        area: cells * CELL_AREA,
        clarity: clear / count,
        along: (along.0 * along.0 + along.1 * along.1).sqrt() / energy.max(1e-6),
        darkness: ((light - levels / count) / (light - dark).max(1.0)).clamp(0.0, 1.0),
        offset: (dx * dx + dy * dy).sqrt(),
    }
}

impl Findings {
    /// Why the sample cannot be used at all; empty if it can.
    pub(crate) fn refusal(&self) -> Vec<Advice> {
        if self.area < 1.0 {
            vec![Advice::NotAFinger]
        } else if self.clarity < LEAST_CLARITY {
            vec![self.state_of_finger().unwrap_or(Advice::NotAFinger)]
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
        vec![self.state_of_finger().unwrap_or(Advice::NotAFinger)]
    }

    /// What would make the next sample better.
    pub(crate) fn advice(&self) -> Vec<Advice> {
        let mut advice = if self.area < SMALL_AREA {
            self.advice_on_place()
        } else {
            Vec::new()
        };
        if self.clarity < LOW_CLARITY || self.is_smeared() {
            advice.extend(self.state_of_finger());
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

    fn is_smeared(&self) -> bool {
        self.along > SMEARED && self.area > ALL_ROUND
    }

    fn state_of_finger(&self) -> Option<Advice> {
        match self.darkness {
            _ if self.is_smeared() => Some(Advice::Moved),
            darkness if darkness < DRY => Some(Advice::TooDry),
            darkness if darkness > WET => Some(Advice::TooWet),
            _ => None,
        }
    }

    /// 0 worst to 100 best: each of area, clarity and count of minutiae can spoil it alone; a smear halves it.
    pub(crate) fn score(&self, minutiae: usize) -> u8 {
        let area = rise(self.area, 30.0, 140.0);
        let clarity = rise(self.clarity, 0.15, 0.75);
        let count = rise(minutiae as f32, 5.0, 30.0);
        let still = if self.is_smeared() { 0.5 } else { 1.0 };
        byte(100.0 * clarity * area.sqrt() * count.sqrt() * still)
    }
}

/// The value that this share of values does not exceed; 0 of none.
fn usual(mut values: Vec<f32>, share: f32) -> f32 {
    values.sort_by(f32::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get(index(last as f32 * share)).copied().unwrap_or(0.0)
}

/// 0 up to `low`, 1 from `high`, straight between.
fn rise(value: f32, low: f32, high: f32) -> f32 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_its_advice() {
        let good = || Findings {
            area: 200.0,
            clarity: 0.8,
            darkness: 0.45,
            along: 0.2,
            offset: 0.0,
        };
        let cases: [(&str, Findings, &[Advice]); 8] = [
            ("nothing wrong", good(), &[]),
            (
                "clear, however light",
                Findings {
                    darkness: 0.1,
                    ..good()
                },
                &[],
            ),
            (
                "unclear and light",
                Findings {
                    clarity: 0.4,
                    darkness: 0.3,
                    ..good()
                },
                &[Advice::TooDry],
            ),
            (
                "unclear and dark",
                Findings {
                    clarity: 0.4,
                    darkness: 0.6,
                    ..good()
                },
                &[Advice::TooWet],
            ),
            (
                "smeared",
                Findings {
                    along: 0.6,
                    darkness: 0.3,
                    ..good()
                },
                &[Advice::Moved],
            ),
            (
                "small, so that all ridges run one way",
                Findings {
                    along: 0.6,
                    area: 90.0,
                    ..good()
                },
                &[],
            ),
            ("small", Findings { area: 60.0, ..good() }, &[Advice::TooSmallAnArea]),
            (
                "small, at the rim",
                Findings {
                    area: 60.0,
                    offset: 0.6,
                    ..good()
                },
                &[Advice::TooSmallAnArea, Advice::OffCentre],
            ),
        ];
        for (name, findings, expected) in cases {
            assert_eq!(findings.advice(), expected, "{name}");
        }
        assert_eq!(Findings { area: 0.0, ..good() }.refusal(), [Advice::NotAFinger]);
        assert_eq!(
            Findings {
                clarity: 0.1,
                darkness: 0.2,
                ..good()
            }
            .refusal(),
            [Advice::TooDry]
        );
        let smeared = Findings { along: 0.6, ..good() };
        assert!(smeared.score(40) < good().score(40));
    }
}

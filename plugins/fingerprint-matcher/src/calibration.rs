//! What a raw score is worth: -100 x log10 of the share of impostor comparisons that reach it.
//!
//! Measured by `examples/measurement.rs` on two kinds of prints, single fingers: 36,000 impostor comparisons of synthetic
//! voters (live 256 x 180 at 385 dpi against enrolled 388 x 374 at 500 dpi) and 98,560 of five shared sets from
//! optical, capacitive and simulated sensors. Raw scores that a share of impostors reached:
//!
//! | share | synthetic | shared sets |
//! |---|---|---|
//! | 1e-1 | 1.64 | 1.46 |
//! | 1e-2 | 2.68 | 2.32 |
//! | 1e-3 | 3.62 | 3.15 |
//! | 1e-4 | 4.57 | 4.01 |
//!
//! The table takes the higher one, so that real fingers are rather better than stated. Everything above 400 is
//! extrapolated with the slope of the last decade, which both kinds keep from 1e-1 on; no set here can confirm it.

/// Raw scores and their worth, rising; straight lines between, and the last slope goes on beyond the last.
const TABLE: [(f32, f32); 5] = [(0.60, 0.0), (1.65, 100.0), (2.68, 200.0), (3.62, 300.0), (4.57, 400.0)];

/// Highest worth that is stated; far beyond what any number of comparisons could measure.
const MOST: f32 = 2_000.0;

/// -100 x log10 of the estimated false match rate of one comparison.
#[must_use]
pub fn worth(raw: f32) -> u16 {
    let mut segments = TABLE.windows(2).peekable();
    let mut worth = 0.0;
    while let Some([low, high]) = segments.next() {
        if raw < high.0 || segments.peek().is_none() {
            worth = low.1 + (raw - low.0) * (high.1 - low.1) / (high.0 - low.0);
            break;
        }
    }
    crate::number::short(worth.clamp(0.0, MOST))
}

/// Worth of several different fingers of one person together: the chance that an impostor's product of rates is as
/// small (Fisher 1932, section 21.1), not the bare product.
#[must_use]
pub fn together(worths: &[u16]) -> u16 {
    let sum: f64 = worths.iter().map(|worth| f64::from(*worth)).sum();
    let logarithm = sum * std::f64::consts::LN_10 / 100.0;
    let (mut term, mut series) = (1.0, 1.0);
    for k in 1..worths.len() {
        term *= logarithm / k as f64;
        series += term;
    }
    #[expect(clippy::cast_possible_truncation, reason = "rounded to a whole number next")]
    let worth = (sum - 100.0 * libm::log10(series)) as f32;
    crate::number::short(worth.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_raw_score_is_never_worth_less() {
        let worths: Vec<u16> = (0..1_000u16).map(|step| worth(f32::from(step) * 0.05)).collect();
        assert!(worths.is_sorted());
        assert_eq!((worths[0], worth(f32::NAN), worth(1e9)), (0, 0, 2_000));
    }

    #[test]
    fn fingers_add_up_but_less_than_their_sum() {
        let cases: [(&[u16], u16); 5] = [
            (&[], 0),
            (&[400], 400),
            (&[0, 0], 0),
            (&[400, 400], 671),
            (&[800, 0], 671),
        ];
        for (worths, expected) in cases {
            assert_eq!(together(worths), expected, "{worths:?}");
        }
    }
}

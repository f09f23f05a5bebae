//! What a raw score is worth: -100 x log10 of the share of impostor comparisons that reach it.
//!
//! Measured on impostor pairs of the five shared sets (optical, capacitive, simulated sensors), single fingers: 98,560
//! as they are, and 99,904 of the same made worse in equal parts: distorted, dry, wet, partial (`examples/fitting` prints
//! the rows). Raw scores that a share of them reached:
//!
//! | share | as they are | made worse | table |
//! |---|---|---|---|
//! | 1e-1 | -6.76 | -6.22 | -6.15 |
//! | 1e-2 | -4.23 | -3.81 | -3.75 |
//! | 1e-3 | -1.72 | -1.78 | -1.65 |
//! | 1e-4 | 0.46 | 0.30 | 0.60 |
//!
//! The table takes the higher and a little more, for the same pairs the other way round. Everything above 400 is extrapolated: by 2.4 for a decade, no less than what
//! the sets show, and more than the 2.303 = ln 10 that a score in log-odds needs at least (the share of impostors whose
//! likelihood ratio is e^s is at most e^-s). No set here can confirm it. `docs/matcher.md` shows the curve. Synthetic
//! fingers of `host/simulator` are more alike than people's.

/// Raw scores and their worth, rising; straight lines between, and the last slope goes on beyond the last.
const TABLE: [(f32, f32); 6] = [
    (-8.55, 0.0),
    (-6.15, 100.0),
    (-3.75, 200.0),
    (-1.65, 300.0),
    (0.60, 400.0),
    (3.00, 500.0),
];

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
        let worths: Vec<u16> = (0..1_000u16).map(|step| worth(f32::from(step) * 0.05 - 10.0)).collect();
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

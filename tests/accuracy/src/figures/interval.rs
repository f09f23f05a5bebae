//! How far a miss rate may be off, with other fingers of the same kind.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How often fingers are drawn anew.
const DRAWS: usize = 500;
/// Percentiles that bound the 90 % interval.
const BOUNDS: (f64, f64) = (5.0, 95.0);

/// The 90 % interval of the share of genuine scores below the threshold, by drawing as many fingers with replacement 500
/// times (the percentile bootstrap: Efron 1979). `fingers` are the genuine scores of each. The draw is the same on every
/// run and machine; it is another one than that of `fingerprint_score.py`, so the last digits differ.
#[must_use]
pub fn interval(fingers: &[Vec<f64>], threshold: f64) -> Option<(f64, f64)> {
    if fingers.is_empty() {
        return None;
    }
    let counted: Vec<(usize, usize)> = fingers
        .iter()
        .map(|scores| (scores.iter().filter(|score| **score < threshold).count(), scores.len()))
        .collect();
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    let mut shares: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let (mut below, mut all) = (0, 0);
            for _ in &counted {
                let (missed, scores) = counted[chance.random_range(0..counted.len())];
                below += missed;
                all += scores;
            }
            below as f64 / all as f64
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    Some((percentile(&shares, BOUNDS.0), percentile(&shares, BOUNDS.1)))
}

/// Between the two nearest of rising numbers, in a straight line; `of_hundred` is 0 to 100.
fn percentile(rising: &[f64], of_hundred: f64) -> f64 {
    let place = of_hundred / 100.0 * (rising.len() - 1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place among the numbers, rounded down"
    )]
    let low = place as usize;
    let high = (low + 1).min(rising.len() - 1);
    rising[low] + (rising[high] - rising[low]) * (place - low as f64)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn fingers_that_are_all_alike_leave_no_doubt_and_others_do() {
        let alike = vec![vec![1.0, 9.0]; 20];
        assert_eq!(interval(&alike, 5.0), Some((0.5, 0.5)));
        let unlike: Vec<Vec<f64>> = (0..20).map(|finger| vec![f64::from(finger % 2); 4]).collect();
        let (low, high) = interval(&unlike, 0.5).unwrap();
        // The binomial of 20 draws has a standard deviation of 11 points.
        assert!(low > 0.25 && low < 0.4 && high > 0.6 && high < 0.75, "{low} {high}");
    }

    #[test]
    fn a_percentile_between_two_numbers_is_between_them() {
        let rising = [0.0, 10.0, 20.0];
        let found = [0.0, 25.0, 50.0, 100.0].map(|of_hundred| percentile(&rising, of_hundred));
        assert_eq!(found, [0.0, 5.0, 10.0, 20.0]);
    }
}

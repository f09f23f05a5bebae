//! A threshold for a false match rate, and the misses at a threshold.

/// The smallest threshold that no larger share of impostors than `rate` is at or above: the next number above one of
/// the scores. None without impostors.
///
/// `impostors` rise; `rate` is above 0 and below 1.
#[must_use]
pub fn threshold(impostors: &[f64], rate: f64) -> Option<f64> {
    let count = impostors.len();
    // How many must be below: a whole number of at most the count.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of the count, rounded up"
    )]
    let below = (count as f64 * (1.0 - rate)).ceil() as usize;
    let last = below.min(count).checked_sub(1)?;
    Some(impostors.get(last)?.next_up())
}

/// The share of genuine scores below the threshold; none without any.
#[must_use]
pub fn missed(genuine: &[f64], threshold: f64) -> Option<f64> {
    let below = genuine.iter().filter(|score| **score < threshold).count();
    (!genuine.is_empty()).then(|| below as f64 / genuine.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_lets_no_larger_share_of_impostors_through_and_is_the_smallest_that_does_so() {
        let impostors: Vec<f64> = (0..1_000).map(f64::from).collect();
        for (rate, let_through) in [(1e-2, 10), (1e-3, 1), (1e-4, 0), (0.0049, 4)] {
            let found = threshold(&impostors, rate).unwrap_or(0.0);
            let reached = |at: f64| impostors.iter().filter(|score| **score >= at).count();
            assert_eq!(reached(found), let_through, "{rate}");
            assert!(reached(found.next_down()) as f64 > 1_000.0 * rate, "{rate}");
        }
        assert_eq!(threshold(&[], 1e-2), None);
    }

    #[test]
    fn impostors_with_one_score_are_all_below_or_all_above() {
        assert_eq!(threshold(&[7.0; 50], 0.1), Some(7.0_f64.next_up()));
    }

    #[test]
    fn a_score_at_the_threshold_is_no_miss() {
        assert_eq!(missed(&[1.0, 2.0, 3.0, 4.0], 3.0), Some(0.5));
        assert_eq!(missed(&[], 3.0), None);
    }
}

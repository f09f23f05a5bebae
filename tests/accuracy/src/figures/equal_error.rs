//! The equal error rate.

/// Where misses and false matches are closest, the mean of both; the lowest such threshold of all scores counts. None
/// where either is empty.
#[must_use]
pub fn equal_error(genuine: &[f64], impostors: &[f64]) -> Option<f64> {
    if genuine.is_empty() || impostors.is_empty() {
        return None;
    }
    let sorted = |scores: &[f64]| {
        let mut scores = scores.to_vec();
        scores.sort_by(f64::total_cmp);
        scores
    };
    let (genuine, impostors) = (sorted(genuine), sorted(impostors));
    let below = |scores: &[f64], at: f64| scores.partition_point(|score| *score < at) as f64 / scores.len() as f64;
    let mut closest: Option<(f64, f64)> = None;
    let mut thresholds = [genuine.as_slice(), &impostors].concat();
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    for at in thresholds {
        let (misses, matches) = (below(&genuine, at), 1.0 - below(&impostors, at));
        let apart = (misses - matches).abs();
        if closest.is_none_or(|(other, _)| apart < other) {
            closest = Some((apart, (misses + matches) / 2.0));
        }
    }
    closest.map(|(_, rate)| rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_that_do_not_overlap_have_no_errors_and_equal_ones_half() {
        assert_eq!(equal_error(&[5.0, 6.0], &[1.0, 2.0]), Some(0.0));
        assert_eq!(equal_error(&[1.0], &[1.0]), Some(0.5));
        assert_eq!(equal_error(&[], &[1.0]), None);
    }

    #[test]
    fn where_the_shares_cross_both_are_the_rate() {
        // At 3, one of four genuine scores is below and one of four impostors at or above.
        assert_eq!(equal_error(&[2.0, 3.0, 8.0, 9.0], &[0.0, 1.0, 1.0, 5.0]), Some(0.25));
    }
}

//! The DET curve: misses against false matches at every threshold (ISO/IEC 19795-1).

/// Both errors at one threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// lowest score that counts as a match
    pub threshold: f64,
    /// share of impostors at or above it
    pub match_rate: f64,
    /// share of genuine scores below it
    pub miss_rate: f64,
}

/// A point for every different score, rising; empty where either kind is.
#[must_use]
pub fn curve(genuine: &[f64], impostors: &[f64]) -> Vec<CurvePoint> {
    if genuine.is_empty() || impostors.is_empty() {
        return Vec::new();
    }
    let sorted = |scores: &[f64]| {
        let mut scores = scores.to_vec();
        scores.sort_by(f64::total_cmp);
        scores
    };
    let mut thresholds = sorted(&[genuine, impostors].concat());
    thresholds.dedup();
    let (genuine, impostors) = (sorted(genuine), sorted(impostors));
    let below = |scores: &[f64], at: f64| scores.partition_point(|score| *score < at);
    thresholds
        .into_iter()
        .map(|threshold| CurvePoint {
            threshold,
            match_rate: (impostors.len() - below(&impostors, threshold)) as f64 / impostors.len() as f64,
            miss_rate: below(&genuine, threshold) as f64 / genuine.len() as f64,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_a_rising_threshold_matches_fall_and_misses_rise() {
        let points = curve(&[2.0, 3.0, 3.0, 9.0], &[0.0, 1.0, 1.0, 5.0]);
        let told: Vec<_> = points
            .iter()
            .map(|p| (p.threshold, p.match_rate, p.miss_rate))
            .collect();
        assert_eq!(
            told,
            [
                (0.0, 1.0, 0.0),
                (1.0, 0.75, 0.0),
                (2.0, 0.25, 0.0),
                (3.0, 0.25, 0.25),
                (5.0, 0.25, 0.75),
                (9.0, 0.0, 0.75)
            ]
        );
    }
}

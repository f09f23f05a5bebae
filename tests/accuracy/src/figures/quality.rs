//! Does the quality predict the misses?

/// Genuine pairs of like quality: that of the poorer image of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QualityGroup {
    /// lowest and highest quality in it
    pub range: (u8, u8),
    /// how many pairs
    pub pairs: usize,
    /// of them below the threshold
    pub missed: usize,
}

impl QualityGroup {
    /// FNMR of the group.
    #[must_use]
    pub fn miss_rate(&self) -> f64 {
        self.missed as f64 / self.pairs.max(1) as f64
    }
}

/// Parts the pairs, each with its quality and score, into `count` groups of about the same size, poorest first. Pairs of
/// one quality are never parted, so there may be fewer groups.
#[must_use]
pub fn quality_groups(pairs: &[(u8, f64)], threshold: f64, count: usize) -> Vec<QualityGroup> {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut groups: Vec<QualityGroup> = Vec::new();
    let mut begun = 0;
    for (index, (quality, score)) in sorted.iter().enumerate() {
        let goes_on = groups.last().is_some_and(|group| {
            let another = index * count / sorted.len() > begun;
            !another || group.range.1 == *quality
        });
        if !goes_on {
            begun = index * count / sorted.len();
            groups.push(QualityGroup {
                range: (*quality, *quality),
                pairs: 0,
                missed: 0,
            });
        }
        if let Some(group) = groups.last_mut() {
            group.range.1 = *quality;
            group.pairs += 1;
            group.missed += usize::from(*score < threshold);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_of_one_size_and_no_quality_is_in_two() {
        let pairs: Vec<(u8, f64)> = (0..100).map(|quality| (quality, f64::from(quality))).collect();
        let groups = quality_groups(&pairs, 25.0, 5);
        let told: Vec<_> = groups
            .iter()
            .map(|group| (group.range, group.pairs, group.missed))
            .collect();
        assert_eq!(
            told,
            [
                ((0, 19), 20, 20),
                ((20, 39), 20, 5),
                ((40, 59), 20, 0),
                ((60, 79), 20, 0),
                ((80, 99), 20, 0)
            ]
        );
        let same = quality_groups(&[(50, 1.0); 10], 2.0, 5);
        assert_eq!(same.len(), 1);
        assert_eq!(same[0].miss_rate(), 1.0);
        assert!(quality_groups(&[], 2.0, 5).is_empty());
    }
}

//! Errors at a threshold that is given, not taken from the table.

/// Both errors at one threshold, and what they were counted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtThreshold {
    /// lowest score that counts as a match
    pub threshold: u16,
    /// genuine comparisons below it
    pub missed: usize,
    /// of so many
    pub genuine: usize,
    /// impostor comparisons at or above it
    pub matched: usize,
    /// of so many
    pub impostors: usize,
}

/// Counts these scores.
#[must_use]
pub fn at_threshold(genuine: &[f64], impostors: &[f64], threshold: u16) -> AtThreshold {
    let at_or_above = |scores: &[f64]| scores.iter().filter(|score| **score >= f64::from(threshold)).count();
    AtThreshold {
        threshold,
        missed: genuine.len() - at_or_above(genuine),
        genuine: genuine.len(),
        matched: at_or_above(impostors),
        impostors: impostors.len(),
    }
}

impl AtThreshold {
    /// FNMR; none without genuine comparisons.
    #[must_use]
    pub fn miss_rate(&self) -> Option<f64> {
        (self.genuine > 0).then(|| self.missed as f64 / self.genuine as f64)
    }

    /// FMR; none without impostors.
    #[must_use]
    pub fn match_rate(&self) -> Option<f64> {
        (self.impostors > 0).then(|| self.matched as f64 / self.impostors as f64)
    }
}

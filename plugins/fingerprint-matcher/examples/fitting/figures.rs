//! Error rates of a list of scores.

/// Shares in percent.
pub(crate) struct Figures {
    /// where both error rates are equal
    pub(crate) equal: f64,
    /// genuine pairs missed at false match rates of 1e-3 and 1e-4
    pub(crate) missed: [f64; 2],
    /// score that a tenth of the impostors reach, a hundredth, a thousandth, one in ten thousand
    pub(crate) reached: [f64; 4],
}

impl Figures {
    pub(crate) fn of(mut genuine: Vec<f64>, mut impostor: Vec<f64>) -> Self {
        genuine.sort_by(f64::total_cmp);
        impostor.sort_by(f64::total_cmp);
        let share = |sorted: &[f64], below: usize| 100.0 * below as f64 / sorted.len() as f64;
        // Between two neighbouring thresholds nothing changes, so that every score is tried as one.
        let rates = genuine.iter().chain(&impostor).map(|limit| {
            let missed = share(&genuine, genuine.partition_point(|score| score < limit));
            let taken = 100.0 - share(&impostor, impostor.partition_point(|score| score < limit));
            (missed, taken)
        });
        let nearest = rates.min_by(|a, b| (a.0 - a.1).abs().total_cmp(&(b.0 - b.1).abs()));
        let missed = [1_000, 10_000].map(|part| {
            let allowed = impostor.len() / part;
            let limit = impostor[impostor.len() - 1 - allowed];
            share(&genuine, genuine.partition_point(|score| *score <= limit))
        });
        let reached = [10, 100, 1_000, 10_000].map(|part| impostor[impostor.len() - 1 - impostor.len() / part]);
        Self {
            reached,
            equal: nearest.map_or(0.0, |(missed, taken)| (missed + taken) / 2.0),
            missed,
        }
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:6.2} {:6.2} {:6.2}", self.equal, self.missed[0], self.missed[1])
    }
}

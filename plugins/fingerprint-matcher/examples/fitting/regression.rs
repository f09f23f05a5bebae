//! Logistic regression with the weights held small.

/// Constant and weights.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) constant: f64,
    pub(crate) weights: Vec<f64>,
}

/// What holds the weights small: scikit-learn's own choice. Ten times as much misses more fingers of the other part of the
/// sets at thresholds as high as a search's; less gains nothing that is not within chance.
const PENALTY: f64 = 1.0;
/// Most rounds of Newton's method; it takes about ten.
const ROUNDS: usize = 50;

impl Model {
    pub(crate) fn score(&self, measures: &[f32]) -> f64 {
        let products = self
            .weights
            .iter()
            .zip(measures)
            .map(|(weight, measure)| weight * f64::from(*measure));
        self.constant + products.sum::<f64>()
    }

    /// Fits by Newton's method (Hosmer, Lemeshow, Sturdivant 2013, section 1.2) to measures brought to mean 0 and
    /// spread 1, with the penalty times half the sum of the squared weights added to the loss (as scikit-learn does with
    /// C = 1 / penalty). Only the first `count` measures are used.
    pub(crate) fn fitted(rows: &[(&[f32], bool)], count: usize) -> Self {
        let (means, spreads): (Vec<f64>, Vec<f64>) = (0..count).map(|at| moments(rows, at)).unzip();
        let normal = |measures: &[f32], at: usize| match at.checked_sub(1) {
            None => 1.0,
            Some(at) => (f64::from(measures[at]) - means[at]) / spreads[at],
        };
        let mut weights = vec![0.0; count + 1];
        for _ in 0..ROUNDS {
            // slope of the loss and its second derivatives
            let mut slope: Vec<f64> = weights.iter().map(|weight| PENALTY * weight).collect();
            let mut bend = vec![vec![0.0; count + 1]; count + 1];
            slope[0] = 0.0;
            (1..=count).for_each(|at| bend[at][at] = PENALTY);
            for (measures, mate) in rows {
                let row: Vec<f64> = (0..=count).map(|at| normal(measures, at)).collect();
                let sum: f64 = row.iter().zip(&weights).map(|(value, weight)| value * weight).sum();
                let likely = 1.0 / (1.0 + libm::exp(-sum));
                let off = likely - f64::from(u8::from(*mate));
                let weight = likely * (1.0 - likely);
                for (at, value) in row.iter().enumerate() {
                    slope[at] += off * value;
                    let part = weight * value;
                    bend[at]
                        .iter_mut()
                        .zip(&row)
                        .for_each(|(sum, other)| *sum += part * other);
                }
            }
            let step = solved(bend, slope);
            weights.iter_mut().zip(&step).for_each(|(weight, step)| *weight -= step);
            if step.iter().all(|step| step.abs() < 1e-8) {
                break;
            }
        }
        let weights_of_measures: Vec<f64> = weights[1..]
            .iter()
            .zip(&spreads)
            .map(|(weight, spread)| weight / spread)
            .collect();
        let shift: f64 = weights_of_measures
            .iter()
            .zip(&means)
            .map(|(weight, mean)| weight * mean)
            .sum();
        Self {
            constant: weights[0] - shift,
            weights: weights_of_measures,
        }
    }
}

/// Mean and spread of a measure.
fn moments(rows: &[(&[f32], bool)], at: usize) -> (f64, f64) {
    let count = rows.len() as f64;
    let values = || rows.iter().map(|(measures, _)| f64::from(measures[at]));
    let mean = values().sum::<f64>() / count;
    let variance = values().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    (mean, variance.sqrt().max(1e-9))
}

/// Gaussian elimination; the matrix is positive definite, so that no row has to change places.
fn solved(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let count = right.len();
    for at in 0..count {
        let (done, rest) = matrix.split_at_mut(at + 1);
        for (row, offset) in rest.iter_mut().zip(at + 1..) {
            let share = row[at] / done[at][at];
            row.iter_mut()
                .zip(&done[at])
                .for_each(|(value, above)| *value -= share * above);
            right[offset] -= share * right[at];
        }
    }
    for at in (0..count).rev() {
        let known: f64 = (at + 1..count).map(|other| matrix[at][other] * right[other]).sum();
        right[at] = (right[at] - known) / matrix[at][at];
    }
    right
}

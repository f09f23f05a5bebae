//! What speaks for one finger in an alignment of two prints, and how much it is worth together.
//!
//! A logistic regression (Hosmer, Lemeshow, Sturdivant 2013, chapter 1) over a dozen measures; its weights are fitted
//! on pairs of the shared sets, as they are and made worse (distorted, dry, wet, partial), by `examples/fitting`.
//! Fitted on some sets and tried on the others it loses little, which `docs/matcher.md` shows.

use crate::field::Overlap;

/// What an alignment shows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Evidence {
    /// pairs of minutiae
    pub(crate) pairs: f32,
    /// the same, each by how well it fits: 0 to 1.35
    pub(crate) weight: f32,
    /// minutiae of the probe that the reference shows no partner for, each by its quality: 0.4 to 1
    pub(crate) probe_alone: f32,
    /// minutiae of the reference that the probe shows no partner for
    pub(crate) reference_alone: f32,
    /// sum over the pairs: likeness of the neighbourhoods, 0 to 1
    pub(crate) alike: f32,
    /// sum over the pairs: squared distance, 0 to 1 at the farthest allowed
    pub(crate) distance: f32,
    /// sum over the pairs: squared difference of direction, 0 to 1 at the most allowed
    pub(crate) turn: f32,
    /// pairs of the same kind
    pub(crate) same_kind: f32,
    /// minutiae of the print that has fewer
    pub(crate) fewer: f32,
    /// ridge directions, where both prints have their field
    pub(crate) overlap: Option<Overlap>,
}

/// Measures without the field, and with it.
const MINUTIAE: usize = 10;
const ALL: usize = 14;

impl Evidence {
    /// Log-odds of one finger against two, as of the pairs that the weights were fitted on.
    pub(crate) fn score(&self) -> f32 {
        let measures = self.measures();
        let sum = |weights: &[f32]| {
            weights
                .iter()
                .zip(&measures)
                .map(|(weight, measure)| weight * measure)
                .sum::<f32>()
        };
        if self.overlap.is_some() {
            WITH_FIELD.0 + sum(&WITH_FIELD.1)
        } else {
            WITHOUT_FIELD.0 - COARSE + sum(&WITHOUT_FIELD.1)
        }
    }

    pub(crate) fn measures(&self) -> [f32; ALL] {
        let mean = |sum: f32| sum / self.pairs.max(1.0);
        let met = self.pairs + 2.0;
        let share = met * met / ((met + self.probe_alone) * (met + self.reference_alone));
        let core = self.weight * share * share.sqrt();
        let overlap = self.overlap.unwrap_or_default();
        let agreement = overlap.agreement / (overlap.compared + 3.0);
        [
            core.sqrt(),
            libm::logf(1.0 + core),
            libm::logf(1.0 + self.weight),
            libm::logf(1.0 + self.probe_alone + self.reference_alone),
            libm::logf(1.0 + self.probe_alone.min(self.reference_alone)),
            mean(self.alike),
            mean(self.distance),
            mean(self.turn),
            mean(self.same_kind),
            libm::logf(self.fewer.max(1.0)),
            libm::logf(1.0 + overlap.shared),
            agreement,
            agreement * libm::logf(1.0 + overlap.compared),
            agreement * core.sqrt(),
        ]
    }
}

/// What a score without the field is lowered by, so that [`crate::calibration`] holds for it too: prints without it come
/// from interchange records, whose coarser directions fit by chance more often. `cargo xtask accuracy --records` measures it.
const COARSE: f32 = 0.85;

/// Constant and weights.
const WITH_FIELD: (f32, [f32; ALL]) = (
    -0.6922,
    [
        0.3478, -1.0260, 2.3069, -0.0126, 1.0651, -6.8982, -8.1362, -7.2783, 1.3833, -3.2083, -0.1386, -3.0197,
        -0.3421, 10.6005,
    ],
);
const WITHOUT_FIELD: (f32, [f32; MINUTIAE]) = (
    -3.9401,
    [
        4.6365, 6.1054, 0.6240, 0.9052, 1.3409, -7.0508, -9.0639, -12.0748, 1.2972, -3.5557,
    ],
);

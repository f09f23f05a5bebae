//! One line of the benchmark.

use crate::statistics::Sample;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// seconds per call; less is better
    Time,
    /// calls per second, out of the times; more is better
    Rate,
}

/// One line: a figure beside a peer or a limit of the same run.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// what was measured
    pub(crate) what: String,
    /// what came of it
    pub(crate) result: Measurement,
}

/// What came of a row.
#[derive(Clone, Debug)]
pub(crate) enum Measurement {
    /// both sides were measured
    Done {
        /// what the figures count
        unit: Unit,
        /// of the subject
        figure: Sample,
        /// what stands beside it
        peer: String,
        /// of the peer
        limit: Sample,
        /// what is in the figures and what is not
        contains: String,
    },
    /// not on this machine, and why
    Skipped(String),
}

impl Row {
    /// A row of times.
    pub(crate) fn times(
        what: impl Into<String>,
        (figure, limit): (Sample, Sample),
        peer: impl Into<String>,
        contains: impl Into<String>,
    ) -> Self {
        let result = Measurement::Done {
            unit: Unit::Time,
            figure,
            peer: peer.into(),
            limit,
            contains: contains.into(),
        };
        Self {
            what: what.into(),
            result,
        }
    }

    /// The same, counted per second.
    pub(crate) fn rates(
        what: impl Into<String>,
        (figure, limit): (Sample, Sample),
        peer: impl Into<String>,
        contains: impl Into<String>,
    ) -> Self {
        let result = Measurement::Done {
            unit: Unit::Rate,
            figure,
            peer: peer.into(),
            limit,
            contains: contains.into(),
        };
        Self {
            what: what.into(),
            result,
        }
    }

    /// A row that this machine cannot fill.
    pub(crate) fn skipped(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            result: Measurement::Skipped(reason.into()),
        }
    }
}

impl Unit {
    /// Seconds of a call in this unit.
    pub(crate) fn of(self, seconds: f64) -> f64 {
        match self {
            Self::Time => seconds,
            // A time of nothing is below the clock's step.
            Self::Rate => 1.0 / seconds.max(1e-9),
        }
    }

    /// As JSON names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Time => "seconds",
            Self::Rate => "per-second",
        }
    }
}

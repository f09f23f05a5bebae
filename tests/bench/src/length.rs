//! How long a run is.

/// How long a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// figures to go by
    Full,
    /// enough to see that every row works
    Quick,
}

impl Length {
    /// The one for a full run, or the one for a quick one.
    pub(crate) fn pick<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

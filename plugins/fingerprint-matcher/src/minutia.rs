//! One minutia.

/// What happens to the ridge; ISO/IEC 19794-2:2005, section 5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// cannot be told (comes from imported records)
    Other,
    /// a ridge ends
    Ending,
    /// a ridge forks
    Bifurcation,
}

/// A place where a ridge ends or forks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minutia {
    /// pixels at 500 dpi from the left
    pub x: u16,
    /// pixels at 500 dpi from the top
    pub y: u16,
    /// 1/256 of a turn, counter-clockwise from the right: along the ridge that ends, or into the valley that the fork
    /// encloses
    pub angle: u8,
    /// what happens to the ridge
    pub kind: Kind,
    /// 1 worst to 100 best, 0 not known
    pub quality: u8,
}

//! What two images are to each other.

use crate::name::ImageName;

/// Kinds of pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// one finger, one set
    Genuine,
    /// one finger on two sensors
    CrossSensor,
    /// two fingers
    Impostor,
}

impl Relation {
    /// Of these two images.
    #[must_use]
    pub fn of(a: &ImageName, b: &ImageName) -> Self {
        match (a.is_finger_of(b), a.set == b.set) {
            (true, true) => Self::Genuine,
            (true, false) => Self::CrossSensor,
            (false, _) => Self::Impostor,
        }
    }
}

use std::fmt;

/// The parts that all forms have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// once, at the beginning
    Header,
    /// of each finger view (2005, 378) or representation (2011)
    View,
    /// of a view
    Minutia,
    /// of a view, after its minutiae
    Extended,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "the record's header",
            Self::View => "the header of a finger view",
            Self::Minutia => "a minutia",
            Self::Extended => "the extended data",
        })
    }
}

/// Where a standard says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// its number and year
    pub standard: &'static str,
    /// the clause
    pub clause: &'static str,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.standard, self.clause)
    }
}

/// A standard, and where it says what about each part.
#[derive(Debug)]
pub(super) struct Standard {
    pub(super) name: &'static str,
    pub(super) header: &'static str,
    pub(super) view: &'static str,
    pub(super) minutia: &'static str,
    pub(super) extended: &'static str,
}

impl Standard {
    pub(super) fn rule(&self, part: Part) -> Rule {
        let clause = match part {
            Part::Header => self.header,
            Part::View => self.view,
            Part::Minutia => self.minutia,
            Part::Extended => self.extended,
        };
        Rule {
            standard: self.name,
            clause,
        }
    }
}

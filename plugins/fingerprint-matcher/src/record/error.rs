use super::standard::{Part, Rule};
use std::fmt;

/// Why a record cannot be read or written. Shown, it is a sentence for people, without anything of the print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// the record breaks a rule
    Refused {
        /// counted from 0: where what is wrong begins
        byte: usize,
        /// what is wrong
        flaw: Flaw,
        /// which rule that breaks
        rule: Rule,
    },
    /// the template to be written cannot be read
    Template,
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// it does not begin with `FMR` and a zero byte
    Foreign,
    /// not the version that this standard has; the one that it has
    Version(&'static str),
    /// it states another length than it has
    Length {
        /// bytes, as stated
        stated: usize,
        /// bytes, as they are
        actual: usize,
    },
    /// it, or a representation in it, ends before this part does
    CutOff(Part),
    /// so many bytes belong to nothing
    LeftOver(usize),
    /// a number out of its range
    Number {
        /// whose
        what: &'static str,
        /// as it is
        value: u32,
        /// as it can be
        from: u32,
        /// as it can be
        to: u32,
    },
    /// bits that have no meaning
    Kind,
    /// a minutia beyond the image's right or lower edge; which side, and how long it is in pixels
    Outside {
        /// across or down
        side: &'static str,
        /// pixels
        pixels: u16,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { byte, flaw, rule } => write!(f, "byte {byte}: {flaw} ({rule})"),
            Self::Template => f.write_str("the template is not one that this plugin can write as a record"),
        }
    }
}

impl std::error::Error for RecordError {}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str("the record does not begin with \"FMR\" and a zero byte"),
            Self::Version(version) => write!(f, "the record's version is not \"{version}\" and a zero byte"),
            Self::Length { stated, actual } => {
                write!(f, "the length is stated as {stated} bytes where there are {actual}")
            }
            Self::CutOff(part) => write!(f, "{part} is cut off"),
            Self::LeftOver(1) => f.write_str("1 byte belongs to no part of the record"),
            Self::LeftOver(bytes) => write!(f, "{bytes} bytes belong to no part of the record"),
            Self::Number { what, value, from, to } => write!(f, "{what} {value} is not between {from} and {to}"),
            Self::Kind => f.write_str("a minutia is neither ending, bifurcation nor other"),
            Self::Outside { side, pixels } => {
                write!(f, "a minutia lies outside the image, which has {pixels} pixels {side}")
            }
        }
    }
}

//! The polling station that a roll is for, and the election.

use crate::date::Date;

/// Longest text, in characters.
const MAX_CHARACTERS: usize = 200;

/// A polling station and an election; every text is 1 to 200 printable characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    id: String,
    name: String,
    region: String,
    election: String,
    election_date: Date,
}

/// A text about the station that cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {0} must be 1 to 200 printable characters without spaces at its ends; correct it")]
pub struct StationError(&'static str);

impl Station {
    /// A station by its number, name and region, and an election by its identifier and day.
    ///
    /// # Errors
    /// [`StationError`] names the first text that is empty, too long or has characters that cannot be shown.
    pub fn new(id: &str, name: &str, region: &str, election: &str, election_date: Date) -> Result<Self, StationError> {
        Ok(Self {
            id: printable("station's id", id)?,
            name: printable("station's name", name)?,
            region: printable("region", region)?,
            election: printable("election's id", election)?,
            election_date,
        })
    }

    /// For example `2041`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// For example `School no. 5`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For example `Osh`.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// For example `presidential-2027`.
    #[must_use]
    pub fn election(&self) -> &str {
        &self.election
    }

    /// The day on which ages count.
    #[must_use]
    pub fn election_date(&self) -> Date {
        self.election_date
    }
}

fn printable(what: &'static str, text: &str) -> Result<String, StationError> {
    is_printable(text).then(|| text.to_owned()).ok_or(StationError(what))
}

/// Can be shown and printed as it is: 1 to 200 characters, none of them a control, no space at either end.
pub(crate) fn is_printable(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= MAX_CHARACTERS
        && !text.chars().any(char::is_control)
}

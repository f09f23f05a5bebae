//! When people were born.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// for example 1987
    pub year: u16,
    /// 1 to 12
    pub month: u8,
    /// 1 to 31
    pub day: u8,
}

/// The election day for which the ages are made.
pub const ELECTION: Date = Date {
    year: 2027,
    month: 1,
    day: 24,
};

/// Ages on election day, full years: first, last, and how many of 1,000 voters.
const AGES: [(u16, u16, u32); 8] = [
    (18, 24, 150),
    (25, 34, 235),
    (35, 44, 215),
    (45, 54, 155),
    (55, 64, 140),
    (65, 74, 75),
    (75, 84, 23),
    (85, 95, 7),
];

/// Days of the months of 2026, the year before election day.
const MONTHS: [u16; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

impl Date {
    /// A random birth date of a voter: 18 to 95 years old on [`ELECTION`].
    pub(super) fn random_birth(generator: &mut ChaCha8Rng) -> Date {
        let mut rank = generator.random_range(0..1000_u32);
        let (mut first, mut last) = (18, 24);
        for (from, to, share) in AGES {
            (first, last) = (from, to);
            if rank < share {
                break;
            }
            rank -= share;
        }
        let age = generator.random_range(first..=last);
        let (last_birthday_year, month, day) = day_before_election(generator.random_range(0..365_u16));
        Date {
            year: last_birthday_year - age,
            month,
            day,
        }
    }

    /// Full years from this date to another one: the age then. 0 if the other is earlier.
    #[must_use]
    pub fn years_to(self, then: Date) -> u16 {
        let had_birthday = (then.month, then.day) >= (self.month, self.day);
        then.year
            .saturating_sub(self.year)
            .saturating_sub(u16::from(!had_birthday))
    }
}

impl std::fmt::Display for Date {
    /// Year, month and day: `1987-05-09`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Year, month and day of the day `back` days before election day; `back` is 0 to 364.
fn day_before_election(back: u16) -> (u16, u8, u8) {
    let mut day = if back < 24 { 24 - back } else { 389 - back.min(364) };
    let year = if back < 24 { ELECTION.year } else { ELECTION.year - 1 };
    let mut month = 1;
    for length in MONTHS {
        if day <= length {
            break;
        }
        day -= length;
        month += 1;
    }
    (year, month, u8::try_from(day).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_before_the_election_is_counted_back_day_by_day() {
        assert_eq!(day_before_election(0), (2027, 1, 24));
        assert_eq!(day_before_election(23), (2027, 1, 1));
        assert_eq!(day_before_election(24), (2026, 12, 31));
        assert_eq!(day_before_election(364), (2026, 1, 25));
    }

    #[test]
    fn a_person_is_a_year_older_on_the_birthday() {
        let birth = Date {
            year: 2009,
            month: 1,
            day: 24,
        };
        assert_eq!(birth.years_to(ELECTION), 18);
        assert_eq!(Date { day: 25, ..birth }.years_to(ELECTION), 17);
    }
}

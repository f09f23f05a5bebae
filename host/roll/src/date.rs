//! A day of the calendar.

use std::ops::RangeInclusive;

/// Nobody born earlier votes, and no election is planned later.
const YEARS: RangeInclusive<u16> = 1900..=2199;

/// A day of the Gregorian calendar, in the years 1900 to 2199.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    // in this order, so that the derived order is the calendar's
    year: u16,
    month: u8,
    day: u8,
}

/// A text that is no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a date of the years 1900 to 2199; write it as 2026-01-24")]
pub struct DateError;

impl Date {
    /// Month 1 to 12, day 1 to the month's last; none for a day that the calendar does not have.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        (YEARS.contains(&year) && (1..=last).contains(&day)).then_some(Self { year, month, day })
    }

    /// 1900 to 2199
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// 1 to 12
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// 1 to 31
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }

    /// Whole years from this day to `on`, 0 where `on` is earlier. Who was born on 29 February is a year older on 1
    /// March of a common year.
    #[must_use]
    pub fn years_until(self, on: Self) -> u8 {
        let birthday_to_come = (on.month, on.day) < (self.month, self.day);
        let years = on
            .year
            .saturating_sub(self.year)
            .saturating_sub(u16::from(birthday_to_come));
        u8::try_from(years).unwrap_or(u8::MAX)
    }
}

impl std::str::FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let parse = || {
            Self::new(
                text[0..4].parse().ok()?,
                text[5..7].parse().ok()?,
                text[8..10].parse().ok()?,
            )
        };
        shape.then(parse).flatten().ok_or(DateError)
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        let cases = [
            ("1987-03-14", true),
            ("2024-02-29", true),
            ("2000-02-29", true),
            ("2100-02-29", false),
            ("2023-02-29", false),
            ("1987-04-31", false),
            ("1987-13-01", false),
            ("1987-00-01", false),
            ("1987-01-00", false),
            ("1899-12-31", false),
            ("2200-01-01", false),
            ("1987-3-14", false),
            ("14-03-1987", false),
            ("1987/03/14", false),
            ("+987-03-14", false),
            ("1987-03-14 ", false),
            ("", false),
            ("१९८७-०३-१४", false),
        ];
        for (text, good) in cases {
            let date = text.parse::<Date>();
            assert_eq!(date.is_ok(), good, "{text}");
            if let Ok(date) = date {
                assert_eq!(date.to_string(), text);
            }
        }
    }

    #[test]
    fn a_voter_is_a_year_older_on_the_birthday_itself() {
        let cases = [
            ("1987-03-14", "2026-03-13", 38),
            ("1987-03-14", "2026-03-14", 39),
            ("2008-02-29", "2026-02-28", 17),
            ("2008-02-29", "2026-03-01", 18),
            ("2026-03-14", "2026-03-14", 0),
            ("2030-01-01", "2026-03-14", 0),
            ("1900-01-01", "2199-12-31", 255),
        ];
        for (born, on, age) in cases {
            let date = |text: &str| text.parse::<Date>().expect("a date");
            assert_eq!(date(born).years_until(date(on)), age, "{born} on {on}");
        }
    }
}

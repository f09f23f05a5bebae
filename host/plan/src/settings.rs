//! The station's settings: what an election changes most often, without new code.

use crate::plan::FORMAT;
use crate::{Refused, read};
use serde::{Deserialize, Serialize};

/// Settings of one election.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// 1
    pub format: u32,
    /// the host's rules, which no plugin can break (design, section 4)
    pub rules: Rules,
    /// the policy's own settings (thresholds, attempts, fallback order), as the policy takes them: it checks them before they
    /// become active
    #[serde(default)]
    pub policy: serde_json::Map<String, serde_json::Value>,
    /// when the polls are open
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
}

/// The host's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rules {
    /// no score below this admits anyone, 300 to 2,000
    pub floor: u16,
    /// officers' overrides that are expected at most
    pub overrides: u16,
    /// how well names on document and roll must agree, 0 to 100
    pub name_agreement: u8,
}

/// Opening hours, local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hours {
    /// `08:00`
    pub opens: TimeOfDay,
    /// `20:00`
    pub closes: TimeOfDay,
}

/// Minutes after local midnight, written `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// Minutes after midnight, 0 to 1,439.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a time of day; write it as 08:00");
        let two = |part: &str| (part.len() == 2).then(|| part.parse::<u16>().ok()).flatten();
        let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
        match (two(hours), two(minutes)) {
            (Some(hours @ 0..24), Some(minutes @ 0..60)) => Ok(Self(hours * 60 + minutes)),
            _ => Err(wrong()),
        }
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        format!("{:02}:{:02}", time.0 / 60, time.0 % 60)
    }
}

impl Settings {
    /// Reads and checks settings; `document` is what its file or target is called. What stands under `policy` is for the policy
    /// to check.
    ///
    /// # Errors
    /// [`Refused`], with the setting and its range.
    pub fn read(document: &str, bytes: &[u8]) -> Result<Self, Refused> {
        let settings: Self = read(document, bytes)?;
        let range = |name: &str, value: u32, low: u32, high: u32| {
            (value < low || value > high).then(|| format!("`{name}` is {value}, but must be {low} to {high}"))
        };
        let Rules {
            floor, name_agreement, ..
        } = settings.rules;
        let mistake = range("format", settings.format, FORMAT, FORMAT)
            .or_else(|| range("rules.floor", floor.into(), 300, 2_000))
            .or_else(|| range("rules.name-agreement", name_agreement.into(), 0, 100))
            .or_else(|| {
                let hours = settings.hours.filter(|hours| hours.opens >= hours.closes)?;
                let (opens, closes) = (String::from(hours.opens), String::from(hours.closes));
                Some(format!("`hours` end at {closes}, which is not after {opens}"))
            });
        match mistake {
            None => Ok(settings),
            Some(message) => Err(Refused::new(document, message)),
        }
    }

    /// As they are signed.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// The policy's own settings, as the policy takes them.
    #[must_use]
    pub fn for_policy(&self) -> String {
        serde_json::Value::Object(self.policy.clone()).to_string()
    }
}

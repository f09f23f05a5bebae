//! Waves: from when a kiosk takes a release, by a number that it keeps for ever.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Seeds are below this.
pub const SEEDS: u16 = 2_048;

/// A kiosk's number among the waves, 0 to 2,047: the same for all releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(u16);

impl Seed {
    /// The seed of a kiosk, out of the first two bytes of the SHA-256 of its journal's name.
    #[must_use]
    pub fn of(kiosk: &str) -> Self {
        let digest = Sha256::digest(kiosk.as_bytes());
        Self(u16::from_be_bytes([digest[0], digest[1]]) % SEEDS)
    }

    /// A seed by number; higher ones begin anew at 0.
    #[must_use]
    pub fn new(number: u16) -> Self {
        Self(number % SEEDS)
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0
    }
}

/// When which share of the kiosks takes a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Waves {
    /// the first moment
    pub start: Timestamp,
    /// each later than the one before it and with a larger share
    pub steps: Vec<Step>,
}

/// One wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// minutes after the start
    pub after_minutes: u32,
    /// kiosks with seeds below this take it, 1 to 2,048
    pub share: u16,
}

impl Waves {
    /// When a kiosk takes the release; `None` where no wave reaches it.
    #[must_use]
    pub fn begins(&self, seed: Seed) -> Option<Timestamp> {
        let step = self.steps.iter().find(|step| seed.number() < step.share)?;
        let after = SignedDuration::from_mins(i64::from(step.after_minutes));
        self.start.checked_add(after).ok()
    }

    /// What is wrong with these waves, if anything is.
    #[must_use]
    pub fn mistake(&self) -> Option<String> {
        if self.steps.is_empty() {
            return Some("waves need at least one step".to_owned());
        }
        if let Some(step) = self.steps.iter().find(|step| step.share == 0 || step.share > SEEDS) {
            return Some(format!("a wave's share is {}, but must be 1 to {SEEDS}", step.share));
        }
        self.steps.windows(2).find_map(|pair| {
            let grows = pair[0].share < pair[1].share && pair[0].after_minutes < pair[1].after_minutes;
            (!grows).then(|| "each wave must be later than the one before it, and larger".to_owned())
        })
    }
}

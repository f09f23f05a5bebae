//! The emergency list: what no longer runs. Its keys can stop a release, and nothing else (design, section 4, rule 9).

use crate::item::ItemId;
use crate::names::EMERGENCY;
use crate::plan::FORMAT;
use crate::{Refused, read};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Emergency {
    /// 1
    pub format: u32,
    /// grows with every list
    pub counter: u64,
    /// when it was made
    pub made: Timestamp,
    /// what does not run any more: a kiosk goes back to its last good release that is not listed and not below the floor
    pub withdrawn: Vec<Withdrawal>,
}

/// One release that does not run any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Withdrawal {
    /// of which item
    pub item: ItemId,
    /// which release
    pub counter: u32,
    /// why, as a code
    pub reason: String,
}

impl Emergency {
    /// A list without anything.
    #[must_use]
    pub fn empty(made: Timestamp) -> Self {
        Self {
            format: FORMAT,
            counter: 1,
            made,
            withdrawn: Vec::new(),
        }
    }

    /// Reads and checks a list.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let list: Self = read(EMERGENCY, bytes)?;
        if list.format != FORMAT {
            let message = format!(
                "its format is {}, this program reads {FORMAT}; update the kiosk first",
                list.format
            );
            return Err(Refused::new(EMERGENCY, message));
        }
        Ok(list)
    }

    /// As it is signed.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// Why a release no longer runs, where it does not.
    #[must_use]
    pub fn reason(&self, item: &ItemId, counter: u32) -> Option<&str> {
        self.withdrawn
            .iter()
            .find(|one| one.counter == counter && one.item == *item)
            .map(|one| one.reason.as_str())
    }
}

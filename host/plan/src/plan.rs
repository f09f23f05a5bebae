//! The plan: what runs on every kiosk.

use crate::item::{Item, ItemId, Kind};
use crate::names::{PLAN, is_name, vendor_prefix};
use crate::vendor::Vendor;
use crate::{Refused, read};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The form of these documents that this program reads.
pub const FORMAT: u32 = 1;

/// The plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// 1
    pub format: u32,
    /// grows with every plan; a kiosk takes no plan with a smaller one than it has seen
    pub counter: u64,
    /// when it was made
    pub made: Timestamp,
    /// by name
    #[serde(default)]
    pub vendors: BTreeMap<String, Vendor>,
    /// by kind and name, each once
    #[serde(default)]
    pub items: Vec<Item>,
}

impl Plan {
    /// A plan without anything.
    #[must_use]
    pub fn empty(made: Timestamp) -> Self {
        Self {
            format: FORMAT,
            counter: 1,
            made,
            vendors: BTreeMap::new(),
            items: Vec::new(),
        }
    }

    /// Reads and checks a plan.
    ///
    /// # Errors
    /// [`Refused`], with the item and the rule.
    pub fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let plan: Self = read(PLAN, bytes)?;
        plan.check()?;
        Ok(plan)
    }

    /// As it is signed: the same plan gives the same bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        // Maps with strings as keys and plain values: there is nothing that JSON cannot hold.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// The item with this kind and name.
    #[must_use]
    pub fn item(&self, id: &ItemId) -> Option<&Item> {
        self.items
            .iter()
            .find(|item| item.kind == id.kind && item.name == id.name)
    }

    /// The vendor under whose prefix a target stands.
    #[must_use]
    pub fn vendor_of(&self, target: &str) -> Option<(&str, &Vendor)> {
        self.vendors
            .iter()
            .find(|(name, _)| target.starts_with(&vendor_prefix(name)))
            .map(|(name, vendor)| (name.as_str(), vendor))
    }

    /// Holds the plan against its rules.
    ///
    /// # Errors
    /// [`Refused`], with the item and the rule.
    pub fn check(&self) -> Result<(), Refused> {
        let refused = |message: String| Err(Refused::new(PLAN, message));
        if self.format != FORMAT {
            return refused(format!(
                "its format is {}, this program reads {FORMAT}; update the kiosk first",
                self.format
            ));
        }
        if let Some(name) = self.vendors.keys().find(|name| !is_name(name)) {
            return refused(format!(
                "the vendor's name `{name}` must be 1 to 64 of a-z, 0-9 and -, a letter first"
            ));
        }
        let mut seen = BTreeSet::new();
        let mut single = BTreeSet::new();
        for item in &self.items {
            let id = item.id();
            if let Some(message) = item.mistake().or_else(|| self.ungranted(item)) {
                return refused(format!("{id}: {message}"));
            }
            if item.kind.is_single() && !single.insert(item.kind) {
                return refused(format!(
                    "{id}: there is another {} already, and a kiosk has one",
                    item.kind
                ));
            }
            if !seen.insert(id.clone()) {
                return refused(format!("{id}: it is named twice"));
            }
        }
        Ok(())
    }

    /// What a driver is granted beyond what its vendor may have.
    fn ungranted(&self, item: &Item) -> Option<String> {
        if item.kind != Kind::Driver {
            return None;
        }
        item.releases.iter().find_map(|release| {
            let target = &release.file.target;
            let Some((name, vendor)) = self.vendor_of(target) else {
                return Some(format!(
                    "release {}: `{target}` stands under no vendor's prefix",
                    release.counter
                ));
            };
            if let Some(vectors) = release
                .vectors
                .as_ref()
                .filter(|file| !file.target.starts_with(&vendor_prefix(name)))
            {
                return Some(format!(
                    "release {}: `{}` is not under `{}`",
                    release.counter,
                    vectors.target,
                    vendor_prefix(name)
                ));
            }
            let excess = vendor.excess(&release.usb)?;
            Some(format!("release {} of vendor {name}: {excess}", release.counter))
        })
    }
}

//! Under which terms a release runs: the bytes, and what the commission grants them. Another plan can change the grants of the
//! same bytes, and is then taken like another release.

use plan::item::{File, Identity, Item, ItemId, Release};
use plan::plan::Plan;
use plugin_package::UsbAsk;
use plugin_runtime::grants::Allowed;
use plugin_runtime::signed::Signed;

/// What a plan says of a release, but for when it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// the component or document
    pub file: File,
    /// who the plugin is; none for settings and messages
    pub plugin: Option<Identity>,
    /// its golden vectors
    pub vectors: Option<File>,
    name: String,
    usb: Vec<UsbAsk>,
    rows: Vec<String>,
    classes: Option<Vec<u8>>,
}

impl Terms {
    /// The terms of a release in a plan.
    #[must_use]
    pub fn of(plan: &Plan, item: &Item, release: &Release) -> Self {
        let vendor = plan.vendor_of(&release.file.target).map(|(_, vendor)| vendor);
        Self {
            file: release.file.clone(),
            plugin: release.plugin.clone(),
            vectors: release.vectors.clone(),
            name: item.name.clone(),
            usb: release.usb.clone(),
            rows: release.rows.clone(),
            // A driver stands under a vendor's prefix; what is no driver touches no device.
            classes: Some(vendor.map(|vendor| vendor.classes.clone()).unwrap_or_default()),
        }
    }

    /// The terms of a release in a plan, where it has it.
    #[must_use]
    pub fn find(plan: &Plan, id: &ItemId, counter: u32) -> Option<Self> {
        let item = plan.item(id)?;
        let release = item.release(counter)?;
        Some(Self::of(plan, item, release))
    }

    /// What the plugin must say of itself.
    #[must_use]
    pub fn signed(&self) -> Option<Signed> {
        Some(Signed {
            name: self.name.clone(),
            digest: self.file.sha256.parse().ok()?,
            identity: self.plugin.clone()?,
        })
    }

    /// What the plugin may reach.
    #[must_use]
    pub fn allowed(&self) -> Allowed {
        Allowed {
            usb: self.usb.clone(),
            rows: self.rows.clone(),
            classes: self.classes.clone(),
        }
    }
}

//! What the drivers of a vendor may be granted at most.

use plugin_package::UsbAsk;
use serde::{Deserialize, Serialize};

/// A vendor of drivers. The key in the plan is its name; its role and prefix follow from it ([`crate::names`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Vendor {
    /// devices that its drivers may be granted
    pub devices: Vec<Devices>,
    /// bInterfaceClass of the interfaces that its drivers may be given; checked when one is claimed
    pub classes: Vec<u8>,
    /// limits of every grant
    #[serde(default)]
    pub limits: Limits,
}

/// Devices of one idVendor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Devices {
    /// idVendor
    pub vendor: u16,
    /// idProduct of each
    pub products: Vec<u16>,
}

/// Limits of a vendor's grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// longest bulk or interrupt transfer in bytes, 1 to 1,048,576
    pub max_length: u32,
    /// longest data stage of a control request in bytes
    pub max_control_length: u16,
    /// control requests that may be listed for one interface
    pub max_control_requests: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_length: 1 << 20,
            max_control_length: 4_096,
            max_control_requests: 64,
        }
    }
}

impl Vendor {
    /// What of a driver's asks this vendor's drivers may not be granted: one sentence for the first thing.
    #[must_use]
    pub fn excess(&self, asks: &[UsbAsk]) -> Option<String> {
        asks.iter().find_map(|ask| self.excess_of(ask))
    }

    fn excess_of(&self, ask: &UsbAsk) -> Option<String> {
        let device = format!("{:04x}:{:04x}", ask.vendor, ask.product);
        let known = self
            .devices
            .iter()
            .any(|devices| devices.vendor == ask.vendor && devices.products.contains(&ask.product));
        if !known {
            return Some(format!(
                "the device {device} is none that the commission allowed this vendor"
            ));
        }
        let Limits {
            max_length,
            max_control_length,
            max_control_requests,
        } = self.limits;
        if let Some(endpoint) = ask.endpoints.iter().find(|endpoint| endpoint.max_length > max_length) {
            return Some(format!(
                "endpoint 0x{:02x} of {device} has transfers of {} bytes, over this vendor's limit of {max_length}",
                endpoint.address, endpoint.max_length
            ));
        }
        if let Some(control) = ask
            .control
            .iter()
            .find(|control| control.max_length > max_control_length)
        {
            return Some(format!(
                "control request 0x{:02x} of {device} has {} bytes, over this vendor's limit of {max_control_length}",
                control.request, control.max_length
            ));
        }
        (ask.control.len() > usize::from(max_control_requests)).then(|| {
            format!(
                "{device} has {} control requests, over this vendor's limit of {max_control_requests}",
                ask.control.len()
            )
        })
    }
}

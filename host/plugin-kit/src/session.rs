//! A driver on its device, for one call: a device that is plugged in, or a recording.

use crate::sentence::Sentence;
use devices::bus::{Bus, Place};
use devices::transfer::ClaimedInterface;
use plugin_runtime::grants::Allowed;
use plugin_runtime::plugin::{LogMode, Plugin};
use plugin_runtime::runtime::Runtime;
use std::path::Path;

pub use plugin_runtime::session::{Gave, call, call_name, test_receipt};

/// Loads a plugin on a developer's machine: with all that it asks for, and with all that it says.
///
/// # Errors
/// A sentence.
pub fn load(path: &Path) -> Result<(Runtime, Plugin, Vec<u8>), Sentence> {
    let bytes = plugin_runtime::plugin::read(path)?;
    let manifest = plugin_package::read_manifest(&bytes)?;
    let runtime = Runtime::new(LogMode::Development)?;
    let plugin = runtime.load(&bytes, None, &Allowed::all_asked(&manifest))?;
    Ok((runtime, plugin, bytes))
}

/// Claims the device that the driver asks for.
///
/// # Errors
/// A sentence: nothing of the kind is plugged in, or it cannot be used.
pub fn claim(
    bus: &dyn Bus,
    plugin: &Plugin,
    port: Option<&str>,
) -> Result<(Place, Vec<Box<dyn ClaimedInterface>>), Sentence> {
    let found = bus.list()?;
    let asked: Vec<(u16, u16, u8)> = plugin.grants().interfaces().collect();
    let fits = |one: &&devices::bus::Found| {
        let wanted = asked
            .iter()
            .any(|(vendor, product, _)| (*vendor, *product) == (one.vendor_id, one.product_id));
        wanted && port.is_none_or(|port| one.place.port == port)
    };
    let Some(device) = found.iter().find(fits) else {
        let kinds: Vec<String> = asked
            .iter()
            .map(|(vendor, product, _)| format!("{vendor:04x}:{product:04x}"))
            .collect();
        return Err(Sentence(format!(
            "no device that `{}` drives is plugged in ({}); plug it in, or use --recording",
            plugin.name(),
            kinds.join(", ")
        )));
    };
    let interfaces = asked
        .iter()
        .filter(|(vendor, product, _)| (*vendor, *product) == (device.vendor_id, device.product_id))
        .map(|(_, _, interface)| bus.open(&device.place, *interface))
        .collect::<Result<Vec<_>, _>>()?;
    Ok((device.place.clone(), interfaces))
}

/// What a driver is started with.
///
/// # Errors
/// A sentence: the system has no randomness.
pub fn nonce() -> Result<[u8; 32], Sentence> {
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).map_err(|cause| Sentence(format!("the system gave no randomness: {cause}")))?;
    Ok(nonce)
}

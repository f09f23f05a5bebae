//! What the commission grants of what a plugin asks.

use crate::draft::Draft;
use crate::error::Error;
use plan::item::{ItemId, Kind};
use plugin_package::{Manifest, UsbAsk};

/// Of these asks, those for these devices.
pub(crate) fn only_devices(asks: &[UsbAsk], devices: &[(u16, u16)]) -> Result<Vec<UsbAsk>, String> {
    let is = |ask: &UsbAsk, (vendor, product): (u16, u16)| ask.vendor == vendor && ask.product == product;
    let unasked = devices.iter().find(|device| !asks.iter().any(|ask| is(ask, **device)));
    if let Some((vendor, product)) = unasked {
        let all: Vec<String> = asks.iter().map(device).collect();
        let all = all.join(", ");
        return Err(format!("it does not ask for {vendor:04x}:{product:04x}, but for {all}"));
    }
    let granted = asks.iter().filter(|ask| devices.iter().any(|device| is(ask, *device)));
    Ok(granted.cloned().collect())
}

/// A device as people write it.
pub(crate) fn device(ask: &UsbAsk) -> String {
    format!("{:04x}:{:04x}", ask.vendor, ask.product)
}

/// Of these rows, those.
pub(crate) fn only_rows(asks: &[String], rows: &[String]) -> Result<Vec<String>, String> {
    if let Some(row) = rows.iter().find(|row| !asks.contains(row)) {
        return Err(format!(
            "it does not ask for the rows `{row}`, but for {}",
            asks.join(", ")
        ));
    }
    Ok(asks.iter().filter(|row| rows.contains(row)).cloned().collect())
}

/// What an item's newest release is to be granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// all that its manifest asks for
    All,
    /// these devices
    Devices(Vec<(u16, u16)>),
    /// these kinds of rows
    Rows(Vec<String>),
}

impl Draft {
    /// Changes what an item's newest release is granted; `manifest` is what its component says.
    ///
    /// # Errors
    /// [`Error::Rule`] where the item has no grants, or the plugin does not ask for it.
    pub fn grant(&mut self, id: &ItemId, manifest: &Manifest, grant: &Grant) -> Result<(), Error> {
        let rule = |why: String| Error::Rule(format!("{id}: {why}"));
        let asked = manifest
            .exporter
            .as_ref()
            .map(|asks| asks.rows.clone())
            .unwrap_or_default();
        let (usb, rows) = match (id.kind, grant) {
            (Kind::Driver, Grant::All) => (manifest.usb.clone(), Vec::new()),
            (Kind::Driver, Grant::Devices(devices)) => {
                (only_devices(&manifest.usb, devices).map_err(rule)?, Vec::new())
            }
            (Kind::Exporter, Grant::All) => (Vec::new(), asked),
            (Kind::Exporter, Grant::Rows(rows)) => (Vec::new(), only_rows(&asked, rows).map_err(rule)?),
            (Kind::Driver, _) => return Err(rule("a driver is granted devices; give --device VID:PID".to_owned())),
            (Kind::Exporter, _) => return Err(rule("an exporter is granted rows; give --row ROWS".to_owned())),
            (kind, _) => return Err(rule(format!("a {kind} is granted nothing, and needs nothing"))),
        };
        let item = self.item(id)?;
        if let Some(newest) = item.releases.last_mut() {
            newest.usb = usb;
            newest.rows = rows;
        }
        Ok(self.plan.check()?)
    }
}

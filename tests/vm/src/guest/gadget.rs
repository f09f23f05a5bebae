//! Devices that this kernel is itself: a gadget, described in configfs, plugged into the kernel's dummy bus, where its own
//! USB host finds it.

use crate::Outcome;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const GADGETS: &str = "/sys/kernel/config/usb_gadget";
const DEVICES: &str = "/sys/bus/usb/devices";

/// What a gadget is.
pub(crate) struct Plan<'a> {
    /// of its folder
    pub(crate) name: &'a str,
    pub(crate) ids: (u16, u16),
    pub(crate) product: &'a str,
    /// the kernel's name for what it does, `hid` or `printer`
    pub(crate) function: &'a str,
    /// of the function
    pub(crate) attributes: &'a [(&'a str, &'a [u8])],
    /// the dummy bus's controller
    pub(crate) controller: &'a str,
}

/// A gadget, pulled when this value goes.
pub(crate) struct Gadget(PathBuf);

impl Gadget {
    /// Describes it, or takes the description that is there, and plugs it in.
    pub(crate) fn plug(plan: &Plan<'_>) -> Outcome<Self> {
        let folder = Path::new(GADGETS).join(plan.name);
        if !folder.exists() {
            describe(&folder, plan)?;
        }
        fs::write(folder.join("UDC"), plan.controller)?;
        Ok(Self(folder))
    }
}

impl Drop for Gadget {
    fn drop(&mut self) {
        // Left plugged in, the next scenario says so.
        let _ = fs::write(self.0.join("UDC"), "\n");
    }
}

fn describe(folder: &Path, plan: &Plan<'_>) -> Outcome {
    let (strings, configuration) = (folder.join("strings/0x409"), folder.join("configs/c.1"));
    let function = folder.join(format!("functions/{}.kiosk", plan.function));
    fs::create_dir(folder)?;
    fs::write(folder.join("idVendor"), format!("{:#06x}", plan.ids.0))?;
    fs::write(folder.join("idProduct"), format!("{:#06x}", plan.ids.1))?;
    fs::create_dir(&strings)?;
    fs::write(strings.join("manufacturer"), "Kiosk")?;
    fs::write(strings.join("product"), plan.product)?;
    fs::create_dir(&function)?;
    for (name, value) in plan.attributes {
        fs::write(function.join(name), value)?;
    }
    fs::create_dir(&configuration)?;
    symlink(&function, configuration.join("function"))?;
    Ok(())
}

/// The kernel's driver of a device's interface 0, if it has one.
pub(crate) fn driver_of(port: &str) -> Option<String> {
    let link = fs::read_link(Path::new(DEVICES).join(format!("{port}:1.0")).join("driver")).ok()?;
    Some(link.file_name()?.to_string_lossy().into_owned())
}

/// Waits until this gives something.
pub(crate) fn awaited<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> Outcome<T> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if started.elapsed() > PATIENCE {
            return Err(format!("{what} does not come").into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

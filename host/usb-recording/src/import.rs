//! Captures made by others' tools, as recordings.

pub mod description;
pub mod usbdevfs;
pub mod usbmon;

use crate::recording::{Event, Recording, What};
use devices::transfer::Identity;
use std::path::{Path, PathBuf};

/// A capture that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// the system
    #[error("{0} could not be read: {1}")]
    Read(PathBuf, std::io::Error),
    /// another file
    #[error("{0} is none of a recording, a pcapng file of usbmon, and a usbdevfs recording of umockdev")]
    Unknown(PathBuf),
    /// a file that breaks its format's rules
    #[error("{0} cannot be read: {1}")]
    Broken(PathBuf, &'static str),
    /// nothing that says which endpoints there are
    #[error("{0} does not say what the device is; give its umockdev description, too")]
    NoDevice(PathBuf),
    /// a recording's own text
    #[error("{0}: {1}")]
    Text(PathBuf, crate::text::TextError),
}

/// Reads a capture of any kind. A usbdevfs recording says nothing of the device, and a pcapng capture may not: those need
/// the description that `umockdev-record` makes.
///
/// # Errors
/// [`ImportError`].
pub fn read(capture: &Path, description: Option<&Path>) -> Result<Recording, ImportError> {
    let load = |path: &Path| std::fs::read(path).map_err(|cause| ImportError::Read(path.to_owned(), cause));
    let bytes = load(capture)?;
    let broken = |rule| ImportError::Broken(capture.to_owned(), rule);
    let told = match description {
        None => None,
        Some(path) => {
            let text = String::from_utf8_lossy(&load(path)?).into_owned();
            let found = description::read(&text).map_err(|rule| ImportError::Broken(path.to_owned(), rule))?;
            Some(found)
        }
    };
    if bytes.starts_with(usbmon::MAGIC) {
        let address = told.as_ref().map(|told| told.address);
        let (events, seen) = usbmon::read(&bytes, address).map_err(broken)?;
        let interfaces = match told {
            Some(told) => told.interfaces,
            None => seen.ok_or_else(|| ImportError::NoDevice(capture.to_owned()))?,
        };
        return Ok(assembled(interfaces, events));
    }
    let text = String::from_utf8(bytes).map_err(|_| ImportError::Unknown(capture.to_owned()))?;
    if text.starts_with("kiosk-usb-recording") {
        return crate::text::read(&text).map_err(|cause| ImportError::Text(capture.to_owned(), cause));
    }
    if !text.contains("USBDEVFS_") {
        return Err(ImportError::Unknown(capture.to_owned()));
    }
    let events = usbdevfs::read(&text).map_err(broken)?;
    let told = told.ok_or_else(|| ImportError::NoDevice(capture.to_owned()))?;
    Ok(assembled(told.interfaces, events))
}

/// Captures do not say to which interface a transfer belongs; its endpoint does. Control requests go over the first.
fn assembled(interfaces: Vec<Identity>, mut events: Vec<Event>) -> Recording {
    let first = interfaces.first().map_or(0, |identity| identity.interface_number);
    let owner = |endpoint: u8| {
        let has = |identity: &&Identity| identity.endpoints.iter().any(|one| one.address == endpoint);
        interfaces
            .iter()
            .find(has)
            .map_or(first, |identity| identity.interface_number)
    };
    for event in &mut events {
        if let What::Submit { interface, asked, .. } = &mut event.what {
            *interface = asked.endpoint().map_or(first, owner);
        }
    }
    Recording {
        interfaces,
        nonce: None,
        events,
    }
}

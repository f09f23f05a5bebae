//! What a plugin file is: a component (WebAssembly component model) with a manifest in a custom section.
//!
//! A vendor writes `plugin.toml`; the build embeds it as JSON in the section `kiosk:plugin`. The host reads it back from
//! the bytes that it is about to compile, so what a plugin asks for cannot differ from what was signed.

mod asks;
mod component;
mod manifest;
#[cfg(feature = "pack")]
mod packing;

pub use asks::{ControlAsk, Direction, EndpointAsk, EndpointKind, ExporterAsk, Recipient, RequestKind, UsbAsk};
pub use component::{ReadError, SECTION, imports, read_manifest};
pub use manifest::{Contract, ContractError, Manifest, ManifestError};
#[cfg(feature = "pack")]
pub use packing::{PackError, componentize};

//! Driver for the Elan swipe fingerprint scanners, 04f3:0c26: commands of two bytes over one bulk OUT endpoint, short
//! answers over one bulk IN endpoint, frames over another. Wire facts were read off a recording of the device.
//!
//! [`packet`] knows the bytes, [`frame`] makes grey pictures of frames, [`stitching`] one image of a swipe; [`reader`]
//! knows the order of the commands, [`driver`] stands behind the contract.

pub mod driver;
pub mod frame;
pub mod packet;
pub mod reader;
pub mod stitching;

#[cfg(target_arch = "wasm32")]
plugin_sdk::fingerprint_scanner!(crate::driver::Elan, "../../wit/types/v0", "../../wit/driver/v0");

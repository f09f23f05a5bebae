//! Driver for the Egis ET570 swipe fingerprint scanner, 1c7a:0570: registers over one bulk OUT and one bulk IN endpoint,
//! and transfers of five frames each over the same. Wire facts were read off a recording of the device.
//!
//! [`packet`] knows the bytes, [`frame`] makes grey pictures of frames, [`stitching`] one image of a swipe; [`reader`]
//! knows the order of the requests, [`driver`] stands behind the contract.

pub mod driver;
pub mod frame;
pub mod packet;
pub mod reader;
pub mod stitching;

#[cfg(target_arch = "wasm32")]
plugin_sdk::fingerprint_scanner!(crate::driver::Egis0570, "../../wit/types/v0", "../../wit/driver/v0");

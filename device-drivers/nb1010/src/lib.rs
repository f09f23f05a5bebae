//! Driver for the NEXT Biometrics NB-1010-U fingerprint scanner (298d:1010): strictly request and response over one bulk
//! OUT and one bulk IN endpoint. Wire facts were read off a recording of the device.
//!
//! [`packet`] knows the bytes, [`reader`] the order of the commands; [`driver`] stands behind the contract.

pub mod driver;
pub mod packet;
pub mod reader;

#[cfg(target_arch = "wasm32")]
plugin_sdk::fingerprint_scanner!(crate::driver::Nb1010, "../../wit/types/v0", "../../wit/driver/v0");

//! Driver for the Upek TouchChip TCS1 and TouchStrip fingerprint scanners (147e:2016), whose coprocessor finds the finger
//! and puts the image together: framed messages over one bulk OUT and one bulk IN endpoint. Wire facts were read off
//! recordings of two such devices.
//!
//! [`packet`] knows the bytes, [`sensor`] the two sensors, [`reader`] the order of the messages; [`driver`] stands behind
//! the contract.

pub mod driver;
pub mod packet;
pub mod reader;
pub mod sensor;

#[cfg(target_arch = "wasm32")]
plugin_sdk::fingerprint_scanner!(crate::driver::UpektcImg, "../../wit/types/v0", "../../wit/driver/v0");

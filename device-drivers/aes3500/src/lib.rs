//! Driver for the AuthenTec AES3500 fingerprint scanner (08ff:5731): registers are written over one bulk OUT endpoint,
//! and once a finger lies on the sensor one image comes over one bulk IN endpoint. Wire facts were read off a recording
//! of the device.
//!
//! [`registers`] knows what is written, [`image`] what is read, [`reader`] the order; [`driver`] stands behind the
//! contract.

pub mod driver;
pub mod image;
pub mod reader;
pub mod registers;

#[cfg(target_arch = "wasm32")]
plugin_sdk::fingerprint_scanner!(crate::driver::Aes3500, "../../wit/types/v0", "../../wit/driver/v0");

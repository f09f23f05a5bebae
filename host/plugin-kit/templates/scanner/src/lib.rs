//! Driver of the kit's example scanner: one byte asks, packets answer.
//!
//! [`protocol`] knows the bytes, [`driver`] the order of the commands.

pub mod driver;
pub mod protocol;

#[cfg(target_arch = "wasm32")]
plugin_sdk::fingerprint_scanner!(crate::driver::Example, "wit/types/v0", "wit/driver/v0");

//! Driver of the kit's example printer: text in, one byte of status back.

pub mod driver;

#[cfg(target_arch = "wasm32")]
plugin_sdk::receipt_printer!(crate::driver::Example, "wit/types/v0", "wit/driver/v0");

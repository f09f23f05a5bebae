//! Driver of the kit's example document reader: lines, each with a carriage return at its end.

pub mod driver;

#[cfg(target_arch = "wasm32")]
plugin_sdk::document_reader!(crate::driver::Example, "wit/types/v0", "wit/driver/v0");

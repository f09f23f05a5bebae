//! A station's totals, as text with tabs.
//!
//! [`table`] makes the lines; `component` hands it to the sandbox.

pub mod table;

#[cfg(target_arch = "wasm32")]
mod component;

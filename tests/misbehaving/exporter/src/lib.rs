//! A exporter that tries to break one limit of the host after another.

#[cfg(target_arch = "wasm32")]
mod component;

//! One finger, the photo, and otherwise the officers.
//!
//! [`rules`] decides; `component` hands it to the sandbox.

pub mod rules;

#[cfg(target_arch = "wasm32")]
mod component;

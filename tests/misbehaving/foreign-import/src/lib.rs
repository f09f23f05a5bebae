//! A policy that imports what its contract does not have: a clock.

#[cfg(target_arch = "wasm32")]
mod component;

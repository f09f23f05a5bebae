//! A policy that breaks off while it is instantiated.

#[cfg(target_arch = "wasm32")]
mod component;

//! A matcher of coarse grey values: the frame into which a real one goes.
//!
//! [`template`] extracts and compares; `component` hands it to the sandbox.

pub mod template;

#[cfg(target_arch = "wasm32")]
mod component;

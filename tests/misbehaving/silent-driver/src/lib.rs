//! A scanner driver that opens, and then never gives an image.

#[cfg(target_arch = "wasm32")]
mod component;

//! A scanner driver that misbehaves as its settings say, so that each limit of the host has a guest that tries to break it.

#[cfg(target_arch = "wasm32")]
mod component;

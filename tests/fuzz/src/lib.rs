//! Fuzz targets: whatever reads bytes that a stranger may have made, one target a file.
//!
//! A target turns any bytes into a call of the product, and panics where an answer breaks a promise. Its seeds are inputs
//! that get far: they are made by code, so that nothing of a real finger lies here. `main.rs` puts the targets under
//! libFuzzer; `cargo xtask fuzz` builds it with the instrumentation and runs them.

mod device;
mod hostile;
mod record;
mod sentence;
mod target;
pub mod targets;

pub use target::{MOST_TIME, Target};

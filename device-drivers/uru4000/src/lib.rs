//! Driver for the DigitalPersona U.are.U 4500 fingerprint scanner (05ba:000a): registers over vendor requests, events
//! over an interrupt endpoint that is always being read, and one scrambled image over a bulk endpoint. Wire facts were
//! read off a recording of the device; [`cipher`] says where the rest is known from.
//!
//! [`registers`] and [`image`] know the bytes, [`reader`] the order; `component` hands them to the sandbox.

pub mod cipher;
pub mod image;
pub mod reader;
pub mod registers;

#[cfg(target_arch = "wasm32")]
mod component;

//! Driver for the DigitalPersona U.are.U 4500 fingerprint scanner (05ba:000a): registers over vendor requests, events
//! over an interrupt endpoint that is always being read, and one scrambled image over a bulk endpoint. Wire facts were
//! read off a recording of the device; [`cipher`] says where the rest is known from.
//!
//! [`registers`] and [`image`] know the bytes, [`reader`] the order; [`driver`] stands behind the contract.

pub mod cipher;
pub mod driver;
pub mod image;
pub mod reader;
pub mod registers;

#[cfg(target_arch = "wasm32")]
plugin_sdk::fingerprint_scanner!(crate::driver::Uru4000, "../../wit/types/v0", "../../wit/driver/v0");

//! Driver for the DigitalPersona U.are.U 4500 (05ba:000a) and the Microsoft Fingerprint Reader v2 (045e:00ca):
//! registers over vendor requests, events over an interrupt endpoint that is always being read, and one scrambled image
//! over a bulk endpoint. Wire facts were read off a recording of each; [`cipher`] and [`challenge`] say where the rest is
//! known from.
//!
//! [`registers`], [`image`] and [`challenge`] know the bytes, [`reader`] the order, [`model`] what differs; [`driver`]
//! stands behind the contract.

pub mod challenge;
pub mod cipher;
pub mod driver;
pub mod image;
pub mod model;
pub mod reader;
pub mod registers;

#[cfg(target_arch = "wasm32")]
plugin_sdk::fingerprint_scanner!(crate::driver::Uru4000, "../../wit/types/v0", "../../wit/driver/v0");

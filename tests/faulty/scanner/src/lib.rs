//! A driver of the NB-1010-U that has one fault at a time. The protocol is the good driver's own; [`fault`] says which faults
//! there are and which is chosen, [`meddling`] puts those between driver and device that belong there.

pub mod driver;
pub mod fault;
pub mod meddling;

#[path = "../../../../device-drivers/nb1010/src/packet.rs"]
pub mod packet;
#[path = "../../../../device-drivers/nb1010/src/reader.rs"]
pub mod reader;

#[cfg(target_arch = "wasm32")]
plugin_sdk::fingerprint_scanner!(crate::driver::Faulty, "../../../wit/types/v0", "../../../wit/driver/v0");

//! Driver for document readers that type: to the computer they are keyboards of the boot protocol (USB HID 1.11, appendices B
//! and F), and send a document's lines as keys, each line with Enter behind it. The interface is claimed, so that nothing is
//! ever typed into a page.
//!
//! The reader's keyboard layout must be US English: A to Z with or without shift, 0 to 9, and `<` as shift and comma. Any
//! other key is a fault, since a wrong layout would turn characters into others. [`report`] knows the bytes, [`key`] the
//! layout, [`reader`] the order of the transfers; [`driver`] stands behind the contract.

pub mod driver;
pub mod key;
pub mod reader;
pub mod report;

#[cfg(target_arch = "wasm32")]
plugin_sdk::document_reader!(crate::driver::MrzKeyboard, "../../wit/types/v0", "../../wit/driver/v0");

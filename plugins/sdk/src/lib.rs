//! What drivers share: USB transfers as a driver sees them, faults as an operator sees them, and a trait for each kind
//! of device.
//!
//! A driver implements [`scanner::FingerprintScanner`], [`document_reader::DocumentReader`] or [`printer::ReceiptPrinter`]
//! against [`usb::Usb`] (one transfer at a time) or [`usb::Concurrent`] (several in flight), so that it runs natively
//! against a virtual or recorded device in tests. One line makes a component of it, which talks to the host's claimed
//! interface (`kiosk:driver/usb`):
//!
//! ```ignore
//! #[cfg(target_arch = "wasm32")]
//! plugin_sdk::fingerprint_scanner!(crate::reader::Reader, "../../wit/types/v0", "../../wit/driver/v0");
//! ```

mod component;
pub mod device;
pub mod document_reader;
pub mod fault;
pub mod mrz;
pub mod printer;
pub mod progress;
pub mod scanner;
pub mod swipe;
pub mod unasked;
pub mod usb;

/// What the macros of this crate generate their bindings with.
#[cfg(target_arch = "wasm32")]
pub use wit_bindgen;

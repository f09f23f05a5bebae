//! Driver for document readers on a serial line over USB (CDC 1.2, its PSTN subclass 1.2, abstract control model): a
//! communication interface for requests, a data interface that a document's lines come over.
//!
//! Two forms of a document are understood, told apart by their first byte:
//! - checked: STX (02), the lines with CR (0d) between them, and one behind the last if the reader likes, ETX (03), and the
//!   exclusive or of all bytes after STX up to and with ETX. A document over a bad line is then known.
//! - plain: every line with CR LF (0d 0a) behind it. Nothing tells a character that the line turned into another: set a
//!   reader to the checked form where it has one.
//!
//! Bytes may come in any parts. [`frame`] knows the forms, [`reader`] the order of the transfers; [`driver`] stands behind the
//! contract.

pub mod driver;
pub mod frame;
pub mod reader;

#[cfg(target_arch = "wasm32")]
plugin_sdk::document_reader!(crate::driver::MrzSerial, "../../wit/types/v0", "../../wit/driver/v0");

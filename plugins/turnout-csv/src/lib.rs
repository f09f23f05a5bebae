//! Turnout by hour, as CSV (RFC 4180): one line an hour with voters by sex, and a total.
//!
//! [`table`] makes the text out of rows; `component` reads the rows from the host and writes the text to it.

pub mod table;

#[cfg(target_arch = "wasm32")]
mod component;

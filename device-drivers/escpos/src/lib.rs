//! Driver for ESC/POS receipt printers, tried for the Epson TM-T20II (04b8:0e15, 80 mm paper). Commands are those of
//! Epson's public ESC/POS command reference.
//!
//! [`receipt`] is what is to be printed, [`code_page`] and [`commands`] make it bytes, [`status`] reads the printer's
//! answers, [`printer`] knows the order; `component` hands them to the sandbox.

pub mod code_page;
pub mod commands;
pub mod printer;
pub mod receipt;
pub mod status;

#[cfg(target_arch = "wasm32")]
mod component;

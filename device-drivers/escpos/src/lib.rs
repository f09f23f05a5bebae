//! Driver for ESC/POS receipt printers, tried for the Epson TM-T20II (04b8:0e15, 80 mm paper). Commands are those of
//! Epson's public ESC/POS command reference.
//!
//! [`code_page`] and [`commands`] make bytes of what is to be printed, [`status`] reads the printer's
//! answers, [`port`] those of its USB side; [`printer`] knows the order, [`countdown`] ends it in time; [`driver`] stands
//! behind the contract.

pub mod code_page;
pub mod commands;
pub mod countdown;
pub mod driver;
pub mod port;
pub mod printer;
pub mod status;

#[cfg(target_arch = "wasm32")]
plugin_sdk::receipt_printer!(crate::driver::EscPos, "../../wit/types/v0", "../../wit/driver/v0");

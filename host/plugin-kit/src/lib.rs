//! The vendor's tool, as a library: from an empty folder to a plugin that passes conformance, packed and signed.
//!
//! [`cli`] is what can be typed, [`commands`] what it does. [`scaffold`] begins a plugin, [`compile`] builds it, [`once`] calls
//! it, [`check`] is the conformance list, [`replay`] the regression test, [`vectors`], [`pack`] and [`sign`] make what the
//! commission gets.

pub mod bench;
pub mod bindings_c;
pub mod check;
pub mod cli;
pub mod commands;
pub mod compile;
pub mod contract;
pub mod inspect;
pub mod once;
pub mod pack;
pub mod project;
pub mod replay;
pub mod scaffold;
pub mod sentence;
pub mod session;
pub mod sign;
pub mod vectors;

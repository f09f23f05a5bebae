//! Fingerprint first: up to three attempts, then what the settings name (a document where one can be read, if they say nothing),
//! then the commission at the station.
//!
//! [`rules::decide`] is the policy, a pure function of [`settings::Settings`] and [`case::Case`]; `tests/cases.rs` is its
//! case table; `component` hands it to the sandbox.

pub mod case;
pub mod rules;
pub mod settings;

#[cfg(target_arch = "wasm32")]
mod component;

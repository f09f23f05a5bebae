//! The vendor's tool, as a library: from an empty folder to a plugin that passes conformance, packed and signed.
//!
//! [`check`] is the conformance list.

pub mod check;

//! What the commission signed, taken by a kiosk: trust, fetch, store.
//!
//! A [`client::Client`] is the workflow of The Update Framework (TUF 1.0, section 5) over the schema and signatures of `tough`. It
//! reads from a [`source::Source`] (a server: [`https`]; a folder or stick: [`folder`]), keeps what it trusts in a folder that
//! changes at once or not at all, and puts files into [`artifacts`] under their digests. [`offer`] is what a kiosk asks of it:
//! the plan and the emergency list, at a [`time`] that is passed in. What is not taken has a [`refusal`].

pub mod artifacts;
pub mod client;
mod delegation;
pub mod digest;
pub mod disk;
mod download;
pub mod folder;
pub mod https;
mod metadata;
pub mod offer;
mod pattern;
pub mod refusal;
mod search;
mod signatures;
pub mod source;
mod store;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod testing;
pub mod time;

//! The durable record of a station: events, admissions and a Merkle tree over them, in one encrypted file.
//!
//! A change and its event are one transaction ([`journal::Journal::append`]). The admissions are a table with the voter as
//! key, so that the file itself refuses a second one. [`tree`] is the RFC 6962 tree over the events, [`note`] the signed
//! checkpoint of it, [`verify`] what a court would run.

pub mod journal;
pub mod note;
mod schema;
pub mod tree;
pub mod verify;

pub use encrypted_store::{KeyError, StoreKey};

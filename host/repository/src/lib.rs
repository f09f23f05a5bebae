//! The commission's side of updates: keys, ceremonies, delegations, and the repository that kiosks read.

pub mod ceremony;
pub mod change;
pub mod configuration;
pub mod draft;
pub mod error;
pub mod grants;
pub mod key;
pub mod keyfile;
pub mod metadata;
pub mod publication;
pub mod role;
pub mod serve;
pub mod state;
pub mod status;
pub mod stick;
pub mod trial;
pub mod vendors;
pub mod verify;
pub mod withdrawal;
pub mod words;
pub mod workshop;
mod write;

pub use error::Error;

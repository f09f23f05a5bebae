//! The commission's side of updates: keys, ceremonies, delegations, and the repository that kiosks read.

pub mod ceremony;
pub mod change;
pub mod configuration;
pub mod draft;
pub mod error;
pub mod grants;
pub mod key;
pub mod keyfile;
mod limited;
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

/// Writes a file for everyone to read, in place of what is there: a reader sees the old or the new one.
///
/// # Errors
/// [`Error::File`].
pub fn write_file(path: &std::path::Path, bytes: &[u8]) -> Result<(), Error> {
    write::replace(path, bytes)
}

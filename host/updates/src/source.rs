//! Where updates come from: a server, or a folder on a stick. A source is never trusted.

use std::io::Read;

/// A repository: `metadata/` and `targets/`.
pub trait Source: Send + Sync {
    /// A whole metadata file: `timestamp.json`, `3.root.json`, `12.vendor-acme.json`. The name is percent-encoded where a
    /// role's name needs it, so it holds no `/`.
    ///
    /// # Errors
    /// [`SourceError`]; more than `limit` bytes are [`SourceError::TooLarge`], and are not read to their end.
    fn metadata(&self, name: &str, limit: u64) -> Result<Vec<u8>, SourceError>;

    /// The bytes of a target from `offset` on, or from an earlier one where the source cannot begin there. The path is the one
    /// in the repository, with the digest in its name where the repository has consistent snapshots.
    ///
    /// # Errors
    /// [`SourceError`].
    fn target(&self, path: &str, offset: u64) -> Result<Part, SourceError>;

    /// What people call it: an address, a folder.
    fn describe(&self) -> String;
}

/// A target's path as a part of an address.
#[must_use]
pub fn in_address(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'.' | b'-' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// Bytes of a target.
pub struct Part {
    /// where in the target they begin: what was asked for, or 0
    pub offset: u64,
    /// they may end early, or never: whoever reads counts
    pub bytes: Box<dyn Read + Send>,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part")
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

/// Why a source gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// it has no such file, and said so
    #[error("{0} is not there")]
    NotFound(String),
    /// it has more bytes than this file may have
    #[error("{what} has more than {limit} bytes, the most that is read of it")]
    TooLarge {
        /// which file
        what: String,
        /// the most that is read of it
        limit: u64,
    },
    /// it could not be reached, broke off, or answered what makes no sense; what happened, without a full stop
    #[error("{0}")]
    Failed(String),
}

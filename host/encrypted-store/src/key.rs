//! The key of an encrypted file.

use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// SQLCipher's raw key: 256 bits.
const KEY_BYTES: usize = 32;
/// A key file is 64 digits and a line end; more than this is some other file.
const MAX_FILE_BYTES: u64 = 256;

/// The key of a roll or a journal. Wiped when dropped; `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct StoreKey([u8; KEY_BYTES]);

/// A key file that cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// no such file
    #[error("there is no key file at {0}; give the path of the key that belongs to the roll or journal")]
    Missing(PathBuf),
    /// the system refuses, with its words
    #[error("the key file {0} could not be read ({1}); check the path and its permissions")]
    Unreadable(PathBuf, String),
    /// too short, too long or not hexadecimal
    #[error("the key file {0} does not hold 64 hexadecimal digits; copy the key file again")]
    NotHex(PathBuf),
    /// group or others have rights on it
    #[error("other users can reach the key file {0}; run `chmod 600` on it")]
    Exposed(PathBuf),
    /// never overwritten, since a file cannot be opened without its key
    #[error("{0} is there already and may be the key of a roll or journal; choose another name")]
    Exists(PathBuf),
    /// the system refuses, with its words
    #[error("the key file {0} could not be written ({1}); check the folder and its free space")]
    Unwritable(PathBuf, String),
    /// the system has no randomness
    #[error("the system gave no random numbers for a key; restart the computer and try again")]
    NoRandomness,
}

impl StoreKey {
    /// A key that these bytes are.
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// A new key from the system's randomness.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`].
    pub fn generate() -> Result<Self, KeyError> {
        let mut key = Self([0; KEY_BYTES]);
        getrandom::fill(&mut key.0).map_err(|_| KeyError::NoRandomness)?;
        Ok(key)
    }

    /// Reads a file of 64 hexadecimal digits that only its owner can reach.
    ///
    /// # Errors
    /// [`KeyError`] where the file is missing, exposed to other users, or not 64 hexadecimal digits.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let unreadable = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => KeyError::Missing(path.to_owned()),
            kind => KeyError::Unreadable(path.to_owned(), kind.to_string()),
        };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        refuse_exposed(&file, path)?;
        // Large enough from the start: a vector that grows leaves copies of the key behind.
        let mut text = Zeroizing::new(Vec::with_capacity(512));
        file.take(MAX_FILE_BYTES).read_to_end(&mut text).map_err(unreadable)?;
        from_hex(text.trim_ascii()).ok_or_else(|| KeyError::NotHex(path.to_owned()))
    }

    /// Writes a new file that only its owner can read; never overwrites one.
    ///
    /// # Errors
    /// [`KeyError`] where a file is there already or cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), KeyError> {
        let unwritable = |error: std::io::Error| match error.kind() {
            ErrorKind::AlreadyExists => KeyError::Exists(path.to_owned()),
            kind => KeyError::Unwritable(path.to_owned(), kind.to_string()),
        };
        let mut file = new_private_file(path).map_err(unwritable)?;
        let mut line = self.hex();
        line.push('\n');
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
        if written.is_err() {
            // Half a key is of no use, and would stand in the way of the next attempt.
            let _ = std::fs::remove_file(path);
        }
        written.map_err(unwritable)
    }

    /// The statement that gives SQLCipher this key as it is, without deriving another from it.
    pub(crate) fn pragma(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("PRAGMA key = \"x'{}'\"", *self.hex()))
    }

    fn hex(&self) -> Zeroizing<String> {
        let mut hex = Zeroizing::new(String::with_capacity(KEY_BYTES * 2 + 1));
        for nibble in self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
            hex.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        hex
    }
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreKey(..)")
    }
}

fn from_hex(text: &[u8]) -> Option<StoreKey> {
    let mut key = StoreKey([0; KEY_BYTES]);
    if text.len() != KEY_BYTES * 2 {
        return None;
    }
    for (byte, pair) in key.0.iter_mut().zip(text.chunks_exact(2)) {
        for digit in pair {
            let value = char::from(*digit).to_digit(16)?;
            *byte = (*byte << 4) | u8::try_from(value).ok()?;
        }
    }
    Some(key)
}

#[cfg(unix)]
fn refuse_exposed(file: &std::fs::File, path: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = file
        .metadata()
        .map_err(|error| KeyError::Unreadable(path.to_owned(), error.kind().to_string()))?;
    if metadata.permissions().mode() & 0o077 == 0 {
        Ok(())
    } else {
        Err(KeyError::Exposed(path.to_owned()))
    }
}

#[cfg(not(unix))]
fn refuse_exposed(_file: &std::fs::File, _path: &Path) -> Result<(), KeyError> {
    Ok(())
}

/// A file that was not there before and that its owner alone can reach.
///
/// # Errors
/// The system's, where it is there or cannot be made.
pub fn new_private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

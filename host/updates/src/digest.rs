//! Digests that name bytes.

use crate::refusal::Refusal;
use sha2::Digest as _;
use std::collections::HashMap;
use std::fmt::Write as _;

/// SHA-256 of a file: its name in the artifact store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256([u8; 32]);

/// SHA-512 of a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha512([u8; 64]);

/// A text that is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no digest; write {digits} hexadecimal digits")]
pub struct NotDigest {
    /// what it says
    pub text: String,
    /// how many digits it must have
    pub digits: usize,
}

impl Sha256 {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// A digest that was computed elsewhere.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Sha512 {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha512::digest(bytes).into())
    }

    /// A digest that was computed elsewhere.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

/// What was signed of a file's digests: one of the two at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digests {
    pub(crate) sha256: Option<Sha256>,
    pub(crate) sha512: Option<Sha512>,
}

/// Computes both digests of bytes that come one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hasher {
    sha256: sha2::Sha256,
    sha512: sha2::Sha512,
}

impl Digests {
    /// Out of a file's `hashes`; algorithms that are not known here are passed over.
    pub(crate) fn read(what: &str, hashes: &HashMap<String, String>) -> Result<Self, Refusal> {
        let malformed = |cause: NotDigest| Refusal::Malformed {
            what: what.to_owned(),
            cause: cause.to_string(),
        };
        let parsed = |name: &str| hashes.get(name).map(String::as_str);
        let sha256 = parsed("sha256").map(str::parse).transpose().map_err(malformed)?;
        let sha512 = parsed("sha512").map(str::parse).transpose().map_err(malformed)?;
        if sha256.is_none() && sha512.is_none() {
            return Err(Refusal::NoDigest { what: what.to_owned() });
        }
        Ok(Self { sha256, sha512 })
    }

    /// Holds bytes against all of them.
    pub(crate) fn check(&self, what: &str, bytes: &[u8]) -> Result<(), Refusal> {
        let mut hasher = Hasher::default();
        hasher.update(bytes);
        self.check_hashed(what, hasher).map(drop)
    }

    /// Holds what was hashed against all of them, and says its SHA-256.
    pub(crate) fn check_hashed(&self, what: &str, hasher: Hasher) -> Result<Sha256, Refusal> {
        let wrong = |algorithm: &'static str| Refusal::Digest {
            what: what.to_owned(),
            algorithm,
        };
        let sha256 = Sha256(hasher.sha256.finalize().into());
        let sha512 = Sha512(hasher.sha512.finalize().into());
        if self.sha256.is_some_and(|signed| signed != sha256) {
            return Err(wrong("sha256"));
        }
        if self.sha512.is_some_and(|signed| signed != sha512) {
            return Err(wrong("sha512"));
        }
        Ok(sha256)
    }

    /// The one that names the file in a repository with consistent snapshots.
    pub(crate) fn name(&self) -> String {
        match (&self.sha256, &self.sha512) {
            (Some(sha256), _) => sha256.to_string(),
            (None, Some(sha512)) => sha512.to_string(),
            (None, None) => String::new(),
        }
    }
}

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sha512.update(bytes);
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn from_hex<const N: usize>(text: &str) -> Result<[u8; N], NotDigest> {
    let wrong = || NotDigest {
        text: text.chars().take(2 * N).collect(),
        digits: 2 * N,
    };
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    let digits = digits.filter(|digits| digits.len() == 2 * N).ok_or_else(wrong)?;
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Ok(bytes)
}

impl std::fmt::Display for Sha256 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl std::fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl std::fmt::Display for Sha512 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl std::fmt::Debug for Sha512 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl std::str::FromStr for Sha256 {
    type Err = NotDigest;

    fn from_str(text: &str) -> Result<Self, NotDigest> {
        from_hex(text).map(Self)
    }
}

impl std::str::FromStr for Sha512 {
    type Err = NotDigest;

    fn from_str(text: &str) -> Result<Self, NotDigest> {
        from_hex(text).map(Self)
    }
}

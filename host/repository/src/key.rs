//! Ed25519 keys (RFC 8032): a holder's secret key, and its public half.

use crate::error::Error;
use ed25519_dalek::{Signer as _, SigningKey};
use plan::names::is_name;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use tough::schema::decoded::{Decoded, Hex};
use tough::schema::key::{Ed25519Key, Ed25519Scheme, Key};
use zeroize::Zeroizing;

/// A key's name in TUF's metadata: the SHA-256 of its canonical form.
pub type KeyId = Decoded<Hex>;

/// A key's id as it is written, and its first eight digits for people.
#[must_use]
pub fn short(id: &KeyId) -> String {
    hex(id).chars().take(8).collect()
}

/// Bytes as small hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The public half of a key, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PublicKey {
    /// who holds the secret half: a name of `a` to `z`, `0` to `9` and `-`
    pub holder: String,
    /// the key as TUF writes it
    pub key: Key,
}

impl PublicKey {
    /// The public half that these 32 bytes are.
    ///
    /// # Errors
    /// [`Error::Holder`].
    pub fn of(holder: &str, bytes: &[u8; 32]) -> Result<Self, Error> {
        if !is_name(holder) {
            return Err(Error::Holder(holder.to_owned()));
        }
        let keyval = Ed25519Key {
            public: bytes.to_vec().into(),
            _extra: HashMap::new(),
        };
        let key = Key::Ed25519 {
            keyval,
            scheme: Ed25519Scheme::Ed25519,
            _extra: HashMap::new(),
        };
        Ok(Self {
            holder: holder.to_owned(),
            key,
        })
    }

    /// Its id.
    ///
    /// # Errors
    /// [`Error::Metadata`] where the key has no canonical form.
    pub fn id(&self) -> Result<KeyId, Error> {
        self.key.key_id().map_err(Error::metadata)
    }
}

/// A secret key, in memory. Wiped when dropped; `Debug` hides it.
pub struct SecretKey {
    public: PublicKey,
    id: KeyId,
    secret: SigningKey,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.public.holder)
    }
}

impl SecretKey {
    /// A new key, of the system's randomness.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] or [`Error::Holder`].
    pub fn generate(holder: &str) -> Result<Self, Error> {
        let mut seed = Zeroizing::new([0_u8; 32]);
        getrandom::fill(&mut *seed).map_err(|_| Error::NoRandomness)?;
        Self::of(holder, &seed)
    }

    /// The key that this seed is.
    ///
    /// # Errors
    /// [`Error::Holder`].
    pub fn of(holder: &str, seed: &[u8; 32]) -> Result<Self, Error> {
        let secret = SigningKey::from_bytes(seed);
        let public = PublicKey::of(holder, secret.verifying_key().as_bytes())?;
        let id = public.id()?;
        Ok(Self { public, id, secret })
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// Who holds it.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.public.holder
    }

    pub(crate) fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.secret.to_bytes())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> tough::schema::Signature {
        tough::schema::Signature {
            keyid: self.id.clone(),
            sig: self.secret.sign(message).to_bytes().to_vec().into(),
        }
    }
}

//! TUF's documents: how they are encoded, signed and counted.

use crate::error::Error;
use crate::key::{KeyId, SecretKey, hex};
use crate::role::Role;
use ed25519_dalek::{Signature as Ed25519Signature, VerifyingKey};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroU64;
use tough::TargetName;
use tough::schema::key::Key;
use tough::schema::{Delegations, Hashes, Metafile, RoleKeys, RoleType, Root, Signed, Target, Targets};

/// The version of TUF's specification that the documents follow.
pub(crate) const SPECIFICATION: &str = "1.0.0";

/// The SHA-256 of bytes, as 64 hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hashes(bytes: &[u8]) -> Hashes {
    Hashes {
        sha256: Sha256::digest(bytes).to_vec().into(),
        _extra: HashMap::new(),
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// A target as metadata lists it.
pub(crate) fn target(bytes: &[u8]) -> Target {
    Target {
        length: length(bytes),
        hashes: hashes(bytes),
        custom: HashMap::new(),
        _extra: HashMap::new(),
    }
}

/// A document as another one lists it.
pub(crate) fn metafile(version: NonZeroU64, bytes: &[u8]) -> Metafile {
    Metafile {
        length: Some(length(bytes)),
        hashes: Some(hashes(bytes)),
        version,
        _extra: HashMap::new(),
    }
}

pub(crate) fn target_name(name: &str) -> Result<TargetName, Error> {
    TargetName::new(name).map_err(Error::metadata)
}

/// A version after another.
pub(crate) fn next(version: NonZeroU64) -> NonZeroU64 {
    version.saturating_add(1)
}

/// A document as it is written: the same document gives the same bytes.
pub(crate) fn encode<T: Serialize>(document: &T) -> Result<Vec<u8>, Error> {
    // Through a value: tough's maps have no order of their own.
    let value = serde_json::to_value(document).map_err(Error::metadata)?;
    let mut bytes = serde_json::to_vec_pretty(&value).map_err(Error::metadata)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Adds a key's signature, where it has not signed yet.
pub(crate) fn sign<T: tough::schema::Role>(document: &mut Signed<T>, key: &SecretKey) -> Result<(), Error> {
    if document.signatures.iter().all(|one| one.keyid != *key.id()) {
        let message = document.signed.canonical_form().map_err(Error::metadata)?;
        document.signatures.push(key.sign(&message));
        document.signatures.sort_by(|one, other| one.keyid.cmp(&other.keyid));
    }
    Ok(())
}

/// A document that nobody has signed.
pub(crate) fn unsigned<T>(body: T) -> Signed<T> {
    Signed {
        signed: body,
        signatures: Vec::new(),
    }
}

/// Who signs a role, and how many of them it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Signers {
    /// the keys, by id
    pub keys: Vec<(KeyId, Key)>,
    /// how many of them must sign
    pub threshold: u64,
}

impl Signers {
    fn of(keys: &RoleKeys, all: &HashMap<KeyId, Key>) -> Self {
        let known = |id: &KeyId| all.get(id).map(|key| (id.clone(), key.clone()));
        Self {
            keys: keys.keyids.iter().filter_map(known).collect(),
            threshold: keys.threshold.get(),
        }
    }

    /// Who signs one of the four top roles.
    pub(crate) fn of_top(root: &Root, role: &Role) -> Option<Self> {
        let keys = root.roles.get(&role_type(role)?)?;
        Some(Self::of(keys, &root.keys))
    }

    /// Who signs a delegated role.
    pub(crate) fn of_delegated(targets: &Targets, role: &Role) -> Option<Self> {
        let delegations = targets.delegations.as_ref()?;
        let name = role.to_string();
        let found = delegations.roles.iter().find(|delegated| delegated.name == name)?;
        Some(Self::of(&found.keys(), &delegations.keys))
    }

    /// Is this key among them?
    #[must_use]
    pub fn has(&self, id: &KeyId) -> bool {
        self.keys.iter().any(|(one, _)| one == id)
    }

    /// The ids of those who signed a document: each counts once, and only where its signature holds.
    pub(crate) fn signed<T: tough::schema::Role>(&self, document: &Signed<T>) -> Result<BTreeSet<KeyId>, Error> {
        let message = document.signed.canonical_form().map_err(Error::metadata)?;
        let holds = |(id, key): &(KeyId, Key)| {
            let signature = document.signatures.iter().find(|one| one.keyid == *id)?;
            verifies(key, &message, &signature.sig).then(|| id.clone())
        };
        Ok(self.keys.iter().filter_map(holds).collect())
    }
}

fn role_type(role: &Role) -> Option<RoleType> {
    match role {
        Role::Root => Some(RoleType::Root),
        Role::Targets => Some(RoleType::Targets),
        Role::Snapshot => Some(RoleType::Snapshot),
        Role::Timestamp => Some(RoleType::Timestamp),
        _ => None,
    }
}

pub(crate) fn top_role_type(role: &Role) -> Result<RoleType, Error> {
    role_type(role).ok_or_else(|| Error::Metadata(format!("{role} is no role of the root")))
}

/// Does a signature hold?
pub(crate) fn verifies(key: &Key, message: &[u8], signature: &[u8]) -> bool {
    let Key::Ed25519 { keyval, .. } = key else {
        return false;
    };
    let public = <&[u8; 32]>::try_from(&*keyval.public).ok();
    let key = public.and_then(|bytes| VerifyingKey::from_bytes(bytes).ok());
    let signature = Ed25519Signature::from_slice(signature).ok();
    match (key, signature) {
        (Some(key), Some(signature)) => key.verify_strict(message, &signature).is_ok(),
        _ => false,
    }
}

/// Role keys as a document lists them.
pub(crate) fn role_keys(ids: Vec<KeyId>, threshold: NonZeroU64) -> RoleKeys {
    RoleKeys {
        keyids: ids,
        threshold,
        _extra: HashMap::new(),
    }
}

/// Drops keys that no role names any more.
pub(crate) fn drop_unused_keys(root: &mut Root) {
    let used: BTreeSet<KeyId> = root.roles.values().flat_map(|keys| keys.keyids.clone()).collect();
    root.keys.retain(|id, _| used.contains(id));
}

/// Drops keys that no delegated role names any more.
pub(crate) fn drop_unused_delegated_keys(delegations: &mut Delegations) {
    let used: BTreeSet<KeyId> = delegations.roles.iter().flat_map(|role| role.keyids.clone()).collect();
    delegations.keys.retain(|id, _| used.contains(id));
}

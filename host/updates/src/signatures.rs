//! Whether enough keys signed. `tough` verifies; this says whose keys count, and what is wrong.

use crate::delegation::Delegation;
use crate::metadata::{Content, Metadata};
use crate::refusal::Refusal;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::num::NonZeroU64;
use tough::schema::decoded::{Decoded, Hex};
use tough::schema::key::Key;
use tough::schema::{Error, RoleKeys, RoleType, Root};

/// Verifies a top-level role's file with a root's keys (5.3.4, 5.4.2, 5.5.3, 5.6.3).
pub(crate) fn verify<C: Content>(root: &Root, what: &str, metadata: &Metadata<C>) -> Result<(), Refusal> {
    let what = || what.to_owned();
    let keyless = || Refusal::Keyless {
        what: what(),
        role: C::NAME.to_owned(),
    };
    let role = root.roles.get(&C::TYPE).ok_or_else(keyless)?;
    if has_twins(root, role) {
        return Err(Refusal::KeyTwice {
            what: what(),
            role: C::NAME.to_owned(),
        });
    }
    let mut signers = HashSet::new();
    if !metadata
        .signed
        .signatures
        .iter()
        .all(|signature| signers.insert(&signature.keyid))
    {
        return Err(Refusal::SignedTwice { what: what() });
    }
    root.verify_role(&metadata.signed).map_err(|error| match error {
        Error::SignatureThreshold { threshold, .. } => Refusal::Signatures {
            what: what(),
            needed: threshold,
        },
        other => Refusal::Malformed {
            what: what(),
            cause: quotation::sentence(other),
        },
    })
}

/// Verifies a delegated role's file with the keys of its delegation.
pub(crate) fn verify_delegated<C: Content>(
    delegation: &Delegation,
    what: &str,
    metadata: &Metadata<C>,
) -> Result<(), Refusal> {
    let keys = RoleKeys {
        keyids: delegation.keyids.clone(),
        threshold: delegation.threshold,
        _extra: HashMap::new(),
    };
    // tough verifies any kind of content with a root's keys alone: a root that holds what the delegation says.
    let ring = Root {
        spec_version: String::new(),
        consistent_snapshot: false,
        version: NonZeroU64::MIN,
        expires: Timestamp::MIN,
        keys: delegation.keys.clone(),
        roles: HashMap::from([(C::TYPE, keys)]),
        _extra: HashMap::new(),
    };
    verify(&ring, what, metadata)
}

/// Would one key count as two?
fn has_twins(root: &Root, role: &RoleKeys) -> bool {
    let ids: HashSet<&Decoded<Hex>> = role.keyids.iter().collect();
    let mut keys = HashSet::new();
    !ids.into_iter()
        .filter_map(|id| root.keys.get(id))
        .all(|key| keys.insert(public(key)))
}

fn public(key: &Key) -> &[u8] {
    match key {
        Key::Rsa { keyval, .. } => &keyval.public,
        Key::Ed25519 { keyval, .. } => &keyval.public,
        Key::Ecdsa { keyval, .. } | Key::EcdsaOld { keyval, .. } => &keyval.public,
    }
}

/// Were keys of this role taken away from one root to the next?
pub(crate) fn lost_keys(role: RoleType, before: &Root, after: &Root) -> bool {
    let ids = |root: &Root| -> HashSet<Decoded<Hex>> {
        root.roles
            .get(&role)
            .map(|keys| keys.keyids.iter().cloned().collect())
            .unwrap_or_default()
    };
    !ids(before).is_subset(&ids(after))
}

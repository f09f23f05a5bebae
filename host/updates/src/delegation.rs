//! Delegations: which role may sign which targets, with which keys (4.5 of the specification).

use crate::pattern::{Pattern, in_bin};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::HashMap;
use std::num::NonZeroU64;
use tough::schema::decoded::{Decoded, Hex};
use tough::schema::key::Key;

/// Roles that have files of their own names already.
const TOP_LEVEL: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];
/// Longest name of a role: its file's name, percent-encoded, must fit into a folder.
const MAX_ROLE_NAME_BYTES: usize = 64;

/// What a targets role delegates, in the order in which roles are asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Delegations(pub(crate) Vec<Delegation>);

/// One delegated role.
#[derive(Clone, Debug)]
pub(crate) struct Delegation {
    pub(crate) role: String,
    pub(crate) keyids: Vec<Decoded<Hex>>,
    /// Keys that this program cannot use are left out: they harm the roles that need them, and no others.
    pub(crate) keys: HashMap<Decoded<Hex>, Key>,
    pub(crate) threshold: NonZeroU64,
    /// no role after this one is asked
    pub(crate) terminating: bool,
    covers: Covers,
}

#[derive(Clone, Debug)]
enum Covers {
    Paths(Vec<Pattern>),
    Bins(Vec<String>),
}

impl Delegation {
    /// Is it for this target?
    pub(crate) fn covers(&self, target: &str) -> bool {
        match &self.covers {
            Covers::Paths(patterns) => patterns.iter().any(|pattern| pattern.matches(target)),
            Covers::Bins(prefixes) => prefixes.iter().any(|prefix| in_bin(prefix, target)),
        }
    }
}

/// As it stands in a file.
#[derive(Deserialize)]
struct Written {
    keys: HashMap<String, Value>,
    #[serde(default)]
    roles: Option<Vec<WrittenRole>>,
    #[serde(default)]
    succinct_roles: Option<Succinct>,
}

#[derive(Deserialize)]
struct WrittenRole {
    name: String,
    keyids: Vec<Decoded<Hex>>,
    threshold: NonZeroU64,
    terminating: bool,
    #[serde(default)]
    paths: Option<Vec<String>>,
    #[serde(default)]
    path_hash_prefixes: Option<Vec<String>>,
}

/// Bins by the first bits of the digest of a target's name (TAP 15).
#[derive(Deserialize)]
struct Succinct {
    keyids: Vec<Decoded<Hex>>,
    threshold: NonZeroU64,
    #[serde(deserialize_with = "bits")]
    bit_length: u32,
    name_prefix: String,
}

fn bits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let bits = u32::deserialize(deserializer)?;
    // More than a kiosk could ever need; each bin is a role in memory here.
    if (1..=12).contains(&bits) {
        Ok(bits)
    } else {
        Err(serde::de::Error::custom("`bit_length` must be 1 to 12"))
    }
}

impl TryFrom<Written> for Delegations {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let keys: HashMap<_, _> = written
            .keys
            .into_iter()
            .filter_map(|(name, value)| usable(&name, value))
            .collect();
        let mut roles = match (written.roles, written.succinct_roles) {
            (Some(roles), None) => roles
                .into_iter()
                .map(Delegation::try_from)
                .collect::<Result<Vec<_>, _>>()?,
            (None, Some(succinct)) => succinct.delegations(),
            _ => return Err("delegations must have either `roles` or `succinct_roles`".to_owned()),
        };
        let repeated = |(at, role): (usize, &Delegation)| roles[..at].iter().any(|other| other.role == role.role);
        if let Some((_, role)) = roles.iter().enumerate().find(|one| repeated(*one)) {
            return Err(format!("the role `{}` is delegated twice", role.role));
        }
        if let Some(role) = roles.iter().find(|role| {
            TOP_LEVEL.contains(&role.role.as_str()) || role.role.is_empty() || role.role.len() > MAX_ROLE_NAME_BYTES
        }) {
            return Err(format!("`{}` cannot be the name of a delegated role", role.role));
        }
        for role in &mut roles {
            let own = role.keyids.iter();
            role.keys = own
                .filter_map(|id| keys.get(id).map(|key| (id.clone(), key.clone())))
                .collect();
        }
        Ok(Self(roles))
    }
}

/// A key whose name is its digest, as it must be.
fn usable(name: &str, value: Value) -> Option<(Decoded<Hex>, Key)> {
    let key: Key = serde_json::from_value(value).ok()?;
    let id = key.key_id().ok()?;
    let named: Decoded<Hex> = serde_json::from_value(Value::from(name)).ok()?;
    (named == id).then_some((id, key))
}

impl TryFrom<WrittenRole> for Delegation {
    type Error = String;

    fn try_from(written: WrittenRole) -> Result<Self, String> {
        let covers = match (written.paths, written.path_hash_prefixes) {
            (Some(paths), None) => {
                let patterns = paths.iter().map(|path| Pattern::new(path));
                Covers::Paths(patterns.collect::<Result<_, _>>()?)
            }
            (None, Some(prefixes)) => Covers::Bins(prefixes),
            _ => {
                let role = written.name;
                return Err(format!("`{role}` must have either `paths` or `path_hash_prefixes`"));
            }
        };
        Ok(Self {
            role: written.name,
            keyids: written.keyids,
            keys: HashMap::new(),
            threshold: written.threshold,
            terminating: written.terminating,
            covers,
        })
    }
}

impl Succinct {
    fn delegations(&self) -> Vec<Delegation> {
        // Prefixes of whole hexadecimal digits: where a bin is not one of those, it is the several that make it up.
        let digits = self.bit_length.div_ceil(4);
        let each = 1_u32 << (digits * 4 - self.bit_length);
        let width = digits as usize;
        (0..1_u32 << self.bit_length)
            .map(|bin| Delegation {
                role: format!("{}-{bin:0width$x}", self.name_prefix),
                keyids: self.keyids.clone(),
                keys: HashMap::new(),
                threshold: self.threshold,
                terminating: true,
                covers: Covers::Bins(
                    (bin * each..(bin + 1) * each)
                        .map(|prefix| format!("{prefix:0width$x}"))
                        .collect(),
                ),
            })
            .collect()
    }
}

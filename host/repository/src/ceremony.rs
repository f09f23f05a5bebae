//! The ceremony that begins a repository, and the rotation of its keys.

use crate::change::Change;
use crate::configuration::Configuration;
use crate::draft::Draft;
use crate::error::Error;
use crate::key::{KeyId, PublicKey};
use crate::metadata::{SPECIFICATION, drop_unused_delegated_keys, drop_unused_keys, role_keys, top_role_type};
use crate::role::Role;
use jiff::Timestamp;
use plan::names::{EMERGENCY, EXPORTS_PATHS, POLICIES_PATHS, vendor_paths};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU64;
use tough::schema::{DelegatedRole, PathPattern, PathSet, Root};

/// Who holds the keys of a role, and how many of them must sign.
#[derive(Clone, Debug, PartialEq)]
pub struct Keyholders {
    keys: Vec<PublicKey>,
    threshold: NonZeroU64,
}

impl Keyholders {
    /// So many of these.
    ///
    /// # Errors
    /// [`Error::Rule`] where there are not so many, or one is named twice.
    pub fn new(role: &Role, keys: Vec<PublicKey>, threshold: u64) -> Result<Self, Error> {
        let threshold = NonZeroU64::new(threshold)
            .ok_or_else(|| Error::Rule(format!("the threshold of {role} is 0, but must be at least 1")))?;
        let ids = keys.iter().map(PublicKey::id).collect::<Result<BTreeSet<_>, _>>()?;
        if ids.len() != keys.len() {
            return Err(Error::Rule(format!("a key of {role} is named twice")));
        }
        if (keys.len() as u64) < threshold.get() {
            let count = keys.len();
            return Err(Error::Rule(format!(
                "the threshold of {role} is {threshold}, but it has {count} keys"
            )));
        }
        Ok(Self { keys, threshold })
    }

    /// One key, which signs alone.
    #[must_use]
    pub fn one(key: PublicKey) -> Self {
        Self {
            keys: vec![key],
            threshold: NonZeroU64::MIN,
        }
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    fn ids(&self) -> Result<Vec<KeyId>, Error> {
        self.keys.iter().map(PublicKey::id).collect()
    }
}

/// Who holds which keys when a repository begins: each of the seven roles.
#[derive(Clone, Debug, Default)]
pub struct Ceremony {
    roles: BTreeMap<Role, Keyholders>,
}

impl Ceremony {
    /// Nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a role to its holders.
    #[must_use]
    pub fn with(mut self, role: Role, holders: Keyholders) -> Self {
        self.roles.insert(role, holders);
        self
    }

    fn holders(&self, role: &Role) -> Result<&Keyholders, Error> {
        let nobody = || Error::Rule(format!("nobody is named for {role}; name its holders"));
        self.roles.get(role).ok_or_else(nobody)
    }

    /// The first documents of a repository: root, an empty plan, an empty emergency list, and the delegated roles.
    ///
    /// # Errors
    /// [`Error::Rule`] where a role has no holders.
    pub fn change(&self, configuration: &Configuration, now: Timestamp) -> Result<Change, Error> {
        let mut draft = Draft::blank(configuration, now);
        draft.root = Some(Root {
            spec_version: SPECIFICATION.to_owned(),
            consistent_snapshot: true,
            version: NonZeroU64::MIN,
            expires: now,
            keys: HashMap::new(),
            roles: HashMap::new(),
            _extra: HashMap::new(),
        });
        for role in Role::FIXED {
            let holders = self.holders(&role)?;
            draft.name_holders(holders.keys())?;
            draft.give(&role, holders)?;
            // Snapshot and timestamp are made when the change is finished.
            if !matches!(role, Role::Snapshot | Role::Timestamp) {
                draft.touched.insert(role);
            }
        }
        draft.change()
    }
}

/// What a delegated role may sign.
pub(crate) fn paths(role: &Role) -> Result<PathSet, Error> {
    let patterns: Vec<String> = match role {
        Role::Emergency => vec![EMERGENCY.to_owned()],
        Role::Policies => POLICIES_PATHS.map(str::to_owned).to_vec(),
        Role::Exports => EXPORTS_PATHS.map(str::to_owned).to_vec(),
        Role::Vendor(name) => vec![vendor_paths(name)],
        role => return Err(Error::Metadata(format!("{role} is not delegated"))),
    };
    let patterns = patterns.into_iter().map(PathPattern::new);
    let patterns = patterns.collect::<Result<Vec<_>, _>>().map_err(Error::metadata)?;
    Ok(PathSet::Paths(patterns))
}

impl Draft {
    /// Gives a role to other keys. Root, targets and the delegated roles are signed anew by them; snapshot and timestamp when the
    /// change is finished.
    ///
    /// # Errors
    /// [`Error::Rule`] where there is no such role, or nothing changes.
    pub fn rotate(&mut self, role: &Role, holders: &Keyholders) -> Result<(), Error> {
        let present = self.state.as_ref().and_then(|state| state.signers(role));
        let Some(present) = present else {
            return Err(Error::Rule(format!(
                "there is no role {role}; see `status` for those there are"
            )));
        };
        let ids: BTreeSet<KeyId> = holders.ids()?.into_iter().collect();
        let now: BTreeSet<KeyId> = present.keys.iter().map(|(id, _)| id.clone()).collect();
        if ids == now && holders.threshold.get() == present.threshold {
            return Err(Error::Rule(format!(
                "{role} is held by these keys already, with this threshold"
            )));
        }
        self.name_holders(holders.keys())?;
        self.give(role, holders)?;
        match role {
            Role::Snapshot | Role::Timestamp | Role::Root | Role::Vendor(_) => {}
            role => {
                self.touched.insert(role.clone());
            }
        }
        Ok(())
    }

    /// Writes a role's holders into the root or the delegations.
    pub(crate) fn give(&mut self, role: &Role, holders: &Keyholders) -> Result<(), Error> {
        let ids = holders.ids()?;
        if role.is_top() {
            let role_type = top_role_type(role)?;
            let root = self.root()?;
            for (id, key) in ids.iter().zip(&holders.keys) {
                root.keys.insert(id.clone(), key.key.clone());
            }
            root.roles.insert(role_type, role_keys(ids, holders.threshold));
            drop_unused_keys(root);
            return Ok(());
        }
        let paths = paths(role)?;
        let delegations = self.delegations();
        for (id, key) in ids.iter().zip(&holders.keys) {
            delegations.keys.insert(id.clone(), key.key.clone());
        }
        let name = role.to_string();
        let delegated = DelegatedRole {
            name: name.clone(),
            keyids: ids,
            threshold: holders.threshold,
            paths,
            terminating: true,
            targets: None,
        };
        match delegations.roles.iter_mut().find(|one| one.name == name) {
            Some(one) => *one = delegated,
            None => delegations.roles.push(delegated),
        }
        drop_unused_delegated_keys(delegations);
        Ok(())
    }
}

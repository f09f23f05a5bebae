//! What a repository says now: read from its folder, with every signature held against the root.

use crate::error::Error;
use crate::metadata::{Signers, sha256};
use crate::role::Role;
use plan::emergency::Emergency;
use plan::names::{EMERGENCY, PLAN};
use plan::plan::Plan;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tough::schema::{Metafile, Root, Signed, Snapshot, Target, Targets, Timestamp};

/// A repository's documents. Expiry is not looked at here: an expired repository must be readable, to be renewed.
#[derive(Clone, Debug)]
pub struct State {
    /// the newest root
    pub root: Signed<Root>,
    /// who signs what is delegated, and the plan's digest
    pub targets: Signed<Targets>,
    /// delegated roles that have signed something
    pub roles: BTreeMap<Role, Signed<Targets>>,
    /// what belongs together
    pub snapshot: Signed<Snapshot>,
    /// what is newest
    pub timestamp: Signed<Timestamp>,
    /// what runs
    pub plan: Plan,
    /// what no longer runs
    pub emergency: Emergency,
}

impl State {
    /// Reads the repository in a folder; none where there is no timestamp and no root.
    ///
    /// # Errors
    /// [`Error::Damaged`], with the file.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let reader = Reader { folder };
        let Some(root) = reader.root()? else { return Ok(None) };
        let path = reader.metadata(&Role::Timestamp, 0);
        let timestamp: Signed<Timestamp> = reader.json(&path)?;
        root.signed
            .verify_role(&timestamp)
            .map_err(|cause| Error::damaged(&path, cause))?;
        let listed = listed(&timestamp.signed.meta, &Role::Snapshot, &path)?;
        let (path, snapshot) = reader.listed::<Snapshot>(&Role::Snapshot, listed)?;
        root.signed
            .verify_role(&snapshot)
            .map_err(|cause| Error::damaged(&path, cause))?;
        let listed_targets = self::listed(&snapshot.signed.meta, &Role::Targets, &path)?;
        let (targets_path, targets) = reader.listed::<Targets>(&Role::Targets, listed_targets)?;
        root.signed
            .verify_role(&targets)
            .map_err(|cause| Error::damaged(&targets_path, cause))?;
        let mut roles = BTreeMap::new();
        for delegated in targets.signed.delegations.iter().flat_map(|all| &all.roles) {
            let role: Role = delegated
                .name
                .parse()
                .map_err(|cause| Error::damaged(&targets_path, cause))?;
            if let Some(listed) = snapshot.signed.meta.get(&role.in_snapshot()) {
                let (path, document) = reader.listed::<Targets>(&role, listed)?;
                // A vendor whose key was changed has to sign anew; until then its files are taken by nobody.
                if !matches!(role, Role::Vendor(_)) {
                    let delegations = targets.signed.delegations.iter();
                    for all in delegations {
                        let verified = all.verify_role(&document, &delegated.name);
                        verified.map_err(|cause| Error::damaged(&path, cause))?;
                    }
                }
                roles.insert(role, document);
            }
        }
        let plan = Plan::read(&reader.target(PLAN, &targets.signed)?)?;
        let emergency = match roles.get(&Role::Emergency) {
            Some(role) => Emergency::read(&reader.target(EMERGENCY, &role.signed)?)?,
            None => Emergency::empty(plan.made),
        };
        Ok(Some(Self {
            root,
            targets,
            roles,
            snapshot,
            timestamp,
            plan,
            emergency,
        }))
    }

    /// Who signs a role now.
    #[must_use]
    pub fn signers(&self, role: &Role) -> Option<Signers> {
        if role.is_top() {
            Signers::of_top(&self.root.signed, role)
        } else {
            Signers::of_delegated(&self.targets.signed, role)
        }
    }

    /// The version of a role; 0 where it has signed nothing yet.
    #[must_use]
    pub fn version(&self, role: &Role) -> u64 {
        match role {
            Role::Root => self.root.signed.version.get(),
            Role::Targets => self.targets.signed.version.get(),
            Role::Snapshot => self.snapshot.signed.version.get(),
            Role::Timestamp => self.timestamp.signed.version.get(),
            role => self.roles.get(role).map_or(0, |one| one.signed.version.get()),
        }
    }

    /// When a role's document expires, where it has one.
    #[must_use]
    pub fn expires(&self, role: &Role) -> Option<jiff::Timestamp> {
        match role {
            Role::Root => Some(self.root.signed.expires),
            Role::Targets => Some(self.targets.signed.expires),
            Role::Snapshot => Some(self.snapshot.signed.expires),
            Role::Timestamp => Some(self.timestamp.signed.expires),
            role => self.roles.get(role).map(|one| one.signed.expires),
        }
    }

    /// All roles, the delegated ones in the order of their delegation.
    #[must_use]
    pub fn all_roles(&self) -> Vec<Role> {
        let delegated = self.targets.signed.delegations.iter().flat_map(|all| &all.roles);
        [Role::Root, Role::Targets, Role::Snapshot, Role::Timestamp]
            .into_iter()
            .chain(delegated.filter_map(|one| one.name.parse().ok()))
            .collect()
    }

    /// All targets, with the role that signed each.
    pub fn all_targets(&self) -> impl Iterator<Item = (Role, String, &Target)> {
        let named = |role: Role, document: &Signed<Targets>| -> Vec<(Role, String)> {
            let names = document.signed.targets.keys();
            names.map(|name| (role.clone(), name.raw().to_owned())).collect()
        };
        let mut all = named(Role::Targets, &self.targets);
        for (role, document) in &self.roles {
            all.extend(named(role.clone(), document));
        }
        all.sort();
        all.into_iter().filter_map(|(role, name)| {
            let document = match &role {
                Role::Targets => &self.targets,
                role => self.roles.get(role)?,
            };
            let target = document.signed.targets.iter().find(|(one, _)| one.raw() == name)?.1;
            Some((role, name, target))
        })
    }
}

/// Where a target's file stands below `targets`: its digest goes before its last part.
#[must_use]
pub fn target_file(name: &str, sha256: &str) -> String {
    match name.rsplit_once('/') {
        Some((folder, name)) => format!("targets/{folder}/{sha256}.{name}"),
        None => format!("targets/{sha256}.{name}"),
    }
}

struct Reader<'a> {
    folder: &'a Path,
}

impl Reader<'_> {
    fn metadata(&self, role: &Role, version: u64) -> PathBuf {
        self.folder.join("metadata").join(role.file(version))
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, Error> {
        std::fs::read(path).map_err(Error::file(path))
    }

    fn json<T: DeserializeOwned>(&self, path: &Path) -> Result<T, Error> {
        serde_json::from_slice(&self.bytes(path)?).map_err(|cause| Error::damaged(path, cause))
    }

    /// The newest root, each signed by the one before it and by itself.
    fn root(&self) -> Result<Option<Signed<Root>>, Error> {
        let mut newest: Option<Signed<Root>> = None;
        for version in 1.. {
            let path = self.metadata(&Role::Root, version);
            if !path.exists() {
                break;
            }
            let root: Signed<Root> = self.json(&path)?;
            let before = newest.as_ref().map_or(&root, |before| before);
            for signer in [before, &root] {
                let verified = signer.signed.verify_role(&root);
                verified.map_err(|cause| Error::damaged(&path, cause))?;
            }
            if root.signed.version.get() != version {
                return Err(Error::damaged(&path, "its name and its version differ"));
            }
            newest = Some(root);
        }
        Ok(newest)
    }

    fn listed<T: DeserializeOwned>(&self, role: &Role, listed: &Metafile) -> Result<(PathBuf, Signed<T>), Error> {
        let path = self.metadata(role, listed.version.get());
        let bytes = self.bytes(&path)?;
        let digest = listed.hashes.as_ref().map(|hashes| crate::key::hex(&hashes.sha256));
        if digest.is_some_and(|digest| digest != sha256(&bytes)) {
            return Err(Error::damaged(&path, "its digest is not the one that was signed"));
        }
        let document = serde_json::from_slice(&bytes).map_err(|cause| Error::damaged(&path, cause))?;
        Ok((path, document))
    }

    fn target(&self, name: &str, targets: &Targets) -> Result<Vec<u8>, Error> {
        let listed = targets.targets.iter().find(|(one, _)| one.raw() == name);
        let Some((_, target)) = listed else {
            return Err(Error::damaged(self.folder, format!("`{name}` is not signed")));
        };
        let digest = crate::key::hex(&target.hashes.sha256);
        let path = self.folder.join(target_file(name, &digest));
        let bytes = self.bytes(&path)?;
        if sha256(&bytes) == digest {
            Ok(bytes)
        } else {
            Err(Error::damaged(&path, "its digest is not the one that was signed"))
        }
    }
}

fn listed<'a, S: std::hash::BuildHasher>(
    meta: &'a std::collections::HashMap<String, Metafile, S>,
    role: &Role,
    path: &Path,
) -> Result<&'a Metafile, Error> {
    meta.get(&role.in_snapshot())
        .ok_or_else(|| Error::damaged(path, format!("it does not list {}", role.in_snapshot())))
}

//! A change of the repository that waits for its signatures: a plain file that can be carried to other machines.

use crate::error::Error;
use crate::key::{KeyId, SecretKey, hex};
use crate::limited;
use crate::metadata::{Signers, encode, sha256, sign, verifies};
use crate::role::Role;
use crate::state::State;
use jiff::Timestamp;
use plan::emergency::Emergency;
use plan::names::{EMERGENCY, PLAN};
use plan::plan::Plan;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use tough::schema::key::Key;
use tough::schema::{Root, Signature, Signed, Targets};

/// The form of a change's file.
const FORMAT: u32 = 1;
/// Longest file of a change.
const MAX_BYTES: u64 = 64 << 20;

/// A change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Change {
    pub(crate) format: u32,
    /// when it was prepared
    pub made: Timestamp,
    /// what it builds on; none at a first ceremony
    pub base: Option<Base>,
    /// the new root, where it changes
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Signed<Root>>,
    /// `targets` and the delegated roles that change
    #[serde(default)]
    pub roles: BTreeMap<Role, Signed<Targets>>,
    /// documents of the commission that change, by target: plan, emergency list, settings, messages
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
    /// components that are new
    #[serde(default)]
    pub files: Vec<NewFile>,
    /// who holds which key; said by whoever prepared the change, and signed by nobody
    #[serde(default)]
    pub holders: BTreeMap<KeyId, String>,
    /// bytes of the new files, by digest, where they are at hand
    #[serde(skip)]
    pub(crate) bytes: BTreeMap<String, Vec<u8>>,
}

/// What a change builds on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Base {
    /// the root
    pub root: Signed<Root>,
    /// the `targets` role
    pub targets: Signed<Targets>,
    /// the delegated roles that change
    pub roles: BTreeMap<Role, Signed<Targets>>,
    /// plan and emergency list, as they are signed there
    pub texts: BTreeMap<String, String>,
}

/// A new file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NewFile {
    /// its target
    pub target: String,
    /// 64 hexadecimal digits
    pub sha256: String,
    /// bytes
    pub length: u64,
}

/// Signatures that a document of the change must carry.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// which document
    pub role: Role,
    /// whose
    pub signers: Signers,
    /// who has signed
    pub signed: BTreeSet<KeyId>,
    /// are these the keys that the document itself replaces?
    pub outgoing: bool,
}

impl Requirement {
    /// Are there enough?
    #[must_use]
    pub fn is_met(&self) -> bool {
        u64::try_from(self.signed.len()).is_ok_and(|signed| signed >= self.signers.threshold)
    }
}

impl Base {
    pub(crate) fn of(state: &State, touched: &BTreeSet<Role>) -> Self {
        let roles = state.roles.iter().filter(|(role, _)| touched.contains(role));
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let mut texts = BTreeMap::from([(PLAN.to_owned(), text(state.plan.bytes()))]);
        if touched.contains(&Role::Emergency) {
            texts.insert(EMERGENCY.to_owned(), text(state.emergency.bytes()));
        }
        Self {
            root: state.root.clone(),
            targets: state.targets.clone(),
            roles: roles.map(|(role, document)| (role.clone(), document.clone())).collect(),
            texts,
        }
    }
}

impl Change {
    pub(crate) fn empty(made: Timestamp) -> Self {
        Self {
            format: FORMAT,
            made,
            base: None,
            root: None,
            roles: BTreeMap::new(),
            texts: BTreeMap::new(),
            files: Vec::new(),
            holders: BTreeMap::new(),
            bytes: BTreeMap::new(),
        }
    }

    /// Reads a change's file, and holds it against itself: whoever signs it must see all that it says.
    ///
    /// # Errors
    /// [`Error::NotAChange`] or [`Error::Tampered`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let wrong = |why: String| Error::NotAChange {
            path: path.to_owned(),
            why: quotation::sentence(&why),
        };
        let bytes = limited::read(path, MAX_BYTES, wrong)?;
        let change: Self = serde_json::from_slice(&bytes).map_err(|cause| wrong(cause.to_string()))?;
        if change.format != FORMAT {
            return Err(wrong(format!(
                "its format is {}, this program reads {FORMAT}",
                change.format
            )));
        }
        change.check()?;
        Ok(change)
    }

    /// As it is written.
    ///
    /// # Errors
    /// [`Error::Metadata`].
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        encode(self)
    }

    /// The plan that it makes, or that it builds on.
    ///
    /// # Errors
    /// [`Error::Refused`].
    pub fn plan(&self) -> Result<Option<Plan>, Error> {
        self.text(PLAN)
            .map(|text| Plan::read(text.as_bytes()))
            .transpose()
            .map_err(Error::from)
    }

    /// The emergency list that it makes.
    ///
    /// # Errors
    /// [`Error::Refused`].
    pub fn emergency(&self) -> Result<Option<Emergency>, Error> {
        self.texts
            .get(EMERGENCY)
            .map(|text| Emergency::read(text.as_bytes()))
            .transpose()
            .map_err(Error::from)
    }

    fn text(&self, target: &str) -> Option<&String> {
        let before = || self.base.as_ref()?.texts.get(target);
        self.texts.get(target).or_else(before)
    }

    /// What the change says beside its signed documents must be what they name by digest.
    fn check(&self) -> Result<(), Error> {
        let tampered = |why: String| Err(Error::Tampered(why));
        for (target, text) in &self.texts {
            if !self.lists(target, &sha256(text.as_bytes())) {
                return tampered(format!("`{target}` is not the one that is to be signed"));
            }
        }
        for file in &self.files {
            if !self.lists(&file.target, &file.sha256) {
                return tampered(format!("`{}` is not the one that is to be signed", file.target));
            }
        }
        // Every new entry must be told, so that nothing is signed unseen.
        for (role, document) in &self.roles {
            for (name, target) in &document.signed.targets {
                let digest = hex(&target.hashes.sha256);
                let before = self.before(role).and_then(|before| before.targets.get(name));
                let is_old = before.is_some_and(|before| before.hashes == target.hashes);
                let is_text = self.texts.contains_key(name.raw());
                let is_file = self
                    .files
                    .iter()
                    .any(|file| file.target == name.raw() && file.sha256 == digest);
                if !is_old && !is_text && !is_file {
                    return tampered(format!(
                        "{role} lists `{}`, of which the change does not tell",
                        name.raw()
                    ));
                }
            }
        }
        if let Some(base) = &self.base {
            self.check_base(base)?;
        }
        self.plan()?;
        self.emergency()?;
        Ok(())
    }

    fn check_base(&self, base: &Base) -> Result<(), Error> {
        let tampered = |why: &str| Error::Tampered(why.to_owned());
        base.root
            .signed
            .verify_role(&base.targets)
            .map_err(|_| tampered("what it builds on is not signed by the keys of its root"))?;
        let text = base
            .texts
            .get(PLAN)
            .ok_or_else(|| tampered("it has no plan to build on"))?;
        if !lists(&base.targets.signed, PLAN, &sha256(text.as_bytes())) {
            return Err(tampered("the plan that it builds on is not the one that was signed"));
        }
        if let Some(text) = base.texts.get(EMERGENCY) {
            let signed = base.roles.get(&Role::Emergency);
            if !signed.is_some_and(|role| lists(&role.signed, EMERGENCY, &sha256(text.as_bytes()))) {
                return Err(tampered(
                    "the emergency list that it builds on is not the one that was signed",
                ));
            }
        }
        Ok(())
    }

    fn lists(&self, target: &str, digest: &str) -> bool {
        // A vendor may have signed a file that is published only now.
        let earlier = self.base.iter().flat_map(|base| &base.roles);
        let vendors = earlier.filter(|(role, _)| matches!(role, Role::Vendor(_)));
        self.roles
            .iter()
            .chain(vendors)
            .any(|(_, document)| lists(&document.signed, target, digest))
    }

    /// A role's document before the change.
    #[must_use]
    pub fn before(&self, role: &Role) -> Option<&Targets> {
        let base = self.base.as_ref()?;
        match role {
            Role::Targets => Some(&base.targets.signed),
            role => base.roles.get(role).map(|document| &document.signed),
        }
    }

    /// The root under which the repository stands after the change.
    pub(crate) fn new_root(&self) -> Option<&Signed<Root>> {
        self.root.as_ref().or(self.base.as_ref().map(|base| &base.root))
    }

    pub(crate) fn new_targets(&self) -> Option<&Signed<Targets>> {
        self.roles
            .get(&Role::Targets)
            .or(self.base.as_ref().map(|base| &base.targets))
    }

    /// Whose signatures each document needs, and who has signed.
    ///
    /// # Errors
    /// [`Error::Metadata`] where a document cannot be read, or a role of it is unknown.
    pub fn requirements(&self) -> Result<Vec<Requirement>, Error> {
        let mut all = Vec::new();
        let unknown = |role: &Role| Error::Metadata(format!("nobody is named who signs {role}"));
        let root = self.new_root().ok_or_else(|| unknown(&Role::Root))?;
        if let Some(document) = &self.root {
            let signers = Signers::of_top(&document.signed, &Role::Root).ok_or_else(|| unknown(&Role::Root))?;
            let before = self
                .base
                .as_ref()
                .and_then(|base| Signers::of_top(&base.root.signed, &Role::Root))
                .filter(|before| *before != signers);
            for (signers, outgoing) in std::iter::once((signers, false)).chain(before.map(|one| (one, true))) {
                all.push(Requirement {
                    role: Role::Root,
                    signed: signers.signed(document)?,
                    signers,
                    outgoing,
                });
            }
        }
        for (role, document) in &self.roles {
            let signers = match role {
                Role::Targets => Signers::of_top(&root.signed, role),
                role => self
                    .new_targets()
                    .and_then(|targets| Signers::of_delegated(&targets.signed, role)),
            };
            let signers = signers.ok_or_else(|| unknown(role))?;
            all.push(Requirement {
                role: role.clone(),
                signed: signers.signed(document)?,
                signers,
                outgoing: false,
            });
        }
        Ok(all)
    }

    /// Signs every document that this key may sign, and that it has not signed yet; tells which.
    ///
    /// # Errors
    /// [`Error::NothingToSign`], with those who are needed.
    pub fn sign(&mut self, key: &SecretKey) -> Result<Vec<Role>, Error> {
        let mut signed = Vec::new();
        for role in self.signs(key.id())? {
            match &role {
                Role::Root => {
                    if let Some(document) = &mut self.root {
                        sign(document, key)?;
                    }
                }
                role => {
                    if let Some(document) = self.roles.get_mut(role) {
                        sign(document, key)?;
                    }
                }
            }
            signed.push(role);
        }
        if signed.is_empty() {
            return Err(Error::NothingToSign {
                holder: key.holder().to_owned(),
                needs: self.needs()?,
            });
        }
        self.holders.insert(key.id().clone(), key.holder().to_owned());
        Ok(signed)
    }

    /// The documents of the change that a key may sign.
    ///
    /// # Errors
    /// [`Error::Metadata`].
    pub fn signs(&self, id: &KeyId) -> Result<Vec<Role>, Error> {
        let needed = self.requirements()?;
        let mut roles: Vec<Role> = needed
            .into_iter()
            .filter(|one| one.signers.has(id))
            .map(|one| one.role)
            .collect();
        // Outgoing keys of `targets` sign too: so a kiosk that has not seen the new root yet takes the new targets.
        let outgoing = self
            .base
            .as_ref()
            .and_then(|base| Signers::of_top(&base.root.signed, &Role::Targets));
        if self.roles.contains_key(&Role::Targets) && outgoing.is_some_and(|signers| signers.has(id)) {
            roles.push(Role::Targets);
        }
        roles.sort();
        roles.dedup();
        Ok(roles)
    }

    /// Takes over the signatures of another copy of the same change.
    ///
    /// # Errors
    /// [`Error::Tampered`] where it is another change.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        let bare = |change: &Self| {
            let mut bare = change.clone();
            bare.holders.clear();
            bare.bytes.clear();
            if let Some(root) = &mut bare.root {
                root.signatures.clear();
            }
            // What a vendor signed comes with the change.
            for (role, document) in &mut bare.roles {
                if !matches!(role, Role::Vendor(_)) {
                    document.signatures.clear();
                }
            }
            bare
        };
        if bare(self) != bare(other) {
            return Err(Error::Tampered(
                "the files are not copies of the same change; finish each by itself".to_owned(),
            ));
        }
        let keys = self.keys();
        if let (Some(root), Some(other)) = (&mut self.root, &other.root) {
            take_over(root, other, &keys)?;
        }
        for (role, document) in &mut self.roles {
            if let Some(other) = other.roles.get(role) {
                take_over(document, other, &keys)?;
            }
        }
        self.holders.extend(other.holders.clone());
        Ok(())
    }

    /// Every key that the change, or what it builds on, knows.
    fn keys(&self) -> HashMap<KeyId, Key> {
        let base = self.base.as_ref();
        let roots = self.root.iter().chain(base.map(|base| &base.root));
        let targets = self.roles.get(&Role::Targets);
        let targets = targets.into_iter().chain(base.map(|base| &base.targets));
        let delegations = targets.filter_map(|document| document.signed.delegations.as_ref());
        let maps = roots
            .map(|root| &root.signed.keys)
            .chain(delegations.map(|all| &all.keys));
        maps.flatten().map(|(id, key)| (id.clone(), key.clone())).collect()
    }

    /// What a person calls the holder of a key.
    #[must_use]
    pub fn holder(&self, id: &KeyId) -> String {
        let unnamed = || format!("key {}", crate::key::short(id));
        self.holders.get(id).cloned().unwrap_or_else(unnamed)
    }

    /// What is still missing, one phrase for each document; empty where nothing is.
    ///
    /// # Errors
    /// [`Error::Metadata`].
    pub fn missing(&self) -> Result<Vec<String>, Error> {
        let open = self.requirements()?;
        Ok(open
            .iter()
            .filter(|one| !one.is_met())
            .map(|one| self.phrase(one))
            .collect())
    }

    fn phrase(&self, one: &Requirement) -> String {
        let left = one.signers.threshold.saturating_sub(one.signed.len() as u64);
        let others = one.signers.keys.iter().filter(|(id, _)| !one.signed.contains(id));
        let names: Vec<String> = others.map(|(id, _)| self.holder(id)).collect();
        let whose = if one.outgoing { " by its present keys" } else { "" };
        format!(
            "{}{whose} has {} of {}, {left} more of {}",
            one.role,
            one.signed.len(),
            one.signers.threshold,
            names.join(", ")
        )
    }

    fn needs(&self) -> Result<String, Error> {
        let all = self.requirements()?;
        let phrase = |one: &Requirement| {
            let names: Vec<String> = one.signers.keys.iter().map(|(id, _)| self.holder(id)).collect();
            format!("{} ({} of {})", one.role, one.signers.threshold, names.join(", "))
        };
        Ok(all.iter().map(phrase).collect::<Vec<_>>().join(", "))
    }
}

fn lists(document: &Targets, target: &str, digest: &str) -> bool {
    document
        .targets
        .iter()
        .any(|(name, listed)| name.raw() == target && hex(&listed.hashes.sha256) == digest)
}

/// Of both copies' signatures, those that hold.
fn take_over<T: tough::schema::Role>(
    document: &mut Signed<T>,
    other: &Signed<T>,
    keys: &HashMap<KeyId, Key>,
) -> Result<(), Error> {
    let message = document.signed.canonical_form().map_err(Error::metadata)?;
    let both = std::mem::take(&mut document.signatures)
        .into_iter()
        .chain(other.signatures.clone());
    let mut held: BTreeMap<KeyId, Signature> = BTreeMap::new();
    for signature in both {
        let key = keys.get(&signature.keyid);
        if key.is_some_and(|key| verifies(key, &message, &signature.sig)) {
            held.insert(signature.keyid.clone(), signature);
        }
    }
    document.signatures = held.into_values().collect();
    Ok(())
}

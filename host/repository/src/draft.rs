//! A change in the making: the present state, what is to be different, and at the end the documents to be signed.

use crate::change::{Base, Change, NewFile};
use crate::configuration::{Configuration, whole_seconds};
use crate::error::Error;
use crate::key::{KeyId, PublicKey};
use crate::metadata::{SPECIFICATION, Signers, next, sha256, target, target_name, unsigned};
use crate::role::Role;
use crate::state::State;
use jiff::Timestamp;
use plan::emergency::Emergency;
use plan::item::{File, Item, ItemId};
use plan::names::{EMERGENCY, PLAN};
use plan::plan::Plan;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU64;
use tough::TargetName;
use tough::schema::{Delegations, Root, Signed, Target, Targets};

/// A change in the making. Its methods stand beside what they are about: [`crate::publication`], [`crate::ceremony`] and so on.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(crate) state: Option<State>,
    pub(crate) now: Timestamp,
    pub(crate) configuration: Configuration,
    pub(crate) root: Option<Root>,
    pub(crate) delegations: Option<Delegations>,
    pub(crate) plan: Plan,
    pub(crate) emergency: Emergency,
    pub(crate) touched: BTreeSet<Role>,
    lists: BTreeMap<Role, HashMap<TargetName, Target>>,
    pub(crate) vendor_signed: BTreeMap<Role, Signed<Targets>>,
    /// vendors' lists that the change relies on, new or not
    pub(crate) relied_on: BTreeSet<Role>,
    texts: BTreeMap<String, String>,
    files: Vec<NewFile>,
    bytes: BTreeMap<String, Vec<u8>>,
    holders: BTreeMap<KeyId, String>,
}

impl Draft {
    /// Begins with the present state.
    #[must_use]
    pub fn new(state: State, configuration: &Configuration, now: Timestamp) -> Self {
        let mut draft = Self::blank(configuration, now);
        draft.plan = state.plan.clone();
        draft.emergency = state.emergency.clone();
        draft.state = Some(state);
        draft
    }

    pub(crate) fn blank(configuration: &Configuration, now: Timestamp) -> Self {
        let now = whole_seconds(now);
        Self {
            state: None,
            now,
            configuration: configuration.clone(),
            root: None,
            delegations: None,
            plan: Plan::empty(now),
            emergency: Emergency::empty(now),
            touched: BTreeSet::new(),
            lists: BTreeMap::new(),
            vendor_signed: BTreeMap::new(),
            relied_on: BTreeSet::new(),
            texts: BTreeMap::new(),
            files: Vec::new(),
            bytes: BTreeMap::new(),
            holders: BTreeMap::new(),
        }
    }

    /// Says whose keys are whose, so that people are named and not digits.
    pub fn name_holders<'a>(&mut self, keys: impl IntoIterator<Item = &'a PublicKey>) -> Result<(), Error> {
        for key in keys {
            self.holders.insert(key.id()?, key.holder.clone());
        }
        Ok(())
    }

    /// A vendor's key is called as the vendor, where it has no other name.
    pub(crate) fn name_vendor(&mut self, signers: &Signers, vendor: &str) {
        for (id, _) in &signers.keys {
            self.holders.entry(id.clone()).or_insert_with(|| vendor.to_owned());
        }
    }

    /// The plan as it will be.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Signs a role again as it is, so that it lives longer.
    ///
    /// # Errors
    /// [`Error::Rule`] for the roles that are signed by themselves, and for those of vendors.
    pub fn renew(&mut self, role: &Role) -> Result<(), Error> {
        match role {
            Role::Root => {
                self.root()?;
            }
            Role::Vendor(name) => {
                return Err(Error::Rule(format!(
                    "what the vendor {name} signed is renewed by the vendor: ask for it, and take it with `vendor renew`"
                )));
            }
            Role::Snapshot | Role::Timestamp => {
                return Err(Error::Rule(format!("{role} is renewed with `timestamp`")));
            }
            role => {
                self.touched.insert(role.clone());
            }
        }
        Ok(())
    }

    /// The root, to be changed.
    pub(crate) fn root(&mut self) -> Result<&mut Root, Error> {
        let present = self.state.as_ref().map(|state| state.root.signed.clone());
        let nothing = || Error::Rule("there is no root yet; hold a ceremony first".to_owned());
        if self.root.is_none() {
            self.root = Some(present.ok_or_else(nothing)?);
        }
        self.touched.insert(Role::Root);
        self.root.as_mut().ok_or_else(nothing)
    }

    /// The delegations, to be changed.
    pub(crate) fn delegations(&mut self) -> &mut Delegations {
        self.touched.insert(Role::Targets);
        let present = self
            .state
            .as_ref()
            .and_then(|state| state.targets.signed.delegations.clone());
        self.delegations.get_or_insert_with(|| present.unwrap_or_default())
    }

    /// The item, to be changed.
    pub(crate) fn item(&mut self, id: &ItemId) -> Result<&mut Item, Error> {
        let known: Vec<String> = self.plan.items.iter().map(|item| item.id().to_string()).collect();
        let found = self
            .plan
            .items
            .iter_mut()
            .find(|item| item.kind == id.kind && item.name == id.name);
        found.ok_or_else(|| {
            let known = if known.is_empty() {
                "nothing".to_owned()
            } else {
                known.join(", ")
            };
            Error::Rule(format!("the plan has no {id}; it has {known}"))
        })
    }

    /// The targets that a role lists, to be changed.
    fn list(&mut self, role: &Role) -> &mut HashMap<TargetName, Target> {
        self.touched.insert(role.clone());
        let present = self
            .state
            .as_ref()
            .and_then(|state| state.roles.get(role))
            .map(|document| document.signed.targets.clone());
        self.lists
            .entry(role.clone())
            .or_insert_with(|| present.unwrap_or_default())
    }

    /// Adds a file under a role that lists it; a role of a vendor lists its files itself.
    pub(crate) fn add(&mut self, role: &Role, name: &str, bytes: Vec<u8>) -> Result<File, Error> {
        let digest = sha256(&bytes);
        let listed = target(&bytes);
        let file = File {
            target: name.to_owned(),
            sha256: digest.clone(),
            length: listed.length,
        };
        if !matches!(role, Role::Vendor(_)) {
            self.list(role).insert(target_name(name)?, listed);
        }
        self.files.push(NewFile {
            target: name.to_owned(),
            sha256: digest.clone(),
            length: file.length,
        });
        self.bytes.insert(digest, bytes);
        Ok(file)
    }

    /// Adds a document of the commission: whoever signs it reads it.
    pub(crate) fn add_text(&mut self, role: &Role, name: &str, text: String) -> Result<File, Error> {
        let listed = target(text.as_bytes());
        let file = File {
            target: name.to_owned(),
            sha256: sha256(text.as_bytes()),
            length: listed.length,
        };
        self.list(role).insert(target_name(name)?, listed);
        self.texts.insert(name.to_owned(), text);
        Ok(file)
    }

    /// Drops releases beyond what the configuration keeps, and what their roles list for them.
    pub(crate) fn prune(&mut self, id: &ItemId, role: &Role) -> Result<(), Error> {
        let keep = usize::from(self.configuration.releases.keep);
        let item = self.item(id)?;
        let excess = item.releases.len().saturating_sub(keep);
        let dropped: Vec<String> = item
            .releases
            .drain(..excess)
            .flat_map(|release| std::iter::once(release.file).chain(release.vectors))
            .map(|file| file.target)
            .collect();
        if !matches!(role, Role::Vendor(_)) && !dropped.is_empty() {
            self.list(role)
                .retain(|name, _| !dropped.iter().any(|target| target == name.raw()));
        }
        Ok(())
    }

    /// The documents to be signed.
    ///
    /// # Errors
    /// [`Error::Refused`] where the plan breaks a rule, [`Error::Rule`] where nothing would change.
    pub fn change(mut self) -> Result<Change, Error> {
        self.write_plan()?;
        self.write_emergency()?;
        if self.touched.is_empty() && self.vendor_signed.is_empty() {
            return Err(Error::Rule("nothing would change: it is so already".to_owned()));
        }
        let mut change = Change::empty(self.now);
        change.root = self.new_root()?;
        for role in self.touched.iter().filter(|role| **role != Role::Root) {
            change.roles.insert(role.clone(), unsigned(self.new_targets(role)?));
        }
        change.roles.extend(self.vendor_signed.clone());
        let changing: BTreeSet<Role> = change.roles.keys().chain(&self.relied_on).cloned().collect();
        change.base = self.state.as_ref().map(|state| Base::of(state, &changing));
        change.texts = self.texts;
        change.files = self.files;
        change.bytes = self.bytes;
        change.holders = self.holders;
        Ok(change)
    }

    fn write_plan(&mut self) -> Result<(), Error> {
        let present = self.state.as_ref().map(|state| &state.plan);
        if present == Some(&self.plan) {
            return Ok(());
        }
        self.plan.counter = present.map_or(1, |plan| plan.counter.saturating_add(1));
        self.plan.made = self.now;
        self.plan.items.sort_by_key(Item::id);
        let bytes = self.plan.bytes();
        Plan::read(&bytes)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.texts.insert(PLAN.to_owned(), text);
        self.touched.insert(Role::Targets);
        Ok(())
    }

    fn write_emergency(&mut self) -> Result<(), Error> {
        let present = self.state.as_ref().map(|state| &state.emergency);
        if present == Some(&self.emergency) {
            return Ok(());
        }
        self.emergency.counter = present.map_or(1, |list| list.counter.saturating_add(1));
        self.emergency.made = self.now;
        let text = String::from_utf8_lossy(&self.emergency.bytes()).into_owned();
        self.add_text(&Role::Emergency, EMERGENCY, text)?;
        Ok(())
    }

    fn new_root(&self) -> Result<Option<Signed<Root>>, Error> {
        if !self.touched.contains(&Role::Root) {
            return Ok(None);
        }
        let Some(mut root) = self.root.clone() else {
            return Ok(None);
        };
        if let Some(state) = &self.state {
            root.version = next(state.root.signed.version);
        }
        root.expires = self.configuration.lifetimes.end(&Role::Root, self.now)?;
        Ok(Some(unsigned(root)))
    }

    fn new_targets(&self, role: &Role) -> Result<Targets, Error> {
        let present = self.state.as_ref().and_then(|state| match role {
            Role::Targets => Some(&state.targets.signed),
            role => state.roles.get(role).map(|document| &document.signed),
        });
        let version = present.map_or(NonZeroU64::MIN, |document| next(document.version));
        let expires = self.configuration.lifetimes.end(role, self.now)?;
        let mut document = Targets::new(SPECIFICATION.to_owned(), version, expires);
        let listed = self.lists.get(role).or(present.map(|document| &document.targets));
        document.targets = listed.cloned().unwrap_or_default();
        document.delegations = None;
        if *role == Role::Targets {
            let old = present.and_then(|document| document.delegations.clone());
            document.delegations = self.delegations.clone().or(old);
            if let Some(text) = self.texts.get(PLAN) {
                document.targets = HashMap::from([(target_name(PLAN)?, target(text.as_bytes()))]);
            }
        }
        Ok(document)
    }
}

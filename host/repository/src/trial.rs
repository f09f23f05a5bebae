//! A whole repository in a few lines, with keys that never leave memory: for tests, benchmarks and the demonstration.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! use repository::trial::Trial;
//! let mut trial = Trial::new(folder.path(), "2026-11-02T08:00:00Z".parse()?)?;
//! let settings = br#"{"format": 1, "rules": {"floor": 1000, "overrides": 3, "name-agreement": 80}}"#;
//! assert_eq!(trial.publish_settings("general", settings)?, 1);
//! assert!(trial.repository().join("metadata/timestamp.json").exists());
//! # Ok(())
//! # }
//! ```
//!
//! It signs as the commission does, through the same [`crate::draft::Draft`] and [`crate::workshop::Workshop`]; only the passphrases
//! are left out, which take a second each. Never give its keys to a kiosk of a real election.

use crate::ceremony::{Ceremony, Keyholders};
use crate::configuration::Configuration;
use crate::draft::Draft;
use crate::error::Error;
use crate::grants::Grant;
use crate::key::SecretKey;
use crate::publication::{Input, Publication};
use crate::role::Role;
use crate::state::State;
use crate::vendors::VendorSigned;
use crate::workshop::{Finished, Workshop};
use jiff::Timestamp;
use plan::item::{ItemId, Kind};
use plan::plan::Plan;
use plan::vendor::{Devices, Limits, Vendor};
use plan::waves::Waves;
use plugin_package::{Manifest, SECTION, read_manifest};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How many hold root and targets, and how many of them sign.
const HOLDERS: [&str; 3] = ["aigul", "bakyt", "chinara"];
const THRESHOLD: u64 = 2;
/// bInterfaceClass of what a trial's vendors may have: audio to smart cards, and the vendors' own.
const CLASSES: [u8; 8] = [0x02, 0x03, 0x07, 0x08, 0x0a, 0x0b, 0x0d, 0xff];

/// A repository with its keys.
#[derive(Debug)]
pub struct Trial {
    workshop: Workshop,
    keys: Vec<SecretKey>,
    vendors: BTreeMap<String, (SecretKey, Option<VendorSigned>)>,
    now: Timestamp,
    first_root: Vec<u8>,
}

impl Trial {
    /// Holds a ceremony in a folder: root and targets 2 of 3, one key for each other role.
    ///
    /// # Errors
    /// [`Error::Ceremony`] where there is one already, [`Error::File`].
    pub fn new(folder: &Path, now: Timestamp) -> Result<Self, Error> {
        Self::configured(folder, now, Configuration::default())
    }

    /// As [`Trial::new`], with other lifetimes.
    ///
    /// # Errors
    /// As [`Trial::new`].
    pub fn configured(folder: &Path, now: Timestamp, configuration: Configuration) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let workshop = Workshop::create(folder)?.configured(configuration);
        let mut keys = Vec::new();
        let mut ceremony = Ceremony::new();
        let holders = HOLDERS.map(SecretKey::generate);
        let holders = holders.into_iter().collect::<Result<Vec<_>, _>>()?;
        for role in Role::FIXED {
            let held = match role {
                Role::Root | Role::Targets => {
                    let public = holders.iter().map(|key| key.public().clone()).collect();
                    Keyholders::new(&role, public, THRESHOLD)?
                }
                ref role => {
                    let key = SecretKey::generate(&role.to_string())?;
                    let held = Keyholders::one(key.public().clone());
                    keys.push(key);
                    held
                }
            };
            ceremony = ceremony.with(role, held);
        }
        keys.extend(holders);
        let mut change = workshop.ceremony(&ceremony, now)?;
        for key in &keys {
            workshop.add_holder(key.public())?;
            if !change.signs(key.id())?.is_empty() {
                change.sign(key)?;
            }
        }
        workshop.finish(&change, &keys, now)?;
        let path = workshop.folder().join(crate::workshop::ROOT);
        let first_root = std::fs::read(&path).map_err(Error::file(&path))?;
        Ok(Self {
            workshop,
            keys,
            vendors: BTreeMap::new(),
            now,
            first_root,
        })
    }

    /// The root with which a kiosk is shipped: the ceremony's.
    #[must_use]
    pub fn root(&self) -> &[u8] {
        &self.first_root
    }

    /// The folder that kiosks read: `metadata` and `targets`.
    #[must_use]
    pub fn repository(&self) -> PathBuf {
        self.workshop.repository()
    }

    /// The commission's folder.
    #[must_use]
    pub fn workshop(&self) -> &Workshop {
        &self.workshop
    }

    /// All keys of the commission, for what this type has no method for.
    #[must_use]
    pub fn keys(&self) -> &[SecretKey] {
        &self.keys
    }

    /// Signs with one more key from now on.
    pub fn hold(&mut self, key: SecretKey) {
        self.keys.push(key);
    }

    /// What time it is when something is signed.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// From now on it is this time. It never goes back: the commission's clock does not.
    pub fn set_time(&mut self, now: Timestamp) {
        self.now = now.max(self.now);
    }

    /// The documents as they are.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn state(&self) -> Result<State, Error> {
        self.workshop.present()
    }

    /// The plan as it is.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn plan(&self) -> Result<Plan, Error> {
        Ok(self.state()?.plan)
    }

    /// Makes a change of any kind, and signs it with all keys.
    ///
    /// # Errors
    /// Whatever `edit` answers, and those of [`Workshop::finish`].
    pub fn change<T>(&mut self, edit: impl FnOnce(&mut Draft) -> Result<T, Error>) -> Result<T, Error> {
        let mut draft = self.workshop.draft(self.now)?;
        let answer = edit(&mut draft)?;
        self.sign(draft)?;
        Ok(answer)
    }

    fn sign(&mut self, draft: Draft) -> Result<Finished, Error> {
        let mut change = draft.change()?;
        for key in &self.keys {
            if !change.signs(key.id())?.is_empty() {
                change.sign(key)?;
            }
        }
        self.workshop.finish(&change, &self.keys, self.now)
    }

    /// Publishes anything but a driver; answers with the release's counter.
    ///
    /// # Errors
    /// As [`Draft::publish`].
    pub fn publish(&mut self, publication: &Publication) -> Result<u32, Error> {
        self.change(|draft| draft.publish(publication))
            .map(|(_, counter)| counter)
    }

    /// Publishes a policy.
    ///
    /// # Errors
    /// As [`Draft::publish`].
    pub fn publish_policy(&mut self, component: &[u8]) -> Result<u32, Error> {
        self.publish(&plugin(Kind::Policy, component))
    }

    /// Publishes a matcher.
    ///
    /// # Errors
    /// As [`Draft::publish`].
    pub fn publish_matcher(&mut self, component: &[u8]) -> Result<u32, Error> {
        self.publish(&plugin(Kind::Matcher, component))
    }

    /// Publishes an exporter, which is granted all rows that it asks for.
    ///
    /// # Errors
    /// As [`Draft::publish`].
    pub fn publish_exporter(&mut self, component: &[u8]) -> Result<u32, Error> {
        self.publish(&plugin(Kind::Exporter, component))
    }

    /// Publishes settings under a name.
    ///
    /// # Errors
    /// As [`Draft::publish`].
    pub fn publish_settings(&mut self, name: &str, json: &[u8]) -> Result<u32, Error> {
        let file = Input::of(&format!("{name}.json"), json);
        self.publish(&Publication::new(Kind::Settings, file).named(name))
    }

    /// Publishes texts under a name.
    ///
    /// # Errors
    /// As [`Draft::publish`].
    pub fn publish_messages(&mut self, name: &str, json: &[u8]) -> Result<u32, Error> {
        let file = Input::of(&format!("{name}.json"), json);
        self.publish(&Publication::new(Kind::Messages, file).named(name))
    }

    /// Takes a vendor on, whose key this trial holds too.
    ///
    /// # Errors
    /// As [`Draft::set_vendor`].
    pub fn add_vendor(&mut self, name: &str, allowed: Vendor) -> Result<(), Error> {
        if !self.vendors.contains_key(name) {
            self.vendors.insert(name.to_owned(), (SecretKey::generate(name)?, None));
        }
        let key = self
            .vendors
            .get(name)
            .map(|(key, _)| Keyholders::one(key.public().clone()));
        self.change(|draft| draft.set_vendor(name, key.as_ref(), allowed))
    }

    /// Publishes a vendor's driver, signed by the vendor. A vendor that is new is taken on, and allowed what the driver asks for.
    ///
    /// # Errors
    /// As [`Draft::publish`].
    pub fn publish_driver(&mut self, vendor: &str, component: &[u8]) -> Result<u32, Error> {
        self.publish_driver_with(vendor, component, None, |publication| publication)
    }

    /// As [`Trial::publish_driver`], with golden vectors, and with what `more` adds to the publication (waves, fewer devices).
    ///
    /// # Errors
    /// As [`Draft::publish`].
    pub fn publish_driver_with(
        &mut self,
        vendor: &str,
        component: &[u8],
        vectors: Option<&[u8]>,
        more: impl FnOnce(Publication) -> Publication,
    ) -> Result<u32, Error> {
        if !self.vendors.contains_key(vendor) {
            self.add_vendor(vendor, allowed_by(component)?)?;
        }
        let number = self.vendors.get(vendor).and_then(|(_, signed)| signed.as_ref());
        let number = number.map_or(0, VendorSigned::version);
        let file = Input::of("driver.wasm", component);
        let vectors = vectors.map(|bytes| Input::of(&format!("{number}.vectors.json"), bytes));
        let files: Vec<Input> = std::iter::once(file.clone()).chain(vectors.clone()).collect();
        let signed = self.sign_as_vendor(vendor, &files)?;
        let mut publication = Publication::new(Kind::Driver, file).signed_by(signed.clone());
        if let Some(vectors) = vectors {
            publication = publication.with_vectors(vectors);
        }
        let publication = more(publication);
        let (_, counter) = self.change(|draft| draft.publish(&publication))?;
        if let Some((_, earlier)) = self.vendors.get_mut(vendor) {
            *earlier = Some(signed);
        }
        Ok(counter)
    }

    /// What the vendor signs on its own machine: these files beside all earlier ones.
    ///
    /// # Errors
    /// [`Error::Rule`] where there is no such vendor.
    pub fn sign_as_vendor(&self, vendor: &str, files: &[Input]) -> Result<VendorSigned, Error> {
        let known = self.vendors.get(vendor);
        let (key, earlier) = known.ok_or_else(|| Error::Rule(format!("there is no vendor {vendor}")))?;
        let lifetimes = &self.workshop.configuration().lifetimes;
        VendorSigned::sign(vendor, key, files, earlier.as_ref(), lifetimes, self.now)
    }

    /// Withdraws a release in the plan.
    ///
    /// # Errors
    /// As [`Draft::withdraw`].
    pub fn withdraw(&mut self, kind: Kind, name: &str, counter: u32, reason: &str) -> Result<(), Error> {
        self.change(|draft| draft.withdraw(&id(kind, name), counter, reason))
    }

    /// Withdraws a release in the emergency list, with its key and those of snapshot and timestamp alone.
    ///
    /// # Errors
    /// As [`Draft::withdraw_in_emergency`].
    pub fn withdraw_in_emergency(&mut self, kind: Kind, name: &str, counter: u32, reason: &str) -> Result<(), Error> {
        self.change(|draft| draft.withdraw_in_emergency(&id(kind, name), counter, reason))
    }

    /// Raises the floor of an item.
    ///
    /// # Errors
    /// As [`Draft::raise_floor`].
    pub fn raise_floor(&mut self, kind: Kind, name: &str, floor: u32) -> Result<(), Error> {
        self.change(|draft| draft.raise_floor(&id(kind, name), floor))
    }

    /// Says when which kiosks take the newest release of an item.
    ///
    /// # Errors
    /// As [`Draft::set_waves`].
    pub fn set_waves(&mut self, kind: Kind, name: &str, waves: Option<Waves>) -> Result<(), Error> {
        self.change(|draft| draft.set_waves(&id(kind, name), waves))
    }

    /// Changes what the newest release of an item is granted.
    ///
    /// # Errors
    /// As [`Draft::grant`].
    pub fn grant(&mut self, kind: Kind, name: &str, grant: &Grant) -> Result<(), Error> {
        let id = id(kind, name);
        let manifest = self.workshop.manifest(&id)?;
        self.change(|draft| draft.grant(&id, &manifest, grant))
    }

    /// Signs the timestamp anew.
    ///
    /// # Errors
    /// As [`Workshop::timestamp`].
    pub fn timestamp(&mut self) -> Result<Finished, Error> {
        self.workshop.timestamp(&self.keys, self.now)
    }

    /// Signs a role anew as it is, so that it lives longer.
    ///
    /// # Errors
    /// As [`Draft::renew`].
    pub fn renew(&mut self, role: &Role) -> Result<(), Error> {
        self.change(|draft| draft.renew(role))
    }

    /// Gives the root to three new keys, two of which sign.
    ///
    /// # Errors
    /// As [`Draft::rotate`].
    pub fn rotate_root(&mut self) -> Result<(), Error> {
        self.rotate(&Role::Root)
    }

    /// Gives a role to as many new keys as sign for it now. The old ones sign the change too, and are forgotten.
    ///
    /// # Errors
    /// As [`Draft::rotate`].
    pub fn rotate(&mut self, role: &Role) -> Result<(), Error> {
        let present = self.state()?.signers(role);
        let present = present.ok_or_else(|| Error::Rule(format!("there is no role {role}")))?;
        let mut new = Vec::new();
        for number in 1..=present.keys.len() {
            new.push(SecretKey::generate(&format!("{role}-{number}"))?);
        }
        let public = new.iter().map(|key| key.public().clone()).collect();
        let holders = Keyholders::new(role, public, present.threshold)?;
        let mut draft = self.workshop.draft(self.now)?;
        draft.rotate(role, &holders)?;
        self.keys.extend(new);
        self.sign(draft)?;
        let state = self.state()?;
        let roles = state.all_roles();
        let is_used = |key: &SecretKey| {
            let mut signers = roles.iter().filter_map(|role| state.signers(role));
            signers.any(|signers| signers.has(key.id()))
        };
        self.keys.retain(is_used);
        Ok(())
    }
}

fn plugin(kind: Kind, component: &[u8]) -> Publication {
    Publication::new(kind, Input::of(&format!("{kind}.wasm"), component))
}

fn id(kind: Kind, name: &str) -> ItemId {
    ItemId {
        kind,
        name: name.to_owned(),
    }
}

/// The smallest component that carries a manifest. It can be published, and does nothing.
///
/// # Errors
/// [`Error::Metadata`] where the manifest cannot be written as JSON.
pub fn component(manifest: &Manifest) -> Result<Vec<u8>, Error> {
    let mut section = vec![u8::try_from(SECTION.len()).map_err(Error::metadata)?];
    section.extend(SECTION.as_bytes());
    section.extend(serde_json::to_vec(manifest).map_err(Error::metadata)?);
    // Magic, version 13, layer 1; then one custom section with its length in LEB128.
    let mut bytes = b"\0asm\x0d\0\x01\0\0".to_vec();
    let mut length = section.len();
    loop {
        let low = u8::try_from(length & 0x7f).map_err(Error::metadata)?;
        length >>= 7;
        bytes.push(if length == 0 { low } else { low | 0x80 });
        if length == 0 {
            break;
        }
    }
    bytes.extend(section);
    Ok(bytes)
}

/// What a driver asks for, as a vendor's allowance.
///
/// # Errors
/// [`Error::NotPublished`] where it is no plugin.
pub fn allowed_by(component: &[u8]) -> Result<Vendor, Error> {
    let manifest = read_manifest(component).map_err(|cause| Error::NotPublished {
        file: PathBuf::from("driver.wasm"),
        why: cause.to_string(),
    })?;
    let mut devices: Vec<Devices> = Vec::new();
    for ask in &manifest.usb {
        match devices.iter_mut().find(|devices| devices.vendor == ask.vendor) {
            Some(devices) if devices.products.contains(&ask.product) => {}
            Some(devices) => devices.products.push(ask.product),
            None => devices.push(Devices {
                vendor: ask.vendor,
                products: vec![ask.product],
            }),
        }
    }
    Ok(Vendor {
        devices,
        classes: CLASSES.to_vec(),
        limits: Limits::default(),
    })
}

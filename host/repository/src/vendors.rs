//! Vendors: what the commission allows them, and what they sign on their own machines.

use crate::ceremony::Keyholders;
use crate::configuration::{Lifetimes, whole_seconds};
use crate::draft::Draft;
use crate::error::Error;
use crate::key::{SecretKey, hex};
use crate::metadata::{SPECIFICATION, Signers, encode, next, sha256, sign, target, target_name, unsigned};
use crate::publication::Input;
use crate::role::Role;
use jiff::Timestamp;
use plan::names::{is_name, is_target, vendor_prefix};
use plan::vendor::Vendor;
use plugin_package::read_manifest;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use tough::schema::{Signed, Targets};

/// What a vendor signed: the list of its files, with their digests.
#[derive(Clone, Debug, PartialEq)]
pub struct VendorSigned {
    path: PathBuf,
    vendor: String,
    document: Signed<Targets>,
}

impl VendorSigned {
    /// Reads a vendor's list.
    ///
    /// # Errors
    /// [`Error::VendorSigned`].
    pub fn read(path: &Path, vendor: &str) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::file(path))?;
        let document = serde_json::from_slice(&bytes).map_err(|cause| Error::VendorSigned {
            path: path.to_owned(),
            why: format!("it is not what `vendor sign` makes ({})", quotation::sentence(cause)),
        })?;
        Ok(Self {
            path: path.to_owned(),
            vendor: vendor.to_owned(),
            document,
        })
    }

    /// A vendor signs files: those of an earlier list stay on it.
    ///
    /// # Errors
    /// [`Error::Rule`] where a file's name is none, [`Error::VendorSigned`] where a version is signed already with other content.
    pub fn sign(
        vendor: &str,
        key: &SecretKey,
        files: &[Input],
        earlier: Option<&Self>,
        lifetimes: &Lifetimes,
        now: Timestamp,
    ) -> Result<Self, Error> {
        if !is_name(vendor) {
            return Err(Error::Rule(format!(
                "the vendor's name `{vendor}` must be 1 to 64 of a-z, 0-9 and -, a letter first"
            )));
        }
        let role = Role::Vendor(vendor.to_owned());
        let expires = lifetimes.end(&role, whole_seconds(now))?;
        let version = earlier.map_or(NonZeroU64::MIN, |earlier| next(earlier.document.signed.version));
        let mut list = Targets::new(SPECIFICATION.to_owned(), version, expires);
        list.delegations = None;
        if let Some(earlier) = earlier {
            list.targets = earlier.document.signed.targets.clone();
        }
        for file in files {
            let name = target_of(vendor, file)?;
            let listed = target(&file.bytes);
            let before = list.targets.insert(target_name(&name)?, listed.clone());
            if before.is_some_and(|before| before.hashes != listed.hashes) {
                let other = if name.ends_with(".wasm") {
                    "raise the plugin's version"
                } else {
                    "give the file another name"
                };
                return Err(Error::Rule(format!(
                    "{}: `{name}` is signed already with other content; {other}",
                    file.path.display()
                )));
            }
        }
        let mut document = unsigned(list);
        sign(&mut document, key)?;
        Ok(Self {
            path: PathBuf::from(format!("{role}.json")),
            vendor: vendor.to_owned(),
            document,
        })
    }

    /// As it is written.
    ///
    /// # Errors
    /// [`Error::Metadata`].
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        encode(&self.document)
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.document.signed.version.get()
    }

    /// When it expires.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.document.signed.expires
    }

    /// Its targets, in the order of their names.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .document
            .signed
            .targets
            .keys()
            .map(|name| name.raw().to_owned())
            .collect();
        names.sort();
        names
    }

    fn refused(&self, why: impl Into<String>) -> Error {
        Error::VendorSigned {
            path: self.path.clone(),
            why: why.into(),
        }
    }

    /// The target under which the vendor lists a file.
    pub(crate) fn target_of(&self, file: &Input) -> Result<String, Error> {
        let digest = sha256(&file.bytes);
        let listed = self.document.signed.targets.iter();
        let found = listed
            .filter(|(_, target)| hex(&target.hashes.sha256) == digest)
            .map(|(name, _)| name.raw().to_owned())
            .min();
        found.ok_or_else(|| self.refused(format!("it does not list {} as it is", file.path.display())))
    }
}

/// The target of a vendor's file: a plugin is called by its name and version, any other file as it is called.
fn target_of(vendor: &str, file: &Input) -> Result<String, Error> {
    let prefix = vendor_prefix(vendor);
    let called = file.path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = match read_manifest(&file.bytes) {
        Ok(manifest) => format!("{prefix}{}-{}.wasm", manifest.name, manifest.version),
        Err(_) if file.path.extension().is_some_and(|extension| extension == "json") => {
            format!("{prefix}{}", called.unwrap_or_default())
        }
        Err(cause) => return Err(Error::Rule(format!("{}: {cause}", file.path.display()))),
    };
    if is_target(&name) {
        return Ok(name);
    }
    Err(Error::Rule(format!(
        "{}: `{name}` is no name of a target: letters, digits, `.`, `-` and `_`",
        file.path.display()
    )))
}

impl Draft {
    /// Takes a vendor on, or changes what it may have: its role, its prefix, its devices. `keys` are left as they are where none.
    ///
    /// # Errors
    /// [`Error::Rule`] where a new vendor has no key, [`Error::Refused`] where a driver of it would have too much.
    pub fn set_vendor(&mut self, name: &str, keys: Option<&Keyholders>, allowed: Vendor) -> Result<(), Error> {
        if !is_name(name) {
            return Err(Error::Rule(format!(
                "the vendor's name `{name}` must be 1 to 64 of a-z, 0-9 and -, a letter first"
            )));
        }
        let is_known = self.plan.vendors.contains_key(name);
        if keys.is_none() && !is_known {
            return Err(Error::Rule(format!(
                "the vendor {name} is new; give its public key with --public-key"
            )));
        }
        if let Some(keys) = keys {
            self.name_holders(keys.keys())?;
            self.give(&Role::Vendor(name.to_owned()), keys)?;
        }
        self.plan.vendors.insert(name.to_owned(), allowed);
        Ok(self.plan.check()?)
    }

    /// Takes what a vendor signed into the change; answers with the vendor's name.
    ///
    /// # Errors
    /// [`Error::VendorSigned`], with the rule.
    pub fn take_signed(&mut self, signed: &VendorSigned) -> Result<String, Error> {
        let role = Role::Vendor(signed.vendor.clone());
        if !self.plan.vendors.contains_key(&signed.vendor) {
            let name = &signed.vendor;
            return Err(signed.refused(format!("the plan has no vendor {name}; take it on with `vendor add`")));
        }
        let list = &signed.document.signed;
        let prefix = vendor_prefix(&signed.vendor);
        let is_own = |name: &str| name.starts_with(&prefix) && is_target(name) && !name[prefix.len()..].contains('/');
        if let Some(name) = signed.targets().iter().find(|name| !is_own(name)) {
            return Err(signed.refused(format!(
                "`{name}` is not under `{prefix}`, where this vendor's files stand"
            )));
        }
        if list.delegations.as_ref().is_some_and(|all| !all.roles.is_empty()) {
            return Err(signed.refused("it delegates to others, which a vendor may not"));
        }
        let signers = self.check_vendor_signatures(&role, signed)?;
        self.name_vendor(&signers, &signed.vendor);
        if list.expires <= self.now {
            return Err(signed.refused(format!("it expired at {}; have it signed again", list.expires)));
        }
        let present = self.state.as_ref().and_then(|state| state.roles.get(&role));
        if let Some(present) = present.filter(|present| **present != signed.document) {
            let version = present.signed.version;
            if list.version <= version {
                return Err(signed.refused(format!(
                    "its version is {}, but {version} is published; sign with --earlier, so that it grows",
                    list.version
                )));
            }
        }
        self.check_releases_stay(signed, &prefix)?;
        self.relied_on.insert(role.clone());
        if present != Some(&signed.document) {
            self.vendor_signed.insert(role, signed.document.clone());
        }
        Ok(signed.vendor.clone())
    }

    fn check_vendor_signatures(&self, role: &Role, signed: &VendorSigned) -> Result<Signers, Error> {
        let delegations = self.delegations.clone();
        let present = self.state.as_ref().map(|state| state.targets.signed.clone());
        let Some(mut targets) = present else {
            return Err(signed.refused("there is no repository yet; hold a ceremony first"));
        };
        targets.delegations = delegations.or(targets.delegations);
        let Some(signers) = Signers::of_delegated(&targets, role) else {
            return Err(signed.refused(format!("nothing is delegated to {role}; take it on with `vendor add`")));
        };
        let count = signers.signed(&signed.document)?.len() as u64;
        if count < signers.threshold {
            return Err(signed.refused(format!(
                "it is not signed with the key that the commission has for {role}; take the right key"
            )));
        }
        Ok(signers)
    }

    /// A list that leaves out what a kiosk may still run would make it unfetchable.
    fn check_releases_stay(&self, signed: &VendorSigned, prefix: &str) -> Result<(), Error> {
        for item in &self.plan.items {
            for release in &item.releases {
                for file in std::iter::once(&release.file).chain(&release.vectors) {
                    let is_listed =
                        signed.document.signed.targets.iter().any(|(name, target)| {
                            name.raw() == file.target && hex(&target.hashes.sha256) == file.sha256
                        });
                    if file.target.starts_with(prefix) && !is_listed {
                        return Err(signed.refused(format!(
                            "it does not list `{}` of release {} any more; sign with --earlier, which keeps it",
                            file.target, release.counter
                        )));
                    }
                }
            }
        }
        Ok(())
    }
}

//! A repository to attack: real keys, real signatures, and every field within reach.
//!
//! [`Repository`] is a publisher that does whatever it is told, wrong things too. What it has published is a [`Shelf`], a source
//! in memory that can fail in many ways. Keys are made of their names, so that each run has the same.

use crate::digest::{Sha256, Sha512};
use crate::source::{Part, Source, SourceError};
use ed25519_dalek::{Signer as _, SigningKey};
use jiff::{SignedDuration, Timestamp};
use olpc_cjson::CanonicalFormatter;
use serde::Serialize as _;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Mutex;

/// What time it is in tests: the morning of an election.
pub const NOW: Timestamp = Timestamp::constant(1_819_958_400, 0);
/// The roles that every repository has.
pub const TOP_LEVEL: [&str; 4] = ["root", "targets", "snapshot", "timestamp"];

/// A key, made of its name.
#[derive(Clone, Debug)]
pub struct TestKey(SigningKey);

/// A role before it is signed.
#[derive(Clone, Debug)]
pub struct TestRole {
    /// the signed part; version and expiry are put in when it is published
    pub signed: Map<String, Value>,
    /// the version that was published last; 0 before
    pub version: u64,
    /// when it expires
    pub expires: Timestamp,
    /// whoever signs, whether allowed or not
    pub signers: Vec<TestKey>,
}

/// A publisher that does what it is told.
#[derive(Clone, Debug)]
pub struct Repository {
    /// by name
    pub roles: BTreeMap<String, TestRole>,
    /// are metadata's lengths and digests written into snapshot and timestamp?
    pub digests: bool,
    /// what was published
    pub shelf: Shelf,
}

/// What a source holds, and how it fails.
#[derive(Debug, Default)]
pub struct Shelf {
    /// by path: `metadata/...` and `targets/...`
    pub files: BTreeMap<String, Vec<u8>>,
    /// so many bytes and it is pulled
    pub pulled_after: Option<u64>,
    /// a file that never ends
    pub endless: Option<String>,
    /// cannot begin in the middle of a target
    pub from_start_only: bool,
    /// a target's bytes end in an error, all of them given
    pub broken_at_ends: bool,
    requests: Mutex<Vec<String>>,
    given: Mutex<u64>,
}

impl TestKey {
    /// The key of this name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self(SigningKey::from_bytes(Sha256::of(name.as_bytes()).bytes()))
    }

    /// As it stands in metadata.
    #[must_use]
    pub fn value(&self) -> Value {
        json!({
            "keytype": "ed25519",
            "scheme": "ed25519",
            "keyval": { "public": hex(self.0.verifying_key().as_bytes()) },
        })
    }

    /// Its name in metadata.
    #[must_use]
    pub fn id(&self) -> String {
        Sha256::of(&canonical(&self.value())).to_string()
    }

    /// A signature, as it stands in metadata.
    #[must_use]
    pub fn sign(&self, signed: &Value) -> Value {
        let signature = self.0.sign(&canonical(signed));
        json!({ "keyid": self.id(), "sig": hex(&signature.to_bytes()) })
    }
}

impl Repository {
    /// A repository with all four roles published, each with one key of its own name, and nothing in it.
    #[must_use]
    pub fn new() -> Self {
        let role = |kind: &str, days: i64| TestRole {
            signed: Map::from_iter([
                ("_type".to_owned(), json!(kind)),
                ("spec_version".to_owned(), json!("1.0.31")),
            ]),
            version: 0,
            expires: NOW + SignedDuration::from_hours(24 * days),
            signers: vec![TestKey::of(kind)],
        };
        let mut roles = BTreeMap::from([
            ("root".to_owned(), role("root", 365)),
            ("targets".to_owned(), role("targets", 90)),
            ("snapshot".to_owned(), role("snapshot", 30)),
            ("timestamp".to_owned(), role("timestamp", 14)),
        ]);
        let root = &mut roles.get_mut("root").expect("it was just made").signed;
        root.insert("consistent_snapshot".to_owned(), json!(true));
        root.insert("keys".to_owned(), json!({}));
        root.insert("roles".to_owned(), json!({}));
        let mut repository = Self {
            roles,
            digests: true,
            shelf: Shelf::default(),
        };
        repository
            .role("targets")
            .signed
            .insert("targets".to_owned(), json!({}));
        repository.role("snapshot").signed.insert("meta".to_owned(), json!({}));
        repository.role("timestamp").signed.insert("meta".to_owned(), json!({}));
        for name in TOP_LEVEL {
            repository.allow(name, &[TestKey::of(name)], 1);
        }
        repository.publish("root");
        repository.publish_content();
        repository
    }

    /// A role.
    ///
    /// # Panics
    /// Where there is none.
    pub fn role(&mut self, name: &str) -> &mut TestRole {
        self.roles.get_mut(name).unwrap_or_else(|| panic!("no role {name}"))
    }

    /// Says in the root which keys a top-level role has. It is signed by them from now on.
    pub fn allow(&mut self, name: &str, keys: &[TestKey], threshold: u64) {
        let ids: Vec<String> = keys.iter().map(TestKey::id).collect();
        let root = &mut self.role("root").signed;
        for key in keys {
            root["keys"][key.id()] = key.value();
        }
        root["roles"][name] = json!({ "keyids": ids, "threshold": threshold });
        self.role(name).signers = keys.to_vec();
    }

    /// Delegates to a new role, whose key is of its name, and publishes nothing.
    pub fn delegate(&mut self, from: &str, name: &str, paths: &[&str]) {
        let key = TestKey::of(name);
        let delegation = json!({
            "name": name,
            "keyids": [key.id()],
            "threshold": 1,
            "terminating": false,
            "paths": paths,
        });
        let delegations = self
            .role(from)
            .signed
            .entry("delegations")
            .or_insert_with(|| json!({ "keys": {}, "roles": [] }));
        delegations["keys"][key.id()] = key.value();
        if let Some(roles) = delegations["roles"].as_array_mut() {
            roles.push(delegation);
        }
        let role = TestRole {
            signed: Map::from_iter([
                ("_type".to_owned(), json!("targets")),
                ("spec_version".to_owned(), json!("1.0.31")),
                ("targets".to_owned(), json!({})),
            ]),
            version: 0,
            expires: NOW + SignedDuration::from_hours(24 * 60),
            signers: vec![key],
        };
        self.roles.entry(name.to_owned()).or_insert(role);
    }

    /// A delegation, as it is written.
    ///
    /// # Panics
    /// Where there is none.
    pub fn delegation(&mut self, from: &str, name: &str) -> &mut Value {
        self.role(from).signed["delegations"]["roles"]
            .as_array_mut()
            .and_then(|roles| roles.iter_mut().find(|role| role["name"] == name))
            .unwrap_or_else(|| panic!("{from} does not delegate to {name}"))
    }

    /// Puts a target on the shelf and into a role's list.
    pub fn add(&mut self, role: &str, target: &str, bytes: &[u8]) {
        self.list(role, target, bytes);
        let (folder, name) = target
            .rsplit_once('/')
            .map_or(("", target), |(folder, name)| (folder, name));
        let slash = if folder.is_empty() { "" } else { "/" };
        let consistent = self.is_consistent();
        let names = if consistent {
            let sha256 = Sha256::of(bytes).to_string();
            let sha512 = Sha512::of(bytes).to_string();
            vec![format!("{sha256}.{name}"), format!("{sha512}.{name}")]
        } else {
            vec![name.to_owned()]
        };
        for name in names {
            let path = format!("targets/{folder}{slash}{name}");
            self.shelf.files.insert(path, bytes.to_vec());
        }
    }

    /// Puts a target into a role's list alone.
    pub fn list(&mut self, role: &str, target: &str, bytes: &[u8]) {
        self.role(role).signed["targets"][target] = json!({
            "length": bytes.len(),
            "hashes": { "sha256": Sha256::of(bytes).to_string(), "sha512": Sha512::of(bytes).to_string() },
        });
    }

    /// Publishes a role's next version: signed and on the shelf, and announced by the role above it, which is not published.
    pub fn publish(&mut self, name: &str) {
        self.role(name).version += 1;
        self.publish_again(name);
    }

    /// As [`Repository::publish`], with the version as it stands.
    pub fn publish_again(&mut self, name: &str) {
        let digests = self.digests;
        let consistent = self.is_consistent();
        let role = self.role(name);
        let version = role.version;
        let bytes = role.bytes();
        let announced = if digests {
            json!({
                "version": version,
                "length": bytes.len(),
                "hashes": { "sha256": Sha256::of(&bytes).to_string() },
            })
        } else {
            json!({ "version": version })
        };
        let file = crate::metadata::role_file(name);
        let path = match name {
            "timestamp" => format!("metadata/{file}"),
            "root" => format!("metadata/{version}.{file}"),
            _ if consistent => format!("metadata/{version}.{file}"),
            _ => format!("metadata/{file}"),
        };
        self.shelf.files.insert(path, bytes);
        match name {
            "root" | "timestamp" => {}
            "snapshot" => self.role("timestamp").signed["meta"]["snapshot.json"] = announced,
            _ => self.role("snapshot").signed["meta"][format!("{name}.json")] = announced,
        }
    }

    fn is_consistent(&self) -> bool {
        self.roles
            .get("root")
            .and_then(|root| root.signed.get("consistent_snapshot"))
            .is_some_and(|value| value == true)
    }

    /// Publishes targets, snapshot and timestamp.
    pub fn publish_content(&mut self) {
        for name in ["targets", "snapshot", "timestamp"] {
            self.publish(name);
        }
    }

    /// Publishes a delegated role, snapshot and timestamp.
    pub fn publish_role(&mut self, name: &str) {
        for name in [name, "snapshot", "timestamp"] {
            self.publish(name);
        }
    }

    /// The bytes of a root that was published: what is shipped with a kiosk.
    ///
    /// # Panics
    /// Where it was not published.
    #[must_use]
    pub fn root(&self, version: u64) -> Vec<u8> {
        self.shelf.files[&format!("metadata/{version}.root.json")].clone()
    }

    /// Gives a top-level role new keys, in the root's next version.
    pub fn rotate(&mut self, name: &str, key: &str) {
        self.allow(name, &[TestKey::of(key)], 1);
        self.publish("root");
    }
}

impl Default for Repository {
    fn default() -> Self {
        Self::new()
    }
}

impl TestRole {
    /// The file, signed.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut signed = self.signed.clone();
        signed.entry("version").or_insert(json!(self.version));
        signed.entry("expires").or_insert(json!(self.expires.to_string()));
        let signed = Value::Object(signed);
        let signatures: Vec<Value> = self.signers.iter().map(|key| key.sign(&signed)).collect();
        file(&signed, &signatures)
    }
}

/// A metadata file.
#[must_use]
pub fn file(signed: &Value, signatures: &[Value]) -> Vec<u8> {
    let envelope = json!({ "signatures": signatures, "signed": signed });
    serde_json::to_vec_pretty(&envelope).unwrap_or_default()
}

impl Shelf {
    /// What was asked for, in order, and forgotten with this.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *locked(&self.requests))
    }

    /// Writes everything into a folder, as it lies on a stick.
    ///
    /// # Errors
    /// As the system says.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        for (path, bytes) in &self.files {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(path, bytes)?;
        }
        Ok(())
    }

    fn ask(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        locked(&self.requests).push(path.to_owned());
        if self.pulled_after.is_some_and(|most| *locked(&self.given) >= most) {
            return Err(pulled());
        }
        self.files
            .get(path)
            .cloned()
            .ok_or_else(|| SourceError::NotFound(path.to_owned()))
    }

    /// So many bytes may be given; fewer than asked for, and it was pulled.
    fn give(&self, asked: u64) -> u64 {
        let mut given = locked(&self.given);
        let allowed = self
            .pulled_after
            .map_or(asked, |most| asked.min(most.saturating_sub(*given)));
        *given += allowed;
        allowed
    }
}

impl Clone for Shelf {
    fn clone(&self) -> Self {
        Self {
            files: self.files.clone(),
            pulled_after: self.pulled_after,
            endless: self.endless.clone(),
            from_start_only: self.from_start_only,
            broken_at_ends: self.broken_at_ends,
            requests: Mutex::default(),
            given: Mutex::default(),
        }
    }
}

impl Source for Shelf {
    fn metadata(&self, name: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        let what = format!("metadata/{name}");
        let bytes = self.ask(&what)?;
        let length = bytes.len() as u64;
        if length > limit || self.endless.as_ref() == Some(&what) {
            return Err(SourceError::TooLarge { what, limit });
        }
        if self.give(length) < length {
            return Err(pulled());
        }
        Ok(bytes)
    }

    fn target(&self, path: &str, offset: u64) -> Result<Part, SourceError> {
        let path = format!("targets/{path}");
        let offset = if self.from_start_only { 0 } else { offset };
        let bytes = self.ask(&path)?;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let rest = bytes[from..].to_vec();
        let length = rest.len() as u64;
        let allowed = self.give(length);
        let bytes: Box<dyn Read + Send> = if self.endless == Some(path) {
            Box::new(io::repeat(7))
        } else if allowed < length || self.broken_at_ends {
            Box::new(io::Cursor::new(rest).take(allowed).chain(Pulled))
        } else {
            Box::new(io::Cursor::new(rest))
        };
        Ok(Part { offset, bytes })
    }

    fn describe(&self) -> String {
        "the shelf".to_owned()
    }
}

/// Nothing but an error.
struct Pulled;

impl Read for Pulled {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("pulled"))
    }
}

fn pulled() -> SourceError {
    SourceError::Failed("it was pulled".to_owned())
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn canonical(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, CanonicalFormatter::new());
    // Values have no form that JSON cannot hold; a float, which canonical JSON has not, shows in an empty signature.
    if value.serialize(&mut serializer).is_err() {
        bytes.clear();
    }
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

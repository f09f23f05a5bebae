//! A copy of the commission's repository in the hands of somebody who changes it, with whatever keys he has.

use crate::commission::{Day, enough, keys};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use updates::digest::Sha256;
use updates::testing::{TestKey, file};

/// The copy.
#[derive(Debug)]
pub(crate) struct Forgery {
    folder: TempDir,
}

/// A release that somebody makes up: of an item that is in the plan, one more.
pub(crate) struct MadeUp<'a> {
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
    /// who lists its file
    pub(crate) role: &'static str,
    pub(crate) target: &'static str,
    pub(crate) bytes: &'a [u8],
}

impl MadeUp<'static> {
    /// Of the policy, by whoever may sign it.
    pub(crate) const POLICY: Self = Self {
        kind: "policy",
        name: "fingerprint-first",
        role: "policies",
        target: "policies/fingerprint-first/9.wasm",
        bytes: &[],
    };
}

impl Forgery {
    /// A copy of a day's repository.
    pub(crate) fn of(day: Day) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fixtures::copy_folder(&day.repository(), folder.path());
        Self { folder }
    }

    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The file of a role's version; the timestamp has one file only.
    pub(crate) fn file(&self, role: &str, version: u64) -> PathBuf {
        let name = match role {
            "timestamp" => "timestamp.json".to_owned(),
            role => format!("{version}.{role}.json"),
        };
        self.path().join("metadata").join(name)
    }

    /// The newest version of a role.
    pub(crate) fn version(&self, role: &str) -> u64 {
        if role == "timestamp" {
            return self.signed(role)["version"].as_u64().unwrap();
        }
        let names = std::fs::read_dir(self.path().join("metadata")).unwrap();
        let version = |name: String| {
            let (version, rest) = name.split_once('.')?;
            (rest == format!("{role}.json")).then(|| version.parse::<u64>().unwrap())
        };
        names
            .filter_map(|entry| version(entry.unwrap().file_name().into_string().unwrap()))
            .max()
            .unwrap()
    }

    /// What is signed in a role's newest version.
    pub(crate) fn signed(&self, role: &str) -> Value {
        let version = if role == "timestamp" { 0 } else { self.version(role) };
        let bytes = std::fs::read(self.file(role, version)).unwrap();
        let envelope: Value = serde_json::from_slice(&bytes).unwrap();
        envelope["signed"].clone()
    }

    /// Writes a role's version, signed by these keys.
    pub(crate) fn write(&self, role: &str, version: u64, signed: &Value, keys: &[TestKey]) {
        let signatures: Vec<Value> = keys.iter().map(|key| key.sign(signed)).collect();
        std::fs::write(self.file(role, version), file(signed, &signatures)).unwrap();
    }

    /// Publishes a role's next version with a change, signed by these keys. It is not announced yet.
    pub(crate) fn change(&self, role: &str, keys: &[TestKey], edit: impl FnOnce(&mut Value)) {
        let mut signed = self.signed(role);
        let version = self.version(role) + 1;
        signed["version"] = json!(version);
        edit(&mut signed);
        self.write(role, version, &signed, keys);
    }

    /// A version of a role as another one announces it.
    pub(crate) fn announced(&self, role: &str, version: u64) -> Value {
        let bytes = std::fs::read(self.file(role, version)).unwrap();
        json!({
            "version": version,
            "length": bytes.len(),
            "hashes": { "sha256": Sha256::of(&bytes).to_string() },
        })
    }

    /// The next snapshot, with its own key: it lists the newest version of every role, but for a change.
    pub(crate) fn snapshot(&self, edit: impl FnOnce(&mut Value)) {
        let listed: Vec<String> = self.signed("snapshot")["meta"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        self.change("snapshot", &keys("snapshot"), |signed| {
            for name in listed {
                let role = name.strip_suffix(".json").unwrap();
                signed["meta"][&name] = self.announced(role, self.version(role));
            }
            edit(signed);
        });
    }

    /// The next timestamp, with its own key: it announces the newest snapshot, but for a change.
    pub(crate) fn timestamp(&self, edit: impl FnOnce(&mut Value)) {
        self.change("timestamp", &keys("timestamp"), |signed| {
            signed["meta"]["snapshot.json"] = self.announced("snapshot", self.version("snapshot"));
            edit(signed);
        });
    }

    /// The next snapshot and the next timestamp.
    pub(crate) fn announce(&self) {
        self.snapshot(|_| ());
        self.timestamp(|_| ());
    }

    /// Where a target lies.
    pub(crate) fn target(&self, target: &str, sha256: &str) -> PathBuf {
        let (folder, name) = target.rsplit_once('/').unwrap_or(("", target));
        self.path()
            .join("targets")
            .join(folder)
            .join(format!("{sha256}.{name}"))
    }

    /// Puts a target's bytes where they belong, and says what is to be signed about them.
    pub(crate) fn put(&self, target: &str, bytes: &[u8]) -> Value {
        let sha256 = Sha256::of(bytes).to_string();
        let path = self.target(target, &sha256);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        json!({ "length": bytes.len(), "hashes": { "sha256": sha256 } })
    }

    /// Puts a target's bytes where they belong, and has its role list them.
    pub(crate) fn list(&self, role: &str, target: &str, bytes: &[u8]) {
        let listed = self.put(target, bytes);
        self.change(role, &enough(role), |signed| signed["targets"][target] = listed);
    }

    /// The plan.
    pub(crate) fn plan(&self) -> Value {
        let sha256 = self.signed("targets")["targets"]["plan.json"]["hashes"]["sha256"].clone();
        let bytes = std::fs::read(self.target("plan.json", sha256.as_str().unwrap())).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    /// The next plan, with a change, signed as it must be.
    pub(crate) fn change_plan(&self, edit: impl FnOnce(&mut Value)) {
        let mut plan = self.plan();
        plan["counter"] = json!(plan["counter"].as_u64().unwrap() + 1);
        edit(&mut plan);
        self.list("targets", "plan.json", &serde_json::to_vec_pretty(&plan).unwrap());
    }

    /// One more release of an item, listed by its role, planned and announced, each as it must be signed. What the plan says of
    /// it is what it says of the release before, but for a change.
    pub(crate) fn release(&self, made_up: &MadeUp<'_>, edit: impl FnOnce(&mut Value)) {
        self.list(made_up.role, made_up.target, made_up.bytes);
        self.change_plan(|plan| {
            let releases = &mut item(plan, made_up.kind, made_up.name)["releases"];
            let mut release = releases.as_array().unwrap().last().unwrap().clone();
            release["counter"] = json!(release["counter"].as_u64().unwrap() + 1);
            release["file"] = planned(made_up.target, made_up.bytes);
            edit(&mut release);
            releases.as_array_mut().unwrap().push(release);
        });
        self.announce();
    }
}

/// A file as a plan pins it.
pub(crate) fn planned(target: &str, bytes: &[u8]) -> Value {
    json!({ "target": target, "sha256": Sha256::of(bytes).to_string(), "length": bytes.len() })
}

/// An item of a plan.
pub(crate) fn item<'a>(plan: &'a mut Value, kind: &str, name: &str) -> &'a mut Value {
    let items = plan["items"].as_array_mut().unwrap();
    let found = items
        .iter_mut()
        .find(|item| item["kind"] == kind && item["name"] == name);
    found.unwrap()
}

//! Metadata files as this program reads them (section 4 of the specification).
//!
//! What is checked and what is used come out of the same value: a file is read once, signatures are verified over that value in
//! canonical form, and the typed content is taken from it. The bytes are kept as they came.

use crate::delegation::Delegations;
use crate::digest::Digests;
use crate::refusal::Refusal;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::collections::HashMap;
use std::num::NonZeroU64;
use tough::schema::{Role, RoleType, Root, Signature, Signed};

/// The content of a role's file.
pub(crate) trait Content: DeserializeOwned + Clone + std::fmt::Debug {
    const TYPE: RoleType;
    /// Its `_type`.
    const NAME: &'static str;
    fn version(&self) -> NonZeroU64;
    fn expires(&self) -> Timestamp;
    /// Writes out what may be left out, before it is read.
    fn complete(_value: &mut Value) {}
    /// What reading alone does not check.
    fn mistake(&self) -> Option<String> {
        None
    }
}

/// `timestamp.json` (4.6).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TimestampContent {
    version: NonZeroU64,
    expires: Timestamp,
    meta: HashMap<String, MetaFile>,
    /// Not TUF's: the time that kiosks trust ([`plan::names::SIGNED_AT`]).
    #[serde(rename = "signed-at")]
    pub(crate) signed_at: Option<Timestamp>,
}

/// `snapshot.json` (4.4).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SnapshotContent {
    version: NonZeroU64,
    expires: Timestamp,
    pub(crate) meta: HashMap<String, MetaFile>,
}

/// `targets.json` and delegated roles (4.5).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TargetsContent {
    version: NonZeroU64,
    expires: Timestamp,
    pub(crate) targets: HashMap<String, TargetFile>,
    pub(crate) delegations: Option<Delegations>,
}

/// What one file says of another (4.4).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MetaFile {
    pub(crate) version: NonZeroU64,
    pub(crate) length: Option<u64>,
    pub(crate) hashes: Option<HashMap<String, String>>,
}

/// What is said of a target (4.5).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TargetFile {
    pub(crate) length: u64,
    pub(crate) hashes: HashMap<String, String>,
}

/// The name of the snapshot in a timestamp.
pub(crate) const SNAPSHOT: &str = "snapshot.json";
/// The name of the targets in a snapshot.
pub(crate) const TARGETS: &str = "targets.json";
/// The timestamp's file.
pub(crate) const TIMESTAMP: &str = "timestamp.json";
/// The root's file.
pub(crate) const ROOT: &str = "root.json";

impl TimestampContent {
    /// What it says of the snapshot; a timestamp that says nothing of it is none, see [`Content::mistake`].
    pub(crate) fn snapshot(&self) -> Option<&MetaFile> {
        self.meta.get(SNAPSHOT)
    }
}

impl MetaFile {
    /// Holds a file's bytes against what is said of it (5.5.2, 5.6.2).
    pub(crate) fn check(&self, what: &str, bytes: &[u8]) -> Result<(), Refusal> {
        let found = bytes.len() as u64;
        if let Some(expected) = self.length.filter(|expected| *expected != found) {
            return Err(Refusal::Length {
                what: what.to_owned(),
                expected,
                found,
            });
        }
        match &self.hashes {
            None => Ok(()),
            Some(hashes) => Digests::read(what, hashes)?.check(what, bytes),
        }
    }
}

impl Content for Root {
    const TYPE: RoleType = RoleType::Root;
    const NAME: &'static str = "root";

    fn version(&self) -> NonZeroU64 {
        self.version
    }

    fn expires(&self) -> Timestamp {
        self.expires
    }

    fn complete(value: &mut Value) {
        if let Value::Object(fields) = value {
            fields.entry("consistent_snapshot").or_insert(Value::Bool(false));
        }
    }

    fn mistake(&self) -> Option<String> {
        [
            RoleType::Root,
            RoleType::Timestamp,
            RoleType::Snapshot,
            RoleType::Targets,
        ]
        .into_iter()
        .find(|role| !self.roles.contains_key(role))
        .map(|role| format!("it names no keys for `{role}`"))
    }
}

impl Content for TimestampContent {
    const TYPE: RoleType = RoleType::Timestamp;
    const NAME: &'static str = "timestamp";

    fn version(&self) -> NonZeroU64 {
        self.version
    }

    fn expires(&self) -> Timestamp {
        self.expires
    }

    fn mistake(&self) -> Option<String> {
        self.snapshot()
            .is_none()
            .then(|| format!("it says nothing of {SNAPSHOT}"))
    }
}

impl Content for SnapshotContent {
    const TYPE: RoleType = RoleType::Snapshot;
    const NAME: &'static str = "snapshot";

    fn version(&self) -> NonZeroU64 {
        self.version
    }

    fn expires(&self) -> Timestamp {
        self.expires
    }

    fn mistake(&self) -> Option<String> {
        (!self.meta.contains_key(TARGETS)).then(|| format!("it says nothing of {TARGETS}"))
    }
}

impl Content for TargetsContent {
    const TYPE: RoleType = RoleType::Targets;
    const NAME: &'static str = "targets";

    fn version(&self) -> NonZeroU64 {
        self.version
    }

    fn expires(&self) -> Timestamp {
        self.expires
    }
}

/// The signed part of a file: the value that was read, and its typed content.
#[derive(Clone, Debug)]
pub(crate) struct Body<C> {
    value: Value,
    content: C,
}

impl<C> Serialize for Body<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<C: Content> Role for Body<C> {
    const TYPE: RoleType = C::TYPE;

    fn expires(&self) -> Timestamp {
        self.content.expires()
    }

    fn version(&self) -> NonZeroU64 {
        self.content.version()
    }

    fn filename(&self, _consistent_snapshot: bool) -> String {
        format!("{}.json", C::NAME)
    }
}

/// A file that was read. Whether it is trusted is for its holder to know.
#[derive(Clone, Debug)]
pub(crate) struct Metadata<C> {
    /// as it came
    pub(crate) bytes: Vec<u8>,
    pub(crate) signed: Signed<Body<C>>,
}

#[derive(Deserialize)]
struct Envelope {
    signed: Value,
    signatures: Vec<Signature>,
}

impl<C: Content> Metadata<C> {
    /// Reads a file; `what` is what it is called.
    pub(crate) fn read(what: &str, bytes: Vec<u8>) -> Result<Self, Refusal> {
        let malformed = |cause: String| Refusal::Malformed {
            what: what.to_owned(),
            cause: quotation::sentence(&cause),
        };
        let Envelope { signed, signatures } =
            serde_json::from_slice(&bytes).map_err(|cause| malformed(cause.to_string()))?;
        let word = |name: &str| signed.get(name).and_then(Value::as_str).unwrap_or_default();
        let kind = word("_type");
        if kind != C::NAME {
            return Err(Refusal::WrongType {
                what: what.to_owned(),
                found: quotation::phrase(kind),
            });
        }
        let specification = word("spec_version");
        if specification.split('.').next() != Some("1") {
            return Err(Refusal::Specification {
                what: what.to_owned(),
                found: quotation::phrase(specification),
            });
        }
        let mut complete = signed.clone();
        C::complete(&mut complete);
        let content: C = serde_json::from_value(complete).map_err(|cause| malformed(cause.to_string()))?;
        if let Some(mistake) = content.mistake() {
            return Err(malformed(mistake));
        }
        let value = signed;
        Ok(Self {
            bytes,
            signed: Signed {
                signed: Body { value, content },
                signatures,
            },
        })
    }

    pub(crate) fn content(&self) -> &C {
        &self.signed.signed.content
    }

    pub(crate) fn into_content(self) -> C {
        self.signed.signed.content
    }

    pub(crate) fn version(&self) -> u64 {
        self.content().version().get()
    }

    pub(crate) fn expires(&self) -> Timestamp {
        self.content().expires()
    }

    /// Is its time over (5.3.10, 5.4.4, 5.5.6, 5.6.5)?
    pub(crate) fn check_expiry(&self, what: &str, now: Timestamp) -> Result<(), Refusal> {
        let expired = self.expires();
        if now < expired {
            return Ok(());
        }
        Err(Refusal::Expired {
            what: what.to_owned(),
            expired,
            now,
        })
    }
}

/// A role's file, without its version: the role's name with everything but letters, digits, `_`, `.`, `-` and `~` percent-encoded,
/// so that it names a file below any folder and nothing else.
pub(crate) fn role_file(role: &str) -> String {
    let mut name = String::with_capacity(role.len() + 5);
    for byte in role.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'~') {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    name.push_str(".json");
    name
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_role_names_a_file_elsewhere() {
        let cases = [
            ("vendor-acme", "vendor-acme.json"),
            ("../root", "..%2Froot.json"),
            ("/etc/passwd", "%2Fetc%2Fpasswd.json"),
            ("?", "%3F.json"),
            ("#", "%23.json"),
            ("a%2Fb", "a%252Fb.json"),
            ("ö\0", "%C3%B6%00.json"),
            ("", ".json"),
        ];
        for (role, file) in cases {
            assert_eq!(role_file(role), file);
        }
    }

    #[test]
    fn what_a_forger_writes_stays_a_line_of_the_sentence_that_refuses_it() {
        let words = format!("a\u{1b}[31m\nb\u{202e}{}", "c".repeat(100_000));
        let role = json!({"name": words, "keyids": [], "threshold": 1, "terminating": false, "paths": []});
        let good = json!({"_type": "targets", "spec_version": "1.0", "version": 1, "expires": "2030-01-01T00:00:00Z", "targets": {}});
        let cases = [
            ("_type", json!(words)),
            ("spec_version", json!(words)),
            ("version", json!(words)),
            ("expires", json!(words)),
            ("targets", json!({words.as_str(): {"length": words, "hashes": {}}})),
            ("delegations", json!({"keys": {}, "roles": [role]})),
        ];
        let read = |signed: &Value| {
            let file = json!({"signed": signed, "signatures": []});
            Metadata::<TargetsContent>::read("targets.json", file.to_string().into_bytes())
        };
        assert!(read(&good).is_ok());
        for (field, value) in cases {
            let mut signed = good.clone();
            signed[field] = value;
            let told = read(&signed).map(|_| ()).unwrap_err().to_string();
            assert!(
                !told.contains(|letter: char| letter.is_control() || letter == '\u{202e}'),
                "{field}: {told}"
            );
            assert!(told.chars().count() < 500, "{field}: {} letters", told.chars().count());
        }
    }

    #[test]
    fn the_time_of_signing_is_read_from_the_field_that_the_commission_writes() {
        assert_eq!(plan::names::SIGNED_AT, "signed-at");
    }
}

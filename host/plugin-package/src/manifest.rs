//! The manifest: who a plugin is and what it asks for.

use crate::asks::{ExporterAsk, UsbAsk};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest name of a plugin, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// Longest code, in bytes, and how many there may be.
const MAX_CODE_BYTES: usize = 64;
const MAX_CODES: usize = 200;
/// Longest data of one transfer that an endpoint may be asked for, in bytes.
const MAX_TRANSFER_BYTES: u32 = 1 << 20;

/// The world that a plugin exports, `package/world@version`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Contract {
    package: String,
    world: String,
    version: (u16, u16, u16),
}

/// A contract's name that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a contract; write it as `kiosk:driver/fingerprint-scanner-driver@0.1.0`")]
pub struct ContractError(String);

impl Contract {
    /// For example `kiosk:driver`.
    #[must_use]
    pub fn package(&self) -> &str {
        &self.package
    }

    /// For example `fingerprint-scanner-driver`.
    #[must_use]
    pub fn world(&self) -> &str {
        &self.world
    }

    /// Major, minor, patch.
    #[must_use]
    pub fn version(&self) -> (u16, u16, u16) {
        self.version
    }
}

impl std::str::FromStr for Contract {
    type Err = ContractError;

    fn from_str(text: &str) -> Result<Self, ContractError> {
        let parse = || {
            let (path, version) = text.split_once('@')?;
            let (package, world) = path.split_once('/')?;
            let (namespace, name) = package.split_once(':')?;
            let words = [namespace, name, world];
            words.iter().all(|word| is_kebab(word)).then_some(())?;
            Some(Self {
                package: package.to_owned(),
                world: world.to_owned(),
                version: version_of(version)?,
            })
        };
        parse().ok_or_else(|| ContractError(text.to_owned()))
    }
}

impl std::fmt::Display for Contract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (major, minor, patch) = self.version;
        f.pad(&format!("{}/{}@{major}.{minor}.{patch}", self.package, self.world))
    }
}

impl Serialize for Contract {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Contract {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Who a plugin is and what it asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// a-z, 0-9 and `-`, at most 64 bytes; unique at a station
    pub name: String,
    /// of the plugin, `major.minor.patch`
    pub version: String,
    /// the world that it exports
    pub contract: Contract,
    /// the oldest host that it runs on, `major.minor.patch`
    pub minimum_host: String,
    /// every code that it logs or reports as a fault: in production nothing else of its words gets out, so that no name and no
    /// measure can leave in the place of a code
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// interfaces that a driver asks for, in the order in which it wants them handed over
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usb: Vec<UsbAsk>,
    /// what an exporter reads
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exporter: Option<ExporterAsk>,
}

/// A manifest that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// not TOML, an unknown or a missing field; the words name line and column
    #[error("plugin.toml cannot be read: {0}")]
    Syntax(String),
    /// a name that could not be shown or filed
    #[error("the plugin's name `{0}` must be 1 to 64 of a-z, 0-9 and `-`, and begin with a letter")]
    Name(String),
    /// not three numbers
    #[error("`{field}` is `{value}`, but must be three numbers, for example 0.1.0")]
    Version {
        /// which field
        field: &'static str,
        /// what stands there
        value: String,
    },
    /// a driver's list on something else, or none on a driver
    #[error("a plugin for {contract} {rule}")]
    Asks {
        /// which contract
        contract: Contract,
        /// what is wrong
        rule: &'static str,
    },
    /// a code that is none, or too many
    #[error("`{0}` is not a code; write at most 200 of 1 to 64 of a-z, 0-9 and `-`")]
    Code(String),
    /// a transfer length out of range
    #[error("endpoint {0:#04x} asks for transfers of {1} bytes; 1 to 1048576 are possible")]
    Length(u8, u32),
}

impl Manifest {
    /// Reads a vendor's `plugin.toml`; the version is the crate's.
    ///
    /// # Errors
    /// [`ManifestError`]: the first broken rule.
    pub fn from_plugin_toml(text: &str, version: &str) -> Result<Self, ManifestError> {
        let syntax = |cause: toml::de::Error| ManifestError::Syntax(cause.to_string().trim().to_owned());
        let mut table: toml::Table = toml::from_str(text).map_err(syntax)?;
        table.insert("version".to_owned(), toml::Value::String(version.to_owned()));
        let manifest: Self = table.try_into().map_err(syntax)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Checks every rule that the types do not hold.
    ///
    /// # Errors
    /// [`ManifestError`]: the first broken rule.
    pub fn check(&self) -> Result<(), ManifestError> {
        if self.name.len() > MAX_NAME_BYTES || !is_kebab(&self.name) {
            return Err(ManifestError::Name(self.name.escape_debug().take(64).collect()));
        }
        let is_code = |code: &&String| {
            let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            (1..=MAX_CODE_BYTES).contains(&code.len()) && code.bytes().all(letter)
        };
        let wrong = self.codes.iter().find(|code| !is_code(code));
        if let Some(wrong) = wrong.or(self.codes.get(MAX_CODES)) {
            return Err(ManifestError::Code(wrong.escape_debug().take(64).collect()));
        }
        for (field, value) in [("version", &self.version), ("minimum-host", &self.minimum_host)] {
            if version_of(value).is_none() {
                return Err(ManifestError::Version {
                    field,
                    value: quotation::phrase(value),
                });
            }
        }
        self.check_asks()?;
        for endpoint in self.usb.iter().flat_map(|ask| &ask.endpoints) {
            if !(1..=MAX_TRANSFER_BYTES).contains(&endpoint.max_length) {
                return Err(ManifestError::Length(endpoint.address, endpoint.max_length));
            }
        }
        Ok(())
    }

    fn check_asks(&self) -> Result<(), ManifestError> {
        let rule = match (self.contract.package(), self.usb.is_empty(), self.exporter.is_some()) {
            ("kiosk:driver", true, _) => "must ask for a USB interface with [[usb]]",
            ("kiosk:exporter", _, false) => "must say which rows it reads with [exporter]",
            (package, false, _) if package != "kiosk:driver" => "cannot ask for USB interfaces",
            (package, _, true) if package != "kiosk:exporter" => "cannot ask for rows",
            _ => return Ok(()),
        };
        Err(ManifestError::Asks {
            contract: self.contract.clone(),
            rule,
        })
    }
}

fn is_kebab(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Three numbers between dots, without leading zeros or signs.
fn version_of(text: &str) -> Option<(u16, u16, u16)> {
    let mut numbers = text.split('.').map(|part| {
        let plain = part == "0" || (!part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit()));
        plain.then(|| part.parse::<u16>().ok()).flatten()
    });
    let version = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(version)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    const DRIVER: &str = r#"
        name = "nb1010"
        contract = "kiosk:driver/fingerprint-scanner-driver@0.1.0"
        minimum-host = "0.1.0"
        [[usb]]
        vendor = 0x298d
        product = 0x1010
        interface = 0
        endpoints = [ { address = 0x83, kind = "bulk", max-length = 540 } ]
        control = [ { direction = "out", kind = "vendor", recipient = "device", request = 4, max-length = 64 } ]
    "#;

    #[test]
    fn a_drivers_asks_are_read_field_by_field() {
        let manifest = Manifest::from_plugin_toml(DRIVER, "0.1.0").unwrap();
        assert_eq!(manifest.contract.world(), "fingerprint-scanner-driver");
        assert_eq!(manifest.usb[0].vendor, 0x298d);
        assert_eq!(manifest.usb[0].endpoints[0].max_length, 540);
        assert_eq!(manifest.usb[0].control[0].direction, crate::Direction::Out);
    }

    /// (what is changed in the good manifest, into what, the sentence that must come)
    const BROKEN: [(&str, &str, &str); 7] = [
        (
            "\"nb1010\"",
            "\"NB 1010\"",
            "the plugin's name `NB 1010` must be 1 to 64",
        ),
        (
            "\"0.1.0\"",
            "\"0.1\"",
            "`minimum-host` is `0.1`, but must be three numbers",
        ),
        (
            "\"0.1.0\"",
            "\"0.01.0\"",
            "`minimum-host` is `0.01.0`, but must be three numbers",
        ),
        ("@0.1.0", "", "is not a contract; write it as"),
        ("interface = 0", "interfaces = 0", "unknown field `interfaces`"),
        ("540", "1048577", "endpoint 0x83 asks for transfers of 1048577 bytes"),
        ("kiosk:driver/", "kiosk:policy/", "cannot ask for USB interfaces"),
    ];

    #[test]
    fn each_broken_manifest_gets_a_sentence_that_names_the_fault() {
        for (good, bad, sentence) in BROKEN {
            let text = DRIVER.replace(good, bad);
            let error = Manifest::from_plugin_toml(&text, "0.1.0").unwrap_err().to_string();
            assert!(error.contains(sentence), "{bad}: {error}");
        }
    }

    #[test]
    fn a_driver_that_asks_for_no_interface_is_refused() {
        let text = &DRIVER[..DRIVER.find("[[usb]]").unwrap()];
        let error = Manifest::from_plugin_toml(text, "0.1.0").unwrap_err().to_string();
        assert!(error.ends_with("must ask for a USB interface with [[usb]]"), "{error}");
    }

    #[test]
    fn a_contract_is_written_as_it_was_read() {
        let name = "kiosk:driver/fingerprint-scanner-driver@0.1.0";
        assert_eq!(name.parse::<Contract>().unwrap().to_string(), name);
    }
}

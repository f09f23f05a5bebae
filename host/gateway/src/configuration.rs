//! The station's configuration: one TOML file. A mistake is told with its line and column.

use devices::ups::{AddressError, UpsAddress};
use plugin_package::UsbAsk;
use plugin_runtime::grants::Allowed;
use plugin_runtime::plugin::{Digest, LoadError, read};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use toml::Spanned;

/// A configuration that was read and checked.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// paths in the file are relative to this folder
    pub folder: PathBuf,
    /// what the file says
    pub file: File,
}

/// The file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct File {
    /// this kiosk
    pub kiosk: Kiosk,
    /// the sealed roll
    pub roll: Keyed,
    /// the journal
    pub journal: Keyed,
    /// what the commission signed
    pub rules: Rules,
    /// the policy's settings, as the policy takes them
    #[serde(default)]
    pub policy: toml::Table,
    /// the operator's page
    #[serde(default)]
    pub page: Page,
    /// the uninterruptible power supply, where there is one
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ups: Option<Ups>,
    /// every plugin of the station
    #[serde(rename = "plugin", default)]
    pub plugins: Vec<PluginEntry>,
}

/// This kiosk.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Kiosk {
    /// its number at the station
    pub number: String,
    /// local time, in minutes from UTC, -720 to 840
    pub utc_offset_minutes: Spanned<i16>,
    /// keeps what plugins say in full: only on a bench with synthetic people
    #[serde(default)]
    pub development: bool,
    /// matcher instances, 1 to 64; as many as there are cores if left out
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matcher_shards: Option<Spanned<u8>>,
}

/// An encrypted file and its key's file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keyed {
    /// the file
    pub file: PathBuf,
    /// 64 hexadecimal digits, for its owner alone
    pub key: PathBuf,
}

/// The commission's rules.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rules {
    /// no score below this admits anyone, 300 to 2,000
    pub floor: Spanned<u16>,
    /// officers' overrides that are expected at most
    pub overrides: u16,
    /// 0 to 100
    pub name_agreement: Spanned<u8>,
}

/// Where the operator's page is served.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// an address of this machine; the page has no login yet, so only loopback is taken
    pub listen: Spanned<std::net::SocketAddr>,
}

impl Default for Page {
    fn default() -> Self {
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 8_470));
        Self {
            listen: Spanned::new(0..0, address),
        }
    }
}

/// The UPS, told by a server of Network UPS Tools.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ups {
    /// the UPS's name at its server, and the server: `name@host:port`
    pub address: Spanned<String>,
}

impl Ups {
    /// The address, in parts.
    ///
    /// # Errors
    /// [`AddressError`]; not in a configuration that was read and checked.
    pub fn address(&self) -> Result<UpsAddress, AddressError> {
        self.address.get_ref().parse()
    }
}

/// A plugin: its file, the digest that was signed, and what it is granted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginEntry {
    /// the component
    pub file: PathBuf,
    /// SHA-256 of the file
    pub sha256: Spanned<String>,
    /// interfaces that it may have, in the words of a plugin's manifest
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usb: Vec<UsbAsk>,
    /// kinds of rows that it may read
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<String>,
}

impl PluginEntry {
    /// The entry of a plugin as it is now: pinned by its digest, and granted all that its manifest asks. Whoever puts it
    /// into a configuration has read what that is.
    ///
    /// # Errors
    /// [`LoadError`] where the file cannot be read or is no plugin.
    pub fn pinning(file: &Path) -> Result<Self, LoadError> {
        let bytes = read(file)?;
        let Allowed { usb, rows, .. } = Allowed::all_asked(&plugin_package::read_manifest(&bytes)?);
        Ok(Self {
            file: file.to_owned(),
            sha256: Spanned::new(0..0, Digest::of(&bytes).to_string()),
            usb,
            rows,
        })
    }
}

/// Why a configuration was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// not there
    #[error("the configuration {path} cannot be read ({cause}); give its path with --config")]
    File {
        /// which
        path: PathBuf,
        /// the system's word
        cause: std::io::Error,
    },
    /// not TOML, an unknown or missing field, a value out of range
    #[error("{path}, line {line}, column {column}: {message}; correct it and start again")]
    Line {
        /// which file
        path: PathBuf,
        /// from 1
        line: usize,
        /// from 1
        column: usize,
        /// what is wrong
        message: String,
    },
}

impl Configuration {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ConfigurationError`]: the first mistake, by line and column.
    pub fn read(path: &Path) -> Result<Self, ConfigurationError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ConfigurationError::File {
            path: path.to_owned(),
            cause,
        })?;
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigurationError> {
        let at = |offset: usize, message: String| {
            let before = &text[..offset.min(text.len())];
            let line = before.matches('\n').count() + 1;
            let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1) + 1;
            ConfigurationError::Line {
                path: path.to_owned(),
                line,
                column,
                message,
            }
        };
        let file: File = toml::from_str(text).map_err(|error: toml::de::Error| {
            at(error.span().map_or(0, |span| span.start), error.message().to_owned())
        })?;
        if let Some((offset, message)) = first_mistake(&file) {
            return Err(at(offset, message));
        }
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self { folder, file })
    }

    /// A path of the file, from where this process stands.
    #[must_use]
    pub fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }
}

/// What the types do not hold: ranges, with where the value stands.
fn first_mistake(file: &File) -> Option<(usize, String)> {
    fn range<T: Copy + PartialOrd + std::fmt::Display>(
        name: &str,
        value: &Spanned<T>,
        (low, high): (T, T),
    ) -> Option<(usize, String)> {
        let number = *value.get_ref();
        (number < low || number > high).then(|| {
            (
                value.span().start,
                format!("`{name}` is {number}, but must be {low} to {high}"),
            )
        })
    }
    range("utc-offset-minutes", &file.kiosk.utc_offset_minutes, (-720, 840))
        .or_else(|| {
            file.kiosk
                .matcher_shards
                .as_ref()
                .and_then(|shards| range("matcher-shards", shards, (1, 64)))
        })
        .or_else(|| range("floor", &file.rules.floor, (300, 2_000)))
        .or_else(|| range("name-agreement", &file.rules.name_agreement, (0, 100)))
        .or_else(|| {
            let listen = &file.page.listen;
            let message = "`listen` is not an address of this machine alone, for example 127.0.0.1:8470";
            (!listen.get_ref().ip().is_loopback()).then(|| (listen.span().start, message.to_owned()))
        })
        .or_else(|| {
            let ups = file.ups.as_ref()?;
            let wrong = ups.address().err()?;
            Some((ups.address.span().start, wrong.to_string()))
        })
        .or_else(|| {
            file.plugins.iter().find_map(|plugin| {
                let wrong = plugin.sha256.get_ref().parse::<Digest>().err()?;
                Some((plugin.sha256.span().start, wrong))
            })
        })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../kiosk.example.toml");

    fn sentence(text: &str) -> String {
        Configuration::parse(text, Path::new("kiosk.toml"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_commented_example_is_a_good_configuration() {
        let configuration = Configuration::parse(GOOD, Path::new("/etc/kiosk/kiosk.toml")).unwrap();
        assert_eq!(
            configuration.path(Path::new("roll.db")),
            Path::new("/etc/kiosk/roll.db")
        );
        assert_eq!(configuration.file.plugins.len(), 2);
    }

    /// (what is changed, into what, the sentence)
    const MISTAKES: [(&str, &str, &str); 8] = [
        (
            "floor = 500",
            "floor = 200",
            "kiosk.toml, line 22, column 9: `floor` is 200, but must be 300 to 2000; correct it and start again",
        ),
        (
            "floor = 500",
            "flor = 500",
            "kiosk.toml, line 22, column 1: unknown field `flor`, expected one of `floor`, `overrides`, `name-agreement`; correct it and start again",
        ),
        (
            "utc-offset-minutes = 360",
            "utc-offset-minutes = \"six\"",
            "kiosk.toml, line 8, column 22: invalid type: string \"six\", expected i16; correct it and start again",
        ),
        (
            "127.0.0.1:8470",
            "0.0.0.0:8470",
            "kiosk.toml, line 34, column 10: `listen` is not an address of this machine alone, for example 127.0.0.1:8470; correct it and start again",
        ),
        (
            "[journal]",
            "[journal",
            "kiosk.toml, line 16, column 9: unclosed table, expected `]`; correct it and start again",
        ),
        (
            "sha256 = \"00",
            "sha256 = \"xx",
            "kiosk.toml, line 44, column 10: a SHA-256 digest is 64 hexadecimal digits; correct it and start again",
        ),
        (
            "# [ups]\n# address = \"kiosk@localhost:3493\"",
            "[ups]\naddress = \"kiosk@localhost:0\"",
            "kiosk.toml, line 39, column 11: \"kiosk@localhost:0\" has no port that can be used: write a number of 1 to 65535 after the colon, or nothing; correct it and start again",
        ),
        (
            "# [ups]\n# address = \"kiosk@localhost:3493\"",
            "[ups]\nserver = \"localhost\"",
            "kiosk.toml, line 39, column 1: unknown field `server`, expected `address`; correct it and start again",
        ),
    ];

    #[test]
    fn a_ups_is_watched_only_where_one_is_configured() {
        let parse = |text: &str| Configuration::parse(text, Path::new("kiosk.toml")).unwrap().file.ups;
        assert!(parse(GOOD).is_none());
        let ups = parse(&GOOD.replace("# [ups]", "[ups]").replace("# address", "address")).unwrap();
        assert_eq!(ups.address().unwrap().to_string(), "kiosk@localhost:3493");
    }

    #[test]
    fn every_mistake_is_told_with_its_line_and_column() {
        for (good, bad, expected) in MISTAKES {
            assert!(GOOD.contains(good), "{good}");
            assert_eq!(sentence(&GOOD.replacen(good, bad, 1)), expected);
        }
    }
}

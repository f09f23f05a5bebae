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
    /// the host's rules, where they are not taken from what the commission signed
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Spanned<Rules>>,
    /// the policy's settings, as the policy takes them
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Spanned<toml::Table>>,
    /// the operator's page
    #[serde(default)]
    pub page: Page,
    /// the uninterruptible power supply, where there is one
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ups: Option<Ups>,
    /// where rules, policy and plugins come from, where the commission signs them
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updates: Option<Updates>,
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
    /// in which languages the operator reads texts, the best first (ISO 639-1)
    #[serde(default = "languages")]
    pub languages: Spanned<Vec<String>>,
}

fn languages() -> Spanned<Vec<String>> {
    Spanned::new(0..0, ["ky", "ru", "en"].map(str::to_owned).to_vec())
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

/// What the commission signs, and where it comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Updates {
    /// the root of trust that the kiosk was shipped with
    pub root: PathBuf,
    /// where metadata, plugins and compiled code are kept, and the socket for the command line
    pub folder: PathBuf,
    /// the commission's server
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Spanned<String>>,
    /// the certificate authority of that server, the only one that is taken, in PEM
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Spanned<PathBuf>>,
    /// in the place of a server: a folder that holds the repository
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror: Option<Spanned<PathBuf>>,
    /// how often it is looked for something new, 1 to 1,440
    #[serde(default = "every_hour")]
    pub every_minutes: Spanned<u16>,
}

fn every_hour() -> Spanned<u16> {
    Spanned::new(0..0, 60)
}

impl Updates {
    /// The first mistake, with where it stands.
    fn mistake(&self) -> Option<(usize, String)> {
        let Self {
            url,
            authority,
            mirror,
            every_minutes,
            ..
        } = self;
        if let Some(url) = url.as_ref().filter(|url| !url.get_ref().starts_with("https://")) {
            let message = format!(
                "`{}` is no address of an update server; it must begin with https://",
                url.get_ref()
            );
            return Some((url.span().start, message));
        }
        if let (Some(url), None) = (url, authority) {
            let message = "`url` needs `authority`, the certificate authority of that server";
            return Some((url.span().start, message.to_owned()));
        }
        if let (None, Some(authority)) = (url, authority) {
            let message = "`authority` is of a server, but there is no `url`";
            return Some((authority.span().start, message.to_owned()));
        }
        if let (Some(_), Some(mirror)) = (url, mirror) {
            let message = "`mirror` is in the place of a server, but there is a `url`; leave one of them out";
            return Some((mirror.span().start, message.to_owned()));
        }
        range("every-minutes", every_minutes, (1, 1_440))
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

/// What the types do not hold: ranges, and what must not stand beside what, with where it stands.
fn first_mistake(file: &File) -> Option<(usize, String)> {
    let kiosk = &file.kiosk;
    range("utc-offset-minutes", &kiosk.utc_offset_minutes, (-720, 840))
        .or_else(|| {
            let shards = kiosk.matcher_shards.as_ref()?;
            range("matcher-shards", shards, (1, 64))
        })
        .or_else(|| {
            let is_code = |word: &String| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
            let wrong = kiosk.languages.get_ref().iter().find(|word| !is_code(word))?;
            let message = format!("the language `{wrong}` must be two small letters, as `ky`");
            Some((kiosk.languages.span().start, message))
        })
        .or_else(|| mistake_of_origin(file))
        .or_else(|| {
            let rules = file.rules.as_ref()?.get_ref();
            range("floor", &rules.floor, (300, 2_000))
                .or_else(|| range("name-agreement", &rules.name_agreement, (0, 100)))
        })
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
        .or_else(|| file.updates.as_ref()?.mistake())
        .or_else(|| {
            file.plugins.iter().find_map(|plugin| {
                let wrong = plugin.sha256.get_ref().parse::<Digest>().err()?;
                Some((plugin.sha256.span().start, wrong))
            })
        })
}

/// Rules, policy and plugins come from this file, or from what the commission signed; on a bench, from both.
fn mistake_of_origin(file: &File) -> Option<(usize, String)> {
    if file.updates.is_none() {
        let message = "there are no `[rules]`, and no `[updates]` that they could come from";
        return file.rules.is_none().then(|| (0, message.to_owned()));
    }
    if file.kiosk.development {
        return None;
    }
    let own = [
        ("[rules]", file.rules.as_ref().map(|rules| rules.span().start)),
        ("[policy]", file.policy.as_ref().map(|policy| policy.span().start)),
        (
            "[[plugin]]",
            file.plugins.first().map(|plugin| plugin.sha256.span().start),
        ),
    ];
    own.into_iter().find_map(|(name, offset)| {
        let message = format!(
            "`{name}` has no place beside `[updates]`, with which only what the commission signed runs; take it out, or set \
             `development` on a bench"
        );
        offset.map(|offset| (offset, message))
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
    const MISTAKES: [(&str, &str, &str); 9] = [
        (
            "floor = 500",
            "floor = 200",
            "kiosk.toml, line 24, column 9: `floor` is 200, but must be 300 to 2000; correct it and start again",
        ),
        (
            "floor = 500",
            "flor = 500",
            "kiosk.toml, line 24, column 1: unknown field `flor`, expected one of `floor`, `overrides`, `name-agreement`; correct it and start again",
        ),
        (
            "utc-offset-minutes = 360",
            "utc-offset-minutes = \"six\"",
            "kiosk.toml, line 8, column 22: invalid type: string \"six\", expected i16; correct it and start again",
        ),
        (
            "127.0.0.1:8470",
            "0.0.0.0:8470",
            "kiosk.toml, line 36, column 10: `listen` is not an address of this machine alone, for example 127.0.0.1:8470; correct it and start again",
        ),
        (
            "[journal]",
            "[journal",
            "kiosk.toml, line 18, column 9: unclosed table, expected `]`; correct it and start again",
        ),
        (
            "sha256 = \"00",
            "sha256 = \"xx",
            "kiosk.toml, line 60, column 10: a SHA-256 digest is 64 hexadecimal digits; correct it and start again",
        ),
        (
            "# [ups]\n# address = \"kiosk@localhost:3493\"",
            "[ups]\naddress = \"kiosk@localhost:0\"",
            "kiosk.toml, line 41, column 11: \"kiosk@localhost:0\" has no port that can be used: write a number of 1 to 65535 after the colon, or nothing; correct it and start again",
        ),
        (
            "# [ups]\n# address = \"kiosk@localhost:3493\"",
            "[ups]\nserver = \"localhost\"",
            "kiosk.toml, line 41, column 1: unknown field `server`, expected `address`; correct it and start again",
        ),
        (
            "# languages = [\"ky\",",
            "languages = [\"kyrgyz\",",
            "kiosk.toml, line 10, column 13: the language `kyrgyz` must be two small letters, as `ky`; correct it and start again",
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

    /// The example with the part about updates taken out of its comments, and without what has no place beside it.
    fn updated() -> String {
        let mut inside = false;
        let mut own = false;
        let mut text = String::new();
        for line in GOOD.lines() {
            inside |= line == "# [updates]";
            inside &= !line.is_empty();
            if line.starts_with('[') {
                own = ["[rules]", "[policy]", "[[plugin]]", "[[plugin.usb]]"].contains(&line);
            }
            let code = line.strip_prefix("# ").filter(|_| inside);
            let code = code.filter(|code| code.starts_with('[') || code.contains(" = ") && !code.contains('`'));
            match code {
                Some(code) => text.push_str(code),
                None if own && !line.starts_with('#') => {}
                None => text.push_str(line),
            }
            text.push('\n');
        }
        text
    }

    #[test]
    fn the_example_with_updates_is_a_good_configuration() {
        let updates = Configuration::parse(&updated(), Path::new("kiosk.toml")).unwrap();
        let updates = updates.file.updates.unwrap();
        assert_eq!(updates.folder, Path::new("/var/lib/kiosk/updates"));
        assert_eq!(updates.url.unwrap().get_ref(), "https://updates.example.org/kiosks");
        assert_eq!(*updates.every_minutes.get_ref(), 60);
    }

    /// (what is changed, into what, the sentence)
    const MISTAKES_OF_UPDATES: [(&str, &str, &str); 9] = [
        (
            "[page]",
            "[rules]\nfloor = 500\noverrides = 20\nname-agreement = 80\n[page]",
            "kiosk.toml, line 35, column 1: `[rules]` has no place beside `[updates]`, with which only what the commission signed runs; take it out, or set `development` on a bench; correct it and start again",
        ),
        (
            "[page]",
            "[policy]\nattempts = 3\n[page]",
            "kiosk.toml, line 35, column 1: `[policy]` has no place beside `[updates]`, with which only what the commission signed runs; take it out, or set `development` on a bench; correct it and start again",
        ),
        (
            "[page]",
            "[[plugin]]\nfile = \"a\"\nsha256 = \"00\"\n[page]",
            "kiosk.toml, line 37, column 10: `[[plugin]]` has no place beside `[updates]`, with which only what the commission signed runs; take it out, or set `development` on a bench; correct it and start again",
        ),
        (
            "[updates]",
            "[update]",
            "kiosk.toml, line 46, column 2: unknown field `update`, expected one of `kiosk`, `roll`, `journal`, `rules`, `policy`, `page`, `ups`, `updates`, `plugin`; correct it and start again",
        ),
        (
            "https:",
            "http:",
            "kiosk.toml, line 53, column 7: `http://updates.example.org/kiosks` is no address of an update server; it must begin with https://; correct it and start again",
        ),
        (
            "authority = \"updates-ca.pem\"\n",
            "",
            "kiosk.toml, line 53, column 7: `url` needs `authority`, the certificate authority of that server; correct it and start again",
        ),
        (
            "url = \"https://updates.example.org/kiosks\"\n",
            "",
            "kiosk.toml, line 53, column 13: `authority` is of a server, but there is no `url`; correct it and start again",
        ),
        (
            "every-minutes = 60",
            "mirror = \"/srv\"",
            "kiosk.toml, line 55, column 10: `mirror` is in the place of a server, but there is a `url`; leave one of them out; correct it and start again",
        ),
        (
            "every-minutes = 60",
            "every-minutes = 0",
            "kiosk.toml, line 55, column 17: `every-minutes` is 0, but must be 1 to 1440; correct it and start again",
        ),
    ];

    #[test]
    fn every_mistake_about_updates_is_told_with_its_line_and_column() {
        let good = updated();
        for (part, bad, expected) in MISTAKES_OF_UPDATES {
            assert!(good.contains(part), "{part}");
            assert_eq!(sentence(&good.replacen(part, bad, 1)), expected);
        }
    }

    #[test]
    fn without_updates_the_rules_stand_in_the_file_and_on_a_bench_both_may() {
        let without = GOOD.replace("[rules]\nfloor = 500\noverrides = 20\nname-agreement = 80\n", "");
        assert_eq!(
            sentence(&without),
            "kiosk.toml, line 1, column 1: there are no `[rules]`, and no `[updates]` that they could come from; correct it and start again"
        );
        let bench = updated()
            .replace("[page]", "[policy]\nattempts = 3\n[page]")
            .replace("number = \"1\"", "number = \"1\"\ndevelopment = true");
        assert!(Configuration::parse(&bench, Path::new("kiosk.toml")).is_ok());
    }
}

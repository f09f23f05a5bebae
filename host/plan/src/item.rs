//! One thing that the commission updates, and its releases.

use crate::names::{is_name, is_target};
use crate::waves::Waves;
use plugin_package::{Manifest, UsbAsk};
use serde::{Deserialize, Serialize};

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// a driver: several may be active
    Driver,
    /// the matcher: one at most
    Matcher,
    /// the policy: one at most
    Policy,
    /// an export format: several may be active
    Exporter,
    /// thresholds, floors, hours: one at most
    Settings,
    /// texts: one at most
    Messages,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Driver,
        Self::Matcher,
        Self::Policy,
        Self::Exporter,
        Self::Settings,
        Self::Messages,
    ];

    /// Its name, as documents write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Driver => "driver",
            Self::Matcher => "matcher",
            Self::Policy => "policy",
            Self::Exporter => "exporter",
            Self::Settings => "settings",
            Self::Messages => "messages",
        }
    }

    /// Is it a Wasm component?
    #[must_use]
    pub fn is_plugin(self) -> bool {
        !matches!(self, Self::Settings | Self::Messages)
    }

    /// May a plan have only one item of it?
    #[must_use]
    pub fn is_single(self) -> bool {
        !matches!(self, Self::Driver | Self::Exporter)
    }

    /// The package of the contracts that plugins of this kind are made for.
    #[must_use]
    pub fn package(self) -> Option<&'static str> {
        match self {
            Self::Driver => Some("kiosk:driver"),
            Self::Matcher => Some("kiosk:matcher"),
            Self::Policy => Some("kiosk:policy"),
            Self::Exporter => Some("kiosk:exporter"),
            Self::Settings | Self::Messages => None,
        }
    }

    /// Where targets of this kind stand; a driver's stand under its vendor's prefix.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Driver => "vendors/",
            Self::Matcher => "matchers/",
            Self::Policy => "policies/",
            Self::Exporter => "exporters/",
            Self::Settings => "settings/",
            Self::Messages => "messages/",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| format!("`{text}` is none of {all}"))
    }
}

/// One thing that is updated: a driver, the policy, the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Item {
    /// what it is
    pub kind: Kind,
    /// a plugin's name, which its manifest says too; for settings and messages a name of the commission's choice
    pub name: String,
    /// no release with a smaller counter runs, ever again
    pub floor: u32,
    /// oldest first. A kiosk that no wave of the newest has reached takes an older one.
    pub releases: Vec<Release>,
}

/// An item, named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemId {
    /// what it is
    pub kind: Kind,
    /// its name
    pub name: String,
}

impl std::fmt::Display for ItemId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

/// A file as the plan pins it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct File {
    /// its target
    pub target: String,
    /// 64 hexadecimal digits
    pub sha256: String,
    /// bytes
    pub length: u64,
}

/// What a plugin's custom section says, said again by the commission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Identity {
    /// the plugin's version
    pub version: String,
    /// the contract with its version
    pub contract: String,
    /// the oldest host that it runs on
    pub minimum_host: String,
}

impl Identity {
    /// What a manifest says.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Self {
        Self {
            version: manifest.version.clone(),
            contract: manifest.contract.to_string(),
            minimum_host: manifest.minimum_host.clone(),
        }
    }
}

/// One release of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Release {
    /// its counter within the item: larger is newer
    pub counter: u32,
    /// the component or document
    pub file: File,
    /// who the plugin is; none for settings and messages
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<Identity>,
    /// interfaces that a driver is granted
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usb: Vec<UsbAsk>,
    /// kinds of rows that an exporter is granted
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<String>,
    /// golden vectors that it must answer before it becomes active
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vectors: Option<File>,
    /// when which kiosks take it; at once where left out
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waves: Option<Waves>,
    /// why it no longer runs, as a code
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
}

impl Release {
    /// A release of a file for every kiosk at once, which is granted nothing.
    #[must_use]
    pub fn of(counter: u32, file: File) -> Self {
        Self {
            counter,
            file,
            plugin: None,
            usb: Vec::new(),
            rows: Vec::new(),
            vectors: None,
            waves: None,
            withdrawn: None,
        }
    }
}

impl Item {
    /// Its name among all items.
    #[must_use]
    pub fn id(&self) -> ItemId {
        ItemId {
            kind: self.kind,
            name: self.name.clone(),
        }
    }

    /// The release with this counter.
    #[must_use]
    pub fn release(&self, counter: u32) -> Option<&Release> {
        self.releases.iter().find(|release| release.counter == counter)
    }

    /// What is wrong with the item by itself, if anything is.
    pub(crate) fn mistake(&self) -> Option<String> {
        if !is_name(&self.name) {
            return Some(format!(
                "the name `{}` must be 1 to 64 of a-z, 0-9 and -, a letter first",
                self.name
            ));
        }
        if self.floor == 0 {
            return Some("its floor is 0, but counters begin at 1".to_owned());
        }
        if self.releases.is_empty() {
            return Some("it has no release".to_owned());
        }
        let grows = self.releases.windows(2).all(|pair| pair[0].counter < pair[1].counter);
        if !grows {
            return Some("its releases must stand in the order of their counters, each once".to_owned());
        }
        self.releases.iter().find_map(|release| {
            self.mistake_of(release)
                .map(|message| format!("release {}: {message}", release.counter))
        })
    }

    fn mistake_of(&self, release: &Release) -> Option<String> {
        if release.counter == 0 {
            return Some("its counter is 0, but counters begin at 1".to_owned());
        }
        for file in std::iter::once(&release.file).chain(&release.vectors) {
            if let Some(message) = self.mistake_in(file) {
                return Some(message);
            }
        }
        if self.kind.is_plugin() != release.plugin.is_some() {
            return Some("`plugin` must be said of plugins, and of nothing else".to_owned());
        }
        if let (Some(plugin), Some(package)) = (&release.plugin, self.kind.package()) {
            let made_for = plugin.contract.split('/').next().unwrap_or_default();
            if made_for != package {
                return Some(format!("it is a {}, but is made for {}", self.kind, plugin.contract));
            }
        }
        if (self.kind == Kind::Driver) == release.usb.is_empty() {
            return Some("`usb` must be said of drivers, and of nothing else".to_owned());
        }
        if self.kind != Kind::Exporter && !release.rows.is_empty() {
            return Some("only exporters are granted `rows`".to_owned());
        }
        release.waves.as_ref().and_then(Waves::mistake)
    }

    fn mistake_in(&self, file: &File) -> Option<String> {
        let File { target, sha256, length } = file;
        if !is_target(target) || !target.starts_with(self.kind.folder()) {
            return Some(format!(
                "the target `{target}` must stand in `{}`, with letters, digits, `.`, `-` and `_` in its parts",
                self.kind.folder()
            ));
        }
        let hex = sha256.len() == 64 && sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !hex {
            return Some(format!(
                "the sha256 of `{target}` must be 64 hexadecimal digits, small letters"
            ));
        }
        (*length == 0).then(|| format!("`{target}` is empty"))
    }
}

//! An office of the commission for tests: a folder, a clock that stands, passphrases that are typed by themselves.

use clap::Parser as _;
use commission::rehearsal::rehearse;
use commission::{Cli, Console, Exit, NoExtractor, World, run};
use jiff::Timestamp;
use plugin_package::Manifest;
use repository::keyfile::Work;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

pub(crate) const PASSPHRASE: &str = "correct horse battery";
/// What another passphrase ends with.
pub(crate) const ANOTHER: &str = " staple";

pub(crate) struct Office {
    folder: tempfile::TempDir,
    pub(crate) now: Timestamp,
    /// what is typed when a passphrase is asked for; nothing where there is no terminal
    pub(crate) typed: Option<String>,
    /// are plugins of these tests toys, which no sandbox would start?
    pub(crate) toys: bool,
}

/// How a command ended, and what it said.
pub(crate) struct Said {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Office {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            now: "2026-11-02T08:00:00Z".parse().unwrap(),
            typed: Some(PASSPHRASE.to_owned()),
            toys: true,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Runs a command line in which `F/` is the folder.
    pub(crate) fn run(&self, line: &str) -> Said {
        let name = format!("{}/", self.folder.path().to_str().unwrap());
        let words = line.split_whitespace().map(|word| word.replace("F/", &name));
        let cli = Cli::try_parse_from(std::iter::once("kiosk-commission".to_owned()).chain(words))
            .unwrap_or_else(|error| panic!("{line}: {error}"));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let world = World {
            extractors: &|path: &Path| {
                Err(NoExtractor {
                    path: path.to_owned(),
                    reason: "no test of these needs one".to_owned(),
                })
            },
            rehearser: &|rehearsal| match self.toys {
                true => Ok(usize::from(rehearsal.vectors.is_some())),
                false => rehearse(rehearsal),
            },
            now: self.now,
            ask: &|prompt| {
                // Whoever changes a passphrase types another one.
                let is_another = line.starts_with("keys passphrase") && !prompt.starts_with("Passphrase of");
                let typed = self
                    .typed
                    .as_ref()
                    .ok_or_else(|| std::io::Error::other("there is no terminal"))?;
                Ok(Zeroizing::new(format!(
                    "{typed}{}",
                    if is_another { ANOTHER } else { "" }
                )))
            },
            work: Work::Only(1),
        };
        let mut console = Console {
            out: &mut out,
            err: &mut err,
        };
        let exit = run(&cli, &world, &mut console);
        let text = |bytes| String::from_utf8(bytes).unwrap().replace(&name, "F/");
        Said {
            exit,
            out: text(out),
            err: text(err),
        }
    }

    /// What it says where it must come out well.
    pub(crate) fn good(&self, line: &str) -> String {
        let said = self.run(line);
        assert_eq!(said.exit, Exit::Good, "{line}: {}", said.err);
        said.out
    }

    /// The sentence that it says where something is wrong.
    pub(crate) fn bad(&self, line: &str) -> String {
        let said = self.run(line);
        assert_eq!(said.exit, Exit::Bad, "{line}: {}", said.out);
        assert_eq!(said.err.lines().count(), 1, "{line}: {}", said.err);
        said.err
    }

    /// A repository in `F/w`, with the keys in `F/keys`.
    pub(crate) fn begin(&self) {
        self.good(
            "keys ceremony --root aigul,bakyt,chinara --root-threshold 2 --desk desk --emergency duty --make-keys F/keys \
             --workshop F/w",
        );
    }

    /// Every file with its digest.
    pub(crate) fn digests(&self) -> BTreeMap<PathBuf, String> {
        let mut all = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    all.insert(path.clone(), "folder".to_owned());
                    folders.push(path);
                } else {
                    let digest = repository::metadata::sha256(&std::fs::read(&path).unwrap());
                    all.insert(path, digest);
                }
            }
        }
        all
    }
}

/// The keys that sign everything in `F/w`.
pub(crate) const ALL: &str = "--workshop F/w --key F/keys/aigul.key --key F/keys/bakyt.key --key F/keys/desk.key";

/// Keys, digests and fingerprints are new in each run.
pub(crate) fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut run = String::new();
    for letter in text.chars().chain(['\0']) {
        if letter.is_ascii_hexdigit() && !letter.is_ascii_uppercase() {
            run.push(letter);
            continue;
        }
        let is_word = masked.ends_with(|before: char| before.is_alphanumeric()) || letter.is_alphanumeric();
        if run.len() >= 8 && !is_word {
            masked.push_str("HEX");
        } else {
            masked.push_str(&run);
        }
        run.clear();
        if letter != '\0' {
            masked.push(letter);
        }
    }
    masked
}

pub(crate) const POLICY: &str =
    "name = \"first\"\ncontract = \"kiosk:policy/identification-policy@0.1.0\"\nminimum-host = \"0.1.0\"\n";
pub(crate) const EXPORTER: &str = "name = \"turnout\"\ncontract = \"kiosk:exporter/export-format@0.1.0\"\nminimum-host = \"0.1.0\"\n\
                            [exporter]\nrows = [\"turnout\", \"counts\"]\n";
pub(crate) const DRIVER: &str = "\
name = \"acme-200\"
contract = \"kiosk:driver/fingerprint-scanner-driver@0.1.0\"
minimum-host = \"0.1.0\"
[[usb]]
vendor = 0x1209
product = 1
interface = 0
endpoints = [ { address = 0x81, kind = \"bulk\", max-length = 4096 }, { address = 0x02, kind = \"interrupt\", max-length = 8 } ]
control = [ { direction = \"out\", kind = \"vendor\", recipient = \"device\", request = 4, values = [1, 2], max-length = 64 } ]
[[usb]]
vendor = 0x1209
product = 2
interface = 0
endpoints = [ { address = 0x81, kind = \"bulk\", max-length = 4096 } ]
";
pub(crate) const SETTINGS: &str = r#"{
  "format": 1,
  "rules": {"floor": 1000, "overrides": 3, "name-agreement": 80}
}
"#;

pub(crate) fn plugin(toml: &str, version: &str) -> Vec<u8> {
    repository::trial::component(&Manifest::from_plugin_toml(toml, version).unwrap()).unwrap()
}

/// What a policy answers now to nothing but wrong settings.
pub(crate) fn vectors(component: &[u8]) -> Vec<u8> {
    let manifest = plugin_package::read_manifest(component).unwrap();
    let document = serde_json::json!({
        "format": 1,
        "plugin": manifest.name,
        "version": manifest.version,
        "answers": { "policy": { "cases": [], "refused-settings": [{ "no-such-setting": 1 }] } },
    });
    document.to_string().into_bytes()
}

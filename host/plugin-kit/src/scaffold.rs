//! Begins a plugin: a folder with contracts, SDK, a working example and its recordings. Everything lies in the kit itself, so
//! that a vendor needs neither our repository nor the network but for the registry.

mod files;

use crate::cli::{Device, Kind, New};
use crate::sentence::Sentence;
use files::{CONTRACTS, SDK};
use std::path::{Path, PathBuf};

/// Longest name of a plugin, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// Writes the folder of a new plugin.
///
/// # Errors
/// A sentence: the name is none, or the folder is there already.
pub fn begin(new: &New) -> Result<PathBuf, Sentence> {
    let name = &new.name;
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let good = name.len() <= MAX_NAME_BYTES
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(letters);
    if !good {
        return Err(Sentence(format!(
            "`{}` cannot be a plugin's name; write 1 to 64 of a-z, 0-9 and `-`, and begin with a letter",
            name.escape_debug()
        )));
    }
    let folder = new.r#in.join(name);
    if folder.exists() {
        return Err(Sentence(format!(
            "{} is there already; choose another name",
            folder.display()
        )));
    }
    for (path, contents) in contents(new) {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|cause| Sentence::file(parent, &cause))?;
        }
        std::fs::write(&path, contents).map_err(|cause| Sentence::file(&path, &cause))?;
    }
    Ok(folder)
}

/// Which template serves.
fn template(kind: Kind, device: Device) -> &'static [(&'static str, &'static str)] {
    match (kind, device) {
        (Kind::Driver, Device::Scanner) => files::SCANNER,
        (Kind::Driver, Device::DocumentReader) => files::DOCUMENT_READER,
        (Kind::Driver, Device::Printer) => files::PRINTER,
        (Kind::Matcher, _) => files::MATCHER,
        (Kind::Policy, _) => files::POLICY,
        (Kind::Exporter, _) => files::EXPORTER,
    }
}

/// The contracts that a kind of plugin needs beside `kiosk:types`.
fn contract(kind: Kind) -> &'static str {
    match kind {
        Kind::Driver => "driver",
        Kind::Matcher => "matcher",
        Kind::Policy => "policy",
        Kind::Exporter => "exporter",
    }
}

/// Every file of the new folder.
fn contents(new: &New) -> Vec<(PathBuf, String)> {
    let filled = |text: &str| text.replace("PLUGIN_NAME", &new.name);
    let mut all: Vec<(PathBuf, String)> = template(new.kind, new.device)
        .iter()
        .map(|(path, text)| (PathBuf::from(path), filled(text)))
        .collect();
    for (path, text) in CONTRACTS {
        if path.starts_with("wit/types") || path.starts_with(&format!("wit/{}", contract(new.kind))) {
            all.push((PathBuf::from(path), (*text).to_owned()));
        }
    }
    if new.kind == Kind::Driver {
        all.extend(
            SDK.iter()
                .map(|(path, text)| (Path::new("sdk").join(path), standalone(path, text))),
        );
        all.extend(example::recordings(new.device));
    }
    all
}

/// The SDK's manifest leans on the workspace that it is taken from.
fn standalone(path: &str, text: &str) -> String {
    if path != "Cargo.toml" {
        return text.to_owned();
    }
    files::SDK_MANIFEST.to_owned()
}

mod example;

//! A plugin's folder: `plugin.toml`, `Cargo.toml` or C sources, `recordings`.

use crate::check::{Material, Promises, Scenarios};
use crate::sentence::Sentence;
use plugin_package::Manifest;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A folder with a `plugin.toml`.
#[derive(Debug)]
pub struct Project {
    /// the folder
    pub folder: PathBuf,
    /// who the plugin is and what it asks for
    pub manifest: Manifest,
}

/// What only the kit reads, `kit.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct KitFile {
    /// what the device's protocol promises
    promises: Promises,
    /// files in C, for a plugin that is not made with cargo
    c: Option<C>,
}

/// How a plugin in C is built.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct C {
    /// the sources
    pub sources: Vec<PathBuf>,
    /// folders of header files
    #[serde(default)]
    pub include: Vec<PathBuf>,
    /// the plugin's version
    pub version: String,
    /// the folders of the contracts' packages
    pub wit: Vec<PathBuf>,
}

impl Project {
    /// Opens a folder.
    ///
    /// # Errors
    /// A sentence: no `plugin.toml`, or what is wrong in it.
    pub fn open(folder: &Path) -> Result<Self, Sentence> {
        let path = folder.join("plugin.toml");
        let text = std::fs::read_to_string(&path).map_err(|cause| {
            Sentence(format!(
                "{} could not be read ({cause}); go to the plugin's folder, or begin one with `plugin-kit new`",
                path.display()
            ))
        })?;
        let version = version(folder)?;
        let manifest = Manifest::from_plugin_toml(&text, &version)
            .map_err(|cause| Sentence(format!("{}: {cause}", path.display())))?;
        Ok(Self {
            folder: folder.to_owned(),
            manifest,
        })
    }

    /// Where the plugin is built to.
    #[must_use]
    pub fn plugin(&self) -> PathBuf {
        self.folder.join("target").join(format!("{}.wasm", self.manifest.name))
    }

    /// How it is built, where it is in C.
    ///
    /// # Errors
    /// A sentence.
    pub fn c(&self) -> Result<Option<C>, Sentence> {
        Ok(kit_file(&self.folder)?.c)
    }
}

fn kit_file(folder: &Path) -> Result<KitFile, Sentence> {
    let path = folder.join("kit.toml");
    if !path.exists() {
        return Ok(KitFile::default());
    }
    let text = std::fs::read_to_string(&path).map_err(|cause| Sentence::file(&path, &cause))?;
    toml::from_str(&text).map_err(|cause| Sentence(format!("{}: {}", path.display(), cause.to_string().trim())))
}

/// The crate's version, or that of a plugin in C.
fn version(folder: &Path) -> Result<String, Sentence> {
    if let Some(c) = kit_file(folder)?.c {
        return Ok(c.version);
    }
    let path = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&path).map_err(|cause| Sentence::file(&path, &cause))?;
    let table: toml::Table =
        toml::from_str(&text).map_err(|cause| Sentence(format!("{}: {}", path.display(), cause.to_string().trim())))?;
    let package = table.get("package").and_then(toml::Value::as_table);
    let version = package.and_then(|package| package.get("version"));
    match version.and_then(toml::Value::as_str) {
        Some(version) => Ok(version.to_owned()),
        // A member of a workspace has its version: the plugin is read with the kit's own.
        None => Ok(env!("CARGO_PKG_VERSION").to_owned()),
    }
}

/// What a plugin in this folder is tried with.
///
/// # Errors
/// A sentence.
pub fn material(folder: &Path, recordings: Option<&Path>) -> Result<Material, Sentence> {
    let own = folder.join("recordings");
    let recordings = recordings.unwrap_or(&own);
    let scenarios = if recordings.is_dir() {
        Scenarios::read(recordings).map_err(|cause| Sentence(cause.to_string()))?
    } else {
        Scenarios::default()
    };
    Ok(Material {
        scenarios,
        promises: kit_file(folder)?.promises,
        settings: settings(folder)?,
    })
}

/// A policy's settings for the check and for single calls, `settings.json`.
///
/// # Errors
/// A sentence: the file is there and cannot be read.
pub fn settings(folder: &Path) -> Result<Option<String>, Sentence> {
    let path = folder.join("settings.json");
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path).map_err(|cause| Sentence::file(&path, &cause))?;
    Ok(Some(text))
}

//! Builds every guest crate that has a `plugin.toml` for wasm32-unknown-unknown and makes components of them.

use crate::process::{Outcome, cargo, root, run, target_directory};
use plugin_package::{Manifest, componentize};
use std::fs;
use std::path::{Path, PathBuf};

const ROOMS: [&str; 2] = ["plugins", "device-drivers"];

/// One guest crate.
struct Guest {
    folder: PathBuf,
    /// cargo's name for it, which also names the core module
    package: String,
    version: String,
}

/// Builds all plugins into `target/plugins`.
pub(crate) fn build() -> Outcome {
    let guests = guests()?;
    if guests.is_empty() {
        return Err("no folder under plugins or device-drivers has a plugin.toml".to_owned());
    }
    compile(&guests)?;
    let out = target_directory().join("plugins");
    fs::create_dir_all(&out).map_err(|cause| format!("{} could not be made: {cause}", out.display()))?;
    for guest in &guests {
        package(guest, &out)?;
    }
    println!("{} plugins in {}", guests.len(), out.display());
    Ok(())
}

fn guests() -> Outcome<Vec<Guest>> {
    let mut found = Vec::new();
    for room in ROOMS {
        let room = root().join(room);
        let entries = fs::read_dir(&room).map_err(|cause| format!("{} could not be read: {cause}", room.display()))?;
        for folder in entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.join("plugin.toml").exists())
        {
            found.push(guest(folder)?);
        }
    }
    found.sort_by(|a, b| a.package.cmp(&b.package));
    Ok(found)
}

fn guest(folder: PathBuf) -> Outcome<Guest> {
    let path = folder.join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(|cause| format!("{} could not be read: {cause}", path.display()))?;
    let package = text
        .lines()
        .find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .ok_or_else(|| format!("{} has no line `name = \"...\"`", path.display()))?
        .to_owned();
    // Every crate of the workspace carries its version, xtask's too.
    Ok(Guest {
        folder,
        package,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

fn compile(guests: &[Guest]) -> Outcome {
    let mut command = cargo();
    command.args([
        "build",
        "--quiet",
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        "plugin",
        "--lib",
    ]);
    for guest in guests {
        command.args(["--package", &guest.package]);
    }
    run(&mut command, "building the plugins")
}

fn package(guest: &Guest, out: &Path) -> Outcome {
    let path = guest.folder.join("plugin.toml");
    let text = fs::read_to_string(&path).map_err(|cause| format!("{} could not be read: {cause}", path.display()))?;
    let manifest =
        Manifest::from_plugin_toml(&text, &guest.version).map_err(|cause| format!("{}: {cause}", path.display()))?;
    let core = target_directory()
        .join("wasm32-unknown-unknown/plugin")
        .join(format!("{}.wasm", guest.package.replace('-', "_")));
    let core = fs::read(&core).map_err(|cause| format!("{} could not be read: {cause}", core.display()))?;
    let component = componentize(&core, &manifest).map_err(|cause| format!("{}: {cause}", path.display()))?;
    let file = out.join(format!("{}.wasm", manifest.name));
    fs::write(&file, &component).map_err(|cause| format!("{} could not be written: {cause}", file.display()))?;
    println!(
        "  {:<22} {:>5} KiB  {}",
        manifest.name,
        component.len().div_ceil(1024),
        manifest.contract
    );
    Ok(())
}

//! Builds every guest crate that has a `plugin.toml` for wasm32-unknown-unknown and makes components of them.

use crate::process::{Outcome, cargo, root, run, target_directory};
use crate::wasm_target::TARGET;
use plugin_package::{Manifest, componentize};
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms of guests, and where under `target` their components go. Those that misbehave stay apart.
const ROOMS: [(&str, &str); 5] = [
    ("plugins", "plugins"),
    ("device-drivers", "plugins"),
    ("policies", "plugins"),
    ("tests/misbehaving", "test-plugins"),
    ("tests/faulty", "test-plugins"),
];

/// What has cargo build guests, but for their names. Not quiet: the first build takes minutes.
pub(crate) const BUILD: [&str; 6] = ["build", "--target", TARGET, "--profile", "plugin", "--lib"];

/// One guest crate.
struct Guest {
    folder: PathBuf,
    /// under `target`
    out: &'static str,
    /// cargo's name for it, which also names the core module
    package: String,
}

/// Builds all plugins into `target/plugins`.
pub(crate) fn build() -> Outcome {
    let guests = guests()?;
    if guests.is_empty() {
        return Err("no folder of the guests' rooms has a plugin.toml".to_owned());
    }
    compile(&guests)?;
    for guest in &guests {
        package(guest)?;
    }
    eprintln!("{} plugins in {}", guests.len(), target_directory().display());
    Ok(())
}

fn guests() -> Outcome<Vec<Guest>> {
    let mut found = Vec::new();
    for (room, out) in ROOMS {
        let room = root().join(room);
        let entries = fs::read_dir(&room).map_err(|cause| format!("{} could not be read: {cause}", room.display()))?;
        for folder in entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.join("plugin.toml").exists())
        {
            found.push(guest(folder, out)?);
        }
    }
    found.sort_by(|a, b| a.package.cmp(&b.package));
    Ok(found)
}

fn guest(folder: PathBuf, out: &'static str) -> Outcome<Guest> {
    let path = folder.join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(|cause| format!("{} could not be read: {cause}", path.display()))?;
    let package = text
        .lines()
        .find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .ok_or_else(|| format!("{} has no line `name = \"...\"`", path.display()))?
        .to_owned();
    Ok(Guest { folder, out, package })
}

fn compile(guests: &[Guest]) -> Outcome {
    let mut command = cargo();
    command.args(BUILD);
    for guest in guests {
        command.args(["--package", &guest.package]);
    }
    run(&mut command, "building the plugins")
}

/// Makes a component of the guest in the folder, whose core module was built into the target directory.
pub(crate) fn component(folder: &Path, package: &str, target: &Path) -> Outcome<(Manifest, Vec<u8>)> {
    let path = folder.join("plugin.toml");
    let text = fs::read_to_string(&path).map_err(|cause| format!("{} could not be read: {cause}", path.display()))?;
    // Every crate of the workspace carries its version, xtask's too.
    let manifest = Manifest::from_plugin_toml(&text, env!("CARGO_PKG_VERSION"))
        .map_err(|cause| format!("{}: {cause}", path.display()))?;
    let core = target
        .join(TARGET)
        .join("plugin")
        .join(format!("{}.wasm", package.replace('-', "_")));
    let core = fs::read(&core).map_err(|cause| format!("{} could not be read: {cause}", core.display()))?;
    let component = componentize(&core, &manifest).map_err(|cause| format!("{}: {cause}", path.display()))?;
    Ok((manifest, component))
}

fn package(guest: &Guest) -> Outcome {
    let (manifest, component) = component(&guest.folder, &guest.package, &target_directory())?;
    let out = target_directory().join(guest.out);
    fs::create_dir_all(&out).map_err(|cause| format!("{} could not be made: {cause}", out.display()))?;
    let file = out.join(format!("{}.wasm", manifest.name));
    fs::write(&file, &component).map_err(|cause| format!("{} could not be written: {cause}", file.display()))?;
    eprintln!(
        "  {:<12} {:<20} {:>4} KiB  {}",
        guest.out,
        manifest.name,
        component.len().div_ceil(1024),
        manifest.contract
    );
    Ok(())
}

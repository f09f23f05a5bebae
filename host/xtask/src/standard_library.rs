//! The standard library for the plugins' target, built from its sources.

use crate::process::{Outcome, run};
use crate::toolchain::Toolchain;
use crate::wasm_target::TARGET;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const EMPTY_PROJECT: &str = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";

/// Where cargo looks for the sources: inside the sysroot only.
fn place(toolchain: &Toolchain) -> PathBuf {
    toolchain.sysroot().join("lib/rustlib/src/rust")
}

/// True where the toolchain has the sources of its own (rustup's component `rust-src`).
pub(crate) fn has_sources(toolchain: &Toolchain) -> bool {
    place(toolchain).join("library/Cargo.lock").exists()
}

/// Builds from sources lent to the toolchain for as long as it takes; the folder that holds the libraries.
pub(crate) fn build_from(toolchain: &Toolchain, sources: &Path, work: &Path) -> Outcome<PathBuf> {
    let place = place(toolchain);
    lend(sources, &place).map_err(|cause| {
        format!(
            "{} cannot be written ({cause}); run as the toolchain's owner",
            place.display()
        )
    })?;
    let built = build(toolchain, work);
    // A link left behind is replaced by the next loan.
    let _ = fs::remove_file(&place);
    built
}

fn lend(sources: &Path, place: &Path) -> std::io::Result<()> {
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent)?;
    }
    // Of an earlier build that was broken off. A folder is somebody's own and stays.
    if fs::symlink_metadata(place).is_ok_and(|there| there.is_symlink()) {
        fs::remove_file(place)?;
    }
    std::os::unix::fs::symlink(fs::canonicalize(sources)?, place)
}

/// Builds from the sources that the toolchain has; the folder that holds the libraries.
pub(crate) fn build(toolchain: &Toolchain, work: &Path) -> Outcome<PathBuf> {
    let project = work.join("empty");
    let target = work.join("target");
    fs::create_dir_all(project.join("src"))
        .and_then(|()| fs::write(project.join("Cargo.toml"), EMPTY_PROJECT))
        .and_then(|()| fs::write(project.join("src/lib.rs"), ""))
        .map_err(|cause| format!("{} could not be written: {cause}", project.display()))?;
    run(
        toolchain
            .cargo()
            .current_dir(&project)
            .args(["build", "--release", "--target", TARGET])
            .arg("-Zbuild-std=core,alloc,std,panic_abort")
            .env("RUSTC_BOOTSTRAP", "1")
            // Guests are linked with LTO, which needs the bitcode that cargo leaves out by default.
            .env("RUSTFLAGS", "-Cembed-bitcode=yes")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("CARGO_TARGET_DIR", &target),
        "building the standard library",
    )?;
    Ok(target.join(TARGET).join("release/deps"))
}

/// Puts the built libraries where the compiler looks for them.
pub(crate) fn install(built: &Path, libraries: &Path) -> Outcome {
    fill(built, libraries).map_err(|cause| {
        let hint = match cause.kind() {
            ErrorKind::PermissionDenied => "; run as the toolchain's owner",
            _ => "",
        };
        format!("{} could not be filled: {cause}{hint}", libraries.display())
    })
}

fn fill(built: &Path, libraries: &Path) -> std::io::Result<()> {
    fs::create_dir_all(libraries)?;
    let mut found = Vec::new();
    for entry in fs::read_dir(built)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libempty") {
            found.push(name);
        }
    }
    // std last and at once: where it lies, the target counts as installed.
    found.sort_by_key(|name| is_std(name));
    for name in found {
        let partial = libraries.join(format!("{name}.partial"));
        fs::copy(built.join(&name), &partial)?;
        fs::rename(&partial, libraries.join(&name))?;
    }
    Ok(())
}

/// True for the file of the standard library itself.
pub(crate) fn is_std(name: &str) -> bool {
    name.starts_with("libstd-") && name.ends_with(".rlib")
}

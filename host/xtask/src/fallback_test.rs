//! The real thing where rustup refuses: a copy of the toolchain loses the plugins' target, gets it back from the
//! distribution's sources and builds a guest with it. The toolchain itself is not touched.

use crate::plugins;
use crate::process::{Outcome, root, run as run_command, target_directory};
use crate::toolchain::Toolchain;
use crate::wasm_target::{TARGET, clear, from_sources};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// The guest that is built: a driver, hence one with bindings to a contract.
const GUEST: &str = "nb1010-driver";

/// Copies, builds, compares, and takes the copy away whatever came of it.
pub(crate) fn run() -> Outcome {
    let folder = target_directory().join("wasm-fallback-test");
    clear(&folder)?;
    let done = try_in(&folder);
    done.and(clear(&folder))
}

fn try_in(folder: &Path) -> Outcome {
    let began = Instant::now();
    let copy = copy(&Toolchain::of_environment()?, &folder.join("sysroot"))?;
    println!(
        "copied the toolchain {} in {} s",
        copy.version(),
        began.elapsed().as_secs()
    );

    let began = Instant::now();
    from_sources(&copy, &folder.join("rust-src"))?;
    println!(
        "built and installed the standard library in {} s",
        began.elapsed().as_secs()
    );

    let began = Instant::now();
    let target = folder.join("target");
    run_command(
        copy.cargo()
            .args(plugins::BUILD)
            .args(["--package", GUEST])
            .env("CARGO_TARGET_DIR", &target),
        "building a guest with the new standard library",
    )?;
    let bytes = plugins::component(&root().join("device-drivers/nb1010"), GUEST, &target)?
        .1
        .len();
    println!(
        "built {GUEST}, a component of {bytes} bytes, in {} s",
        began.elapsed().as_secs()
    );
    Ok(())
}

/// A copy of what compiles, without the documentation, the plugins' target and any sources.
fn copy(original: &Toolchain, place: &Path) -> Outcome<Toolchain> {
    let sysroot = original.sysroot();
    if sysroot == Path::new("/usr") || !sysroot.join("bin/cargo").exists() {
        return Err(format!(
            "the toolchain in {} shares its folder with other programs or lacks a cargo, so it is not copied; run this \
             test with a toolchain of rustup's",
            sysroot.display()
        ));
    }
    fs::create_dir_all(place).map_err(|cause| format!("{} could not be made: {cause}", place.display()))?;
    run_command(
        Command::new("cp")
            .arg("-a")
            .args([sysroot.join("bin"), sysroot.join("lib")])
            .arg(place),
        "copying the toolchain",
    )?;
    for removed in [TARGET, "src"] {
        clear(&place.join("lib/rustlib").join(removed))?;
    }
    Toolchain::in_folder(place)
}

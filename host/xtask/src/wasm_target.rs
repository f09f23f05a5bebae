//! The standard library for wasm32-unknown-unknown: by rustup, or built from the distribution's `rust-src` package of
//! exactly this compiler's version, for machines that reach package registries only or use a distribution's own Rust.

use crate::process::{Outcome, answer, cargo, is_there, root, run, target_directory};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";
/// Suites that may hold this compiler, most likely first: a suite keeps few versions, backports keep older ones.
const SUITES: [&str; 5] = ["stable-backports", "sid", "testing", "stable", "experimental"];

/// Makes sure that guests can be compiled.
pub(crate) fn ensure() -> Outcome {
    let sysroot = sysroot()?;
    if is_installed(&sysroot) {
        return Ok(());
    }
    if is_there("rustup") && !is_foreign_compiler() {
        eprintln!("xtask: adding the target {TARGET}");
        let added = Command::new("rustup")
            .args(["target", "add", TARGET])
            .current_dir(root())
            .status();
        if added.is_ok_and(|status| status.success()) && is_installed(&sysroot) {
            return Ok(());
        }
    }
    from_distribution(&sysroot).map_err(|cause| {
        format!(
            "the compiler has no {TARGET} and it could not be added: {cause}; install it with `rustup target add \
             {TARGET}`, or install your distribution's package for that target"
        )
    })
}

/// A compiler named by RUSTC is not the one that rustup would change.
fn is_foreign_compiler() -> bool {
    std::env::var_os("RUSTC").is_some()
}

fn rustc() -> String {
    std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned())
}

fn sysroot() -> Outcome<PathBuf> {
    answer(&rustc(), &["--print", "sysroot"])
        .map(PathBuf::from)
        .ok_or_else(|| "rustc does not say where its libraries are; reinstall Rust".to_owned())
}

fn libraries(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

fn is_installed(sysroot: &Path) -> bool {
    let Ok(entries) = fs::read_dir(libraries(sysroot)) else {
        return false;
    };
    entries
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

/// The compiler's version, as `1.95.0`.
fn version() -> Outcome<String> {
    answer(&rustc(), &["--version"])
        .and_then(|line| line.split(' ').nth(1).map(str::to_owned))
        .ok_or_else(|| "rustc does not say its version".to_owned())
}

fn from_distribution(sysroot: &Path) -> Outcome {
    if !is_there("apt-get") || !is_there("dpkg-deb") {
        return Err("this machine has no apt-get to fetch rust-src with".to_owned());
    }
    let work = target_directory().join("rust-src");
    fs::create_dir_all(&work).map_err(|cause| format!("{} could not be made: {cause}", work.display()))?;
    let version = version()?;
    eprintln!("xtask: building the standard library for {TARGET} from the distribution's rust-src {version}");
    let package = download(&work, &version)?;
    let unpacked = work.join("unpacked");
    run(
        Command::new("dpkg-deb").arg("-x").args([&package, &unpacked]),
        "unpacking rust-src",
    )?;
    let sources = unpacked.join(format!("usr/src/rustc-{version}"));
    let link = lend_sources(sysroot, &sources)?;
    let built = build(&work);
    if let Some(link) = link {
        // Only our own link is taken away again; a failure leaves a harmless dangling link.
        let _ = fs::remove_file(link);
    }
    install(&built?, &libraries(sysroot))
}

/// Downloads `rust-src` of this version with an apt configuration of its own: the system's is not touched.
fn download(work: &Path, version: &str) -> Outcome<PathBuf> {
    let sites = answer(
        "apt-get",
        &["indextargets", "--format", "$(SITE)", "Created-By: Packages"],
    )
    .unwrap_or_default();
    let mut sites: Vec<&str> = sites.lines().filter(|site| !site.contains("security")).collect();
    sites.sort_unstable();
    sites.dedup();
    let site = sites.first().ok_or("apt knows no mirror; run `apt-get update` first")?;
    let apt = work.join("apt");
    for folder in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(apt.join(folder))
            .map_err(|cause| format!("{} could not be made: {cause}", apt.display()))?;
    }
    for suite in SUITES {
        let list = apt.join("sources.list");
        fs::write(&list, format!("deb {site} {suite} main\n"))
            .map_err(|cause| format!("{} could not be written: {cause}", list.display()))?;
        let _ = Command::new("apt-get")
            .args(private(&apt))
            .args(["update", "-qq"])
            .status();
        let mut query: Vec<String> = private(&apt);
        query.extend(["madison", "rust-src"].map(str::to_owned));
        let query: Vec<&str> = query.iter().map(String::as_str).collect();
        let offered = answer("apt-cache", &query).unwrap_or_default();
        let exact = offered
            .lines()
            .filter_map(|line| line.split('|').nth(1))
            .map(str::trim)
            .find(|offered| {
                offered
                    .strip_prefix(version)
                    .is_some_and(|rest| rest.starts_with(['+', '~', '-']))
            });
        let Some(exact) = exact else { continue };
        run(
            Command::new("apt-get")
                .args(private(&apt))
                .args(["download", "-qq", &format!("rust-src={exact}")])
                .current_dir(work),
            "downloading rust-src",
        )?;
        return newest_package(work);
    }
    Err(format!("no suite of the distribution offers rust-src {version}"))
}

/// apt's options that keep its lists and caches in a folder of ours.
fn private(apt: &Path) -> Vec<String> {
    [
        ("Dir::Etc::sourcelist", apt.join("sources.list")),
        ("Dir::Etc::sourceparts", PathBuf::from("/dev/null")),
        ("Dir::State::lists", apt.join("lists")),
        ("Dir::Cache", apt.join("cache")),
    ]
    .into_iter()
    .flat_map(|(name, path)| ["-o".to_owned(), format!("{name}={}", path.display())])
    .collect()
}

fn newest_package(work: &Path) -> Outcome<PathBuf> {
    let entries = fs::read_dir(work).map_err(|cause| format!("{} could not be read: {cause}", work.display()))?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|kind| kind == "deb"))
        .ok_or_else(|| "apt-get left no package behind".to_owned())
}

/// cargo looks for the sources inside the sysroot only, so they are linked there while it builds.
fn lend_sources(sysroot: &Path, sources: &Path) -> Outcome<Option<PathBuf>> {
    let place = sysroot.join("lib/rustlib/src/rust");
    if place.join("library/Cargo.lock").exists() {
        return Ok(None);
    }
    let parent = sysroot.join("lib/rustlib/src");
    let linked = fs::create_dir_all(&parent)
        .and_then(|()| fs::canonicalize(sources))
        .and_then(|sources| std::os::unix::fs::symlink(sources, &place));
    linked.map_err(|cause| {
        format!(
            "{} cannot be written ({cause}); run as the owner of the toolchain",
            place.display()
        )
    })?;
    Ok(Some(place))
}

/// Builds std for the target; the folder that holds the libraries.
fn build(work: &Path) -> Outcome<PathBuf> {
    let project = work.join("empty");
    let target = work.join("target");
    fs::create_dir_all(project.join("src"))
        .and_then(|()| fs::write(project.join("Cargo.toml"), EMPTY_PROJECT))
        .and_then(|()| fs::write(project.join("src/lib.rs"), ""))
        .map_err(|cause| format!("{} could not be written: {cause}", project.display()))?;
    run(
        cargo()
            .current_dir(&project)
            .args([
                "build",
                "--quiet",
                "--release",
                "--target",
                TARGET,
                "-Zbuild-std=core,alloc,std,panic_abort",
            ])
            .env("RUSTC_BOOTSTRAP", "1")
            // Guests are linked with LTO, which needs the bitcode that cargo leaves out by default.
            .env("RUSTFLAGS", "-Cembed-bitcode=yes")
            .env("CARGO_TARGET_DIR", &target),
        "building the standard library",
    )?;
    Ok(target.join(TARGET).join("release/deps"))
}

const EMPTY_PROJECT: &str = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";

fn install(built: &Path, libraries: &Path) -> Outcome {
    let failed = |cause: std::io::Error| format!("{} could not be filled: {cause}", libraries.display());
    fs::create_dir_all(libraries).map_err(failed)?;
    for path in fs::read_dir(built).map_err(failed)?.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libempty") {
            fs::copy(&path, libraries.join(name)).map_err(failed)?;
        }
    }
    Ok(())
}

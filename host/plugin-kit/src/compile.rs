//! From a plugin's folder to its file.

use crate::project::{C, Project};
use crate::sentence::Sentence;
use plugin_package::componentize;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds the plugin and writes its file; gives the file's path and its size in bytes.
///
/// # Errors
/// A sentence. What the compiler says goes to standard error as it comes.
pub fn build(project: &Project, out: Option<&Path>) -> Result<(PathBuf, usize), Sentence> {
    let core = match project.c()? {
        Some(c) => c_module(project, &c)?,
        None => rust_module(project)?,
    };
    let component = componentize(&core, &project.manifest)?;
    let path = out.map_or_else(|| project.plugin(), Path::to_owned);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|cause| Sentence::file(folder, &cause))?;
    }
    std::fs::write(&path, &component).map_err(|cause| Sentence::file(&path, &cause))?;
    Ok((path, component.len()))
}

fn rust_module(project: &Project) -> Result<Vec<u8>, Sentence> {
    have_target()?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(&project.folder)
        .args([
            "build",
            "--release",
            "--lib",
            "--target",
            TARGET,
            "--message-format",
            "json-render-diagnostics",
        ])
        .stderr(std::process::Stdio::inherit());
    let output = cargo
        .output()
        .map_err(|cause| Sentence(format!("cargo could not be started ({cause}); install Rust first")))?;
    if !output.status.success() {
        return Err(Sentence(
            "the plugin does not compile; the compiler says above what is wrong".to_owned(),
        ));
    }
    let module = module_of(&String::from_utf8_lossy(&output.stdout), &project.folder);
    let module = module.ok_or_else(|| {
        Sentence(
            "cargo made no module; the plugin's Cargo.toml needs `crate-type = [\"cdylib\", \"rlib\"]` in [lib]"
                .to_owned(),
        )
    })?;
    std::fs::read(&module).map_err(|cause| Sentence::file(&module, &cause))
}

/// The last module that cargo says it made of the folder's own crate.
fn module_of(messages: &str, folder: &Path) -> Option<PathBuf> {
    let folder = std::fs::canonicalize(folder).ok()?;
    let mut found = None;
    for line in messages.lines() {
        let Ok(message) = serde_json::from_str::<serde_json::Value>(line) else {
            continue;
        };
        let manifest = message
            .get("manifest_path")
            .and_then(|path| path.as_str())
            .map(Path::new);
        if manifest.and_then(Path::parent) != Some(folder.as_path()) {
            continue;
        }
        let files = message.get("filenames").and_then(|files| files.as_array());
        for file in files.into_iter().flatten().filter_map(|file| file.as_str()) {
            if file.ends_with(".wasm") {
                found = Some(PathBuf::from(file));
            }
        }
    }
    found
}

/// Without rustup the target may be there all the same, or not be got: cargo says so itself then.
fn have_target() -> Result<(), Sentence> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot =
        sysroot.map_err(|cause| Sentence(format!("rustc could not be started ({cause}); install Rust first")))?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
    if sysroot.join("lib/rustlib").join(TARGET).exists() {
        return Ok(());
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    match added {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Sentence(format!(
            "the target {TARGET} is not installed, and rustup could not add it; install it with your system's packages of Rust"
        ))),
    }
}

/// The words that make clang build a module for the sandbox: no libc, no WASI.
const CLANG: [&str; 8] = [
    "--target=wasm32-unknown-unknown",
    "-O2",
    "-nostdlib",
    "-ffreestanding",
    "-fno-builtin",
    "-Wall",
    "-mbulk-memory",
    "-Wl,--no-entry",
];

fn c_module(project: &Project, c: &C) -> Result<Vec<u8>, Sentence> {
    let target = project.folder.join("target");
    let generated = target.join("generated");
    std::fs::create_dir_all(&generated).map_err(|cause| Sentence::file(&generated, &cause))?;
    let wit: Vec<PathBuf> = c.wit.iter().map(|path| project.folder.join(path)).collect();
    let bindings = crate::bindings_c::generate(&wit, &project.manifest.contract, &generated)?;
    let module = target.join("module.wasm");
    let mut clang = Command::new(std::env::var_os("CLANG").unwrap_or_else(|| "clang".into()));
    clang
        .args(CLANG)
        .arg("-I")
        .arg(&generated)
        .args(
            c.include
                .iter()
                .flat_map(|path| ["-I".into(), project.folder.join(path).into_os_string()]),
        )
        .args(c.sources.iter().map(|path| project.folder.join(path)))
        .args(&bindings)
        .arg("-o")
        .arg(&module);
    let status = clang.status().map_err(|cause| {
        Sentence(format!(
            "clang could not be started ({cause}); install clang and lld, or name another one in CLANG"
        ))
    })?;
    if !status.success() {
        return Err(Sentence(
            "the plugin does not compile; the compiler says above what is wrong".to_owned(),
        ));
    }
    std::fs::read(&module).map_err(|cause| Sentence::file(&module, &cause))
}

//! The compiler that builds the plugins, and the folder of its libraries.

use crate::process::{Outcome, Programs, answer, root};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A compiler with its cargo.
pub(crate) struct Toolchain {
    programs: Programs,
    rustc: OsString,
    cargo: OsString,
    sysroot: PathBuf,
    version: String,
    /// False where it is not the compiler that rustup would change.
    by_rustup: bool,
}

impl Toolchain {
    /// The one that the environment names.
    pub(crate) fn of_environment() -> Outcome<Self> {
        let named = env::var_os("RUSTC");
        let by_rustup = named.is_none();
        let rustc = named.unwrap_or_else(|| "rustc".into());
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self::named(Programs::default(), rustc, cargo, by_rustup)
    }

    /// The one in the folder, which rustup does not know.
    pub(crate) fn in_folder(folder: &Path) -> Outcome<Self> {
        let toolchain = Self::named(
            Programs::default(),
            folder.join("bin/rustc").into(),
            folder.join("bin/cargo").into(),
            false,
        )?;
        if toolchain.sysroot != folder {
            return Err(format!(
                "the compiler in {} takes its libraries from {}; unset what leads it there (LD_LIBRARY_PATH?)",
                folder.display(),
                toolchain.sysroot.display()
            ));
        }
        Ok(toolchain)
    }

    /// The one whose programs are these.
    pub(crate) fn named(programs: Programs, rustc: OsString, cargo: OsString, by_rustup: bool) -> Outcome<Self> {
        let ask = |arguments: &[&str]| answer(with_own_libraries(&mut programs.command(&rustc)).args(arguments));
        let sysroot = ask(&["--print", "sysroot"])
            .ok_or("rustc does not say where its libraries are; reinstall Rust, then run the same command again")?;
        let version = ask(&["--version"])
            .and_then(|line| line.split(' ').nth(1).map(str::to_owned))
            .ok_or("rustc does not say its version; reinstall Rust, then run the same command again")?;
        Ok(Self {
            sysroot: sysroot.into(),
            version,
            programs,
            rustc,
            cargo,
            by_rustup,
        })
    }

    /// Where its standard libraries are, one folder a target.
    pub(crate) fn sysroot(&self) -> &Path {
        &self.sysroot
    }

    /// Its version, as `1.95.0`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// True where rustup may be asked to change it.
    pub(crate) fn is_by_rustup(&self) -> bool {
        self.by_rustup
    }

    /// Where it was found.
    pub(crate) fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Its cargo with its compiler, at the repository's root.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = self.programs.command(&self.cargo);
        with_own_libraries(&mut command)
            .current_dir(root())
            .env("RUSTC", &self.rustc);
        command
    }
}

/// `cargo run` leads what it starts, us too, to the libraries of its own toolchain. A compiler led there would take that
/// toolchain's sysroot for its own.
fn with_own_libraries(command: &mut Command) -> &mut Command {
    command.env_remove("LD_LIBRARY_PATH")
}

//! Running another program.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What went wrong, in one sentence for the person at the terminal.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// Where programs are looked for: the machine's own search path, or one folder of stand-ins in a test.
#[derive(Clone, Default)]
pub(crate) struct Programs {
    only: Option<PathBuf>,
}

impl Programs {
    /// No program but those in the folder.
    #[cfg(test)]
    pub(crate) fn only_in(folder: &Path) -> Self {
        Self {
            only: Some(folder.to_path_buf()),
        }
    }

    /// A command that finds its program, and lets the program find others, on this search path.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some(folder) = &self.only {
            command.env("PATH", folder);
        }
        command
    }

    /// True where the program is on the search path.
    pub(crate) fn have(&self, program: &str) -> bool {
        !self.all(program).is_empty()
    }

    /// Every program of this name on the search path: there may be several pythons, say, with other modules.
    pub(crate) fn all(&self, program: &str) -> Vec<PathBuf> {
        let path: OsString = match &self.only {
            Some(folder) => folder.into(),
            None => env::var_os("PATH").unwrap_or_default(),
        };
        let folders = env::split_paths(&path);
        folders
            .map(|folder| folder.join(program))
            .filter(|file| file.is_file())
            .collect()
    }
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Where cargo puts what it builds.
pub(crate) fn target_directory() -> PathBuf {
    let Some(named) = env::var_os("CARGO_TARGET_DIR") else {
        return root().join("target");
    };
    // Relative to where the person stands, as cargo takes it.
    std::path::absolute(&named).unwrap_or_else(|_| named.into())
}

/// The cargo that runs us, at the root, building into the target directory.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // A relative directory in the environment would mean another one at the root.
    command.current_dir(root()).env("CARGO_TARGET_DIR", target_directory());
    command
}

/// Builds a program of the workspace. With all packages chosen, libraries get the features that the tests build them with,
/// and the large ones are compiled once for all.
pub(crate) fn build_program(name: &str) -> Command {
    let mut command = cargo();
    command.args(["build", "--workspace", "--bin", name]);
    command
}

/// A program that measures, as cargo built it, told where cargo builds.
pub(crate) fn measuring_program(name: &str, arguments: &[String]) -> Command {
    let target = target_directory();
    let mut command = Command::new(target.join("debug").join(name));
    command.env("CARGO_TARGET_DIR", target).args(arguments);
    command
}

/// Runs with its output shown.
pub(crate) fn run(command: &mut Command, purpose: &str) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(purpose, status)),
        Err(cause) => Err(not_started(command, purpose, &cause)),
    }
}

/// Becomes the program, so that its exit code and the keys pressed at the terminal are its own. Returns on failure only.
pub(crate) fn become_program(command: &mut Command, purpose: &str) -> Outcome {
    let cause = command.exec();
    Err(not_started(command, purpose, &cause))
}

/// Runs quietly; true where it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs quietly; what it printed, or none where it failed or is not there.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The sentence for a program that ran and did not succeed.
pub(crate) fn failed(purpose: &str, status: std::process::ExitStatus) -> String {
    format!("{purpose} failed ({status}); its own words stand above")
}

/// The sentence for a program that did not start.
pub(crate) fn not_started(command: &Command, purpose: &str, cause: &std::io::Error) -> String {
    format!("{purpose} could not start {}: {cause}", command.get_program().display())
}

//! What the machine must have: a C compiler and its headers to link with, and the Wasm target for the plugins.

use crate::process::{Outcome, is_there};
use crate::wasm_target;
use std::path::Path;
use std::process::{Command, Stdio};

/// A thing without which nothing builds.
struct Need {
    /// what it is to a person
    name: &'static str,
    /// the Debian package that has it
    package: &'static str,
    /// how to see that it is there
    present: fn() -> bool,
}

const NEEDS: [Need; 2] = [
    Need {
        name: "a C compiler",
        package: "gcc",
        present: || is_there("cc"),
    },
    Need {
        name: "the C library's headers",
        package: "libc6-dev",
        present: || Path::new("/usr/include/stdlib.h").exists(),
    },
];

/// Makes the machine ready, or says in one sentence what a person has to install.
pub(crate) fn set_up() -> Outcome {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.present)()).collect();
    if !missing.is_empty() {
        install(&missing);
    }
    let still: Vec<&str> = missing
        .iter()
        .filter(|need| !(need.present)())
        .map(|need| need.name)
        .collect();
    if !still.is_empty() {
        return Err(format!(
            "{} must be installed first; then run the same command again",
            still.join(" and ")
        ));
    }
    wasm_target::ensure()
}

/// Asks the distribution for packages. What fails here is seen by the checks that follow, so nothing is returned.
fn install(missing: &[&Need]) {
    if !is_there("apt-get") {
        return;
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    eprintln!("xtask: installing {}", packages.join(" "));
    apt(&["update", "-qq"]);
    apt(&[
        &["install", "-y", "-qq", "--no-install-recommends"],
        packages.as_slice(),
    ]
    .concat());
}

fn apt(arguments: &[&str]) {
    let started = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    if !started.is_ok_and(|status| status.success()) {
        eprintln!("xtask: apt-get {} did not succeed (are you root?)", arguments[0]);
    }
}

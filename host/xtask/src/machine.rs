//! What the machine must have: a C compiler, perl and make for the bundled libraries, the Wasm target for the plugins,
//! and, for the tests on recordings alone, the player of USB recordings.

use crate::process::{Outcome, answer, is_there};
use crate::wasm_target;
use std::path::Path;
use std::process::{Command, Stdio};

/// A thing that a build or a test needs.
struct Need {
    /// what it is to a person
    name: &'static str,
    /// the Debian package that has it
    package: &'static str,
    /// how to see that it is there
    present: fn() -> bool,
    /// without it nothing builds
    required: bool,
}

const NEEDS: [Need; 6] = [
    Need {
        name: "a C compiler",
        package: "gcc",
        present: || is_there("cc"),
        required: true,
    },
    Need {
        name: "the C library's headers",
        package: "libc6-dev",
        present: has_c_headers,
        required: true,
    },
    Need {
        name: "perl",
        package: "perl",
        present: || is_there("perl"),
        required: true,
    },
    Need {
        name: "make",
        package: "make",
        present: || is_there("make"),
        required: true,
    },
    // Without udev's headers libusb uses netlink for hotplug: it works, but not on an empty recorded machine.
    Need {
        name: "udev's headers",
        package: "libudev-dev",
        present: has_udev,
        required: false,
    },
    Need {
        name: "umockdev-run",
        package: "umockdev",
        present: || is_there("umockdev-run"),
        required: false,
    },
];

fn has_c_headers() -> bool {
    Path::new("/usr/include/stdlib.h").exists()
}

fn has_udev() -> bool {
    is_there("pkg-config") && answer("pkg-config", &["--exists", "libudev"]).is_some()
}

/// Makes the machine ready, or says in one sentence what a person has to install.
pub(crate) fn set_up() -> Outcome {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.present)()).collect();
    if !missing.is_empty() {
        install(&missing);
    }
    let still = |required: bool| -> Vec<&str> {
        missing
            .iter()
            .filter(|n| n.required == required && !(n.present)())
            .map(|n| n.name)
            .collect()
    };
    let (needed, wished) = (still(true), still(false));
    if !wished.is_empty() {
        eprintln!(
            "xtask: {} could not be installed; what needs it will say so",
            wished.join(" and ")
        );
    }
    if !needed.is_empty() {
        return Err(format!(
            "{} must be installed first; then run the same command again",
            needed.join(", ")
        ));
    }
    wasm_target::ensure()
}

/// Asks the distribution for packages. What fails here is seen by the checks that follow, so nothing is returned.
fn install(missing: &[&Need]) {
    if !is_there("apt-get") {
        return;
    }
    let mut packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    packages.push("pkg-config");
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

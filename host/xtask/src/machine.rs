//! What the machine must have, and how Debian gives it: what the build needs, and what some tests need besides.

use crate::process::{Outcome, Programs, answer, succeeds};
use crate::wasm_target;
use std::process::Stdio;

/// A thing that a build or a test uses and that cargo cannot fetch.
struct Need {
    /// what it is to a person
    name: &'static str,
    /// the Debian package that has it, or several with spaces between
    package: &'static str,
    /// how to see that it is there: by using it, for a path differs from one distribution to the next
    present: fn(&Programs) -> bool,
}

/// Without these, nothing builds.
const REQUIRED: [Need; 6] = [
    Need {
        name: "a C compiler",
        package: "gcc",
        present: |programs| succeeds(programs.command("cc").arg("--version")),
    },
    Need {
        name: "the C library's headers",
        package: "libc6-dev",
        present: |programs| {
            succeeds(
                programs
                    .command("cc")
                    .args(["-E", "-include", "stdlib.h", "-x", "c", "/dev/null"]),
            )
        },
    },
    Need {
        name: "perl with its modules",
        package: "perl",
        // SQLCipher's OpenSSL is configured by perl; Debian's smallest perl lacks these modules.
        present: |programs| succeeds(programs.command("perl").args(["-MFindBin", "-MIPC::Cmd", "-e", "1"])),
    },
    Need {
        name: "make",
        package: "make",
        present: |programs| succeeds(programs.command("make").arg("--version")),
    },
    Need {
        name: "pkg-config",
        package: "pkg-config",
        present: |programs| succeeds(programs.command("pkg-config").arg("--version")),
    },
    Need {
        name: "libudev's headers",
        package: "libudev-dev",
        // libusb builds without udev too, but then sees no device come or go under a replayed recording.
        present: |programs| {
            !cfg!(target_os = "linux") || succeeds(programs.command("pkg-config").args(["--exists", "libudev"]))
        },
    },
];

/// libFuzzer is C++.
const COMPILER_OF_FUZZERS: Need = Need {
    name: "a C++ compiler",
    package: "g++",
    present: |programs| {
        succeeds(
            programs
                .command("c++")
                .args(["-E", "-include", "cstdlib", "-x", "c++", "/dev/null"]),
        )
    },
};

/// What NBIS, which the matcher is measured beside, is driven with: Debian's own python, for its modules are packages.
const PEERS: [Need; 2] = [
    Need {
        name: "libfprint for python3",
        package: "python3-gi gir1.2-fprint-2.0",
        present: |programs| {
            const WORDS: &str = "import gi; gi.require_version('FPrint', '2.0'); from gi.repository import FPrint";
            succeeds(programs.command(PYTHON).args(["-c", WORDS]))
        },
    },
    Need {
        name: "Pillow for python3",
        package: "python3-pil",
        present: |programs| succeeds(programs.command(PYTHON).args(["-c", "import PIL"])),
    },
];

/// What serves a country of stations. Debian starts it where it is installed on a running system; what is measured is one of
/// our own, on a port of its own.
const SERVER: Need = Need {
    name: "nginx",
    package: "nginx-light",
    present: |programs| programs.have("nginx"),
};

/// The python that Debian's packages are for; there may be others before it on the search path.
pub(crate) const PYTHON: &str = "/usr/bin/python3";

/// Without these, some tests skip themselves.
const OPTIONAL: [Need; 7] = [
    Need {
        name: "umockdev-run",
        package: "umockdev",
        present: |programs| programs.have("umockdev-run"),
    },
    Need {
        name: "numpy for python3",
        package: "python3-numpy",
        // Only this says whether one has it: it may have come by other ways than the package, and the package is for
        // one python3 alone, maybe not the first on the search path. The tests take the first that has it.
        present: |programs| {
            let mut pythons = programs.all("python3").into_iter();
            pythons.any(|python| succeeds(programs.command(python).args(["-c", "import numpy"])))
        },
    },
    COMPILER_OF_FUZZERS,
    Need {
        name: "clang, for the driver in C",
        package: "clang",
        present: |programs| programs.have("clang"),
    },
    Need {
        name: "lld, for the driver in C",
        package: "lld",
        present: |programs| programs.have("wasm-ld"),
    },
    Need {
        name: "Network UPS Tools' server",
        package: "nut-server",
        present: |programs| programs.have("upsd"),
    },
    SERVER,
];

/// What TUF's conformance suite runs on, besides what the build needs.
const CONFORMANCE: [Need; 2] = [
    Need {
        name: "faketime",
        package: "faketime",
        present: |programs| programs.have("faketime"),
    },
    Need {
        name: "python3 that makes environments of its own",
        package: "python3-venv",
        present: |programs| succeeds(programs.command("python3").args(["-c", "import ensurepip, venv"])),
    },
];

/// What starts Debian's kernel and what it is started with. Without these, the tests that do say SKIPPED.
const KERNELS: [Need; 7] = [
    Need {
        name: "QEMU",
        package: "qemu-system-x86",
        present: |programs| succeeds(programs.command("qemu-system-x86_64").arg("--version")),
    },
    Need {
        name: "busybox",
        package: "busybox-static",
        present: |programs| programs.have("busybox"),
    },
    Need {
        name: "udev",
        package: "udev",
        present: |programs| programs.have("udevadm"),
    },
    Need {
        name: "dmsetup",
        package: "dmsetup",
        present: |programs| programs.have("dmsetup"),
    },
    Need {
        name: "depmod",
        package: "kmod",
        present: |programs| programs.have("depmod"),
    },
    Need {
        name: "mkfs.ext4",
        package: "e2fsprogs",
        present: |programs| programs.have("mkfs.ext4"),
    },
    Need {
        name: "xz",
        package: "xz-utils",
        present: |programs| programs.have("xz"),
    },
];

/// Makes the machine ready to build, or says in one sentence what a person has to install.
pub(crate) fn set_up() -> Outcome {
    prepare(&Programs::default(), &REQUIRED, &[])?;
    wasm_target::ensure()
}

/// The same, what replays the recordings of real scanners, what the shared accuracy script runs on, and what the fuzz
/// targets are built with.
pub(crate) fn set_up_for_tests() -> Outcome {
    prepare(&Programs::default(), &REQUIRED, &OPTIONAL)?;
    wasm_target::ensure()
}

/// Makes the machine ready to build the fuzz targets, which run natively.
pub(crate) fn set_up_for_fuzzing() -> Outcome {
    let required: Vec<Need> = REQUIRED.into_iter().chain([COMPILER_OF_FUZZERS]).collect();
    prepare(&Programs::default(), &required, &[])
}

/// Whether the fuzz targets can be built.
pub(crate) fn compiles_fuzzers() -> bool {
    missing(&Programs::default(), &[COMPILER_OF_FUZZERS]).is_empty()
}

/// Makes the machine ready to build and, if it can be, to start a kernel under QEMU.
pub(crate) fn set_up_for_kernels() -> Outcome {
    prepare(&Programs::default(), &REQUIRED, &KERNELS)?;
    wasm_target::ensure()
}

/// Makes the machine ready to build, and to run TUF's conformance suite.
pub(crate) fn set_up_for_conformance() -> Outcome {
    let required: Vec<Need> = REQUIRED.into_iter().chain(CONFORMANCE).collect();
    prepare(&Programs::default(), &required, &[])
}

/// Makes the machine ready to measure NBIS.
pub(crate) fn set_up_for_peers() -> Outcome {
    prepare(&Programs::default(), &PEERS, &[])
}

/// Makes the machine ready to measure a country of stations.
pub(crate) fn set_up_for_servers() -> Outcome {
    let required: Vec<Need> = REQUIRED.into_iter().chain([SERVER]).collect();
    prepare(&Programs::default(), &required, &[])
}

fn prepare(programs: &Programs, required: &[Need], optional: &[Need]) -> Outcome {
    let required = missing(programs, required);
    let optional = missing(programs, optional);
    if required.is_empty() && optional.is_empty() {
        return Ok(());
    }
    let refusal = install(programs, &required, &optional);
    let required = missing(programs, required);
    if !required.is_empty() {
        return Err(format!(
            "{} must be installed first{refusal}: on Debian run `apt-get install {}` as root, elsewhere install your \
             system's packages of the same; then run the same command again",
            list(&required, |need| need.name, " and "),
            list(&required, |need| need.package, " "),
        ));
    }
    for need in missing(programs, optional) {
        eprintln!(
            "xtask: {} is missing{refusal}, so the tests that use it say SKIPPED; install the package {} to run them",
            need.name, need.package
        );
    }
    Ok(())
}

fn missing<'a>(programs: &Programs, needs: impl IntoIterator<Item = &'a Need>) -> Vec<&'a Need> {
    needs.into_iter().filter(|need| !(need.present)(programs)).collect()
}

fn list(needs: &[&Need], of: fn(&Need) -> &'static str, between: &str) -> String {
    needs.iter().map(|need| of(need)).collect::<Vec<_>>().join(between)
}

/// Asks the distribution for packages. What fails here is seen by the checks that follow; the answer is why nothing was
/// tried, for their sentence.
fn install(programs: &Programs, required: &[&Need], optional: &[&Need]) -> &'static str {
    if !programs.have("apt-get") {
        return "";
    }
    if answer(programs.command("id").arg("-u")).as_deref() != Some("0") {
        return " (only root can have it installed)";
    }
    // A fresh machine has no lists of packages at all.
    apt(programs, &["update", "-qq"]);
    // Apart, because one package that the distribution does not know makes apt install none.
    for needs in [required, optional] {
        if needs.is_empty() {
            continue;
        }
        let packages: Vec<&str> = needs.iter().flat_map(|need| need.package.split(' ')).collect();
        eprintln!("xtask: installing {}", packages.join(" "));
        let options = ["install", "-y", "-qq", "--no-install-recommends"];
        apt(programs, &[&options, packages.as_slice()].concat());
    }
    ""
}

fn apt(programs: &Programs, arguments: &[&str]) {
    let done = programs
        .command("apt-get")
        // A machine that has just booted may still be updating itself.
        .args(["-o", "DPkg::Lock::Timeout=120"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    if !done.is_ok_and(|status| status.success()) {
        eprintln!("xtask: `apt-get {}` did not succeed", arguments.join(" "));
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::stand_ins::StandIns;
    use std::path::Path;

    /// A Debian whose packages are files: `apt-get install gcc` makes the file `gcc`, and each program asks for its own.
    /// It knows the packages named, and only after an update.
    fn debian(known: &str, user: &str) -> StandIns {
        let machine = StandIns::new();
        machine.program("id", &format!("echo {user}"));
        machine.program(
            "apt-get",
            &format!(
                r#"shift 2
case "$1" in
update) echo update >> "$HERE/log"; : > "$HERE/updated" ;;
install)
    shift 4
    echo "install $*" >> "$HERE/log"
    [ -e "$HERE/updated" ] || exit 100
    for package; do case " {known} " in *" $package "*) ;; *) exit 100 ;; esac; done
    for package; do : > "$HERE/$package"; done
    [ ! -e "$HERE/umockdev" ] || : > "$HERE/umockdev-run"
    [ ! -e "$HERE/lld" ] || : > "$HERE/wasm-ld"
    [ ! -e "$HERE/nginx-light" ] || : > "$HERE/nginx"
    [ ! -e "$HERE/nut-server" ] || : > "$HERE/upsd" ;;
esac"#
            ),
        );
        machine.program(
            "cc",
            r#"case "$1" in --version) [ -e "$HERE/gcc" ] ;; *) [ -e "$HERE/libc6-dev" ] ;; esac"#,
        );
        machine.program("perl", r#"[ -e "$HERE/perl-modules" ]"#);
        machine.program("make", "exit 0");
        machine.program("c++", r#"[ -e "$HERE/g++" ]"#);
        machine.program("python3", r#"[ -e "$HERE/python3-numpy" ]"#);
        machine.program(
            "pkg-config",
            r#"case "$1" in --version) ;; *) [ -e "$HERE/libudev-dev" ] ;; esac"#,
        );
        machine
    }

    /// The stand-in's perl has its modules from the start: a stand-in cannot be a program and a package of one name.
    fn perl_has_its_modules(machine: &StandIns) {
        machine.file("perl-modules");
    }

    const ALL: &str = "gcc libc6-dev libudev-dev umockdev python3-numpy g++ clang lld nut-server nginx-light";

    #[test]
    fn what_is_missing_is_installed_after_one_update() {
        let machine = debian(ALL, "0");
        perl_has_its_modules(&machine);
        prepare(&machine.programs(), &REQUIRED, &OPTIONAL).unwrap();
        assert_eq!(
            machine.log(),
            "update\ninstall gcc libc6-dev libudev-dev\ninstall umockdev python3-numpy g++ clang lld nut-server nginx-light\n"
        );
    }

    #[test]
    fn a_ready_machine_is_left_alone() {
        let machine = debian(ALL, "0");
        perl_has_its_modules(&machine);
        for package in [
            "gcc",
            "libc6-dev",
            "libudev-dev",
            "umockdev-run",
            "python3-numpy",
            "g++",
            "clang",
            "wasm-ld",
            "upsd",
            "nginx",
        ] {
            machine.file(package);
        }
        prepare(&machine.programs(), &REQUIRED, &OPTIONAL).unwrap();
        assert_eq!(machine.log(), "");
    }

    #[test]
    fn a_python_that_the_package_is_not_for_may_stand_first_on_the_search_path() {
        let machine = debian(ALL, "0");
        machine.program("python3", "exit 1");
        let theirs = debian(ALL, "0");
        theirs.file("python3-numpy");
        let path = std::env::join_paths([machine.path(), theirs.path()]).unwrap();
        let numpy = OPTIONAL.iter().find(|need| need.package == "python3-numpy").unwrap();
        assert!(!(numpy.present)(&machine.programs()));
        assert!((numpy.present)(&Programs::only_in(Path::new(&path))));
    }

    #[test]
    fn a_missing_optional_package_does_not_stop_the_build() {
        let machine = debian("gcc libc6-dev libudev-dev", "0");
        perl_has_its_modules(&machine);
        prepare(&machine.programs(), &REQUIRED, &OPTIONAL).unwrap();
        assert!(
            machine
                .log()
                .ends_with("install umockdev python3-numpy g++ clang lld nut-server nginx-light\n")
        );
    }

    #[test]
    fn what_cannot_be_installed_is_named_with_its_package() {
        let machine = debian("gcc libc6-dev umockdev", "0");
        let sentence = prepare(&machine.programs(), &REQUIRED, &[]).unwrap_err();
        assert_eq!(
            sentence,
            "a C compiler and the C library's headers and perl with its modules and libudev's headers must be \
             installed first: on Debian run `apt-get install gcc libc6-dev perl libudev-dev` as root, elsewhere \
             install your system's packages of the same; then run the same command again"
        );
    }

    #[test]
    fn without_root_nothing_is_tried() {
        let machine = debian(ALL, "1000");
        perl_has_its_modules(&machine);
        let sentence = prepare(&machine.programs(), &REQUIRED, &[]).unwrap_err();
        assert!(sentence.contains("only root"), "{sentence}");
        assert_eq!(machine.log(), "");
    }

    #[test]
    fn another_system_is_told_what_to_install() {
        let machine = StandIns::new();
        let sentence = prepare(&machine.programs(), &REQUIRED, &[]).unwrap_err();
        assert!(
            sentence.contains("make") && sentence.contains("elsewhere"),
            "{sentence}"
        );
    }
}

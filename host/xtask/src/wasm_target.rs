//! The plugins' target: its standard library is added by rustup, or built from `rust-src` for machines that reach package
//! registries only or use a distribution's own Rust.

use crate::process::{Outcome, root, target_directory};
use crate::toolchain::Toolchain;
use crate::{rust_src, standard_library};
use std::fs;
use std::path::{Path, PathBuf};

/// What guests are compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure that guests can be compiled.
pub(crate) fn ensure() -> Outcome {
    ensure_in(&Toolchain::of_environment()?, &target_directory().join("rust-src"))
}

fn ensure_in(toolchain: &Toolchain, work: &Path) -> Outcome {
    if is_installed(toolchain) {
        return Ok(());
    }
    let Err(rustup) = by_rustup(toolchain) else {
        return Ok(());
    };
    from_sources(toolchain, work).map_err(|sources| {
        format!(
            "the compiler {} cannot build for {TARGET}: {rustup}, and {sources}; run `rustup target add {TARGET}` where \
             rustup can download, or install your distribution's package for that target (Debian's for its own rustc \
             is libstd-rust-dev-wasm32), then run the same command again",
            toolchain.version()
        )
    })
}

fn by_rustup(toolchain: &Toolchain) -> Outcome {
    if !toolchain.is_by_rustup() {
        return Err("rustup was not asked, because RUSTC names another compiler".to_owned());
    }
    if !toolchain.programs().have("rustup") {
        return Err("rustup is not installed".to_owned());
    }
    eprintln!("xtask: adding the target {TARGET}");
    let added = toolchain
        .programs()
        .command("rustup")
        .args(["target", "add", TARGET])
        .current_dir(root())
        .status();
    // rustup may be there and yet not be whose compiler this is.
    if added.is_ok_and(|status| status.success()) && is_installed(toolchain) {
        return Ok(());
    }
    Err("rustup could not add it".to_owned())
}

/// Builds the standard library once and puts it where rustup would have. The work folder is taken away again.
pub(crate) fn from_sources(toolchain: &Toolchain, work: &Path) -> Outcome {
    clear(work)?;
    let version = toolchain.version();
    let built = if standard_library::has_sources(toolchain) {
        eprintln!("xtask: building the standard library for {TARGET} from the toolchain's rust-src {version}");
        standard_library::build(toolchain, work)?
    } else {
        eprintln!("xtask: building the standard library for {TARGET} from the distribution's rust-src {version}");
        let sources = rust_src::fetch(toolchain.programs(), work, version)?;
        standard_library::build_from(toolchain, &sources, work)?
    };
    standard_library::install(&built, &libraries(toolchain))?;
    clear(work)?;
    if is_installed(toolchain) {
        Ok(())
    } else {
        Err("the build left no standard library behind".to_owned())
    }
}

/// Takes a folder away, if it is there.
pub(crate) fn clear(folder: &Path) -> Outcome {
    match fs::remove_dir_all(folder) {
        Err(cause) if folder.exists() => Err(format!("{} could not be removed: {cause}", folder.display())),
        _ => Ok(()),
    }
}

fn libraries(toolchain: &Toolchain) -> PathBuf {
    toolchain.sysroot().join("lib/rustlib").join(TARGET).join("lib")
}

fn is_installed(toolchain: &Toolchain) -> bool {
    let Ok(entries) = fs::read_dir(libraries(toolchain)) else {
        return false;
    };
    entries
        .flatten()
        .any(|entry| standard_library::is_std(&entry.file_name().to_string_lossy()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::stand_ins::StandIns;

    const BPO: &str = "1.95.0+dfsg1-2~bpo13+1";

    /// A machine with a compiler 1.95.0 without the target, in a world where sid has rust-src 1.95.0.
    fn machine() -> StandIns {
        let machine = StandIns::new();
        machine.program(
            "rustc",
            r#"case "$1" in --version) echo "rustc 1.95.0 (abc 2026-01-01)" ;; *) echo "$HERE/sysroot" ;; esac"#,
        );
        // Builds only from sources in the sysroot, as the real one does.
        machine.program(
            "cargo",
            r#"echo "cargo $*" >> "$HERE/log"
[ -d "$HERE/sysroot/lib/rustlib/src/rust/library" ] && [ -n "$RUSTC_BOOTSTRAP" ] || exit 101
deps="$CARGO_TARGET_DIR/wasm32-unknown-unknown/release/deps"
/bin/mkdir -p "$deps"
for name in libstd-1.rlib libcore-1.rlib libempty-1.rlib libstd-1.rmeta; do : > "$deps/$name"; done"#,
        );
        machine
    }

    fn rustup(machine: &StandIns, adds: bool) {
        machine.program(
            "rustup",
            &format!(
                r#"echo "rustup $*" >> "$HERE/log"
{adds} || exit 1
lib="$HERE/sysroot/lib/rustlib/$3/lib"
/bin/mkdir -p "$lib" && : > "$lib/libstd-0.rlib""#
            ),
        );
    }

    /// apt that knows its mirror only after an update, and whose suites hold the versions given as `suite) echo version ;;`.
    fn apt(machine: &StandIns, suites: &str, unreadable: &str) {
        machine.program(
            "apt-get",
            &format!(
                r#"for argument; do case "$argument" in Dir::Etc::sourcelist=*) list="${{argument#*=}}" ;; esac; done
[ -z "$list" ] || {{ read -r line < "$list"; line="${{line% main}}"; suite="${{line##* }}"; }}
case "$*" in
indextargets*) [ ! -e "$HERE/updated" ] || echo "Debian|Debian|mirror:debian" ;;
*update*)
    echo "update $suite" >> "$HERE/log"
    [ -n "$suite" ] || : > "$HERE/updated"
    case " {unreadable} " in *" $suite "*) exit 100 ;; esac ;;
*download*) for exact; do :; done; echo "download $exact from $suite" >> "$HERE/log"; : > rust-src.deb ;;
esac"#
            ),
        );
        machine.program(
            "apt-cache",
            &format!(
                r#"for argument; do case "$argument" in Dir::Etc::sourcelist=*) list="${{argument#*=}}" ;; esac; done
read -r line < "$list"; line="${{line% main}}"
offer() {{ echo " rust-src | $1 | mirror:debian ${{line##* }}/main amd64 Packages"; }}
case "${{line##* }}" in
{suites}
esac"#
            ),
        );
        machine.program("dpkg-deb", r#"/bin/mkdir -p "$3/usr/src/rustc-1.95.0/library""#);
    }

    fn run(machine: &StandIns, by_rustup: bool) -> Outcome {
        let toolchain = Toolchain::named(machine.programs(), "rustc".into(), "cargo".into(), by_rustup).unwrap();
        ensure_in(&toolchain, &machine.path().join("work"))
    }

    fn installed(machine: &StandIns) -> Vec<String> {
        let folder = machine.path().join("sysroot/lib/rustlib").join(TARGET).join("lib");
        let mut names: Vec<String> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn an_installed_target_is_left_alone() {
        let machine = machine();
        machine.file("sysroot/lib/rustlib/wasm32-unknown-unknown/lib/libstd-9.rlib");
        rustup(&machine, true);
        run(&machine, true).unwrap();
        assert_eq!(machine.log(), "");
    }

    #[test]
    fn rustup_adds_it() {
        let machine = machine();
        rustup(&machine, true);
        apt(&machine, "", "");
        run(&machine, true).unwrap();
        assert_eq!(machine.log(), "rustup target add wasm32-unknown-unknown\n");
        assert_eq!(installed(&machine), ["libstd-0.rlib"]);
    }

    #[test]
    fn where_rustup_refuses_it_is_built_from_exactly_this_version() {
        let machine = machine();
        rustup(&machine, false);
        apt(
            &machine,
            "stable-backports) offer 1.94.1+dfsg1-1 ;;\nsid) offer 1.95.1+dfsg1-1; offer 1.95.0+dfsg1-2 ;;",
            "",
        );
        run(&machine, true).unwrap();
        assert_eq!(
            machine.log(),
            "rustup target add wasm32-unknown-unknown\nupdate \nupdate stable-backports\nupdate sid\n\
             download rust-src=1.95.0+dfsg1-2 from sid\n\
             cargo build --release --target wasm32-unknown-unknown -Zbuild-std=core,alloc,std,panic_abort\n"
        );
        assert_eq!(installed(&machine), ["libcore-1.rlib", "libstd-1.rlib"]);
        // The toolchain has what it lacked and nothing else; the work folder is gone.
        assert!(fs::symlink_metadata(machine.path().join("sysroot/lib/rustlib/src/rust")).is_err());
        assert!(!machine.path().join("work").exists());
    }

    #[test]
    fn the_first_suite_that_has_it_is_enough() {
        let machine = machine();
        apt(
            &machine,
            &format!("stable-backports) offer '{BPO}' ;;\nsid) offer 1.95.0+dfsg1-2 ;;"),
            "",
        );
        run(&machine, true).unwrap();
        assert!(
            machine
                .log()
                .contains(&format!("download rust-src={BPO} from stable-backports\n"))
        );
        assert!(!machine.log().contains("update sid"), "{}", machine.log());
    }

    #[test]
    fn a_link_left_by_a_build_that_was_broken_off_is_no_hindrance() {
        let machine = machine();
        apt(&machine, "sid) offer 1.95.0+dfsg1-2 ;;", "");
        let sources = machine.path().join("sysroot/lib/rustlib/src");
        fs::create_dir_all(&sources).unwrap();
        std::os::unix::fs::symlink("gone", sources.join("rust")).unwrap();
        run(&machine, true).unwrap();
        assert_eq!(installed(&machine), ["libcore-1.rlib", "libstd-1.rlib"]);
    }

    #[test]
    fn sources_that_the_toolchain_has_are_used() {
        let machine = machine();
        machine.file("sysroot/lib/rustlib/src/rust/library/Cargo.lock");
        run(&machine, true).unwrap();
        assert!(machine.log().starts_with("cargo build"), "{}", machine.log());
        assert!(
            machine
                .path()
                .join("sysroot/lib/rustlib/src/rust/library/Cargo.lock")
                .exists()
        );
    }

    #[test]
    fn where_neither_works_one_sentence_says_so() {
        let machine = machine();
        rustup(&machine, false);
        apt(&machine, "sid) offer 1.96.0+dfsg1-1 ;;", "experimental");
        assert_eq!(
            run(&machine, true).unwrap_err(),
            "the compiler 1.95.0 cannot build for wasm32-unknown-unknown: rustup could not add it, and no suite of the \
             distribution that could be read offers rust-src 1.95.0 (experimental could not); run `rustup target add \
             wasm32-unknown-unknown` where rustup can download, or install your distribution's package for that target \
             (Debian's for its own rustc is libstd-rust-dev-wasm32), then run the same command again"
        );
    }

    #[test]
    fn another_system_without_rustup_is_told_why() {
        let sentence = run(&machine(), true).unwrap_err();
        assert!(
            sentence.contains("rustup is not installed, and this machine has no apt-get"),
            "{sentence}"
        );
    }

    #[test]
    fn rustup_is_not_asked_about_a_compiler_that_it_does_not_run() {
        let machine = machine();
        rustup(&machine, true);
        let sentence = run(&machine, false).unwrap_err();
        assert!(sentence.contains("RUSTC names another compiler"), "{sentence}");
        assert_eq!(machine.log(), "");
    }

    #[test]
    fn a_failing_build_leaves_the_toolchain_as_it_was() {
        let machine = machine();
        apt(&machine, "sid) offer 1.95.0+dfsg1-2 ;;", "");
        machine.program("cargo", "exit 101");
        let sentence = run(&machine, true).unwrap_err();
        assert!(sentence.contains("building the standard library failed"), "{sentence}");
        assert!(installed(&machine).is_empty());
        assert!(fs::symlink_metadata(machine.path().join("sysroot/lib/rustlib/src/rust")).is_err());
    }
}

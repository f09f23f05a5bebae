//! The distribution's `rust-src`: the sources of the standard library, of exactly the compiler's version.

use crate::process::{Outcome, Programs, answer, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Suites that may hold this compiler, most likely first: a suite keeps few versions, backports keep older ones.
const SUITES: [&str; 5] = ["stable-backports", "sid", "testing", "stable", "experimental"];
/// What Debian signs its suites with, where that file is there; else apt looks through all keys that it trusts.
const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Fetches the sources into the work folder; the folder that holds `library`.
pub(crate) fn fetch(programs: &Programs, work: &Path, version: &str) -> Outcome<PathBuf> {
    for program in ["apt-get", "apt-cache", "dpkg-deb"] {
        if !programs.have(program) {
            return Err(format!("this machine has no {program} to fetch rust-src with"));
        }
    }
    let package = download(programs, work, version)?;
    let unpacked = work.join("unpacked");
    run(
        programs.command("dpkg-deb").arg("-x").args([&package, &unpacked]),
        "unpacking rust-src",
    )?;
    let sources = unpacked.join(format!("usr/src/rustc-{version}"));
    if !sources.join("library").is_dir() {
        return Err(format!(
            "the distribution's rust-src {version} holds no standard library"
        ));
    }
    Ok(sources)
}

/// Downloads the package with an apt configuration of its own: the system's suites and lists are not touched.
fn download(programs: &Programs, work: &Path, version: &str) -> Outcome<PathBuf> {
    let site = mirror(programs)?;
    let apt = work.join("apt");
    let downloads = work.join("download");
    for folder in [
        apt.join("lists/partial"),
        apt.join("cache/archives/partial"),
        downloads.clone(),
    ] {
        fs::create_dir_all(&folder).map_err(|cause| format!("{} could not be made: {cause}", folder.display()))?;
    }
    let signed = if Path::new(KEYS).exists() {
        format!("[signed-by={KEYS}] ")
    } else {
        String::new()
    };
    let mut unread = Vec::new();
    for suite in SUITES {
        eprintln!("xtask: looking for rust-src {version} in {suite}");
        let list = apt.join("sources.list");
        fs::write(&list, format!("deb {signed}{site} {suite} main\n"))
            .map_err(|cause| format!("{} could not be written: {cause}", list.display()))?;
        if run(
            apart(programs, "apt-get", &apt).args(["update", "-qq"]),
            "reading a suite",
        )
        .is_err()
        {
            unread.push(suite);
            continue;
        }
        let offered = answer(apart(programs, "apt-cache", &apt).args(["madison", "rust-src"])).unwrap_or_default();
        let Some(exact) = exact(&offered, version) else {
            continue;
        };
        run(
            apart(programs, "apt-get", &apt)
                .args(["download", "-qq", &format!("rust-src={exact}")])
                .current_dir(&downloads),
            "downloading rust-src",
        )?;
        return package_in(&downloads);
    }
    Err(if unread.is_empty() {
        format!("no suite of the distribution offers rust-src {version}")
    } else {
        format!(
            "no suite of the distribution that could be read offers rust-src {version} ({} could not)",
            unread.join(", ")
        )
    })
}

/// A mirror of the distribution that this machine's apt uses. A fresh machine's apt names none before its first update.
fn mirror(programs: &Programs) -> Outcome<String> {
    let ask = || {
        let format = "$(ORIGIN)|$(LABEL)|$(SITE)";
        let targets =
            answer(
                programs
                    .command("apt-get")
                    .args(["indextargets", "--format", format, "Created-By: Packages"]),
            )
            .unwrap_or_default();
        debian_site(&targets)
    };
    if let Some(site) = ask() {
        return Ok(site);
    }
    // What fails here, for want of root say, shows in the second answer.
    let _ = run(programs.command("apt-get").args(["update", "-qq"]), "apt-get update");
    ask().ok_or_else(|| "apt knows no mirror of Debian (run `apt-get update` as root)".to_owned())
}

/// The site of Debian itself among apt's targets: other origins and the security archive have no suites of ours.
fn debian_site(targets: &str) -> Option<String> {
    targets
        .lines()
        .find_map(|line| line.strip_prefix("Debian|Debian|").map(str::to_owned))
}

/// The package's version that is this compiler's, among the lines of `apt-cache madison`. A pre-release, whose version
/// goes on with `~beta`, is not.
fn exact(offered: &str, version: &str) -> Option<String> {
    offered
        .lines()
        .filter_map(|line| line.split('|').nth(1))
        .map(str::trim)
        .find(|offered| {
            offered
                .strip_prefix(version)
                .is_some_and(|rest| rest.starts_with(['+', '-']))
        })
        .map(str::to_owned)
}

/// One of apt's programs with its lists and caches in a folder of ours.
fn apart(programs: &Programs, program: &str, apt: &Path) -> Command {
    let mut command = programs.command(program);
    for (name, path) in [
        ("Dir::Etc::sourcelist", apt.join("sources.list")),
        ("Dir::Etc::sourceparts", PathBuf::from("/dev/null")),
        ("Dir::State::lists", apt.join("lists")),
        ("Dir::Cache", apt.join("cache")),
        ("Acquire::Languages", PathBuf::from("none")),
        // apt's own user may not enter the folder; what it fetches is checked against the signature all the same.
        ("APT::Sandbox::User", PathBuf::from("root")),
        // A mirror that lags behind still has the one version that will do, signed as ever.
        ("Acquire::Check-Valid-Until", PathBuf::from("false")),
    ] {
        command.arg("-o").arg(format!("{name}={}", path.display()));
    }
    command
}

fn package_in(folder: &Path) -> Outcome<PathBuf> {
    let entries = fs::read_dir(folder).map_err(|cause| format!("{} could not be read: {cause}", folder.display()))?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|kind| kind == "deb"))
        .ok_or_else(|| "apt-get left no package of rust-src behind".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exactly_this_version_will_do() {
        let offered = " rust-src | 1.95.1+dfsg1-1 | sid\n rust-src | 1.95.0~beta.3+dfsg1-1 | experimental\n \
                       rust-src | 1.95.0+dfsg1-2~bpo13+1 | stable-backports\n rust-src | 11.95.0-1 | sid\n";
        assert_eq!(exact(offered, "1.95.0").as_deref(), Some("1.95.0+dfsg1-2~bpo13+1"));
        assert_eq!(exact(offered, "1.95.1").as_deref(), Some("1.95.1+dfsg1-1"));
        assert_eq!(exact(offered, "1.95"), None);
        assert_eq!(exact(offered, "1.94.0"), None);
        assert_eq!(exact("", "1.95.0"), None);
    }

    #[test]
    fn a_version_without_a_revision_is_exact_only_if_a_distribution_gave_it_one() {
        assert_eq!(
            exact("rust-src | 1.95.0-1 | sid", "1.95.0").as_deref(),
            Some("1.95.0-1")
        );
        assert_eq!(exact("rust-src | 1.95.00-1 | sid", "1.95.0"), None);
    }

    #[test]
    fn the_mirror_is_debians_own_archive() {
        let targets = "Other|Other|mirror:other\nDebian|Debian-Security|mirror:security\nDebian|Debian|mirror:debian\n";
        assert_eq!(debian_site(targets).as_deref(), Some("mirror:debian"));
        assert_eq!(debian_site("Other|Other|mirror:other\n"), None);
    }
}

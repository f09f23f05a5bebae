//! The conformance suite of TUF, on the kiosk's client: what it runs on, then the suite itself. It is not ours and not in this
//! repository: a checkout of it is given.

use crate::machine;
use crate::process::{Outcome, Programs, build_program, root, run, target_directory};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the suite runs on, as it pins it.
const PACKAGES: [&str; 4] = [
    "tuf==7.0.0",
    "securesystemslib[crypto]==1.4.0",
    "pytest==9.0.3",
    "pytest-json-report==1.5.0",
];
/// The client, as cargo builds it.
const CLIENT: &str = "tuf-client";
/// Tests that are expected to fail, each below its reason.
const EXPECTED_FAILURES: &str = "host/updates/conformance.xfails";

/// Said where no checkout is given.
const SKIPPED: &str = "SKIPPED tuf-conformance: no checkout of theupdateframework/tuf-conformance is given; clone it, and give \
                       its folder";

/// Runs the suite of a checkout; where there is none, says so.
pub(crate) fn start(given: Option<&Path>) -> Outcome {
    let Some(checkout) = checkout(given) else {
        println!("{SKIPPED}");
        return Ok(());
    };
    machine::set_up_for_conformance()?;
    run(&mut build_program(CLIENT), "building the client")?;
    let client = target_directory().join("debug").join(CLIENT);
    let failed = |cause: std::io::Error| format!("{EXPECTED_FAILURES} could not be copied beside the client: {cause}");
    // The suite looks for it there.
    fs::copy(root().join(EXPECTED_FAILURES), client.with_extension("xfails")).map_err(failed)?;
    let folder = target_directory().join("tuf-conformance");
    let python = environment(&folder.join("venv"))?;
    let mut suite = Command::new(python);
    suite
        .args(["-B", "-m", "pytest", "tuf_conformance", "-q", "-rfExX", "--json-report"])
        .arg(format!("--json-report-file={}", folder.join("report.json").display()))
        .args(["-p", "no:cacheprovider"])
        .arg("--entrypoint")
        .arg(client)
        .current_dir(checkout)
        .env("PYTHONPATH", ".");
    run(&mut suite, "the conformance suite")
}

/// The folder that is given, where the suite is in it.
fn checkout(given: Option<&Path>) -> Option<&Path> {
    given.filter(|folder| folder.join("tuf_conformance").is_dir())
}

/// A python with the suite's packages, and nothing of the system's.
fn environment(folder: &Path) -> Outcome<PathBuf> {
    let python = folder.join("bin/python");
    let list = folder.join("packages");
    let wanted = PACKAGES.join("\n");
    if fs::read_to_string(&list).is_ok_and(|there| there == wanted) {
        return Ok(python);
    }
    let pythons = Programs::default().all("python3");
    let Some(system) = pythons.first() else {
        return Err("python3 must be installed first".to_owned());
    };
    run(
        Command::new(system).args(["-m", "venv", "--clear"]).arg(folder),
        "making a python of its own",
    )?;
    run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(PACKAGES),
        "installing what the suite runs on",
    )?;
    fs::write(&list, wanted).map_err(|cause| format!("{} could not be written: {cause}", list.display()))?;
    Ok(python)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::checkout;
    use std::path::Path;

    #[test]
    fn the_suite_is_taken_from_a_checkout_and_from_nothing_else() {
        assert_eq!(checkout(None), None);
        assert_eq!(checkout(Some(Path::new("/nowhere"))), None);
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(checkout(Some(folder.path())), None);
        std::fs::create_dir(folder.path().join("tuf_conformance")).unwrap();
        assert_eq!(checkout(Some(folder.path())), Some(folder.path()));
    }
}

//! The sample driver in C is built as a vendor builds it, and passes the same conformance as any other.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use conformance::shipped::{SHIPPED, runtime};
use plugin_kit::check::{Material, Outcome, Promises, check};
use plugin_kit::compile::build;
use plugin_kit::project::Project;
use std::path::PathBuf;
use std::process::Command;

#[test]
fn the_driver_in_c_conforms() {
    let test = "the_driver_in_c_conforms";
    for (program, package) in [("clang", "clang"), ("wasm-ld", "lld")] {
        if Command::new(program).arg("--version").output().is_err() {
            println!("SKIPPED {test}: {program}, of the package {package}, is not installed");
            return;
        }
    }
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../c-driver"));
    let work = tempfile::tempdir().unwrap();
    let out = work.path().join("c-driver.wasm");
    build(&Project::open(&folder).unwrap(), Some(&out)).unwrap();
    let bytes = std::fs::read(&out).unwrap();
    // Its device is the NB-1010-U: what the driver in Rust recorded serves.
    let rust = &SHIPPED[0];
    let (_, plugin) = rust
        .plugin(&runtime().unwrap(), &fixtures::target().join("plugins"))
        .unwrap();
    let material = Material {
        promises: Promises {
            checksums: false,
            numbers: true,
        },
        ..rust.material(&plugin).unwrap()
    };
    let report = check(&bytes, &material, &[], &|_, _, _| ()).unwrap();
    println!(
        "{} ({} KiB, {} ms)",
        report.verdict(),
        bytes.len() / 1024,
        report.took_ms
    );
    for finding in report
        .findings
        .iter()
        .filter(|finding| matches!(finding.outcome, Outcome::Failed(_)))
    {
        println!("  {} {}: {:?}", finding.case.id, finding.case.sentence, finding.outcome);
    }
    assert!(report.conforms, "{}", report.verdict());
}

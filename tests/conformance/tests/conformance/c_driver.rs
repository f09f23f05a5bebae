//! The sample driver in C is built as a vendor builds it, and passes the same conformance as any other.

use crate::conforms;
use conformance::shipped::{SHIPPED, runtime};
use libtest_mimic::{Failed, Trial};
use plugin_kit::check::{Material, Promises};
use plugin_kit::compile::build;
use plugin_kit::project::Project;
use std::path::PathBuf;
use std::process::Command;

const NAME: &str = "the driver in C conforms";

pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    [Trial::test(NAME, the_driver_in_c_conforms)].into_iter()
}

fn the_driver_in_c_conforms() -> Result<(), Failed> {
    for (program, package) in [("clang", "clang"), ("wasm-ld", "lld")] {
        if Command::new(program).arg("--version").output().is_err() {
            println!("SKIPPED {NAME}: {program}, of the package {package}, is not installed");
            return Ok(());
        }
    }
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../c-driver"));
    let work = tempfile::tempdir()?;
    let out = work.path().join("c-driver.wasm");
    build(&Project::open(&folder)?, Some(&out))?;
    // Its device is the NB-1010-U: what the driver in Rust recorded serves.
    let rust = &SHIPPED[0];
    let (_, plugin) = rust.plugin(&runtime()?, &fixtures::target().join("plugins"))?;
    let material = Material {
        promises: Promises {
            checksums: false,
            numbers: true,
        },
        ..rust.material(&plugin)?
    };
    conforms("c-driver", &std::fs::read(&out)?, &material)
}

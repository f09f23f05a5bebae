//! The demonstration: everything that it needs, then the program itself in our place.

use crate::process::{Outcome, become_program, build_program, root, run, target_directory};
use crate::{machine, plugins};
use std::process::Command;

/// Builds what is missing and becomes the demo.
pub(crate) fn start(flags: &[&str], further: &[String]) -> Outcome {
    let target = target_directory();
    let program = target.join("debug/kiosk-demo");
    if !program.exists() {
        eprintln!("xtask: building the demo; the first build takes some minutes");
    }
    machine::set_up()?;
    plugins::build()?;
    run(
        build_program("kiosk-demo").args(["--bin", "kiosk-gateway"]),
        "building the demo",
    )?;
    // Shown as the person knows them where they lie in the repository.
    let folder = target.strip_prefix(root()).unwrap_or(&target);
    become_program(
        Command::new(&program)
            .current_dir(root())
            .arg("--plugins")
            .arg(folder.join("plugins"))
            .arg("--folder")
            .arg(folder.join("demo"))
            .args(flags)
            .args(further),
        "the demo",
    )
}

//! A country of stations beside one nginx: the server that it takes, then the program itself in our place.

use crate::process::{Outcome, become_program, build_program, root, run, target_directory};
use crate::{machine, plugins};
use std::process::Command;

/// Installs what is missing, builds, and becomes the program.
pub(crate) fn start(arguments: &[String]) -> Outcome {
    machine::set_up_for_servers()?;
    plugins::build()?;
    run(&mut build_program("fleet"), "building the fleet")?;
    become_program(
        Command::new(target_directory().join("debug/fleet"))
            .current_dir(root())
            .env("CARGO_TARGET_DIR", target_directory())
            .args(arguments),
        "the fleet",
    )
}

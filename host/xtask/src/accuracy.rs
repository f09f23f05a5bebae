//! The matcher's accuracy: everything that it takes to measure it, then the program itself in our place.

use crate::process::{Outcome, become_program, build_program, run, target_directory};
use crate::{machine, plugins};
use std::process::Command;

/// Builds what is missing and becomes the program. Its paths are relative to where the person stands.
pub(crate) fn start(arguments: &[String]) -> Outcome {
    machine::set_up()?;
    plugins::build()?;
    run(&mut build_program("accuracy"), "building the measurement")?;
    become_program(
        Command::new(target_directory().join("debug/accuracy"))
            .env("CARGO_TARGET_DIR", target_directory())
            .args(arguments),
        "the measurement",
    )
}

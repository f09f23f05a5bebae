//! The benchmark: everything that it needs, then the program itself in our place.

use crate::process::{Outcome, become_program, build_program, root, run, target_directory};
use crate::{machine, plugins};
use std::process::Command;

/// Builds what is missing and becomes the benchmark.
pub(crate) fn start(arguments: &[String]) -> Outcome {
    machine::set_up_for_tests()?;
    plugins::build()?;
    run(&mut build_program("bench"), "building the benchmark")?;
    become_program(
        Command::new(target_directory().join("debug/bench"))
            .current_dir(root())
            .env("CARGO_TARGET_DIR", target_directory())
            .args(arguments),
        "the benchmark",
    )
}

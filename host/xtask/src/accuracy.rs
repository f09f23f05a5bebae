//! The matcher's accuracy: everything that it takes to measure it, then the program itself in our place.

use crate::process::{Outcome, become_program, build_program, measuring_program, run};
use crate::{machine, plugins};

/// Builds what is missing and becomes the program. Its paths are relative to where the person stands.
pub(crate) fn start(arguments: &[String]) -> Outcome {
    machine::set_up()?;
    plugins::build()?;
    run(&mut build_program("accuracy"), "building the measurement")?;
    become_program(&mut measuring_program("accuracy", arguments), "the measurement")
}

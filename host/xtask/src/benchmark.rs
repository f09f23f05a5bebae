//! The benchmark: everything that it needs, then the program itself in our place.

use crate::process::{Outcome, become_program, build_program, measuring_program, root, run};
use crate::{machine, plugins};

/// Builds what is missing and becomes the benchmark.
pub(crate) fn start(arguments: &[String]) -> Outcome {
    machine::set_up_for_tests()?;
    plugins::build()?;
    run(&mut build_program("bench"), "building the benchmark")?;
    become_program(
        measuring_program("bench", arguments).current_dir(root()),
        "the benchmark",
    )
}

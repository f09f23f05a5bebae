//! The benchmark: everything that it needs, then the program itself in our place.

use crate::process::{Outcome, become_program, cargo};
use crate::{machine, plugins};

/// Builds what is missing and becomes the benchmark.
pub(crate) fn start(arguments: &[String]) -> Outcome {
    machine::set_up_for_tests()?;
    plugins::build()?;
    become_program(
        cargo().args(["run", "--package", "bench", "--"]).args(arguments),
        "the benchmark",
    )
}

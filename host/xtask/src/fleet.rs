//! A country of stations beside one nginx: the server that it takes, then the program itself in our place.

use crate::process::{Outcome, become_program, build_program, measuring_program, root, run};
use crate::{machine, plugins};

/// Installs what is missing, builds, and becomes the program.
pub(crate) fn start(arguments: &[String]) -> Outcome {
    machine::set_up_for_servers()?;
    plugins::build()?;
    run(&mut build_program("fleet"), "building the fleet")?;
    become_program(measuring_program("fleet", arguments).current_dir(root()), "the fleet")
}

//! The tests that start a kernel: the packages that they take, then `tests/vm`, which fetches the kernel and says of each
//! test what it found.

use crate::process::{Outcome, cargo, failed, not_started};
use crate::report::Report;
use crate::{machine, plugins, suite};
use std::io::stdout;

/// Tells those tests that they are asked for: in a run of all tests they skip themselves.
const ASKED: &str = "KIOSK_VM_TEST";

/// Sets up, builds, starts the kernels one after the other, and sums up.
pub(crate) fn start() -> Outcome {
    let purpose = "the tests on the real kernel";
    machine::set_up_for_kernels()?;
    plugins::build()?;
    let mut command = cargo();
    // With all packages chosen, libraries get the features that they are built with elsewhere, and are not built again.
    command.args(["test", "--workspace", "--test", "kernel"]);
    command.args(["--", "--show-output", "--test-threads=1"]);
    command.env(ASKED, "1");
    let mut report = Report::default();
    let status =
        suite::tee(&mut command, &mut stdout(), &mut report).map_err(|cause| not_started(&command, purpose, &cause))?;
    println!("\n{report}");
    if status.success() {
        Ok(())
    } else {
        Err(failed(purpose, status))
    }
}

//! The test suite and the lints.

use crate::process::{Outcome, cargo, run as run_command};

/// Runs every test, or what the arguments choose.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let mut command = cargo();
    command.arg("test");
    if arguments.is_empty() {
        // A test that skips itself says so by name in its output, which cargo hides from a test that passes.
        command.args(["--workspace", "--no-fail-fast", "--", "--show-output"]);
    } else {
        command.args(arguments);
    }
    run_command(&mut command, "the test suite")
}

/// Formatting, clippy and documentation.
pub(crate) fn lint() -> Outcome {
    run_command(
        cargo().args(["fmt", "--all", "--check"]),
        "the check of the formatting (`cargo fmt` mends it)",
    )?;
    run_command(
        cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "--deny",
            "warnings",
        ]),
        "clippy",
    )?;
    run_command(
        cargo()
            .args(["doc", "--workspace", "--no-deps", "--quiet"])
            .env("RUSTDOCFLAGS", "--deny warnings"),
        "the build of the documentation",
    )
}

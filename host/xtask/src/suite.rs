//! The test suite and the lints.

use crate::fuzz;
use crate::process::{Outcome, cargo, failed, not_started, run as run_command};
use crate::report::Report;
use std::io::{Read, Write, stdout};
use std::process::{Command, ExitStatus, Stdio};

/// What a test that skips itself says is output of a test that passes, which cargo hides unless told this.
const SHOW_OUTPUT: &str = "--show-output";

/// Runs every test and, for a few seconds, every fuzz target, or what the arguments choose, and sums up.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let purpose = "the test suite";
    // Tests across rooms start the programs of other packages, which `cargo test` does not build for them.
    run_command(
        cargo().args(["build", "--workspace", "--bins"]),
        "building the programs",
    )?;
    let mut command = cargo();
    command.arg("test").args(with_output(arguments));
    let mut report = Report::default();
    let status =
        tee(&mut command, &mut stdout(), &mut report).map_err(|cause| not_started(&command, purpose, &cause))?;
    // What is chosen are tests.
    let fuzzed = arguments.is_empty().then(fuzz::briefly);
    if let Some(Ok(line)) = &fuzzed {
        println!("{line}");
        report.read(format!("{line}\n").as_bytes());
    }
    println!("\n{report}");
    if !status.success() {
        return Err(failed(purpose, status));
    }
    if arguments.is_empty() && report.is_empty() {
        return Err("the test suite ran no test; look above for why".to_owned());
    }
    fuzzed.transpose().map(|_| ())
}

/// The arguments of `cargo test`.
fn with_output(chosen: &[String]) -> Vec<String> {
    let mut arguments = if chosen.is_empty() {
        vec!["--workspace".to_owned(), "--no-fail-fast".to_owned()]
    } else {
        chosen.to_vec()
    };
    if !arguments.iter().any(|argument| argument == "--") {
        arguments.push("--".to_owned());
    }
    // The test binaries refuse to be told twice.
    if !arguments.iter().any(|argument| argument == SHOW_OUTPUT) {
        arguments.push(SHOW_OUTPUT.to_owned());
    }
    arguments
}

/// Passes the output on as it comes, and lets the report read it. What cargo says of the build goes to the terminal past us.
pub(crate) fn tee(command: &mut Command, to: &mut impl Write, report: &mut Report) -> std::io::Result<ExitStatus> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    if let Some(mut output) = child.stdout.take() {
        let mut piece = [0; 8192];
        loop {
            let length = output.read(&mut piece)?;
            if length == 0 {
                break;
            }
            to.write_all(&piece[..length])?;
            to.flush()?;
            report.read(&piece[..length]);
        }
    }
    child.wait()
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn given(arguments: &[&str]) -> Vec<String> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        with_output(&arguments)
    }

    #[test]
    fn all_tests_run_unless_some_are_chosen() {
        assert_eq!(given(&[]), ["--workspace", "--no-fail-fast", "--", "--show-output"]);
        assert_eq!(given(&["-p", "roll"]), ["-p", "roll", "--", "--show-output"]);
    }

    #[test]
    fn arguments_of_the_test_binaries_stay_theirs() {
        assert_eq!(
            given(&["-p", "roll", "--", "--ignored"]),
            ["-p", "roll", "--", "--ignored", "--show-output"]
        );
        assert_eq!(given(&["--", "--show-output"]), ["--", "--show-output"]);
    }

    #[test]
    fn the_report_reads_what_passes_by_and_the_status_is_the_commands() {
        let mut report = Report::default();
        let mut passed_on = Vec::new();
        let line = "test result: FAILED. 2 passed; 1 failed; 0 ignored";
        let script = format!("echo '{line}'; exit 101");
        let status = tee(
            Command::new("/bin/sh").args(["-c", &script]),
            &mut passed_on,
            &mut report,
        )
        .unwrap();
        assert_eq!(status.code(), Some(101));
        assert_eq!(String::from_utf8(passed_on).unwrap(), format!("{line}\n"));
        assert!(report.to_string().ends_with("tests: 2 passed, 1 failed"));
    }
}

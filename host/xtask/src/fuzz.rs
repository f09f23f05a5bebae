//! The fuzz targets: built with their coverage counted, run for a time, findings named.

mod build;
mod run;
mod words;

use crate::machine;
use crate::process::{Outcome, run as run_command};
use build::Fuzzer;
use run::Corpus;
use std::path::Path;

/// Seconds that each target gets beside the tests.
const BRIEFLY: u32 = 3;

/// Runs the targets named, or all, for so many seconds each. What reached new code is kept for the next time.
pub(crate) fn start(targets: &[String], seconds: u32) -> Outcome {
    machine::set_up_for_fuzzing()?;
    let fuzzer = Fuzzer::build()?;
    let findings = fuzzer.run(&fuzzer.chosen(targets)?, seconds, Corpus::Kept)?;
    no_findings(findings)
}

/// Runs one target on one input, with its words shown.
pub(crate) fn again(target: &str, input: &Path) -> Outcome {
    // Relative to where the person stands, before anything is started elsewhere.
    let input = std::path::absolute(input).map_err(|cause| format!("{} has no path: {cause}", input.display()))?;
    machine::set_up_for_fuzzing()?;
    let fuzzer = Fuzzer::build()?;
    let target = fuzzer.chosen(&[target.to_owned()])?.remove(0);
    run_command(
        fuzzer.command(&target).args(target.limits()).arg(&input),
        &format!("the target {} on {}", target.name, input.display()),
    )
}

/// Runs every target for a few seconds from its seeds; the answer is the line for the summary of the tests.
pub(crate) fn briefly() -> Outcome<String> {
    if !machine::compiles_fuzzers() {
        return Ok("SKIPPED fuzz targets: a C++ compiler, which libFuzzer is built with, is missing".to_owned());
    }
    let fuzzer = Fuzzer::build()?;
    let targets = fuzzer.chosen(&[])?;
    let findings = fuzzer.run(&targets, BRIEFLY, Corpus::Fresh)?;
    no_findings(findings)?;
    Ok(format!(
        "fuzz targets: {} ran for {BRIEFLY} s each without a finding",
        targets.len()
    ))
}

fn no_findings(count: usize) -> Outcome {
    match count {
        0 => Ok(()),
        1 => Err("1 fuzz target has a finding; its line stands above".to_owned()),
        _ => Err(format!(
            "{count} fuzz targets have a finding each; their lines stand above"
        )),
    }
}

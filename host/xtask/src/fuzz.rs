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
    no_findings(&fuzzer.run(&fuzzer.chosen(targets)?, seconds, Corpus::Kept)?)
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
    no_findings(&fuzzer.run(&targets, BRIEFLY, Corpus::Fresh)?)?;
    Ok(format!(
        "fuzz targets: {} ran for {BRIEFLY} s each without a finding",
        targets.len()
    ))
}

/// What was found is the end of all that is printed: a machine that ran the tests may be gone before somebody looks at it.
fn no_findings(found: &[String]) -> Outcome {
    match found {
        [] => Ok(()),
        [one] => Err(format!("1 fuzz target has a finding\n{one}")),
        all => Err(format!(
            "{} fuzz targets have a finding each\n{}",
            all.len(),
            all.join("\n")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_stands_behind_how_many_targets_found_it() {
        let found = ["first".to_owned(), "second".to_owned()];
        assert_eq!(no_findings(&[]), Ok(()));
        assert_eq!(
            no_findings(&found[..1]),
            Err("1 fuzz target has a finding\nfirst".to_owned())
        );
        assert_eq!(
            no_findings(&found),
            Err("2 fuzz targets have a finding each\nfirst\nsecond".to_owned())
        );
    }
}

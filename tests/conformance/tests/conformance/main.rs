//! Conformance: what is shipped passes it, and what is deliberately faulty fails it, each on its case.
//!
//! A harness of its own, since most of these tests wait most of their time: more of them run beside each other than this
//! machine has cores.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod c_driver;
mod document_readers;
mod faulty;
mod shipped;

use libtest_mimic::{Arguments, Failed};
use plugin_kit::check::{Material, Outcome, Report, check};
use std::process::ExitCode;

/// Tests that run beside each other.
const BESIDE: usize = 8;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(BESIDE);
    // What takes longest begins first.
    let trials = shipped::trials()
        .chain(document_readers::trials())
        .chain(c_driver::trials())
        .chain(faulty::trials());
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// The list on a plugin: its verdict, the cases that did not pass, and those that took long.
fn conforms(of: &str, bytes: &[u8], material: &Material) -> Result<(), Failed> {
    let report = check(bytes, material, &[], &|_, _, _| ())?;
    println!("{}", told(of, bytes, &report));
    if report.conforms {
        Ok(())
    } else {
        Err(report.verdict().into())
    }
}

/// In one piece, since others are told beside it.
fn told(of: &str, bytes: &[u8], report: &Report) -> String {
    let mut text = format!(
        "{of}: {} ({} KiB, {} ms)",
        report.verdict(),
        bytes.len() / 1024,
        report.took_ms
    );
    for finding in &report.findings {
        let (id, sentence) = (&finding.case.id, &finding.case.sentence);
        if finding.took.as_millis() > 5_000 {
            text += &format!("\n  {id} took {} ms", finding.took.as_millis());
        }
        if finding.outcome != Outcome::Passed {
            text += &format!("\n  {id} {sentence}: {:?}", finding.outcome);
        }
    }
    text
}

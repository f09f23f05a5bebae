//! One target after the other under libFuzzer.

use super::build::{Fuzzer, Target, folder};
use super::words::{Finding, Words};
use crate::process::{Outcome, not_started};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Longest input that is printed, in bytes.
const PRINTED: usize = 2_048;

/// Where a run starts.
#[derive(Clone, Copy)]
pub(super) enum Corpus {
    /// from the seeds
    Fresh,
    /// from the seeds and from what reached new code before
    Kept,
}

impl Fuzzer {
    /// Prints a line for each target. The answer is what was found: why, what shows it again, and the input itself.
    pub(super) fn run(&self, targets: &[Target], seconds: u32, corpus: Corpus) -> Outcome<Vec<String>> {
        let mut found = Vec::new();
        for target in targets {
            let words = self.fuzz(target, seconds, corpus)?;
            println!("fuzz {:<12} {words}", target.name);
            if let Some(finding) = &words.finding {
                found.push(told(target, finding));
            }
        }
        Ok(found)
    }

    fn fuzz(&self, target: &Target, seconds: u32, corpus: Corpus) -> Outcome<Words> {
        let seeds = emptied("seeds", target)?;
        let found = made("findings", target)?;
        let mut command = self.command(target);
        command
            .args(target.limits())
            .args(["-print_final_stats=1", "-reload=0"])
            .arg(format!("-max_total_time={seconds}"))
            // libFuzzer puts names of its own behind this.
            .arg(format!("-artifact_prefix={}/", found.display()))
            .env("KIOSK_FUZZ_SEEDS", &seeds)
            .stdin(Stdio::null());
        // New inputs go to the first.
        if let Corpus::Kept = corpus {
            command.arg(made("corpus", target)?);
        }
        command.arg(&seeds);
        let purpose = format!("fuzzing {}", target.name);
        let output = command
            .output()
            .map_err(|cause| not_started(&command, &purpose, &cause))?;
        let said = String::from_utf8_lossy(&output.stderr);
        let words = Words::read(&said);
        match (output.status.success(), &words.finding) {
            (true, _) | (false, Some(_)) => Ok(words),
            (false, None) => Err(format!(
                "{purpose} failed ({}) without an input:\n{said}",
                output.status
            )),
        }
    }
}

fn told(target: &Target, finding: &Finding) -> String {
    let Finding { input, why } = finding;
    let shown = match fs::read(input) {
        Err(cause) => format!("it could not be read: {cause}"),
        Ok(bytes) if bytes.is_empty() => "empty".to_owned(),
        Ok(bytes) if bytes.len() <= PRINTED => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Ok(bytes) => format!("too long to be printed: {} bytes", bytes.len()),
    };
    format!(
        "  {name}: {why}\n  again: cargo xtask fuzz {name} --input {}\n  the input: {shown}",
        input.display(),
        name = target.name,
    )
}

fn emptied(what: &str, target: &Target) -> Outcome<PathBuf> {
    let folder = place(what, target);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|cause| not_made(&folder, &cause))?;
    }
    made(what, target)
}

fn made(what: &str, target: &Target) -> Outcome<PathBuf> {
    let folder = place(what, target);
    fs::create_dir_all(&folder).map_err(|cause| not_made(&folder, &cause))?;
    Ok(folder)
}

fn place(what: &str, target: &Target) -> PathBuf {
    folder().join(what).join(&target.name)
}

fn not_made(folder: &Path, cause: &std::io::Error) -> String {
    format!("{} could not be made anew: {cause}", folder.display())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_told_with_its_input_unless_that_is_long() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("crash-0a");
        let target = Target::read("extract 16384 512").unwrap();
        let finding = Finding {
            input: input.clone(),
            why: "panicked at a.rs:1:2: no".to_owned(),
        };
        for (bytes, expected) in [
            (Vec::new(), "empty".to_owned()),
            (vec![0, 10, 255], "000aff".to_owned()),
            (vec![7; PRINTED], "07".repeat(PRINTED)),
            (vec![7; PRINTED + 1], "too long to be printed: 2049 bytes".to_owned()),
        ] {
            fs::write(&input, bytes).unwrap();
            let path = input.display();
            assert_eq!(
                told(&target, &finding),
                format!(
                    "  extract: panicked at a.rs:1:2: no\n  again: cargo xtask fuzz extract --input {path}\n  the input: {expected}"
                )
            );
        }
    }
}

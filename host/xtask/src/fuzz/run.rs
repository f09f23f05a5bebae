//! One target after the other under libFuzzer.

use super::build::{Fuzzer, Target, folder};
use super::words::Words;
use crate::process::{Outcome, not_started};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Where a run starts.
#[derive(Clone, Copy)]
pub(super) enum Corpus {
    /// from the seeds
    Fresh,
    /// from the seeds and from what reached new code before
    Kept,
}

impl Fuzzer {
    /// How many targets have a finding. One line for each, and for a finding what to do.
    pub(super) fn run(&self, targets: &[Target], seconds: u32, corpus: Corpus) -> Outcome<usize> {
        let mut findings = 0;
        for target in targets {
            let words = self.fuzz(target, seconds, corpus)?;
            println!("fuzz {:<12} {words}", target.name);
            if let Some(finding) = &words.finding {
                findings += 1;
                println!(
                    "  {}\n  again: cargo xtask fuzz {} --input {}",
                    finding.why,
                    target.name,
                    finding.input.display()
                );
            }
        }
        Ok(findings)
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

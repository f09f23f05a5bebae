//! The program that holds all targets.

use crate::process::{Outcome, answer, cargo, run, target_directory};
use std::path::PathBuf;
use std::process::Command;

/// What makes LLVM count coverage for libFuzzer; stable compilers have this pass, but not the sanitizers beside it.
const INSTRUMENTED: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];
const PROFILE: &str = "fuzz";
/// Seconds of the wall's clock after which an input is taken never to end. The program itself holds an input that ends to its
/// processor time.
const ENDLESS: u32 = 60;

/// The built program and its targets.
pub(super) struct Fuzzer {
    program: PathBuf,
    targets: Vec<Target>,
}

/// A target as the program lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) name: String,
    /// bytes
    longest: u32,
    /// MiB
    memory: u32,
}

impl Fuzzer {
    pub(super) fn build() -> Outcome<Self> {
        let host = host()?;
        let mut command = cargo();
        command
            .args(["build", "--quiet", "--package", "fuzz", "--bin", "fuzz"])
            .args(["--features", "libfuzzer", "--profile", PROFILE])
            // With a target named, cargo leaves build scripts and macros as they are.
            .args(["--target", &host])
            .env("CARGO_TARGET_DIR", folder())
            .env("RUSTFLAGS", INSTRUMENTED.join(" "));
        eprintln!("xtask: building the fuzz targets");
        run(&mut command, "building the fuzz targets")?;
        let program = folder().join(host).join(PROFILE).join("fuzz");
        let listed = answer(Command::new(&program).env("KIOSK_FUZZ", "list"))
            .ok_or_else(|| format!("{} does not list its targets", program.display()))?;
        let targets = listed
            .lines()
            .map(|line| Target::read(line).ok_or_else(|| format!("`{line}` is no target of {}", program.display())))
            .collect::<Outcome<_>>()?;
        Ok(Self { program, targets })
    }

    /// Those named, or all.
    pub(super) fn chosen(&self, names: &[String]) -> Outcome<Vec<Target>> {
        if names.is_empty() {
            return Ok(self.targets.clone());
        }
        let known = || {
            let names: Vec<&str> = self.targets.iter().map(|target| target.name.as_str()).collect();
            names.join(", ")
        };
        names
            .iter()
            .map(|name| {
                let target = self.targets.iter().find(|target| target.name == *name);
                target
                    .cloned()
                    .ok_or_else(|| format!("`{name}` is no fuzz target; they are {}", known()))
            })
            .collect()
    }

    /// The program for this target.
    pub(super) fn command(&self, target: &Target) -> Command {
        let mut command = Command::new(&self.program);
        command.env("KIOSK_FUZZ", &target.name);
        command
    }
}

impl Target {
    /// `name longest memory`
    pub(super) fn read(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let name = words.next()?.to_owned();
        let mut number = || words.next()?.parse().ok();
        Some(Self {
            name,
            longest: number()?,
            memory: number()?,
        })
    }

    /// What libFuzzer is told of its limits.
    pub(super) fn limits(&self) -> [String; 4] {
        [
            format!("-max_len={}", self.longest),
            format!("-rss_limit_mb={}", self.memory),
            format!("-timeout={ENDLESS}"),
            // It would write such an input as if it were a finding.
            format!("-report_slow_units={ENDLESS}"),
        ]
    }
}

/// Everything of fuzzing is here: the build, inputs, findings.
pub(super) fn folder() -> PathBuf {
    target_directory().join("fuzz")
}

fn host() -> Outcome<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    answer(Command::new(rustc).arg("-vV"))
        .and_then(|words| Some(words.lines().find_map(|line| line.strip_prefix("host: "))?.to_owned()))
        .ok_or_else(|| "rustc does not say which machine it runs on; reinstall Rust".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_with_its_limits_and_other_lines_are_not() {
        let target = Target::read("extract 16384 512");
        let limits = target.as_ref().map(Target::limits);
        assert_eq!(
            limits.as_ref().map(|limits| limits.each_ref().map(String::as_str)),
            Some([
                "-max_len=16384",
                "-rss_limit_mb=512",
                "-timeout=60",
                "-report_slow_units=60"
            ])
        );
        for line in ["", "extract", "extract 16384 much"] {
            assert_eq!(Target::read(line), None, "{line}");
        }
    }
}

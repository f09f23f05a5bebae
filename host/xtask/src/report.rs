//! What a run of the test suite came to, read from what it prints.

use std::collections::BTreeSet;
use std::fmt;

/// The sum over all test binaries.
#[derive(Default)]
pub(crate) struct Report {
    binaries: u32,
    passed: u32,
    failed: u32,
    ignored: u32,
    /// names of tests that failed
    failures: BTreeSet<String>,
    /// tests that skipped themselves, with the reason
    skipped: BTreeSet<String>,
    /// what is said of the fuzz targets
    fuzzed: Option<String>,
    /// the start of a line whose end has not come yet
    unfinished: Vec<u8>,
}

impl Report {
    /// Takes the next piece of the output, wherever it was cut.
    pub(crate) fn read(&mut self, piece: &[u8]) {
        self.unfinished.extend_from_slice(piece);
        while let Some(end) = self.unfinished.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unfinished.drain(..=end).collect();
            self.line(String::from_utf8_lossy(&line).trim_end());
        }
    }

    /// True where no test ran.
    pub(crate) fn is_empty(&self) -> bool {
        self.passed + self.failed == 0
    }

    fn line(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.binary(result);
        } else if let Some(skipped) = line.strip_prefix("SKIPPED") {
            self.skipped.insert(skipped.trim_start_matches([':', ' ']).to_owned());
        } else if line.starts_with("fuzz targets: ") {
            self.fuzzed = Some(line.to_owned());
        } else if let Some(name) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            self.failures.insert(name.trim_end().to_owned());
        }
    }

    /// `ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s`
    fn binary(&mut self, result: &str) {
        self.binaries += 1;
        let (_, counts) = result.split_once(". ").unwrap_or_default();
        for (count, of_what) in counts.split("; ").filter_map(|part| part.split_once(' ')) {
            let count = count.parse().unwrap_or(0);
            match of_what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ran = self.passed + self.failed;
        writeln!(
            to,
            "{ran} tests ran in {} binaries; ignored: {}",
            self.binaries, self.ignored
        )?;
        // The lines do not begin with SKIPPED: whoever searches the log for it finds the tests' own words.
        for (what, names) in [
            ("failed:", &self.failures),
            ("skipped themselves, and count as passed:", &self.skipped),
        ] {
            if !names.is_empty() {
                writeln!(to, "{what}")?;
            }
            for name in names {
                writeln!(to, "  {name}")?;
            }
        }
        if let Some(fuzzed) = &self.fuzzed {
            writeln!(to, "{fuzzed}")?;
        }
        write!(to, "tests: {} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
running 3 tests
test a::works ... ok
test a::breaks ... FAILED
test a::waits ... ignored

successes:

---- recording stdout ----
SKIPPED recording: ../shared/data/usb-recordings is absent

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s

running 1 test
test hotplug ... ok
SKIPPED: hotplug: umockdev-run is missing

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.25s

fuzz targets: 2 ran for 3 s each without a finding
";

    const SUMMARY: &str = "\
3 tests ran in 2 binaries; ignored: 1
failed:
  a::breaks
skipped themselves, and count as passed:
  hotplug: umockdev-run is missing
  recording: ../shared/data/usb-recordings is absent
fuzz targets: 2 ran for 3 s each without a finding
tests: 2 passed, 1 failed";

    #[test]
    fn binaries_are_added_up_and_skipped_tests_named() {
        let mut report = Report::default();
        report.read(OUTPUT.as_bytes());
        assert_eq!(report.to_string(), SUMMARY);
        assert!(!report.is_empty());
    }

    #[test]
    fn it_does_not_matter_where_the_output_is_cut() {
        let mut report = Report::default();
        for byte in OUTPUT.as_bytes() {
            report.read(&[*byte]);
        }
        assert_eq!(report.to_string(), SUMMARY);
    }

    #[test]
    fn an_output_without_tests_is_an_empty_report() {
        let mut report = Report::default();
        report.read(b"test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n");
        assert!(report.is_empty());
        assert_eq!(
            report.to_string(),
            "0 tests ran in 1 binaries; ignored: 0\ntests: 0 passed, 0 failed"
        );
    }
}

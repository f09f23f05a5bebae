//! What libFuzzer says of a run.

use std::fmt;
use std::path::PathBuf;

/// What came of a run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// inputs tried
    runs: u64,
    /// edges of the code that were reached
    coverage: u64,
    pub(super) finding: Option<Finding>,
}

/// An input that ends badly.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// where it was written
    pub(super) input: PathBuf,
    /// the panic, or what libFuzzer says
    pub(super) why: String,
}

impl Words {
    pub(super) fn read(text: &str) -> Self {
        let mut words = Self::default();
        let (mut input, mut error) = (None, None);
        let mut panic: Option<Vec<&str>> = None;
        // The words of a panic stand in the lines behind its place, up to those of the back trace.
        let mut panicking = false;
        for line in text.lines() {
            if let Some((_, path)) = line.split_once("Test unit written to ") {
                input = Some(PathBuf::from(path.trim()));
            } else if let Some((_, why)) = line.split_once("ERROR: libFuzzer: ") {
                error = Some(why.to_owned());
            } else if let Some(runs) = line.strip_prefix("stat::number_of_executed_units:") {
                words.runs = runs.trim().parse().unwrap_or(0);
            } else if let Some(coverage) = between(line, " cov: ", " ") {
                words.coverage = coverage.parse().unwrap_or(words.coverage);
            }
            if panic.is_none()
                && let Some((_, place)) = line.split_once(" panicked at ")
            {
                panic = Some(vec![place]);
                panicking = true;
            } else if panicking {
                panicking = !line.is_empty() && !line.starts_with("note: ") && !line.starts_with("stack backtrace:");
                panic
                    .iter_mut()
                    .filter(|_| panicking)
                    .for_each(|words| words.push(line));
            }
        }
        words.finding = input.map(|input| Finding {
            input,
            why: panic
                .map(|lines| format!("panicked at {}", lines.join(" ")))
                .or(error)
                .unwrap_or_else(|| "it ended without a word".to_owned()),
        });
        words
    }
}

fn between<'a>(line: &'a str, before: &str, behind: &str) -> Option<&'a str> {
    line.split_once(before)?.1.split(behind).next()
}

impl fmt::Display for Words {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            runs,
            coverage,
            finding,
        } = self;
        let finding = if finding.is_some() { "FOUND" } else { "no finding" };
        write!(to, "{runs:>9} runs  {coverage:>6} edges  {finding}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: &str = "\
INFO: Seed: 1
#2\tINITED cov: 5 ft: 6 corp: 1/1b exec/s: 0 rss: 40Mb
#4096\tpulse  cov: 71 ft: 90 corp: 4/9b lim: 8 exec/s: 2048 rss: 41Mb
#9000\tDONE   cov: 80 ft: 99 corp: 5/12b lim: 8 exec/s: 3000 rss: 41Mb
Done 9000 runs in 3 second(s)
stat::number_of_executed_units: 9000
stat::average_exec_per_sec:     3000
";

    const PANIC: &str = "\
#4\tINITED cov: 70 ft: 71 corp: 2/8b exec/s: 0 rss: 40Mb

thread '<unnamed>' (71) panicked at plugins/matcher/src/plane.rs:12:9:
index out of bounds: the len is 4
but the index is 4
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
==71== ERROR: libFuzzer: deadly signal
artifact_prefix='/f/'; Test unit written to /f/crash-0a
stat::number_of_executed_units: 17
";

    const SLOW: &str = "\
#8\tNEW    cov: 12 ft: 12 corp: 2/8b lim: 4 exec/s: 1 rss: 40Mb L: 4/4 MS: 1 CopyPart-
ALARM: working on the last Unit for 6 seconds
artifact_prefix='/f/'; Test unit written to /f/timeout-0b
==72== ERROR: libFuzzer: timeout after 6 seconds
stat::number_of_executed_units: 9
";

    #[test]
    fn a_run_is_a_line_of_runs_coverage_and_finding() {
        let cases = [
            ("", "        0 runs       0 edges  no finding"),
            (QUIET, "     9000 runs      80 edges  no finding"),
            (PANIC, "       17 runs      70 edges  FOUND"),
            (SLOW, "        9 runs      12 edges  FOUND"),
        ];
        for (text, expected) in cases {
            assert_eq!(Words::read(text).to_string(), expected);
        }
    }

    #[test]
    fn a_finding_is_the_input_and_the_panic_or_what_libfuzzer_says() {
        let found = |text| Words::read(text).finding.map(|found| (found.input, found.why));
        assert_eq!(found(QUIET), None);
        assert_eq!(
            found(PANIC),
            Some((
                "/f/crash-0a".into(),
                "panicked at plugins/matcher/src/plane.rs:12:9: index out of bounds: the len is 4 but the index is 4"
                    .to_owned()
            ))
        );
        assert_eq!(
            found(SLOW),
            Some(("/f/timeout-0b".into(), "timeout after 6 seconds".to_owned()))
        );
    }
}

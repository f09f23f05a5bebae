//! NBIS beside the matcher: the packages that it takes, then the script, which says all figures.

use crate::machine::{self, PYTHON};
use crate::process::{Outcome, root, run};
use std::path::Path;
use std::process::Command;

/// Measures NBIS on the images, and with a table of our scores says both. Paths are relative to where the person stands.
pub(crate) fn start(sets: &Path, scores: Option<&Path>, out: Option<&Path>) -> Outcome {
    machine::set_up_for_peers()?;
    let mut command = script(Path::new(PYTHON));
    command.arg("--sets").arg(sets);
    for (option, path) in [("--scores", scores), ("--out", out)] {
        if let Some(path) = path {
            command.arg(option).arg(path);
        }
    }
    run(&mut command, "measuring NBIS")
}

fn script(python: &Path) -> Command {
    let mut command = Command::new(python);
    // Nothing is left behind in the sources.
    command.arg("-B").arg(root().join("tests/peers/peers.py"));
    command
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::process::Programs;
    use std::fs;

    /// Two fingers of one set, two impressions each, and one of another set.
    const NAMES: [&str; 5] = ["s/1_1", "s/1_2", "s/2_1", "s/2_2", "t/1_1"];

    fn table(scores: [u32; 10]) -> String {
        let mut scores = scores.into_iter();
        let mut lines = String::from("a,b,score\n");
        for (number, a) in NAMES.iter().enumerate() {
            for b in &NAMES[number + 1..] {
                lines += &format!("{a},{b},{}\n", scores.next().unwrap());
            }
        }
        lines
    }

    #[test]
    fn both_matchers_are_shown_at_the_false_match_rate_of_nbis() {
        const NAME: &str = "both_matchers_are_shown_at_the_false_match_rate_of_nbis";
        if !Programs::default().have("python3") {
            println!("SKIPPED {NAME}: python3 is missing");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (nbis, ours) = (folder.path().join("nbis.csv"), folder.path().join("ours.csv"));
        // genuine: the first and the eighth pair
        fs::write(&nbis, table([60, 5, 41, 7, 9, 3, 8, 39, 2, 1])).unwrap();
        fs::write(&ours, table([90, 70, 71, 7, 9, 3, 8, 72, 2, 1])).unwrap();
        let mut command = script(Path::new("python3"));
        command.arg("--nbis").arg(nbis).arg("--scores").arg(ours);
        let output = command.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout)
                .lines()
                .take(4)
                .collect::<Vec<_>>(),
            [
                "| matcher | threshold | FMR | FNMR |",
                "|---|---|---|---|",
                "| NBIS at its own threshold | >= 40 | 1.2e-01 (1 of 8) | 50.00 % (1 of 2) |",
                "| ours at the same FMR | > 70 | 1.2e-01 (1 of 8) | 0.00 % (0 of 2) |",
            ]
        );
    }
}

//! What is told to the other side.

use crate::Outcome;
use serde_json::{Value, json};
use std::error::Error;
use std::fs::File;
use std::io::Write as _;

/// The second serial line: the first is the kernel's own, which writes where it pleases.
const LINE: &str = "/dev/ttyS1";

/// Tells findings.
pub(crate) struct Told(File);

impl Told {
    pub(crate) fn open() -> Outcome<Self> {
        Ok(Self(File::options().write(true).open(LINE)?))
    }

    /// One finding of a scenario.
    pub(crate) fn found(&mut self, scenario: &str, mut finding: Value) -> Outcome {
        finding["scenario"] = json!(scenario);
        self.0.write_all(format!("{finding}\n").as_bytes())?;
        Ok(())
    }

    /// A scenario did not come to its end.
    pub(crate) fn failed(&mut self, scenario: &str, error: &dyn Error) -> Outcome {
        self.found(scenario, json!({ "error": error.to_string() }))
    }

    /// All scenarios are done.
    pub(crate) fn end(&mut self) -> Outcome {
        self.found("end", json!({}))?;
        self.0.flush()?;
        Ok(())
    }
}

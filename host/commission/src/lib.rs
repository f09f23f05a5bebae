//! The commission's command line: checks a roll and seals it for a station.
//!
//! [`matcher`] makes templates with a plugin; a test gives a toy in its place.

mod cli;
mod extractor;
pub mod matcher;
mod progress;
mod roll_task;

pub use cli::{Cli, Command, RollTask, SealArguments};
pub use extractor::{ExtractorFactory, NoExtractor};

use std::io::Write;
use std::process::ExitCode;

/// How a command ended. Clap ends with 2 by itself where the command line is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the exit code tells the caller's script"]
pub enum Exit {
    /// 0
    Good,
    /// 1: the input is bad, or the output could not be written
    Bad,
    /// 2: what was typed cannot be meant
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Good => 0,
            Exit::Bad => 1,
            Exit::Usage => 2,
        })
    }
}

/// Where a command speaks to: a terminal, or a test.
pub struct Console<'a> {
    /// what was asked for: a report, a digest
    pub out: &'a mut dyn Write,
    /// why it was not done
    pub err: &'a mut dyn Write,
}

impl Console<'_> {
    /// A reader who closed the pipe wants no more: that is no error.
    fn say(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes());
    }

    fn complain(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes());
    }

    /// One sentence to the operator.
    fn fail(&mut self, error: &dyn std::error::Error, exit: Exit) -> Exit {
        self.complain(&format!("kiosk-commission: {error}\n"));
        exit
    }
}

/// Runs a command. `extractors` is asked once the command needs templates.
pub fn run(cli: &Cli, extractors: &ExtractorFactory<'_>, console: &mut Console<'_>) -> Exit {
    match &cli.command {
        Command::Roll { task } => roll_task::run(task, extractors, console),
    }
}

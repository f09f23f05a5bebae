//! The commission's command line: checks a roll and seals it for a station, and signs what kiosks run.
//!
//! [`matcher`] makes templates with a plugin; a test gives a toy in its place. What is signed is made by the crate `repository`; here
//! it is typed, told, and asked for.

mod change_task;
mod cli;
mod extractor;
mod keys_task;
mod look_task;
pub mod matcher;
mod progress;
pub mod prompt;
pub mod rehearsal;
mod roll_task;
mod sign_task;
mod signing;
pub mod updates_cli;
mod vendor_task;
mod world;

pub use cli::{Cli, Command, RollTask, SealArguments};
pub use extractor::{ExtractorFactory, NoExtractor};
pub use world::{Asker, World};

use clap::CommandFactory as _;
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

    fn say_json(&mut self, value: &impl serde::Serialize) {
        // What is told here are structs of strings and numbers: there is nothing that JSON cannot hold.
        let value = serde_json::to_value(value).unwrap_or_default();
        self.say(&format!("{value:#}\n"));
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

/// Why a command did nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// what the library says
    #[error(transparent)]
    Repository(#[from] repository::Error),
    /// what only the command line knows
    #[error("{0}")]
    Sentence(String),
    /// what was typed cannot be meant
    #[error("{0}")]
    Typed(String),
}

/// Runs a command.
pub fn run(cli: &Cli, world: &World<'_>, console: &mut Console<'_>) -> Exit {
    let done = match &cli.command {
        Command::Roll { task } => return roll_task::run(task, world.extractors, console),
        Command::Keys { task } => keys_task::run(task, world, console),
        Command::Vendor { task } => vendor_task::run(task, world, console),
        Command::Publish(asked) => change_task::publish(asked, world, console),
        Command::Grant(asked) => change_task::grant(asked, world, console),
        Command::Withdraw(asked) => change_task::withdraw(asked, world, console),
        Command::Floor(asked) => change_task::floor(asked, world, console),
        Command::Waves(asked) => change_task::waves(asked, world, console),
        Command::Renew(asked) => change_task::renew(asked, world, console),
        Command::Timestamp(signing) => change_task::timestamp(signing, world, console),
        Command::Sign(asked) => sign_task::sign(asked, world, console),
        Command::Finish(asked) => sign_task::finish(asked, world, console),
        Command::Stick(asked) => look_task::stick(asked, world, console),
        Command::Verify(asked) => look_task::verify(asked, world, console),
        Command::Status(asked) => look_task::status(asked, world, console),
        Command::Serve(asked) => look_task::serve(asked, console),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "kiosk-commission", console.out);
            Ok(())
        }
        Command::Man => manual(console),
    };
    match done {
        Ok(()) => Exit::Good,
        Err(trouble @ Trouble::Typed(_)) => console.fail(&trouble, Exit::Usage),
        Err(trouble) => console.fail(&trouble, Exit::Bad),
    }
}

/// The manual page, with a part for each command.
fn manual(console: &mut Console<'_>) -> Result<(), Trouble> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    let mut render = |command: &clap::Command| {
        let rendered = clap_mangen::Man::new(command.clone()).render(&mut page);
        rendered.map_err(|cause| Trouble::Sentence(format!("the manual page could not be made: {cause}")))
    };
    render(&command)?;
    for sub in command.get_subcommands() {
        render(sub)?;
        for task in sub.get_subcommands() {
            render(task)?;
        }
    }
    let _ = console.out.write_all(&page);
    Ok(())
}

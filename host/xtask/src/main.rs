//! `cargo xtask`: sets the machine up, builds the plugins, runs the tests. Needs cargo alone to start.

mod machine;
mod plugins;
mod process;
mod suite;
mod wasm_target;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Sets the machine up, builds the plugins, runs the tests.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    after_help = "Examples:\n  cargo xtask test\n  cargo xtask plugins"
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what the build and the tests need: a C compiler, the Wasm target
    Setup,
    /// Build every plugin as a component into target/plugins
    Plugins,
    /// Set up, build the plugins and run every test; arguments after -- go to `cargo test`
    #[command(after_help = "Examples:\n  cargo xtask test\n  cargo xtask test -- -p nb1010-driver")]
    Test {
        /// passed on to `cargo test` in place of `--workspace`
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Formatting, clippy and documentation, each with warnings as errors
    Lint,
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Setup => machine::set_up(),
        Task::Plugins => machine::set_up().and_then(|()| plugins::build()),
        Task::Test { arguments } => machine::set_up()
            .and_then(|()| plugins::build())
            .and_then(|()| suite::run(&arguments)),
        Task::Lint => suite::lint(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask: {sentence}");
            ExitCode::FAILURE
        }
    }
}

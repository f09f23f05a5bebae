//! `cargo xtask`: sets the machine up, builds the plugins, runs the demo, the tests and the measurements. Needs cargo, and
//! the C compiler that cargo links it with, to start.

mod accuracy;
mod benchmark;
mod demo;
mod fallback_test;
mod machine;
mod plugins;
mod process;
mod report;
mod rust_src;
#[cfg(test)]
mod stand_ins;
mod standard_library;
mod suite;
mod toolchain;
mod wasm_target;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Sets the machine up, builds the plugins, runs the demo, the tests and the benchmark.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    after_help = "Examples:\n  cargo xtask demo\n  cargo xtask test\n  cargo xtask help demo"
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what the build and the tests need: a C compiler and libraries, the Wasm target, umockdev
    #[command(after_help = "Example:\n  cargo xtask setup")]
    Setup,
    /// Build every plugin as a component into target/plugins
    #[command(after_help = "Example:\n  cargo xtask plugins")]
    Plugins,
    /// Set up, build and run the demo; arguments after -- go to it
    #[command(
        after_help = "Examples:\n  cargo xtask demo\n  cargo xtask demo --headless --fresh\n  cargo xtask demo -- --help"
    )]
    Demo {
        /// run by itself, without a browser
        #[arg(long)]
        headless: bool,
        /// make the voter roll anew, too
        #[arg(long)]
        fresh: bool,
        /// passed on to the demo
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Set up, build and run the benchmark; arguments after -- go to it
    #[command(after_help = "Examples:\n  cargo xtask bench\n  cargo xtask bench -- --help")]
    Bench {
        /// passed on to the benchmark
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Set up, build and measure how accurate the matcher is on a folder of finger images
    #[command(
        disable_help_flag = true,
        after_help = "Examples:\n  cargo xtask accuracy\n  cargo xtask accuracy --help\n  cargo xtask accuracy --out \
                      scores.csv fvc2002_db1"
    )]
    Accuracy {
        /// passed on to the program; `--help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Set up, build the plugins, run every test and sum up; arguments after -- go to `cargo test`
    #[command(
        after_help = "Examples:\n  cargo xtask test\n  cargo xtask test -- -p nb1010-driver\n  cargo xtask test -- \
                      -p roll --test sealing"
    )]
    Test {
        /// passed on to `cargo test` in place of `--workspace`
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Formatting, clippy and documentation, each with warnings as errors
    #[command(after_help = "Example:\n  cargo xtask lint")]
    Lint,
    /// Try, on a copy of the toolchain, what happens where rustup cannot add the Wasm target; takes some minutes
    #[command(after_help = "Example:\n  cargo xtask wasm-fallback-test")]
    WasmFallbackTest,
}

fn main() -> ExitCode {
    match perform(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> process::Outcome {
    match task {
        Task::Setup => machine::set_up_for_tests(),
        Task::Plugins => {
            machine::set_up()?;
            plugins::build()
        }
        Task::Demo {
            headless,
            fresh,
            arguments,
        } => {
            let flags = [(headless, "--headless"), (fresh, "--fresh")];
            let flags: Vec<&str> = flags
                .iter()
                .filter(|(given, _)| *given)
                .map(|(_, flag)| *flag)
                .collect();
            demo::start(&flags, &arguments)
        }
        Task::Bench { arguments } => benchmark::start(&arguments),
        Task::Accuracy { arguments } => accuracy::start(&arguments),
        Task::Test { arguments } => {
            machine::set_up_for_tests()?;
            plugins::build()?;
            suite::run(&arguments)
        }
        Task::Lint => suite::lint(),
        Task::WasmFallbackTest => fallback_test::run(),
    }
}

//! `cargo xtask`: sets the machine up, builds the plugins, runs the demo, the tests and the measurements. Needs cargo, and
//! the C compiler that cargo links it with, to start.

mod accuracy;
mod benchmark;
mod demo;
mod fallback_test;
mod fleet;
mod fuzz;
mod machine;
mod peers;
mod plugins;
mod process;
mod report;
mod rust_src;
#[cfg(test)]
mod stand_ins;
mod standard_library;
mod suite;
mod toolchain;
mod tuf_conformance;
mod vm;
mod wasm_target;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
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
    /// Build the fuzz targets and run them: each reads what a stranger may have made, and must end in a result or an error
    #[command(
        after_help = "Examples:\n  cargo xtask fuzz\n  cargo xtask fuzz extract gallery --seconds 600\n  cargo xtask \
                      fuzz extract --input target/fuzz/findings/extract/crash-0a1b"
    )]
    Fuzz {
        /// those to run, or all
        targets: Vec<String>,
        /// for how long each
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
        seconds: u32,
        /// run one target on this file alone
        #[arg(long, value_name = "FILE", conflicts_with = "seconds", requires = "targets")]
        input: Option<PathBuf>,
    },
    /// Measure NBIS, out of Debian's libfprint-2-2, on every pair of a folder of finger images, and ours beside it
    #[command(
        after_help = "Examples:\n  cargo xtask peers\n  cargo xtask accuracy --out scores.csv\n  cargo xtask peers \
                      --scores scores.csv"
    )]
    Peers {
        /// folder of sets of images, `SET/FINGER_IMPRESSION.png`, `.tif` or `.bmp`
        #[arg(long, value_name = "DIR", default_value = "../shared/data/fingerprints")]
        sets: PathBuf,
        /// lines `a,b,score` of the same pairs, as `cargo xtask accuracy --out` writes them
        #[arg(long, value_name = "SCORES.csv")]
        scores: Option<PathBuf>,
        /// where NBIS's scores go, as lines of the same form
        #[arg(long, value_name = "NBIS.csv")]
        out: Option<PathBuf>,
    },
    /// Set up, build and let 2,400 light stations fetch updates from one nginx on this machine
    #[command(after_help = "Examples:\n  cargo xtask fleet\n  cargo xtask fleet -- --stations 100")]
    Fleet {
        /// passed on to the program
        #[arg(last = true)]
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
    /// Start Debian's kernel under QEMU with the device layer and the journal in it: USB devices that come and go, power cuts
    #[command(after_help = "Example:\n  cargo xtask vm-test")]
    VmTest,
    /// Run TUF's conformance suite, of which a checkout is given, on the kiosk's client of signed updates
    #[command(after_help = "Example:\n  cargo xtask tuf-conformance ../tuf-conformance")]
    TufConformance {
        /// the checkout; without one the suite is SKIPPED
        #[arg(value_name = "DIR")]
        checkout: Option<PathBuf>,
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
        Task::Fleet { arguments } => fleet::start(&arguments),
        Task::Accuracy { arguments } => accuracy::start(&arguments),
        Task::Fuzz {
            targets,
            seconds,
            input,
        } => match (targets.as_slice(), input) {
            (_, None) => fuzz::start(&targets, seconds),
            ([target], Some(input)) => fuzz::again(target, &input),
            _ => Err("one input is for one target; name it alone".to_owned()),
        },
        Task::Peers { sets, scores, out } => peers::start(&sets, scores.as_deref(), out.as_deref()),
        Task::Test { arguments } => {
            machine::set_up_for_tests()?;
            plugins::build()?;
            suite::run(&arguments)
        }
        Task::VmTest => vm::start(),
        Task::TufConformance { checkout } => tuf_conformance::start(checkout.as_deref()),
        Task::Lint => suite::lint(),
        Task::WasmFallbackTest => fallback_test::run(),
    }
}

//! The benchmark: every speed beside a peer or a limit that is measured in the same run, on the same machine.
//!
//! It needs the built plugins (`cargo xtask plugins`) and fails only where something does not work, never on a time.

mod call;
mod durability;
mod gallery_size;
mod length;
mod machine;
mod matching;
mod native_usb;
mod plugins;
mod policy;
mod recording;
mod row;
mod statistics;
mod swap;
mod table;
mod templates;
mod transfer;

use clap::Parser;
use length::Length;
use machine::Machine;
use plugins::Plugins;
use recording::Way;
use row::Row;
use std::process::ExitCode;

/// What a part of the benchmark gives, or in one sentence why it could not run.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures speeds, each beside a peer or a limit of the same run.
#[derive(Parser)]
#[command(
    name = "bench",
    after_help = "Examples:\n  cargo xtask bench\n  cargo xtask bench -- --quick\n  cargo xtask bench -- --json\n  cargo xtask bench -- --gallery\n  cargo xtask bench -- \
                  --updates"
)]
struct Cli {
    /// Print JSON instead of the table
    #[arg(long)]
    json: bool,
    /// A short run with small galleries: shows that everything works, its figures are rough
    #[arg(long)]
    quick: bool,
    /// Only searches, in galleries of 1,000 to 50,000 prints
    #[arg(long)]
    gallery: bool,
    /// Only updates: from publishing to running, and what a swap puts into a check-in
    #[arg(long)]
    updates: bool,
    /// Read the recorded reader in this way: how the benchmark starts itself under umockdev-run
    #[arg(long, hide = true, value_enum)]
    recorded: Option<Way>,
    /// Measure this many calls into a plugin: how the benchmark starts itself on one core
    #[arg(long, hide = true)]
    calls: Option<usize>,
    /// How many captures, with `--recorded`
    #[arg(long, hide = true, default_value_t = 1)]
    captures: usize,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let length = if cli.quick { Length::Quick } else { Length::Full };
    let done = match (cli.recorded, cli.calls) {
        (Some(way), _) => recording::replay(way, cli.captures),
        (None, Some(samples)) => call::measured_here(samples),
        (None, None) if cli.gallery => sizes(length).map(|sizes| {
            if cli.json {
                gallery_size::json(&sizes)
            } else {
                gallery_size::text(&sizes)
            }
        }),
        (None, None) => run(length, cli.updates).map(|(machine, rows)| {
            if cli.json {
                table::json(&machine, &rows)
            } else {
                table::text(&machine, &rows)
            }
        }),
    };
    match done {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(cause) => {
            eprintln!("bench: {cause}");
            ExitCode::FAILURE
        }
    }
}

fn sizes(length: Length) -> Outcome<gallery_size::Sizes> {
    let folder = fixtures::target().join("bench");
    std::fs::create_dir_all(&folder)?;
    gallery_size::measure(&Plugins::start()?, &folder, length)
}

fn run(length: Length, only_updates: bool) -> Outcome<(Machine, Vec<Row>)> {
    let folder = fixtures::target().join("bench");
    std::fs::create_dir_all(&folder)?;
    let machine = Machine::look(&folder);
    let plugins = Plugins::start()?;
    if only_updates {
        return Ok((machine, swap::rows(&plugins, length)?));
    }
    let mut rows = policy::rows(&plugins, length)?;
    rows.push(call::row(length)?);
    rows.push(transfer::row(&plugins, length)?);
    rows.extend(recording::rows(length)?);
    rows.extend(matching::rows(&plugins, &folder, length)?);
    rows.extend(swap::rows(&plugins, length)?);
    rows.push(durability::row(&machine, &folder, length)?);
    Ok((machine, rows))
}

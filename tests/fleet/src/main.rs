//! A country of stations that fetch from one nginx on this machine: what the commission must provision.

use clap::Parser;
use fleet::{Length, measure, table, wire};
use std::process::ExitCode;

/// Lets many stations fetch updates from one nginx on this machine, and says what each costs.
#[derive(Parser)]
#[command(
    name = "fleet",
    after_help = "Examples:\n  cargo xtask fleet\n  cargo xtask fleet -- --stations 100\n  cargo xtask fleet -- --json"
)]
struct Cli {
    /// How many stations
    #[arg(long, default_value_t = 2_400, value_parser = clap::value_parser!(u32).range(1..=9_999))]
    stations: u32,
    /// Print JSON instead of the table
    #[arg(long)]
    json: bool,
    /// In a network namespace of its own: how the program starts itself
    #[arg(long, hide = true)]
    inside: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if !cli.inside
        && let Ok(Some(ended)) = wire::inside(std::env::args_os().skip(1))
    {
        return ended;
    }
    let length = Length {
        stations: cli.stations,
        alone: cli.inside,
    };
    match measure(length) {
        Ok(costs) => {
            println!(
                "{}",
                if cli.json {
                    table::json(&costs)
                } else {
                    table::text(&costs)
                }
            );
            ExitCode::SUCCESS
        }
        Err(cause) => {
            eprintln!("fleet: {cause}");
            ExitCode::FAILURE
        }
    }
}

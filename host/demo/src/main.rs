//! `kiosk-demo`: the gateway's own station on simulated devices. Everything but the hardware and the people is the real
//! thing: the sealed roll, the journal, the plugins in their sandboxes, the drivers' protocols.

mod files;
mod hold;
mod narrator;
mod panel;
mod people;
mod script;
mod simulated;

use clap::Parser;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs a polling station with synthetic voters and simulated devices.
#[derive(Parser)]
#[command(
    name = "kiosk-demo",
    after_help = "Examples:\n  cargo xtask demo\n  cargo xtask demo --headless\n  cargo xtask demo --headless -- --scanner nb1010"
)]
struct Cli {
    /// Print the story step by step and end, instead of serving the page
    #[arg(long)]
    headless: bool,
    /// Make the roll anew, too
    #[arg(long)]
    fresh: bool,
    /// Go on with the station that is there, as after a power cut, instead of a new day
    #[arg(long)]
    resume: bool,
    /// Where the plugins are
    #[arg(long, default_value = "target/plugins")]
    plugins: PathBuf,
    /// Where roll, journal and exports go
    #[arg(long, default_value = "target/demo")]
    folder: PathBuf,
    /// Voters on the roll
    #[arg(long, default_value_t = 1_300, value_parser = clap::value_parser!(u32).range(20..=10_000))]
    voters: u32,
    /// Which scanner is plugged in
    #[arg(long, value_enum, default_value_t = simulated::Model::Uru4000)]
    scanner: simulated::Model,
    /// Port of the page
    #[arg(long, default_value_t = 8_470)]
    port: u16,
    /// Stand still at a write of the journal, `NUMBER:before`, `:written` or `:durable`, so that a test can cut the power
    #[arg(long, hide = true)]
    hold_at: Option<hold::HoldAt>,
    /// Plug the scanner out in the middle of this person's first image
    #[arg(long, hide = true)]
    pull_scanner_at: Option<u64>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing_subscriber::filter::LevelFilter::ERROR)
        .with_target(false)
        .init();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("kiosk-demo: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<(), Box<dyn Error>> {
    let files = files::prepare(cli)?;
    let devices = simulated::Devices::plug_in(cli.scanner);
    let kiosk = files.assemble(&devices, cli.hold_at)?;
    if cli.headless {
        script::play(&kiosk, &devices, &files, cli.pull_scanner_at)
    } else {
        panel::serve(kiosk, devices, cli.port)
    }
}

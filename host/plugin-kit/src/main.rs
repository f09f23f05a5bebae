//! `plugin-kit`: the vendor's command line.

use clap::Parser as _;
use plugin_kit::cli::Cli;
use plugin_kit::commands::run;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(Cli::parse(), &mut std::io::stdout()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(sentence) => {
            eprintln!("plugin-kit: {sentence}");
            ExitCode::FAILURE
        }
    }
}

//! `kiosk-commission`: the commission's command line.

use clap::Parser;
use commission::{Cli, Console, matcher, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let mut console = Console {
        out: &mut out,
        err: &mut err,
    };
    run(&cli, &matcher::open, &mut console).into()
}

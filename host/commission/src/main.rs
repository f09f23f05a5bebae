//! `kiosk-commission`: the commission's command line.

use clap::Parser;
use commission::{Cli, Console, World, matcher, prompt, rehearsal, run};
use jiff::Timestamp;
use repository::keyfile::Work;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let mut console = Console {
        out: &mut out,
        err: &mut err,
    };
    let world = World {
        extractors: &matcher::open,
        rehearser: &rehearsal::rehearse,
        now: Timestamp::now(),
        ask: &prompt::passphrase,
        work: Work::Full,
    };
    run(&cli, &world, &mut console).into()
}

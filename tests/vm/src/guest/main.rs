//! `vm-guest`: runs as the only program of a started kernel, does the scenarios that the kernel's command line names, and
//! tells what it found as one JSON object a line on the second serial line. The judging is the other side's.

mod attach;
mod camera;
mod cost;
mod device_mapper;
mod gadget;
mod keyboard;
mod kiosk;
mod moments;
mod plugins;
mod power;
mod power_update;
mod printer;
mod readers;
mod stick;
mod told;
mod watched;

use std::error::Error;
use std::process::ExitCode;
use told::Told;

/// What a scenario comes to.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Where the words of the kernel's command line are.
const WORDS: &str = "/proc/cmdline";

fn main() -> ExitCode {
    match scenarios() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vm-guest: {error}");
            ExitCode::FAILURE
        }
    }
}

fn scenarios() -> Outcome {
    let words = std::fs::read_to_string(WORDS)?;
    let word = |name: &str| {
        words
            .split_ascii_whitespace()
            .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    };
    let server: u16 = word("server").unwrap_or("0").parse()?;
    let mut told = Told::open()?;
    for scenario in word("scenarios").unwrap_or_default().split(',') {
        let done = match scenario {
            "capture" => readers::capture(&mut told, server),
            "cuts" => readers::cuts(&mut told, server),
            "waiting" => readers::waiting(&mut told, server),
            "unconfigured" => readers::unconfigured(&mut told, server),
            "twins" => readers::twins(&mut told, server),
            "recorded" => readers::recorded(&mut told, server),
            "cost" => cost::cost(&mut told, server),
            "keyboard" => keyboard::keyboard(&mut told),
            "detached" => keyboard::detached(&mut told),
            "printer" => printer::printer(&mut told),
            "camera" => camera::camera(&mut told),
            "stick" => stick::stick(&mut told),
            "power" => power::power(&mut told),
            "power-update" => power_update::power_update(&mut told),
            other => Err(format!("there is no scenario {other}").into()),
        };
        if let Err(error) = done {
            told.failed(scenario, &*error)?;
            attach::detach_all();
        }
    }
    told.end()
}

//! The compiler as a program of its own: what `kiosk-gateway` is under a hidden command, for tests of the seam between both.
//!
//! `compile-child [MEMORY-MIB [PROCESSOR-SECONDS]]`

use plugin_runtime::compile_child::{Limits, serve_within};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<u64>().ok());
    let usual = Limits::default();
    let limits = Limits {
        memory: numbers.next().map_or(usual.memory, |mebibytes| mebibytes << 20),
        processor: numbers.next().map_or(usual.processor, Duration::from_secs),
    };
    serve_within(limits, std::io::stdin().lock(), std::io::stdout().lock())
}

//! The targets under libFuzzer, whose arguments these are. `KIOSK_FUZZ` says which: the name of a target, or `list` to print
//! one line for each (name, longest input, MiB). `KIOSK_FUZZ_SEEDS` is a folder that gets the target's seeds.

#![no_main]

use fuzz::{MOST_TIME, Target, targets};
use std::fs;
use std::path::PathBuf;
use std::process::exit;
use std::sync::OnceLock;
use std::time::Duration;

static TARGET: OnceLock<Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: choose(),
    |bytes: &[u8]| {
        if let Some(target) = TARGET.get() {
            let before = processor_time();
            (target.run)(bytes);
            let took = processor_time().saturating_sub(before);
            assert!(took <= MOST_TIME, "{} ms of the processor for one input", took.as_millis());
        }
    }
);

/// What this thread has computed so far. libFuzzer and its targets are one thread.
fn processor_time() -> Duration {
    rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime)
        .try_into()
        .unwrap_or_default()
}

/// libFuzzer reads its corpus after this.
fn choose() {
    let name = std::env::var("KIOSK_FUZZ").unwrap_or_default();
    if name == "list" {
        for target in targets::ALL {
            println!("{} {} {}", target.name, target.longest, target.memory);
        }
        exit(0);
    }
    let Some(target) = targets::named(&name) else {
        eprintln!("KIOSK_FUZZ is `{name}`, which is no target; `cargo xtask fuzz` sets it");
        exit(2);
    };
    if let Some(folder) = std::env::var_os("KIOSK_FUZZ_SEEDS").map(PathBuf::from) {
        for (number, seed) in (target.seeds)().iter().enumerate() {
            let file = folder.join(format!("seed-{number}"));
            if let Err(cause) = fs::write(&file, seed) {
                eprintln!("{} could not be written: {cause}", file.display());
                exit(2);
            }
        }
    }
    // Set once: libFuzzer initialises once.
    let _ = TARGET.set(target);
}

//! Captures per second on a recording, and what of it is the sandbox.

use crate::replay::in_order;
use crate::sentence::Sentence;
use plugin_runtime::driver::Start;
use plugin_runtime::plugin::Plugin;
use plugin_runtime::scanner::Scanner;
use std::time::{Duration, Instant};
use usb_recording::recording::Recording;
use usb_recording::replay::{Order, Replay};

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// how many captures
    pub captures: u32,
    /// transfers of one of them
    pub transfers: usize,
    /// time of the middle one
    pub median: Duration,
    /// of 100, 95 took at most this
    pub ninety_fifth: Duration,
    /// processor time of one, all threads of this process
    pub processor: Duration,
    /// memory that the driver holds, in bytes
    pub memory: usize,
}

/// Measures captures on a played device, which answers at once: what is left is driver and sandbox.
///
/// # Errors
/// A sentence: the driver is no scanner's, or a capture ended badly.
pub fn bench(plugin: &Plugin, recording: &Recording, captures: u32, tell: &dyn Fn(u32)) -> Result<Measured, Sentence> {
    let device = Replay::new(recording, Order::Free)?;
    let start = Start {
        nonce: recording.nonce.unwrap_or_default(),
        ..Start::default()
    };
    let scanner = Scanner::start(plugin, in_order(plugin, &device), start)?;
    let mut took = Vec::new();
    // The first one warms up.
    scanner.capture(Duration::from_secs(10), |_| ())?;
    let before = processor_time();
    for number in 0..captures {
        device.rewind();
        let began = Instant::now();
        scanner.capture(Duration::from_secs(10), |_| ())?;
        took.push(began.elapsed());
        tell(number + 1);
    }
    let processor = processor_time().saturating_sub(before);
    let memory = scanner.memory()?;
    scanner.close()?;
    took.sort_unstable();
    let at = |percent: usize| {
        took.get((took.len().saturating_sub(1)) * percent / 100)
            .copied()
            .unwrap_or_default()
    };
    Ok(Measured {
        captures,
        transfers: device.progress().0,
        median: at(50),
        ninety_fifth: at(95),
        processor: processor.checked_div(captures).unwrap_or_default(),
        memory,
    })
}

/// Of this process, user and system, to the clock tick (`proc(5)`, `/proc/self/stat`, fields 14 and 15, in hundredths).
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The program's name may hold spaces: fields are counted behind its closing parenthesis.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

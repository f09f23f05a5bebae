//! What is fuzzed, and within which limits.

use std::time::Duration;

/// Most that one input may take of the processor, under instrumentation. A machine that is busy with something else, or stands
/// still, is no finding.
pub const MOST_TIME: Duration = Duration::from_secs(5);

/// One reader of a stranger's bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// a-z, 0-9 and `-`
    pub name: &'static str,
    /// longest input that is tried, in bytes
    pub longest: u32,
    /// most memory of the whole process, in MiB; the fuzzer itself takes about 60
    pub memory: u32,
    /// takes any bytes and panics where the product breaks a promise
    pub run: fn(&[u8]),
    /// inputs that get far, to start from
    pub seeds: fn() -> Vec<Vec<u8>>,
}

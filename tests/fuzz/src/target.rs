//! What is fuzzed, and within which limits.

/// Longest that one input may take under instrumentation, in seconds.
pub const SECONDS: u32 = 5;

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

//! Sets the machine up, builds the plugins, runs demo, tests and benchmark.
fn main() {}

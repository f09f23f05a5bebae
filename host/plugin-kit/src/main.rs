//! `plugin-kit`.

fn main() {}

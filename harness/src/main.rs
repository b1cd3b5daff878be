//! The `slogate` binary.

fn main() {}

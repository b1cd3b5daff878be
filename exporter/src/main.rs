//! The `exporter` binary.

fn main() {}

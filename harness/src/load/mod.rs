//! The load engine: sends what a scenario says, when it says, and records what came of it.

mod outcome;

pub use outcome::*;

//! Scenario files: what to send, for how long, and what must hold.

mod model;

pub use model::*;

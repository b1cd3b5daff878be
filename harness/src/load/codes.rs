//! Codes of why the load engine could not do what it was asked to, each with its text in `codes/`.

use crate::code::{Code, CodeGroup};

/// All of them.
pub const CODES: CodeGroup =
    CodeGroup { title: "The load engine", codes: &[LOAD_THREAD, LOAD_LOST, UNSENDABLE_LOAD] };

/// The system refused the load engine a thread or a timer.
pub const LOAD_THREAD: Code = Code::new(&["load-thread", include_str!("codes/load-thread.md")]);
/// A load thread ended without its measurements.
pub const LOAD_LOST: Code = Code::new(&["load-lost", include_str!("codes/load-lost.md")]);
/// A load that cannot be sent as it is written.
pub const UNSENDABLE_LOAD: Code =
    Code::new(&["unsendable-load", include_str!("codes/unsendable-load.md")]);

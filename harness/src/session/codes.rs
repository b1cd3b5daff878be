//! Codes of what a session itself finds before the load, each with its text in `codes/`.

use crate::code::{Code, CodeGroup};

/// All of them.
pub const CODES: CodeGroup =
    CodeGroup { title: "What a run cannot begin with", codes: &[ONE_PAGE_TWICE, NO_START_TIME] };

/// Two instances that are one page.
pub const ONE_PAGE_TWICE: Code =
    Code::new(&["one-page-twice", include_str!("codes/one-page-twice.md")]);
/// It is not known when the process started.
pub const NO_START_TIME: Code =
    Code::new(&["no-start-time", include_str!("codes/no-start-time.md")]);

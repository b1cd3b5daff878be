//! Codes of what is wrong with an exposition, each with its text in `codes/`.

use crate::code::{Code, CodeGroup};

/// All of them.
pub const CODES: CodeGroup = CodeGroup {
    title: "Expositions",
    codes: &[MALFORMED_EXPOSITION, TRUNCATED_EXPOSITION, SAMPLE_LIMIT],
};

/// A line that is not one of the format.
pub const MALFORMED_EXPOSITION: Code =
    Code::new(&["malformed-exposition", include_str!("codes/malformed-exposition.md")]);
/// An exposition that was cut off.
pub const TRUNCATED_EXPOSITION: Code =
    Code::new(&["truncated-exposition", include_str!("codes/truncated-exposition.md")]);
/// More samples on a page than are allowed.
pub const SAMPLE_LIMIT: Code = Code::new(&["sample-limit", include_str!("codes/sample-limit.md")]);

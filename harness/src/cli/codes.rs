//! Codes of the command line and of what is written, each with its text in `codes/`.

use crate::code::{Code, CodeGroup};

/// All of them.
pub(super) const CODES: CodeGroup = CodeGroup {
    title: "Command line",
    codes: &[
        USAGE,
        CONFLICTING_FLAGS,
        REPORT_KIND,
        SAME_OUTPUT,
        UNSAFE_OUTPUT,
        UNWRITABLE_OUTPUT,
        FULL_SUMMARY,
        EXISTING_FILE,
        EMPTY_FOLDER,
        UNEXPECTED_ANSWER,
    ],
};

/// A command line that cannot be understood.
pub(super) const USAGE: Code = Code::new(&["usage", include_str!("codes/usage.md")]);
/// Flags that cannot stand together.
pub(super) const CONFLICTING_FLAGS: Code =
    Code::new(&["conflicting-flags", include_str!("codes/conflicting-flags.md")]);
/// A kind of report that slogate does not write.
pub(super) const REPORT_KIND: Code =
    Code::new(&["report-kind", include_str!("codes/report-kind.md")]);
/// Two reports to one place.
pub(super) const SAME_OUTPUT: Code =
    Code::new(&["same-output", include_str!("codes/same-output.md")]);
/// A report that does harm where it would go.
pub(super) const UNSAFE_OUTPUT: Code =
    Code::new(&["unsafe-output", include_str!("codes/unsafe-output.md")]);
/// A place that cannot be written.
pub(super) const UNWRITABLE_OUTPUT: Code =
    Code::new(&["unwritable-output", include_str!("codes/unwritable-output.md")]);
/// A job summary on GitHub without room.
pub(super) const FULL_SUMMARY: Code =
    Code::new(&["full-summary", include_str!("codes/full-summary.md")]);
/// A file that is there already.
pub(super) const EXISTING_FILE: Code =
    Code::new(&["existing-file", include_str!("codes/existing-file.md")]);
/// A folder without scenarios.
pub(super) const EMPTY_FOLDER: Code =
    Code::new(&["empty-folder", include_str!("codes/empty-folder.md")]);
/// An answer that `init` cannot build on.
pub(super) const UNEXPECTED_ANSWER: Code =
    Code::new(&["unexpected-answer", include_str!("codes/unexpected-answer.md")]);

//! Codes of saving runs and reading them back, each with its text in `codes/`.

use crate::code::{Code, CodeGroup};

/// All of them.
pub const CODES: CodeGroup = CodeGroup {
    title: "Saved runs",
    codes: &[
        OCCUPIED_FOLDER,
        UNSAVED_RUN,
        UNREADABLE_RUN,
        INCOMPLETE_RUN,
        CHANGED_RUN,
        DAMAGED_RUN,
        RUN_VERSION,
    ],
};

/// Where a run should be saved, there is something.
pub const OCCUPIED_FOLDER: Code =
    Code::new(&["occupied-folder", include_str!("codes/occupied-folder.md")]);
/// A run that cannot be saved.
pub const UNSAVED_RUN: Code = Code::new(&["unsaved-run", include_str!("codes/unsaved-run.md")]);
/// A folder that cannot be read as a saved run.
pub const UNREADABLE_RUN: Code =
    Code::new(&["unreadable-run", include_str!("codes/unreadable-run.md")]);
/// A saved run of which a file is gone.
pub const INCOMPLETE_RUN: Code =
    Code::new(&["incomplete-run", include_str!("codes/incomplete-run.md")]);
/// A file of a saved run that is not what was saved.
pub const CHANGED_RUN: Code = Code::new(&["changed-run", include_str!("codes/changed-run.md")]);
/// A saved run that does not hold together.
pub const DAMAGED_RUN: Code = Code::new(&["damaged-run", include_str!("codes/damaged-run.md")]);
/// A run that was saved by another version.
pub const RUN_VERSION: Code = Code::new(&["run-version", include_str!("codes/run-version.md")]);

//! Codes of what happens to a scenario as a whole, each with its text in `codes/`. Where a rule
//! of `slo` decides, the code is the rule's.

use crate::code::{Code, CodeGroup};

/// All of them.
pub const CODES: CodeGroup = CodeGroup {
    title: "What happens to a scenario",
    codes: &[
        NOT_REACHABLE,
        AMBIGUOUS_TARGET,
        NO_RESPONSE,
        INTERRUPTED,
        INTERNAL_ERROR,
        TARGET_ENDED,
        ABORTED,
        ABORT_IN_DOUBT,
        SKIPPED,
        LOAD_ONLY,
        SOURCES_DIFFER,
        NOT_VERIFIED,
        NOTHING_TO_JUDGE,
    ],
};

/// The target or its metrics were not there before the load.
pub const NOT_REACHABLE: Code =
    Code::new(&["not-reachable", include_str!("codes/not-reachable.md")]);
/// A name that means two services.
pub const AMBIGUOUS_TARGET: Code =
    Code::new(&["ambiguous-target", include_str!("codes/ambiguous-target.md")]);
/// None of the first requests was answered.
pub const NO_RESPONSE: Code = Code::new(&["no-response", include_str!("codes/no-response.md")]);
/// A signal ended the run.
pub const INTERRUPTED: Code = Code::new(&["interrupted", include_str!("codes/interrupted.md")]);
/// Slogate itself failed.
pub const INTERNAL_ERROR: Code =
    Code::new(&["internal-error", include_str!("codes/internal-error.md")]);
/// The target ended before it was told to.
pub const TARGET_ENDED: Code = Code::new(&["target-ended", include_str!("codes/target-ended.md")]);
/// An objective with `abort` was missed for too long.
pub const ABORTED: Code = Code::new(&["aborted", include_str!("codes/aborted.md")]);
/// An abort that other processes may have caused.
pub const ABORT_IN_DOUBT: Code =
    Code::new(&["abort-in-doubt", include_str!("codes/abort-in-doubt.md")]);
/// A scenario that was not run.
pub const SKIPPED: Code = Code::new(&["skipped", include_str!("codes/skipped.md")]);
/// `slo: none`: load without a verdict.
pub const LOAD_ONLY: Code = Code::new(&["load-only", include_str!("codes/load-only.md")]);
/// Two sources that say different things.
pub const SOURCES_DIFFER: Code =
    Code::new(&["sources-differ", include_str!("codes/sources-differ.md")]);
/// What could not be compared with another source.
pub const NOT_VERIFIED: Code = Code::new(&["not-verified", include_str!("codes/not-verified.md")]);
/// A scenario in which there was nothing to judge.
pub const NOTHING_TO_JUDGE: Code =
    Code::new(&["nothing-to-judge", include_str!("codes/nothing-to-judge.md")]);

//! Codes of queries over saved runs, each with its text in `codes/`.

use crate::code::{Code, CodeGroup};

/// All of them.
pub const CODES: CodeGroup = CodeGroup {
    title: "Queries of saved runs",
    codes: &[UNNAMED_SCENARIO, QUERY_TIME, FAILED_QUERY],
};

/// A run of several scenarios, and nobody said which.
pub const UNNAMED_SCENARIO: Code =
    Code::new(&["unnamed-scenario", include_str!("codes/unnamed-scenario.md")]);
/// A time at which nothing can be asked.
pub const QUERY_TIME: Code = Code::new(&["query-time", include_str!("codes/query-time.md")]);
/// An expression that has no value on these series.
pub const FAILED_QUERY: Code = Code::new(&["failed-query", include_str!("codes/failed-query.md")]);

//! Codes of what can be wrong with a scenario file, each with its text in `codes/`.

use crate::code::{Code, CodeGroup};

/// All of them.
pub const CODES: CodeGroup = CodeGroup {
    title: "Scenario files",
    codes: &[
        UNREADABLE_FILE,
        INVALID_YAML,
        TOO_LARGE,
        NOT_SUPPORTED,
        UNKNOWN_KEY,
        DUPLICATE_KEY,
        MISSING_KEY,
        CONFLICTING_KEYS,
        WRONG_TYPE,
        OUT_OF_RANGE,
        INVALID_QUANTITY,
        WRONG_UNIT,
        EMPTY_VALUE,
        INVALID_NAME,
        INVALID_VALUE,
        INVALID_URL,
        INVALID_HEADER,
        UNUSABLE_CREDENTIAL,
        CREDENTIAL_IN_FILE,
        PUBLISHED_CREDENTIAL,
        PLAIN_TEXT_CREDENTIAL,
        UNDEFINED_VARIABLE,
        PLACEHOLDER_SYNTAX,
        UNKNOWN_NAME,
        UNUSED_DATA,
        UNUSABLE_DATA,
        UNUSED_CAPTURE,
        DUPLICATE_NAME,
        NEEDS_METRICS,
        UNMEASURED_PHASE,
        ENDLESS_PHASE,
        IDLE_PHASE,
        NO_OBJECTIVE,
        INVALID_COMPARISON,
        CLIENT_EXPRESSION,
        SERIES_PRESENCE,
        INCLUDE_LOOP,
        WRONG_FILE_KIND,
        ALWAYS_MET,
        NEVER_MET,
        BEYOND_BUCKETS,
        UNKNOWN_WINDOW,
        ABORT_IMPOSSIBLE,
        LATE_ABORT,
        LATE_DEADLINE,
        PLANNED_SAMPLES,
        INVALID_PROMQL,
        NOT_A_SELECTOR,
        TOP_LEVEL_COMPARISON,
        FALLBACK_VALUE,
        HIDDEN_QUANTILE,
        NOT_JUDGEABLE,
        UNKNOWN_METRIC,
    ],
};

/// A file that cannot be read.
pub const UNREADABLE_FILE: Code =
    Code::new(&["unreadable-file", include_str!("codes/unreadable-file.md")]);
/// A file that is not YAML.
pub const INVALID_YAML: Code = Code::new(&["invalid-yaml", include_str!("codes/invalid-yaml.md")]);
/// More than a file or an expression may hold.
pub const TOO_LARGE: Code = Code::new(&["too-large", include_str!("codes/too-large.md")]);
/// Something that the format may have one day, and does not have now.
pub const NOT_SUPPORTED: Code =
    Code::new(&["not-supported", include_str!("codes/not-supported.md")]);
/// A key that the format does not have.
pub const UNKNOWN_KEY: Code = Code::new(&["unknown-key", include_str!("codes/unknown-key.md")]);
/// A key that stands twice in one map.
pub const DUPLICATE_KEY: Code =
    Code::new(&["duplicate-key", include_str!("codes/duplicate-key.md")]);
/// A key without which nothing can be done.
pub const MISSING_KEY: Code = Code::new(&["missing-key", include_str!("codes/missing-key.md")]);
/// Keys that cannot stand side by side.
pub const CONFLICTING_KEYS: Code =
    Code::new(&["conflicting-keys", include_str!("codes/conflicting-keys.md")]);
/// A value of another YAML type than the key takes.
pub const WRONG_TYPE: Code = Code::new(&["wrong-type", include_str!("codes/wrong-type.md")]);
/// A number or duration beyond what is possible or sensible.
pub const OUT_OF_RANGE: Code = Code::new(&["out-of-range", include_str!("codes/out-of-range.md")]);
/// A number with a unit that cannot be read.
pub const INVALID_QUANTITY: Code =
    Code::new(&["invalid-quantity", include_str!("codes/invalid-quantity.md")]);
/// A unit that is unknown, or does not fit what is measured.
pub const WRONG_UNIT: Code = Code::new(&["wrong-unit", include_str!("codes/wrong-unit.md")]);
/// A text, list or file with nothing in it.
pub const EMPTY_VALUE: Code = Code::new(&["empty-value", include_str!("codes/empty-value.md")]);
/// A name with characters that names do not have.
pub const INVALID_NAME: Code = Code::new(&["invalid-name", include_str!("codes/invalid-name.md")]);
/// A word or number that the key does not take.
pub const INVALID_VALUE: Code =
    Code::new(&["invalid-value", include_str!("codes/invalid-value.md")]);
/// A URL, path or host that cannot be asked.
pub const INVALID_URL: Code = Code::new(&["invalid-url", include_str!("codes/invalid-url.md")]);
/// A header that cannot be sent.
pub const INVALID_HEADER: Code =
    Code::new(&["invalid-header", include_str!("codes/invalid-header.md")]);
/// A secret, certificate or key that cannot be used.
pub const UNUSABLE_CREDENTIAL: Code =
    Code::new(&["unusable-credential", include_str!("codes/unusable-credential.md")]);
/// A secret that is written into a scenario file.
pub const CREDENTIAL_IN_FILE: Code =
    Code::new(&["credential-in-file", include_str!("codes/credential-in-file.md")]);
/// A credential whose value an objective would show.
pub const PUBLISHED_CREDENTIAL: Code =
    Code::new(&["published-credential", include_str!("codes/published-credential.md")]);
/// Credentials that go over the network unencrypted.
pub const PLAIN_TEXT_CREDENTIAL: Code =
    Code::new(&["plain-text-credential", include_str!("codes/plain-text-credential.md")]);
/// A variable without a value.
pub const UNDEFINED_VARIABLE: Code =
    Code::new(&["undefined-variable", include_str!("codes/undefined-variable.md")]);
/// A placeholder that is not closed, or stands where none can.
pub const PLACEHOLDER_SYNTAX: Code =
    Code::new(&["placeholder-syntax", include_str!("codes/placeholder-syntax.md")]);
/// A phase, request, data set or objective that the file does not have.
pub const UNKNOWN_NAME: Code = Code::new(&["unknown-name", include_str!("codes/unknown-name.md")]);
/// A data set that no request sends.
pub const UNUSED_DATA: Code = Code::new(&["unused-data", include_str!("codes/unused-data.md")]);
/// A data file that cannot be read, or has a row that cannot be sent.
pub const UNUSABLE_DATA: Code =
    Code::new(&["unusable-data", include_str!("codes/unusable-data.md")]);
/// A capture that no step uses.
pub const UNUSED_CAPTURE: Code =
    Code::new(&["unused-capture", include_str!("codes/unused-capture.md")]);
/// Two things of one name.
pub const DUPLICATE_NAME: Code =
    Code::new(&["duplicate-name", include_str!("codes/duplicate-name.md")]);
/// An objective on metrics that nobody reads.
pub const NEEDS_METRICS: Code =
    Code::new(&["needs-metrics", include_str!("codes/needs-metrics.md")]);
/// A phase that is left out of verdicts where it cannot be.
pub const UNMEASURED_PHASE: Code =
    Code::new(&["unmeasured-phase", include_str!("codes/unmeasured-phase.md")]);
/// A phase without an end.
pub const ENDLESS_PHASE: Code =
    Code::new(&["endless-phase", include_str!("codes/endless-phase.md")]);
/// A phase that sends nothing.
pub const IDLE_PHASE: Code = Code::new(&["idle-phase", include_str!("codes/idle-phase.md")]);
/// A scenario with nothing to judge.
pub const NO_OBJECTIVE: Code = Code::new(&["no-objective", include_str!("codes/no-objective.md")]);
/// An objective that compares nothing.
pub const INVALID_COMPARISON: Code =
    Code::new(&["invalid-comparison", include_str!("codes/invalid-comparison.md")]);
/// A client expression that slogate does not know.
pub const CLIENT_EXPRESSION: Code =
    Code::new(&["client-expression", include_str!("codes/client-expression.md")]);
/// `present` and `series` are for each other.
pub const SERIES_PRESENCE: Code =
    Code::new(&["series-presence", include_str!("codes/series-presence.md")]);
/// A file that includes itself.
pub const INCLUDE_LOOP: Code = Code::new(&["include-loop", include_str!("codes/include-loop.md")]);
/// A file of another kind than is needed here.
pub const WRONG_FILE_KIND: Code =
    Code::new(&["wrong-file-kind", include_str!("codes/wrong-file-kind.md")]);
/// A target that every value meets.
pub const ALWAYS_MET: Code = Code::new(&["always-met", include_str!("codes/always-met.md")]);
/// A target that no value meets.
pub const NEVER_MET: Code = Code::new(&["never-met", include_str!("codes/never-met.md")]);
/// A target at or above the histogram's highest finite bucket.
pub const BEYOND_BUCKETS: Code =
    Code::new(&["beyond-buckets", include_str!("codes/beyond-buckets.md")]);
/// A window that stands for nothing here.
pub const UNKNOWN_WINDOW: Code =
    Code::new(&["unknown-window", include_str!("codes/unknown-window.md")]);
/// An `abort` that cannot be judged while the load runs.
pub const ABORT_IMPOSSIBLE: Code =
    Code::new(&["abort-impossible", include_str!("codes/abort-impossible.md")]);
/// An `abort` that comes after the end of the load.
pub const LATE_ABORT: Code = Code::new(&["late-abort", include_str!("codes/late-abort.md")]);
/// An alert that may fire later than its phase ends.
pub const LATE_DEADLINE: Code =
    Code::new(&["late-deadline", include_str!("codes/late-deadline.md")]);
/// An objective that the planned load cannot prove.
pub const PLANNED_SAMPLES: Code =
    Code::new(&["planned-samples", include_str!("codes/planned-samples.md")]);
/// An expression that is not PromQL.
pub const INVALID_PROMQL: Code =
    Code::new(&["invalid-promql", include_str!("codes/invalid-promql.md")]);
/// An expression where only a selector can stand.
pub const NOT_A_SELECTOR: Code =
    Code::new(&["not-a-selector", include_str!("codes/not-a-selector.md")]);
/// A comparison inside an expression instead of in `is`.
pub const TOP_LEVEL_COMPARISON: Code =
    Code::new(&["top-level-comparison", include_str!("codes/top-level-comparison.md")]);
/// An expression that has a value without any data.
pub const FALLBACK_VALUE: Code =
    Code::new(&["fallback-value", include_str!("codes/fallback-value.md")]);
/// A `histogram_quantile` that does not stand at the top.
pub const HIDDEN_QUANTILE: Code =
    Code::new(&["hidden-quantile", include_str!("codes/hidden-quantile.md")]);
/// An expression whose result cannot be compared.
pub const NOT_JUDGEABLE: Code =
    Code::new(&["not-judgeable", include_str!("codes/not-judgeable.md")]);
/// A metric or label that the bundled service does not have.
pub const UNKNOWN_METRIC: Code =
    Code::new(&["unknown-metric", include_str!("codes/unknown-metric.md")]);
/// A rule or a test that cannot be read; listed with `rules`, which reads most of them.
pub const INVALID_RULE: Code = Code::new(&["invalid-rule", include_str!("codes/invalid-rule.md")]);
/// A path or pattern that stands for no rule file; listed with `rules`.
pub const NO_RULE_FILE: Code = Code::new(&["no-rule-file", include_str!("codes/no-rule-file.md")]);
/// There is no rule in the files; listed with `rules`.
pub const NO_RULES: Code = Code::new(&["no-rules", include_str!("codes/no-rules.md")]);

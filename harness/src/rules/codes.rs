//! Codes of rule files and their unit tests, each with its text in `codes/`.

use crate::code::{Code, CodeGroup};
// Scenario files name rule files too, and are read below this layer.
pub use crate::scenario::codes::{INVALID_RULE, NO_RULE_FILE, NO_RULES};

/// All of them.
pub const CODES: CodeGroup = CodeGroup {
    title: "Rules and their tests",
    codes: &[
        INVALID_RULE,
        DUPLICATE_RULE,
        PROMTOOL_FINDING,
        PROMTOOL_REFUSAL,
        ENGINES_DISAGREE,
        PROMTOOL_MISSING,
        PROMTOOL_BROKEN,
        NO_RULE_FILE,
        NO_RULES,
        NO_RULE_TESTS,
        UNKNOWN_ALERT,
        IDLE_RULE_TEST,
        FAILED_RULE_TEST,
        UNTESTED_RULE,
        SURVIVING_MUTANT,
        NO_MUTANTS,
        NEVER_FIRES,
        ALWAYS_FIRES,
        COUNTER_VALUE,
        GAUGE_RATE,
        RATE_WINDOW,
        MISSING_BUCKET,
        INVALID_QUANTILE,
        QUANTILE_EDGE,
        TEMPLATE_LABEL,
        ABSENT_LABEL,
        EXPERIMENTAL_FUNCTION,
        UNKNOWN_SERIES,
        UNKNOWN_LABEL_VALUE,
        UNUSED_IGNORE,
    ],
};

/// Two rules of one name and the same labels.
pub const DUPLICATE_RULE: Code =
    Code::new(&["duplicate-rule", include_str!("codes/duplicate-rule.md")]);
/// Something that promtool advises against.
pub const PROMTOOL_FINDING: Code =
    Code::new(&["promtool-finding", include_str!("codes/promtool-finding.md")]);
/// A file that promtool refuses.
pub const PROMTOOL_REFUSAL: Code =
    Code::new(&["promtool-refusal", include_str!("codes/promtool-refusal.md")]);
/// The built-in engine and promtool do not agree.
pub const ENGINES_DISAGREE: Code =
    Code::new(&["engines-disagree", include_str!("codes/engines-disagree.md")]);
/// promtool was asked for and is not there.
pub const PROMTOOL_MISSING: Code =
    Code::new(&["promtool-missing", include_str!("codes/promtool-missing.md")]);
/// promtool is there and gives no answer.
pub const PROMTOOL_BROKEN: Code =
    Code::new(&["promtool-broken", include_str!("codes/promtool-broken.md")]);
/// There is no test in the files.
pub const NO_RULE_TESTS: Code =
    Code::new(&["no-rule-tests", include_str!("codes/no-rule-tests.md")]);
/// A tested alert that no rule file has.
pub const UNKNOWN_ALERT: Code =
    Code::new(&["unknown-alert", include_str!("codes/unknown-alert.md")]);
/// A test that expects nothing of something that reads nothing.
pub const IDLE_RULE_TEST: Code =
    Code::new(&["idle-rule-test", include_str!("codes/idle-rule-test.md")]);
/// A test of rules that fails.
pub const FAILED_RULE_TEST: Code =
    Code::new(&["failed-rule-test", include_str!("codes/failed-rule-test.md")]);
/// A rule that lacks a kind of test.
pub const UNTESTED_RULE: Code =
    Code::new(&["untested-rule", include_str!("codes/untested-rule.md")]);
/// A change to a rule that no test notices.
pub const SURVIVING_MUTANT: Code =
    Code::new(&["surviving-mutant", include_str!("codes/surviving-mutant.md")]);
/// Rules in which nothing can be changed.
pub const NO_MUTANTS: Code = Code::new(&["no-mutants", include_str!("codes/no-mutants.md")]);
/// An alert whose condition no value can meet.
pub const NEVER_FIRES: Code = Code::new(&["never-fires", include_str!("codes/never-fires.md")]);
/// An alert that fires as long as its series exist.
pub const ALWAYS_FIRES: Code = Code::new(&["always-fires", include_str!("codes/always-fires.md")]);
/// A counter that is judged by its value.
pub const COUNTER_VALUE: Code =
    Code::new(&["counter-value", include_str!("codes/counter-value.md")]);
/// A rate of a gauge.
pub const GAUGE_RATE: Code = Code::new(&["gauge-rate", include_str!("codes/gauge-rate.md")]);
/// A range that holds fewer than two samples.
pub const RATE_WINDOW: Code = Code::new(&["rate-window", include_str!("codes/rate-window.md")]);
/// A quantile of buckets without their bounds.
pub const MISSING_BUCKET: Code =
    Code::new(&["missing-bucket", include_str!("codes/missing-bucket.md")]);
/// A quantile outside of 0 to 1.
pub const INVALID_QUANTILE: Code =
    Code::new(&["invalid-quantile", include_str!("codes/invalid-quantile.md")]);
/// A limit of a quantile that is no bound of its buckets.
pub const QUANTILE_EDGE: Code =
    Code::new(&["quantile-edge", include_str!("codes/quantile-edge.md")]);
/// A label in a text that the expression has dropped.
pub const TEMPLATE_LABEL: Code =
    Code::new(&["template-label", include_str!("codes/template-label.md")]);
/// A label in a text that the answer of `absent` does not have.
pub const ABSENT_LABEL: Code = Code::new(&["absent-label", include_str!("codes/absent-label.md")]);
/// A function that Prometheus has only behind a flag.
pub const EXPERIMENTAL_FUNCTION: Code =
    Code::new(&["experimental-function", include_str!("codes/experimental-function.md")]);
/// A series that the target does not export.
pub const UNKNOWN_SERIES: Code =
    Code::new(&["unknown-series", include_str!("codes/unknown-series.md")]);
/// A label value that no exported series has.
pub const UNKNOWN_LABEL_VALUE: Code =
    Code::new(&["unknown-label-value", include_str!("codes/unknown-label-value.md")]);
/// A comment that silences nothing.
pub const UNUSED_IGNORE: Code =
    Code::new(&["unused-ignore", include_str!("codes/unused-ignore.md")]);

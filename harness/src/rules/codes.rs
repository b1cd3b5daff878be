//! Codes of rule files and their unit tests, each with its text in `codes/`.

use crate::code::{Code, CodeGroup};

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
        FAILED_RULE_TEST,
    ],
};

/// A rule or a test that cannot be read.
pub const INVALID_RULE: Code = Code::new(&["invalid-rule", include_str!("codes/invalid-rule.md")]);
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
/// A path or pattern that stands for no file.
pub const NO_RULE_FILE: Code = Code::new(&["no-rule-file", include_str!("codes/no-rule-file.md")]);
/// There is no rule in the files.
pub const NO_RULES: Code = Code::new(&["no-rules", include_str!("codes/no-rules.md")]);
/// There is no test in the files.
pub const NO_RULE_TESTS: Code =
    Code::new(&["no-rule-tests", include_str!("codes/no-rule-tests.md")]);
/// A tested alert that no rule file has.
pub const UNKNOWN_ALERT: Code =
    Code::new(&["unknown-alert", include_str!("codes/unknown-alert.md")]);
/// A test of rules that fails.
pub const FAILED_RULE_TEST: Code =
    Code::new(&["failed-rule-test", include_str!("codes/failed-rule-test.md")]);

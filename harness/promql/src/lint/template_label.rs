//! A label that a text of an alert names and that the expression has dropped: the text has a gap
//! there.
//!
//! A label that the text asks for with `if` or `with` may be missing, and is left alone. What
//! `absent` answers is another check's business.

use super::keeps::can_have;
use super::{Found, Severity, Subject};
use crate::expression::{Call, Kind};
use crate::rules::RuleKind;
use crate::{Expression, METRIC_NAME};

pub(super) fn check(subject: &Subject<'_>) -> Vec<Found> {
    let expression = &subject.rule.expression;
    if as_absent(expression).is_some() {
        return Vec::new();
    }
    let missing = |(_, label): &(String, String)| !can_have(expression, label);
    let found = |(text, label): (String, String)| {
        let why = format!(
            "`{text}` names the label `{label}`, which no element of the expression has: the text \
             has a gap there"
        );
        let instead =
            format!("keep the label, as `by ({label})` does, or leave it out of the text");
        Found::new(Severity::Warning, why, instead)
    };
    named_labels(subject).into_iter().filter(missing).map(found).collect()
}

/// The call of `absent` or `absent_over_time` that an expression is.
pub(super) fn as_absent(expression: &Expression) -> Option<&Call> {
    match &expression.kind {
        Kind::Call(call) if call.function.name.starts_with("absent") => Some(call),
        _ => None,
    }
}

/// Each label that a text of an alert names, with the name of the text.
pub(super) fn named_labels(subject: &Subject<'_>) -> Vec<(String, String)> {
    let RuleKind::Alerting(alerting) = &subject.rule.kind else {
        return Vec::new();
    };
    let texts = subject.rule.labels.iter().chain(&alerting.annotations);
    let of_text = texts.flat_map(|(name, template)| {
        template.labels_needed().into_iter().map(move |label| (name.clone(), label))
    });
    of_text.filter(|(_, label)| label != METRIC_NAME).collect()
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::found;

    fn of(expression: &str, text: &str) -> Vec<String> {
        let rule =
            format!("{{alert: A, expr: '{expression}', annotations: {{summary: '{text}'}}}}");
        found(&rule, None)
    }

    #[test]
    fn a_label_that_is_aggregated_away_leaves_a_gap() {
        for text in ["at {{ $labels.pod }}", "{{ .Labels.pod | toUpper }}"] {
            let found = of("sum by (job) (a) > 5", text);
            assert!(found[0].contains("`summary` names the label `pod`"), "{found:?}");
        }
    }

    #[test]
    fn labels_that_are_there_or_asked_for_are_left_alone() {
        for (expression, text) in [
            ("a > 5", "{{ $labels.pod }}"),
            ("sum by (pod) (a) > 5", "{{ $labels.pod }}"),
            ("sum(a) > 5", "{{ if $labels.pod }}{{ $labels.pod }}{{ end }}"),
            ("sum(a) > 5", "{{ range query \"up\" }}{{ .Labels.pod }}{{ end }}"),
            ("sum(a) > 5", "{{ $value }}"),
        ] {
            assert!(of(expression, text).is_empty(), "{expression} {text}");
        }
    }
}

//! A label that a text names and that the answer of `absent` does not have: it has those that
//! its selector asks for by equality, and no other, because there is no series to have them.

use super::keeps::asked_of_absent;
use super::template_label::{as_absent, named_labels};
use super::{Found, Severity, Subject};

pub(super) fn check(subject: &Subject<'_>) -> Vec<Found> {
    let Some(call) = as_absent(&subject.rule.expression) else {
        return Vec::new();
    };
    let missing = |(_, label): &(String, String)| !asked_of_absent(call, label);
    let found = |(text, label): (String, String)| {
        let name = call.function.name;
        let why = format!(
            "`{text}` names the label `{label}`, and `{name}` answers only with labels that its \
             selector asks for with `=`"
        );
        let instead =
            format!("ask for it, as `{{{label}=\"…\"}}` does, or leave it out of the text");
        Found::new(Severity::Warning, why, instead)
    };
    named_labels(subject).into_iter().filter(missing).map(found).collect()
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::found;

    fn of(expression: &str) -> Vec<String> {
        found(
            &format!(
                "{{alert: A, expr: '{expression}', annotations: {{summary: '{{{{ $labels.job }}}}'}}}}"
            ),
            None,
        )
    }

    #[test]
    fn absence_has_the_labels_that_were_asked_for() {
        assert!(of("absent(up{job=\"a\"})").is_empty());
        for expression in
            ["absent(up)", "absent(up{job=~\"a|b\"})", "absent_over_time(up{instance=\"a\"}[5m])"]
        {
            assert!(of(expression)[0].starts_with("absent-label warning"), "{expression}");
        }
    }
}

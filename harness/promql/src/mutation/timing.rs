//! Changed times of an alert: `for` and `keep_firing_for` left out, and twice as long.

use crate::format_duration_ms;
use crate::rules::{Alerting, Rule, RuleKind};

/// A rule with one changed time.
pub(super) struct Change {
    pub(super) rule: Rule,
    pub(super) before: String,
    pub(super) after: String,
}

/// The changes of a rule's times; a time that is not given is not changed. Twice as long is at
/// least one evaluation longer, or it would end at the same one.
pub(super) fn of(rule: &Rule, interval_ms: i64) -> Vec<Change> {
    let RuleKind::Alerting(alerting) = &rule.kind else {
        return Vec::new();
    };
    let others = |time_ms: i64| {
        let longer = time_ms.saturating_mul(2).max(time_ms.saturating_add(interval_ms));
        if time_ms > 0 { vec![0, longer] } else { Vec::new() }
    };
    let mut found = Vec::new();
    for for_ms in others(alerting.for_ms) {
        let changed = Alerting { for_ms, ..alerting.clone() };
        found.push(change(rule, changed, "for", [alerting.for_ms, for_ms]));
    }
    for keep_firing_for_ms in others(alerting.keep_firing_for_ms) {
        let changed = Alerting { keep_firing_for_ms, ..alerting.clone() };
        let times = [alerting.keep_firing_for_ms, keep_firing_for_ms];
        found.push(change(rule, changed, "keep_firing_for", times));
    }
    found
}

fn change(rule: &Rule, alerting: Alerting, field: &str, times_ms: [i64; 2]) -> Change {
    let [before, after] = times_ms.map(|time| format!("{field}: {}", format_duration_ms(time)));
    Change { rule: Rule { kind: RuleKind::Alerting(alerting), ..rule.clone() }, before, after }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleFile;

    fn changed(fields: &str) -> Vec<String> {
        let text = format!("groups: [{{name: g, rules: [{{expr: x, {fields}}}]}}]");
        let file = RuleFile::parse(&text, "rules.yml").unwrap();
        let changes = of(&file.groups[0].rules[0], 60_000);
        changes.into_iter().map(|change| change.after).collect()
    }

    #[test]
    fn a_time_is_left_out_and_doubled() {
        assert_eq!(changed("alert: A, for: 5m"), ["for: 0s", "for: 10m"]);
        assert_eq!(changed("alert: A, keep_firing_for: 2m")[1], "keep_firing_for: 4m");
        assert!(changed("alert: A").is_empty() && changed("record: a").is_empty());
    }

    #[test]
    fn twice_as_long_ends_at_a_later_evaluation() {
        assert_eq!(changed("alert: A, for: 30s")[1], "for: 1m30s");
    }
}

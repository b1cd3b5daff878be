//! Rule: a label that an expression groups or matches by must be there.
//!
//! To Prometheus an absent label is the empty text. `max(sum by (instnce) (depth))` adds up
//! all instances where each was to be judged, and `without (instnce)` judges each where all
//! were to be added up: a misspelt name changes the number and says nothing.

use crate::code::Code;
use crate::slo::Doubt;
use std::collections::BTreeSet;

use slogate_promql::{LabelUse, Labels};

use crate::scenario::closest;
use crate::series::SCRAPE_LABELS;

/// The code of this rule.
pub const CODE: Code =
    Code::new(&["no-such-grouping", include_str!("../codes/no-such-grouping.md")]);

/// The doubt about a label that none of the series has which are grouped or matched by it.
pub fn doubt(named: &LabelUse, selected: &[&Labels]) -> Option<Doubt> {
    let label = named.label.as_str();
    if named.is_dropped {
        return Some(Doubt::new(
            CODE,
            format!(
                "nothing under `{} ({label})` has a label `{label}` any more: an aggregation inside \
             drops it",
                named.clause
            ),
        ));
    }
    let example = selected.first()?;
    let is_there = selected.iter().any(|labels| labels.get(label).is_some());
    if is_there || SCRAPE_LABELS.contains(&label) {
        return None;
    }
    let known: BTreeSet<&str> =
        selected.iter().flat_map(|labels| labels.iter().map(|(name, _)| name)).collect();
    let hint = match closest(label, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("they look like {example}"),
    };
    Some(Doubt::new(
        CODE,
        format!("no series under `{} ({label})` has a label `{label}`; {hint}", named.clause),
    ))
}

#[cfg(test)]
mod tests {
    use slogate_promql::parse_selector;

    use super::*;

    fn doubted(clause: &'static str, label: &str) -> Option<String> {
        let of = vec![parse_selector("a_total").unwrap()];
        let recorded = Labels::new([("__name__", "a_total"), ("format", "csv")]);
        doubt(&LabelUse { label: label.into(), clause, of, is_dropped: false }, &[&recorded])
            .map(|doubt| doubt.reason)
    }

    #[test]
    fn a_label_that_no_series_has_is_named_with_what_was_meant() {
        assert_eq!(
            doubted("without", "fromat").unwrap(),
            "no series under `without (fromat)` has a label `fromat`; did you mean `format`?"
        );
        assert!(doubted("on", "host").unwrap().ends_with("they look like a_total{format=\"csv\"}"));
    }

    #[test]
    fn labels_that_are_there_or_come_with_scraping_are_no_doubt() {
        for label in ["format", "__name__", "instance", "job"] {
            assert_eq!(doubted("by", label), None, "{label}");
        }
    }

    #[test]
    fn where_nothing_was_selected_another_rule_speaks() {
        let named = LabelUse { label: "x".into(), clause: "by", of: Vec::new(), is_dropped: false };
        assert_eq!(doubt(&named, &[]), None);
    }

    #[test]
    fn a_label_that_is_dropped_inside_is_gone_whatever_the_series_have() {
        let of = vec![parse_selector("a_total").unwrap()];
        let named = LabelUse { label: "job".into(), clause: "by", of, is_dropped: true };
        assert_eq!(
            doubt(&named, &[]).unwrap().reason,
            "nothing under `by (job)` has a label `job` any more: an aggregation inside drops it"
        );
    }
}

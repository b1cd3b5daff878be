//! Rule: an expression over a series that was never exported judges nothing.
//!
//! A misspelt name selects nothing, and nothing is easily 0, absent, or hidden
//! behind an `or`. So every selector must have found a series at some time of
//! the run, whatever the expression made of it.

use crate::code::Code;
use crate::slo::Doubt;
use slogate_promql::{Labels, METRIC_NAME};

use crate::scenario::closest;

/// The code of this rule.
pub const CODE: Code = Code::new(&["no-such-series", include_str!("../codes/no-such-series.md")]);

/// What a selector asked for, and what there was.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    /// The selector as text.
    pub selector: &'a str,
    /// Its metric name, if it fixes one.
    pub metric: Option<&'a str>,
    /// All series that were recorded.
    pub recorded: &'a [&'a Labels],
}

/// The doubt about a selector that matched none of the recorded series.
pub fn doubt(sought: Sought<'_>) -> Doubt {
    Doubt::new(CODE, sentence(sought))
}

fn sentence(sought: Sought<'_>) -> String {
    let selector = sought.selector;
    let Some(metric) = sought.metric else {
        return format!("no such series: {selector}; check its labels");
    };
    let same_name = |labels: &&&Labels| labels.metric_name() == Some(metric);
    if let Some(example) = sought.recorded.iter().find(same_name) {
        return format!(
            "no such series: {selector}; `{metric}` was exported with other labels, such as \
             {example}"
        );
    }
    match nearest(metric, sought.recorded) {
        Some(name) => format!("no such series: {metric}; did you mean `{name}`?"),
        None => format!("no such series: {metric}; did the target export it?"),
    }
}

fn nearest<'a>(metric: &str, recorded: &[&'a Labels]) -> Option<&'a str> {
    closest(metric, recorded.iter().filter_map(|labels| labels.get(METRIC_NAME)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubt_about(selector: &str, metric: Option<&str>) -> String {
        let recorded = [Labels::new([(METRIC_NAME, "export_fail_total"), ("format", "csv")])];
        let recorded: Vec<&Labels> = recorded.iter().collect();
        doubt(Sought { selector, metric, recorded: &recorded }).reason
    }

    #[test]
    fn a_name_that_nobody_exported_is_named() {
        assert_eq!(
            doubt_about("queue_depth", Some("queue_depth")),
            "no such series: queue_depth; did the target export it?"
        );
    }

    #[test]
    fn a_misspelt_name_gets_a_suggestion() {
        assert_eq!(
            doubt_about("export_fails_total", Some("export_fails_total")),
            "no such series: export_fails_total; did you mean `export_fail_total`?"
        );
    }

    #[test]
    fn wrong_labels_are_told_from_a_wrong_name() {
        assert_eq!(
            doubt_about("export_fail_total{format=\"xml\"}", Some("export_fail_total")),
            "no such series: export_fail_total{format=\"xml\"}; `export_fail_total` was exported \
             with other labels, such as export_fail_total{format=\"csv\"}"
        );
    }
}

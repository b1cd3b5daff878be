//! Rule: a label that must differ from something must be there.
//!
//! `{sttus!="failed"}` on a metric without a label `sttus` leaves nothing out, and
//! `requests_total{sttus!="failed"} >= 100` counts the failures it was to ignore. To
//! Prometheus an absent label is the empty text, which differs from everything.

use crate::code::Code;
use crate::slo::Doubt;
use slogate_promql::{Labels, MatchOperator, Selector};

/// The code of this rule.
pub const CODE: Code = Code::new(&["no-such-label", include_str!("../codes/no-such-label.md")]);

/// The doubt about a negative matcher on a label that none of the metric's series has.
pub fn doubt(selector: &Selector, of_metric: &[&Labels]) -> Option<Doubt> {
    let metric = selector.metric_name()?;
    let example = of_metric.first()?;
    let negative = selector.matchers().iter().filter(|matcher| {
        matches!(matcher.operator(), MatchOperator::NotEqual | MatchOperator::NotMatches)
    });
    let unknown = |name: &str| of_metric.iter().all(|labels| labels.get(name).is_none());
    let matcher = negative.into_iter().find(|matcher| unknown(matcher.name()))?;
    Some(Doubt::new(
        CODE,
        format!(
            "no series of `{metric}` has a label `{}`, so `{matcher}` leaves nothing out; they look \
         like {example}",
            matcher.name()
        ),
    ))
}

#[cfg(test)]
mod tests {
    use slogate_promql::parse_selector;

    use super::*;

    fn doubted(selector: &str) -> Option<String> {
        let recorded = Labels::new([("__name__", "a_total"), ("status", "ok")]);
        doubt(&parse_selector(selector).unwrap(), &[&recorded]).map(|doubt| doubt.reason)
    }

    #[test]
    fn a_label_that_no_series_has_leaves_nothing_out() {
        assert!(doubted(r#"a_total{sttus!="failed"}"#).is_some());
        assert!(doubted(r#"a_total{sttus!~"4.."}"#).is_some());
        assert_eq!(doubted(r#"a_total{status!="failed"}"#), None);
        assert_eq!(doubted(r#"a_total{sttus=""}"#), None);
    }
}

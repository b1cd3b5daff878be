//! Selectors that find nothing among what a target exports: an unknown metric, or a label value
//! that none of its series has.
//!
//! Labels that a Prometheus adds, such as `job`, are not exported, so a label that no series has
//! is none to judge by. `absent` is meant to find nothing.

use super::{Found, Severity, Subject};
use crate::expression::{Asks, SelectorInfo};
use crate::matcher::Matcher;
use crate::{Labels, MatchOperator};

/// Series that a Prometheus makes itself, of alerts and of each scrape
/// (`docs/concepts/jobs_instances.md`).
const MADE_BY_PROMETHEUS: &[&str] = &[
    "ALERTS",
    "ALERTS_FOR_STATE",
    "up",
    "scrape_body_size_bytes",
    "scrape_duration_seconds",
    "scrape_sample_limit",
    "scrape_samples_post_metric_relabeling",
    "scrape_samples_scraped",
    "scrape_series_added",
    "scrape_timeout_seconds",
];

/// How many of a label's values are shown: a line of them.
const SHOWN_VALUES: usize = 5;

/// Metrics that the target does not export.
pub(super) fn check_names(subject: &Subject<'_>) -> Vec<Found> {
    let Some(exported) = subject.known.exported else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut told: Vec<String> = Vec::new();
    for one in asked_of_target(subject) {
        let Some(name) = one.metric_name() else { continue };
        if !exported.series_of(name).is_empty() || told.iter().any(|known| known == name) {
            continue;
        }
        told.push(name.to_owned());
        let (severity, why) = if exported.type_of(name).is_some() {
            (Severity::Info, format!("`{name}` is declared and has no series now"))
        } else {
            (Severity::Warning, format!("the target exports no series `{name}`"))
        };
        let instead = match (subject.known.closest)(name, &exported.names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "look at the names that the target exports".to_owned(),
        };
        found.push(Found::new(severity, why, instead));
    }
    found
}

/// Matchers that no series of a known metric passes.
pub(super) fn check_values(subject: &Subject<'_>) -> Vec<Found> {
    let Some(exported) = subject.known.exported else {
        return Vec::new();
    };
    let of_selector = |one: SelectorInfo| {
        let series = one.metric_name().map_or(&[][..], |name| exported.series_of(name));
        if series.is_empty() { Vec::new() } else { of_series(subject, &one, series) }
    };
    let mut found: Vec<Found> = Vec::new();
    for one in asked_of_target(subject).into_iter().flat_map(of_selector) {
        if !found.iter().any(|known| known.why == one.why) {
            found.push(one);
        }
    }
    found
}

/// Selectors whose series the target itself should have.
fn asked_of_target(subject: &Subject<'_>) -> Vec<SelectorInfo> {
    let is_its_own = |one: &SelectorInfo| {
        one.metric_name().is_some_and(|name| {
            let is_recorded = name.contains(':') || subject.known.recorded.contains(name);
            !is_recorded && !MADE_BY_PROMETHEUS.contains(&name)
        })
    };
    let selectors = subject.rule.expression.selectors().into_iter();
    selectors.filter(|one| one.asks != Asks::Absence && is_its_own(one)).collect()
}

fn of_series(subject: &Subject<'_>, one: &SelectorInfo, series: &[Labels]) -> Vec<Found> {
    let name = one.metric_name().unwrap_or_default();
    let is_exported =
        |matcher: &&Matcher| series.iter().any(|labels| labels.get(matcher.name()).is_some());
    let matchers: Vec<&Matcher> = one.selector.matchers().iter().filter(is_exported).collect();
    let unmet: Vec<&&Matcher> = matchers
        .iter()
        .filter(|matcher| !series.iter().any(|labels| matcher.matches(labels)))
        .collect();
    if unmet.is_empty() {
        let meets_all = |labels: &Labels| matchers.iter().all(|matcher| matcher.matches(labels));
        if series.iter().any(meets_all) {
            return Vec::new();
        }
        let why = format!("no series of `{name}` that the target exports meets all matchers");
        let instead = "look which of the values go together";
        return vec![Found::new(Severity::Info, why, instead)];
    }
    unmet.into_iter().map(|matcher| unmet_value(subject, name, matcher, series)).collect()
}

fn unmet_value(subject: &Subject<'_>, name: &str, matcher: &Matcher, series: &[Labels]) -> Found {
    let mut values: Vec<&str> =
        series.iter().filter_map(|labels| labels.get(matcher.name())).collect();
    values.sort_unstable();
    values.dedup();
    let why = format!("no series of `{name}` that the target exports has `{matcher}`");
    let is_equality = matcher.operator() == MatchOperator::Equal;
    let meant = (subject.known.closest)(matcher.value(), &values).filter(|_| is_equality);
    if let Some(meant) = meant {
        return Found::new(Severity::Warning, why, format!("did you mean `{meant}`?"));
    }
    let shown = values.iter().take(SHOWN_VALUES).copied().collect::<Vec<_>>().join(", ");
    let more = if values.len() > SHOWN_VALUES { ", …" } else { "" };
    Found::new(Severity::Info, why, format!("its values are {shown}{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::METRIC_NAME;
    use crate::lint::tests::found;
    use crate::lint::{Exported, MetricType};

    fn of(expression: &str) -> Vec<String> {
        let mut exported = Exported::default();
        for code in ["200", "404"] {
            let labels = [(METRIC_NAME, "hits"), ("code", code), ("path", code)];
            exported.add(&Labels::new(labels));
        }
        exported.declare("failures", MetricType::Gauge);
        found(&format!("{{alert: A, expr: '{expression} > 5'}}"), Some(&exported))
    }

    #[test]
    fn names_that_the_target_does_not_have() {
        assert_eq!(of("hist"), ["unknown-series warning: the target exports no series `hist`"]);
        assert!(of("failures")[0].starts_with("unknown-series info: `failures` is declared"));
        for known in ["hits", "up", "job:errors", "absent(hist)", "other:recorded"] {
            assert!(!of(known).iter().any(|one| one.starts_with("unknown")), "{known}");
        }
    }

    #[test]
    fn values_that_no_series_has() {
        let told = of("hits{code=\"201\"}");
        assert!(
            told[0].starts_with("unknown-label-value warning: no series of `hits`"),
            "{told:?}"
        );
        assert!(of("hits{code=~\"5..\"}")[0].starts_with("unknown-label-value info"));
        assert!(of("hits{code=\"200\",path=\"404\"}")[0].contains("meets all matchers"));
        assert!(of("hits{code!=\"500\",job=\"a\"}").is_empty(), "`job` is added by a Prometheus");
    }
}

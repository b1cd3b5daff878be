//! Which instances a matcher selects, and the series that tells when each was scraped.

use std::collections::{BTreeMap, BTreeSet};

use slogate_promql::{Labels, METRIC_NAME, Selector};

use super::error::ApiError;

/// Most instances that are watched: each is asked about by itself.
const MOST_INSTANCES: usize = 100;

/// The series that Prometheus writes about each scrape.
const UP: &str = "up";

/// An instance that a matcher selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedInstance {
    /// Its `instance` label; empty for series that have none.
    pub name: String,
    /// The usual time between two of its samples, milliseconds.
    pub interval_ms: i64,
    /// The series that tells when it was scraped.
    pub(super) ticks: Labels,
}

/// The selector of `up` for whatever a matcher selects: its matchers but for the name.
pub(super) fn up_selector(selector: &Selector) -> String {
    let others = selector.matchers().iter().filter(|matcher| matcher.name() != METRIC_NAME);
    let matchers: Vec<String> = others.map(ToString::to_string).collect();
    format!("{UP}{{{}}}", matchers.join(","))
}

/// Whether a series is `up`.
pub(super) fn is_up(labels: &Labels) -> bool {
    labels.metric_name() == Some(UP)
}

/// The instance of a series.
pub(super) fn instance(labels: &Labels) -> &str {
    labels.get("instance").unwrap_or_default()
}

/// For each instance of the selected series the one that tells its scrapes: `up`, or else
/// the first of its own.
pub(super) fn tick_series(
    selected: &[Labels],
    ups: &[Labels],
) -> Result<BTreeMap<String, Labels>, ApiError> {
    let mut by_instance: BTreeMap<&str, Vec<&Labels>> = BTreeMap::new();
    for labels in selected {
        by_instance.entry(instance(labels)).or_default().push(labels);
    }
    if by_instance.len() > MOST_INSTANCES {
        let (found, most) = (by_instance.len(), MOST_INSTANCES);
        return Err(ApiError::TooManyInstances { found, most });
    }
    let tick_of = |(name, series): (&str, Vec<&Labels>)| {
        let its_ups = ups.iter().filter(|up| instance(up) == name);
        let its_ups: Vec<&Labels> = its_ups.collect();
        let ticks = one_target(name, &its_ups)?;
        let jobs = series.iter().map(|labels| labels.get("job").unwrap_or_default());
        one_job(name, ticks.is_some(), jobs.collect())?;
        let first = series.into_iter().min_by_key(ToString::to_string);
        Ok(ticks.or(first).map(|labels| (name.to_owned(), labels.clone())))
    };
    by_instance.into_iter().map(tick_of).filter_map(Result::transpose).collect()
}

/// Two targets under one name could not be told apart afterwards.
fn one_target<'a>(name: &str, ups: &[&'a Labels]) -> Result<Option<&'a Labels>, ApiError> {
    if ups.len() > 1 {
        let targets: Vec<String> = ups.iter().map(ToString::to_string).collect();
        return Err(ApiError::SeveralTargets {
            instance: name.to_owned(),
            targets: targets.join(", "),
        });
    }
    Ok(ups.first().copied())
}

/// Without `up`, jobs tell targets apart.
fn one_job(name: &str, has_up: bool, jobs: BTreeSet<&str>) -> Result<(), ApiError> {
    if has_up || jobs.len() < 2 {
        return Ok(());
    }
    let targets: Vec<&str> = jobs.into_iter().collect();
    Err(ApiError::SeveralTargets { instance: name.to_owned(), targets: targets.join(", ") })
}

#[cfg(test)]
mod tests {
    use slogate_promql::parse_selector;

    use super::*;
    use crate::scrape::codes;

    fn labels(name: &str, instance: &str, job: &str) -> Labels {
        Labels::new([(METRIC_NAME, name), ("instance", instance), ("job", job)])
    }

    #[test]
    fn up_is_asked_for_by_everything_but_the_name() {
        let selector = parse_selector(r#"{__name__=~"app_.*",job="x",pod!~"b\\d"}"#).unwrap();
        assert_eq!(up_selector(&selector), r#"up{job="x",pod!~"b\\d"}"#);
        assert_eq!(up_selector(&parse_selector("app_total").unwrap()), "up{}");
    }

    #[test]
    fn scrapes_are_told_by_up_or_else_by_a_series_of_the_instance() {
        let selected = [labels("b", "1", "x"), labels("a", "1", "x"), labels("a", "2", "x")];
        let ups = [labels("up", "1", "x"), labels("up", "3", "x")];
        let ticks = tick_series(&selected, &ups).unwrap();
        assert_eq!(ticks.keys().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(ticks["1"], ups[0]);
        assert_eq!(ticks["2"], selected[2]);
    }

    #[test]
    fn two_targets_of_one_name_are_refused() {
        let selected = [labels("a", "1", "x"), labels("a", "1", "y")];
        let without_up = tick_series(&selected, &[]).unwrap_err();
        assert!(without_up.to_string().contains("several targets (x, y)"), "{without_up}");
        let ups = [labels("up", "1", "x"), labels("up", "1", "y")];
        let with_up = tick_series(&selected, &ups).unwrap_err();
        for error in [without_up, with_up] {
            assert_eq!(error.code(), Some(codes::SEVERAL_TARGETS));
        }
    }

    #[test]
    fn a_hundred_instances_are_the_most() {
        let names: Vec<String> = (0..101).map(|index| index.to_string()).collect();
        let selected: Vec<Labels> = names.iter().map(|name| labels("a", name, "x")).collect();
        assert!(tick_series(&selected[1..], &[]).is_ok());
        let error = tick_series(&selected, &[]).unwrap_err();
        assert!(matches!(error, ApiError::TooManyInstances { found: 101, most: 100 }), "{error}");
        assert_eq!(error.code(), Some(codes::TOO_MUCH_SELECTED));
    }
}

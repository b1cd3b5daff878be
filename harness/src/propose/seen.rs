//! What a look at a service showed, as the proposals need it.

use std::collections::BTreeMap;

use crate::histogram::{LatencyHistogram, Ranked};
use crate::load::FailureKind;
use crate::series::{START_TIME, SeriesStore};
use crate::slo::{
    Evidence, Growth, Selection, growths, moves_by_itself, names_a_path_of_scrapes, selections,
    target_moved,
};

/// Longest value of a label that stands in a proposal: longer ones are no routes, and
/// nobody reads them.
const LONGEST_VALUE_BYTES: usize = 120;
/// Labels that say which part of a service was asked: clients of Go, Micrometer,
/// OpenTelemetry, Django and .NET among them.
const ROUTE_LABELS: [&str; 11] = [
    "handler",
    "path",
    "route",
    "uri",
    "endpoint",
    "url",
    "http_route",
    "http_target",
    "request_path",
    "view",
    "action",
];

/// What a look showed.
pub(super) struct Seen<'a> {
    /// Complete answers, as expected or not.
    pub(super) answers: u64,
    /// Requests that failed, by how.
    pub(super) failures: BTreeMap<FailureKind, u64>,
    /// What 95 of 100 requests took at most, seconds; nothing where more than five failed.
    pub(super) p95_seconds: Option<f64>,
    /// How long an answer takes, seconds: most of them, or the slowest good one.
    pub(super) answer_seconds: f64,
    /// Every series of the target's own that counts.
    pub(super) growths: Vec<Growth<'a>>,
    /// Selections that can be written into a file, without what moves by itself and what
    /// is about the page with metrics.
    pub(super) selections: Vec<Selection>,
    /// Whether a counter of the target's own moved.
    pub(super) target_moved: bool,
    /// Whether the metrics say when their process started.
    pub(super) tells_start: bool,
    /// Everything that was scraped.
    pub(super) series: &'a SeriesStore,
}

impl<'a> Seen<'a> {
    /// Of the evidence of a look.
    pub(super) fn of(evidence: &'a Evidence<'_>) -> Self {
        let mut good = LatencyHistogram::new();
        let mut failures: BTreeMap<FailureKind, u64> = BTreeMap::new();
        for request in evidence.load.measured_requests() {
            good.merge(&request.latency_ok);
            for (kind, count) in &request.failures {
                *failures.entry(kind.clone()).or_default() += count;
            }
        }
        let growths = growths(evidence);
        let mut selections = selections(&growths);
        selections.retain(|one| is_writable(one) && is_of_work(one, &evidence.metrics_paths));
        let p95_seconds = seconds(good.rank(0.95, failures.values().sum()));
        Self {
            answers: evidence.load.measured_answers(),
            answer_seconds: p95_seconds.or_else(|| seconds(good.max(0))).unwrap_or(0.0),
            p95_seconds,
            failures,
            growths,
            selections,
            target_moved: target_moved(evidence),
            tells_start: evidence.series.kind(START_TIME).is_some(),
            series: evidence.series,
        }
    }

    /// Whether a counter of scrapes may have grown by the answers as well: the first scrape
    /// and those of the page's own search are not told apart here.
    pub(super) fn may_have_counted_scrapes(&self) -> bool {
        let scrapes = u64::try_from(self.series.scrapes().len()).unwrap_or(u64::MAX);
        self.answers.abs_diff(scrapes) <= 1
    }

    /// Requests that failed.
    pub(super) fn failed(&self) -> u64 {
        self.failures.values().sum()
    }

    /// Selections that grew by exactly the answers that came.
    pub(super) fn counted_answers(&self) -> impl Iterator<Item = &Selection> {
        self.selections.iter().filter(|one| self.answers > 0 && one.grew_by(self.answers))
    }
}

/// Whether a selection is about one route.
pub(super) fn is_of_route(selection: &Selection) -> bool {
    selection.label.as_ref().is_some_and(|(label, _)| ROUTE_LABELS.contains(&label.as_str()))
}

/// Whether a selection can stand in a scenario and be read again as what it is.
fn is_writable(selection: &Selection) -> bool {
    let is_plain = |name: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(is_part)
    };
    let value_is_plain = |value: &str| {
        // `$` begins variables of files and windows of PromQL.
        value.len() <= LONGEST_VALUE_BYTES && !value.contains(|c: char| c.is_control() || c == '$')
    };
    is_plain(&selection.metric)
        && selection.label.as_ref().is_none_or(|(label, value)| {
            is_plain(label) && !label.contains(':') && value_is_plain(value)
        })
}

/// Whether a selection counts work, as opposed to what a process or a scrape does itself.
fn is_of_work(selection: &Selection, metrics_paths: &[String]) -> bool {
    let is_of_scrapes =
        |(_, value): &(String, String)| names_a_path_of_scrapes(value, metrics_paths);
    !moves_by_itself(&selection.metric) && !selection.label.as_ref().is_some_and(is_of_scrapes)
}

fn seconds(ranked: Ranked) -> Option<f64> {
    match ranked {
        Ranked::Seconds(seconds) => Some(seconds),
        Ranked::Unbounded | Ranked::NoSamples => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::FamilyKind;

    fn selection(metric: &str, label: Option<(&str, &str)>) -> Selection {
        let label = label.map(|(label, value)| (label.to_owned(), value.to_owned()));
        Selection { metric: metric.to_owned(), label, kind: FamilyKind::Counter, by: 1.0 }
    }

    #[test]
    fn what_cannot_be_read_again_is_not_written() {
        assert!(is_writable(&selection("asked_total", Some(("path", "/a \"b\" 'c' é")))));
        assert!(!is_writable(&selection("asked total", None)));
        assert!(!is_writable(&selection("asked_total", Some(("the path", "/")))));
        assert!(!is_writable(&selection("asked_total", Some(("path", "/${HOME}")))));
        assert!(!is_writable(&selection("asked_total", Some(("path", "/\n")))));
    }

    #[test]
    fn the_page_with_metrics_and_runtimes_are_no_work() {
        let of_page = selection("asked_total", Some(("path", "/metrics")));
        let [scraped, other] = ["/metrics", "/other"].map(|path| [path.to_owned()]);
        assert!(!is_of_work(&of_page, &scraped) && is_of_work(&of_page, &other));
        assert!(!is_of_work(&selection("go_gc_duration_seconds_count", None), &[]));
    }
}

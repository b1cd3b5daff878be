//! Rule: where slogate sends nothing itself, something must have happened.
//!
//! `export_fail_total == 0` holds on a service that nobody used. When somebody else's
//! load is watched, a counter of the service's own must have grown; what a runtime
//! counts by itself, and what our own scrapes cause, is no proof of anything.

use crate::code::Code;
use slogate_promql::{Sample, SeriesRef, is_stale};

use super::since_start::counts_since_start;
use crate::series::SeriesStore;
use crate::slo::by_itself::{counts_scrapes, is_of_scrapes, moves_by_itself};
use crate::slo::{Ruling, Window};

/// The code of this rule.
pub const CODE: Code = Code::new(&["idle-target", include_str!("../codes/idle-target.md")]);

/// The ruling over an observation in which nothing happened; `metrics_paths` are what
/// only scrapes ask for.
pub fn find(series: &SeriesStore, window: Window, metrics_paths: &[String]) -> Option<Ruling> {
    let did_something = series.iter().any(|one| is_work(series, one, window, metrics_paths));
    (!did_something).then(|| {
        Ruling::inconclusive(
            CODE,
            "no counter of the target's own grew, so there was nothing to judge; assert while it \
             is used, for longer with --for, or over its whole life with --since-start",
        )
    })
}

fn is_work(store: &SeriesStore, series: SeriesRef<'_>, window: Window, paths: &[String]) -> bool {
    let Some(name) = series.labels.metric_name() else { return false };
    let kind = store.family_of(name).map(|(_, metadata)| metadata.kind);
    let of_scrapes = is_of_scrapes(series.labels, paths);
    if moves_by_itself(name) || of_scrapes || !counts_since_start(name, kind) {
        return false;
    }
    let within = window.opened_ms..=window.closed_ms;
    let live = |sample: &&Sample| within.contains(&sample.t_ms) && !is_stale(sample.value);
    let values: Vec<f64> = series.samples.iter().filter(live).map(|sample| sample.value).collect();
    let grew = values.windows(2).any(|pair| pair[1] > pair[0]);
    let was_born = values.len() == 1
        && values.first().is_some_and(|value| *value > 0.0)
        && series.samples.first().is_some_and(|first| first.t_ms > window.opened_ms);
    !counts_scrapes(&values) && (was_born || grew)
}

#[cfg(test)]
mod tests {
    use slogate_promql::Labels;

    use super::*;
    use crate::series::FamilyKind;
    use crate::slo::Verdict;

    const WINDOW: Window = Window { opened_ms: 0, closed_ms: 3_000 };

    fn found(labels: &[(&str, &str)], kind: FamilyKind, values: [f64; 4]) -> Option<Ruling> {
        let mut store = SeriesStore::default();
        let labels = Labels::new(labels.iter().copied());
        store.declare(labels.metric_name().unwrap(), kind);
        for (second, value) in (0..).zip(values) {
            store.append(&labels, second * 1_000, value);
        }
        find(&store, WINDOW, &["/metrics".into()])
    }

    #[test]
    fn a_counter_that_grew_is_work() {
        let name = [("__name__", "jobs_total")];
        assert_eq!(found(&name, FamilyKind::Counter, [5.0, 5.0, 7.0, 7.0]), None);
        let idle = found(&name, FamilyKind::Counter, [5.0; 4]).unwrap();
        assert_eq!(idle.verdict, Verdict::Inconclusive);
    }

    #[test]
    fn what_scrapes_and_runtimes_cause_is_none() {
        let grows = [1.0, 2.0, 3.0, 4.0];
        let scrapes = [("__name__", "http_requests_total"), ("path", "/metrics")];
        assert!(found(&scrapes, FamilyKind::Counter, [1.0, 3.0, 5.0, 9.0]).is_some());
        assert!(found(&[("__name__", "asked_total")], FamilyKind::Counter, grows).is_some());
        let cpu = [("__name__", "process_cpu_seconds_total")];
        assert!(found(&cpu, FamilyKind::Counter, [0.1, 0.2, 0.4, 0.9]).is_some());
        assert!(found(&[("__name__", "depth")], FamilyKind::Gauge, [1.0, 5.0, 3.0, 9.0]).is_some());
    }
}

//! What functions of ranges say of their windows beside what they compute of them
//! (`promql/functions.go`).

use super::{Window, native};
use crate::annotation::Annotation;
use crate::histogram::{Histogram, ResetHint};

/// Names that end so are those of counters.
const COUNTER_ENDINGS: [&str; 4] = ["_total", "_sum", "_count", "_bucket"];

/// What a function says of one window.
pub(super) fn window(function: &str, window: &Window<'_>) -> Vec<Annotation> {
    let metric = window.labels.metric_name().unwrap_or_default();
    let (numbers, histograms) = (window.samples.len(), window.histograms.len());
    let is_mixed = numbers > 0 && histograms > 0;
    match function {
        "rate" | "increase" | "delta" | "avg_over_time" | "sum_over_time" if is_mixed => {
            vec![Annotation::numbers_and_histograms(metric)]
        }
        // Of a single sample there is no rate, and nothing is said.
        "rate" | "increase" if numbers > 1 => {
            not_named_like_a_counter(metric).into_iter().collect()
        }
        "rate" | "increase" | "delta" if histograms > 1 => {
            of_change(&native::of(window), function == "delta", metric)
        }
        "irate" | "idelta" => of_last_two(window, function == "idelta", metric),
        "avg_over_time" | "sum_over_time" => {
            let histograms = native::of(window);
            let mixed = mixed_layouts(&histograms, metric);
            mixed.into_iter().chain(of_sum(&histograms)).collect()
        }
        "max_over_time"
        | "min_over_time"
        | "stddev_over_time"
        | "stdvar_over_time"
        | "quantile_over_time"
        | "mad_over_time"
        | "deriv"
        | "predict_linear"
        | "double_exponential_smoothing"
            if is_mixed =>
        {
            vec![Annotation::histograms_left_out_of_range(metric)]
        }
        _ => Vec::new(),
    }
}

fn not_named_like_a_counter(metric: &str) -> Option<Annotation> {
    let is_named = metric.is_empty() || COUNTER_ENDINGS.iter().any(|end| metric.ends_with(end));
    (!is_named).then(|| Annotation::not_named_like_a_counter(metric))
}

/// Histograms of a change over a range, or of the last two samples of one.
fn of_change(histograms: &[&Histogram], is_gauge: bool, metric: &str) -> Vec<Annotation> {
    let mut said = Vec::new();
    let gauges = histograms.iter().filter(|one| one.reset_hint == ResetHint::Gauge).count();
    if is_gauge && gauges < histograms.len() {
        said.push(Annotation::not_a_gauge(metric));
    }
    if !is_gauge && gauges > 0 {
        said.push(Annotation::not_a_counter(metric));
    }
    // Before a reset the first sample does not count, nor does its layout.
    let compared = match histograms {
        [first, second, ..] if !is_gauge && second.is_reset_since(first) => &histograms[1..],
        _ => histograms,
    };
    said.extend(mixed_layouts(compared, metric));
    said.extend(differ_in_bounds(compared).then(|| Annotation::bounds_reconciled("subtraction")));
    said
}

fn of_last_two(window: &Window<'_>, is_gauge: bool, metric: &str) -> Vec<Annotation> {
    let newest_number = window.samples.last().map(|one| one.t_ms);
    let at = |nth: usize| {
        let rank = window.histograms.len().checked_sub(nth)?;
        window.histograms.get(rank).map(|one| one.t_ms)
    };
    let before_newest = window.samples.len().checked_sub(2).map(|at| window.samples[at].t_ms);
    match (at(1), at(2)) {
        (Some(_), Some(before)) if newest_number.is_none_or(|number| number < before) => {
            let histograms = native::of(window);
            of_change(&histograms[histograms.len() - 2..], is_gauge, metric)
        }
        (Some(newest), _) if before_newest.is_none_or(|number| number < newest) => {
            let is_mixed = newest_number.is_some();
            is_mixed.then(|| Annotation::numbers_and_histograms(metric)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// What is said of a sum or mean of histograms, of whatever they are.
pub(crate) fn of_sum(histograms: &[&Histogram]) -> Vec<Annotation> {
    let has = |hint: ResetHint| histograms.iter().any(|one| one.reset_hint == hint);
    let is_conflict = has(ResetHint::Reset) && has(ResetHint::NotReset);
    let conflict = is_conflict.then(Annotation::conflicting_resets);
    let reconciled = differ_in_bounds(histograms);
    let reconciled = reconciled.then(|| Annotation::bounds_reconciled("aggregation"));
    conflict.into_iter().chain(reconciled).collect()
}

/// Whether there are listed bounds, and not always the same.
fn differ_in_bounds(histograms: &[&Histogram]) -> bool {
    let all_listed = histograms.iter().all(|one| one.is_custom());
    all_listed && histograms.windows(2).any(|pair| pair[0].layout != pair[1].layout)
}

fn mixed_layouts(histograms: &[&Histogram], metric: &str) -> Option<Annotation> {
    let listed = histograms.iter().filter(|one| one.is_custom()).count();
    let is_mixed = listed > 0 && listed < histograms.len();
    is_mixed.then(|| Annotation::exponential_and_listed(metric))
}

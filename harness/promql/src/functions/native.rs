//! Numbers of native histograms, and how they change over a range.

use crate::eval::Window;
use crate::histogram::{self, Histogram, ResetHint};

pub(super) fn count(histogram: &Histogram) -> f64 {
    histogram.count
}

pub(super) fn sum(histogram: &Histogram) -> f64 {
    histogram.sum
}

pub(super) fn average(histogram: &Histogram) -> f64 {
    histogram.sum / histogram.count
}

pub(super) fn variance(histogram: &Histogram) -> f64 {
    histogram.variance()
}

pub(super) fn standard_deviation(histogram: &Histogram) -> f64 {
    histogram.variance().sqrt()
}

/// The histograms of a window, oldest first.
pub(super) fn of<'w>(window: &'w Window<'_>) -> Vec<&'w Histogram> {
    window.histograms.iter().map(|sample| &*sample.histogram).collect()
}

/// The last histogram minus the first, with what resets took away; `None` where
/// two that matter have no common layout (`histogramRate` in `promql/functions.go`).
pub(super) fn growth(histograms: &[&Histogram]) -> Option<Histogram> {
    let [first, rest @ ..] = histograms else {
        return None;
    };
    let (second, last) = (rest.first()?, rest.last()?);
    if rest.iter().any(|one| one.is_custom() != last.is_custom()) {
        return None;
    }
    // Before a reset the first sample does not count, nor does its layout.
    let empty = Histogram::empty(second.layout.clone());
    let first = if second.is_reset_since(first) { &empty } else { first };
    let mut growth = last.minus(first)?;
    let mut before = first;
    for histogram in rest {
        if histogram.is_reset_since(before) {
            growth = growth.plus(before)?;
        }
        // Buckets between the ends may be coarser than both.
        growth = growth.plus(&Histogram {
            zero_threshold: 0.0,
            ..Histogram::empty(histogram.layout.clone())
        })?;
        before = histogram;
    }
    Some(growth.with_hint(ResetHint::Gauge))
}

/// The last histogram minus the first, whatever is between them.
pub(super) fn difference(histograms: &[&Histogram]) -> Option<Histogram> {
    let [first, .., last] = histograms else {
        return None;
    };
    Some(last.minus(first)?.with_hint(ResetHint::Gauge))
}

pub(super) fn mean_of(window: &Window<'_>) -> Option<Histogram> {
    histogram::mean(of(window).into_iter())
}

pub(super) fn sum_of(window: &Window<'_>) -> Option<Histogram> {
    histogram::sum(of(window).into_iter())
}

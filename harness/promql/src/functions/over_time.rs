//! Statistics of each series over a range. A window is never empty.
//!
//! Where it has numbers and histograms, those that both have (how many, the
//! first) are of all, a sum or mean is of none, and others are of the numbers.

use std::sync::Arc;

use super::{Arguments, native};
use crate::annotation::Annotation;
use crate::eval::{
    EvalError, KahanSum, Window, ascending_nan_first, kahan_mean, kahan_sum, quantile_of_sorted,
};
use crate::{Datum, HistogramSample, Sample, Value};

pub(super) fn avg(window: &Window<'_>) -> Option<Datum> {
    match (window.samples.is_empty(), window.histograms.is_empty()) {
        (false, true) => Some(Datum::Number(kahan_mean(window.values()))),
        (true, false) => native::mean_of(window).map(Datum::from),
        _ => None,
    }
}

pub(super) fn count(window: &Window<'_>) -> f64 {
    (window.samples.len() + window.histograms.len()) as f64
}

pub(super) fn sum(window: &Window<'_>) -> Option<Datum> {
    match (window.samples.is_empty(), window.histograms.is_empty()) {
        (false, true) => Some(Datum::Number(kahan_sum(window.values()))),
        (true, false) => native::sum_of(window).map(Datum::from),
        _ => None,
    }
}

/// NaN only if there is nothing else.
pub(super) fn max(window: &Window<'_>) -> f64 {
    window.values().fold(f64::NAN, f64::max)
}

/// NaN only if there is nothing else.
pub(super) fn min(window: &Window<'_>) -> f64 {
    window.values().fold(f64::NAN, f64::min)
}

/// 1 for every series that has a sample.
pub(super) fn present(_: &Window<'_>) -> f64 {
    1.0
}

pub(super) fn first(window: &Window<'_>) -> Option<Datum> {
    Some(first_sample(window)?.1)
}

pub(super) fn last(window: &Window<'_>) -> Option<Datum> {
    Some(last_sample(window)?.1)
}

fn first_sample(window: &Window<'_>) -> Option<(i64, Datum)> {
    let (numbers, histograms) = (window.samples.first(), window.histograms.first());
    let both = numbers.map(of_number).into_iter().chain(histograms.map(of_histogram));
    both.min_by_key(|(t_ms, _)| *t_ms)
}

fn last_sample(window: &Window<'_>) -> Option<(i64, Datum)> {
    let (numbers, histograms) = (window.samples.last(), window.histograms.last());
    let both = numbers.map(of_number).into_iter().chain(histograms.map(of_histogram));
    both.max_by_key(|(t_ms, _)| *t_ms)
}

fn of_number(sample: &Sample) -> (i64, Datum) {
    (sample.t_ms, Datum::Number(sample.value))
}

fn of_histogram(sample: &HistogramSample) -> (i64, Datum) {
    (sample.t_ms, Datum::Histogram(Arc::clone(&sample.histogram)))
}

/// The population variance by Welford's method with compensated sums.
pub(super) fn stdvar(window: &Window<'_>) -> f64 {
    let (mut mean, mut squares) = (KahanSum::default(), KahanSum::default());
    let mut count = 0.0;
    for value in window.values() {
        count += 1.0;
        let delta = value - mean.value();
        mean.add(delta / count);
        squares.add(delta * (value - mean.value()));
    }
    squares.value() / count
}

/// The population standard deviation.
pub(super) fn stddev(window: &Window<'_>) -> f64 {
    stdvar(window).sqrt()
}

/// The median of the distances from the median.
pub(super) fn median_absolute_deviation(window: &Window<'_>) -> f64 {
    if window.values().any(f64::is_nan) {
        return f64::NAN;
    }
    let median = quantile_of_sorted(0.5, &sorted(window.values()));
    quantile_of_sorted(0.5, &sorted(window.values().map(|value| (value - median).abs())))
}

/// `quantile_over_time(q, v[…])`.
pub(super) fn quantile(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let quantile = arguments.scalar(0)?;
    arguments.each_window(1, |window| {
        arguments.annotate(quantile_says(quantile, window));
        (!window.samples.is_empty()).then(|| quantile_of(quantile, window))
    })
}

/// What is said of a quantile that is none.
pub(super) fn quantile_says(quantile: f64, window: &Window<'_>) -> Option<Annotation> {
    if window.samples.is_empty() { None } else { Annotation::invalid_quantile(quantile) }
}

/// A quantile of the numbers in a window, which has some.
pub(super) fn quantile_of(quantile: f64, window: &Window<'_>) -> f64 {
    quantile_of_sorted(quantile, &sorted(window.values()))
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted = values.collect::<Vec<_>>();
    sorted.sort_by(|a, b| ascending_nan_first(*a, *b));
    sorted
}

pub(super) fn time_of_first(window: &Window<'_>) -> Option<f64> {
    first_sample(window).map(|(t_ms, _)| t_ms as f64 / 1000.0)
}

pub(super) fn time_of_last(window: &Window<'_>) -> Option<f64> {
    last_sample(window).map(|(t_ms, _)| t_ms as f64 / 1000.0)
}

/// When the maximum was reached last.
pub(super) fn time_of_max(window: &Window<'_>) -> Option<f64> {
    last_best(window, |value, best| value >= best)
}

/// When the minimum was reached last.
pub(super) fn time_of_min(window: &Window<'_>) -> Option<f64> {
    last_best(window, |value, best| value <= best)
}

fn last_best(window: &Window<'_>, better: fn(f64, f64) -> bool) -> Option<f64> {
    let choose = |best: Sample, sample: Sample| {
        if better(sample.value, best.value) || best.value.is_nan() { sample } else { best }
    };
    window.samples.iter().copied().reduce(choose).map(|best| best.t_ms as f64 / 1000.0)
}

//! How counters and gauges change over a range.
//!
//! `rate`, `increase` and `delta` extrapolate to the edges of the range, as
//! `extrapolatedRate` in `promql/functions.go` does, version 3. Where a range has
//! numbers and histograms, there is no change to speak of.

use super::native;
use crate::Datum;
use crate::eval::Window;
use crate::histogram::{Histogram, ResetHint};

/// Gaps to the edge of the range longer than this many mean sample distances
/// are taken for the series' real start or end.
const EXTRAPOLATION_LIMIT: f64 = 1.1;

/// What is extrapolated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    CounterPerSecond,
    Counter,
    Gauge,
}

impl Change {
    fn is_of_counter(self) -> bool {
        self != Self::Gauge
    }
}

/// The increase of a counter per second.
pub(super) fn rate(window: &Window<'_>) -> Option<Datum> {
    extrapolated(window, Change::CounterPerSecond)
}

/// The increase of a counter over the range.
pub(super) fn increase(window: &Window<'_>) -> Option<Datum> {
    extrapolated(window, Change::Counter)
}

/// The difference of a gauge over the range.
pub(super) fn delta(window: &Window<'_>) -> Option<Datum> {
    extrapolated(window, Change::Gauge)
}

fn extrapolated(window: &Window<'_>, change: Change) -> Option<Datum> {
    match (window.samples.is_empty(), window.histograms.is_empty()) {
        (false, true) => extrapolated_number(window, change).map(Datum::Number),
        (true, false) => extrapolated_histogram(window, change).map(Datum::from),
        _ => None,
    }
}

fn extrapolated_number(window: &Window<'_>, change: Change) -> Option<f64> {
    let [first, .., last] = &*window.samples else {
        return None;
    };
    let mut difference = last.value - first.value;
    if change.is_of_counter() {
        difference = with_what_resets_took(difference, window);
    }
    let grown = (change.is_of_counter() && difference > 0.0 && first.value >= 0.0)
        .then_some((first.value, difference));
    let times = Times { first_ms: first.t_ms, last_ms: last.t_ms, count: window.samples.len() };
    Some(difference * times.factor(window, grown, change))
}

fn extrapolated_histogram(window: &Window<'_>, change: Change) -> Option<Histogram> {
    let [first, .., last] = &*window.histograms else {
        return None;
    };
    let histograms = native::of(window);
    let difference = match change {
        Change::Counter | Change::CounterPerSecond => native::growth(&histograms)?,
        Change::Gauge => native::difference(&histograms)?,
    };
    let from = first.histogram.count;
    let grown = (change.is_of_counter() && difference.count > 0.0 && from >= 0.0)
        .then_some((from, difference.count));
    let times = Times { first_ms: first.t_ms, last_ms: last.t_ms, count: histograms.len() };
    Some(difference.scaled(times.factor(window, grown, change)))
}

/// When the samples of a range were taken.
struct Times {
    first_ms: i64,
    last_ms: i64,
    count: usize,
}

impl Times {
    /// What a difference between the samples is multiplied by. A rate is divided before it is
    /// multiplied, as Prometheus does it: the last digit decides comparisons.
    fn factor(&self, window: &Window<'_>, grown: Option<(f64, f64)>, change: Change) -> f64 {
        let extrapolation = self.extrapolation(window, grown);
        if change == Change::CounterPerSecond {
            extrapolation / window.range_seconds()
        } else {
            extrapolation
        }
    }

    /// By how much a difference is larger in the whole range than between the
    /// samples. A counter that has grown is not extended to before it was zero.
    fn extrapolation(&self, window: &Window<'_>, grown: Option<(f64, f64)>) -> f64 {
        let sampled_seconds = (self.last_ms - self.first_ms) as f64 / 1000.0;
        let mean_distance = sampled_seconds / (self.count as f64 - 1.0);
        let extended = |gap_ms: i64| {
            let gap = gap_ms as f64 / 1000.0;
            if gap >= mean_distance * EXTRAPOLATION_LIMIT { mean_distance / 2.0 } else { gap }
        };
        let mut before = extended(self.first_ms - window.start_ms);
        if let Some((first, difference)) = grown {
            before = before.min(sampled_seconds * (first / difference));
        }
        let after = extended(window.end_ms - self.last_ms);
        (sampled_seconds + before + after) / sampled_seconds
    }
}

/// A difference and the values from which a counter fell back, added one by one as they come.
fn with_what_resets_took(difference: f64, window: &Window<'_>) -> f64 {
    let pairs = window.samples.windows(2).map(|pair| (pair[0].value, pair[1].value));
    let lost = pairs.filter(|(before, after)| after < before).map(|(before, _)| before);
    lost.fold(difference, |sum, before| sum + before)
}

/// The rate between the last two samples.
pub(super) fn irate(window: &Window<'_>) -> Option<Datum> {
    let [before, last] = last_two(window)?;
    let seconds = (last.t_ms - before.t_ms) as f64 / 1000.0;
    if seconds <= 0.0 {
        return None;
    }
    let grown = match (before.value, last.value) {
        (Value::Number(before), Value::Number(last)) => {
            let difference = if last < before { last } else { last - before };
            return Some(Datum::Number(difference / seconds));
        }
        (Value::Histogram(before), Value::Histogram(last)) if last.is_reset_since(before) => {
            last.clone()
        }
        (Value::Histogram(before), Value::Histogram(last)) => last.minus(before)?,
        _ => return None,
    };
    Some(grown.with_hint(ResetHint::Gauge).divided(seconds).into())
}

/// The difference between the last two samples.
pub(super) fn idelta(window: &Window<'_>) -> Option<Datum> {
    let [before, last] = last_two(window)?;
    match (before.value, last.value) {
        (Value::Number(before), Value::Number(last)) => Some(Datum::Number(last - before)),
        (Value::Histogram(before), Value::Histogram(last)) => {
            Some(last.minus(before)?.with_hint(ResetHint::Gauge).into())
        }
        _ => None,
    }
}

fn last_two<'w>(window: &'w Window<'_>) -> Option<[At<'w>; 2]> {
    let all = in_order(window);
    let [.., before, last] = all.as_slice() else {
        return None;
    };
    Some([*before, *last])
}

/// How often the value changed; NaN after NaN is no change, a histogram after a
/// number is one.
#[expect(clippy::float_cmp, reason = "any difference is a change")]
pub(super) fn changes(window: &Window<'_>) -> f64 {
    count_pairs(window, |before, after| match (before, after) {
        (Value::Number(a), Value::Number(b)) => a != b && !(a.is_nan() && b.is_nan()),
        (Value::Histogram(a), Value::Histogram(b)) => !a.is_same(b),
        _ => true,
    })
}

/// How often the value went down; so it does between a number and a histogram.
pub(super) fn resets(window: &Window<'_>) -> f64 {
    count_pairs(window, |before, after| match (before, after) {
        (Value::Number(before), Value::Number(after)) => after < before,
        (Value::Histogram(before), Value::Histogram(after)) => after.is_reset_since(before),
        _ => true,
    })
}

/// A sample of a range, whatever it holds.
#[derive(Clone, Copy)]
struct At<'w> {
    t_ms: i64,
    value: Value<'w>,
}

#[derive(Clone, Copy)]
enum Value<'w> {
    Number(f64),
    Histogram(&'w Histogram),
}

fn count_pairs(window: &Window<'_>, counts: fn(Value<'_>, Value<'_>) -> bool) -> f64 {
    let all = in_order(window);
    all.windows(2).filter(|pair| counts(pair[0].value, pair[1].value)).count() as f64
}

/// Numbers and histograms by time.
fn in_order<'w>(window: &'w Window<'_>) -> Vec<At<'w>> {
    let numbers =
        window.samples.iter().map(|one| At { t_ms: one.t_ms, value: Value::Number(one.value) });
    let histograms = window.histograms.iter();
    let histograms =
        histograms.map(|one| At { t_ms: one.t_ms, value: Value::Histogram(&one.histogram) });
    let mut all = numbers.chain(histograms).collect::<Vec<_>>();
    if !window.histograms.is_empty() {
        all.sort_by_key(|at| at.t_ms);
    }
    all
}

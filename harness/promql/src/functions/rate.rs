//! How counters and gauges change over a range.
//!
//! `rate`, `increase` and `delta` extrapolate to the edges of the range, as
//! `extrapolatedRate` in `promql/functions.go` does, version 3.

use crate::eval::Window;

/// Gaps to the edge of the range longer than this many mean sample distances
/// are taken for the series' real start or end.
const EXTRAPOLATION_LIMIT: f64 = 1.1;

/// What is extrapolated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Counter,
    Gauge,
}

/// The increase of a counter per second.
pub(super) fn rate(window: &Window<'_>) -> Option<f64> {
    Some(extrapolated(window, Change::Counter)? / window.range_seconds())
}

/// The increase of a counter over the range.
pub(super) fn increase(window: &Window<'_>) -> Option<f64> {
    extrapolated(window, Change::Counter)
}

/// The difference of a gauge over the range.
pub(super) fn delta(window: &Window<'_>) -> Option<f64> {
    extrapolated(window, Change::Gauge)
}

fn extrapolated(window: &Window<'_>, change: Change) -> Option<f64> {
    let [first, .., last] = &*window.samples else {
        return None;
    };
    let mut difference = last.value - first.value;
    if change == Change::Counter {
        difference += lost_by_resets(window);
    }
    let sampled_seconds = (last.t_ms - first.t_ms) as f64 / 1000.0;
    let mean_distance = sampled_seconds / (window.samples.len() as f64 - 1.0);
    let extended = |gap_ms: i64| {
        let gap = gap_ms as f64 / 1000.0;
        if gap >= mean_distance * EXTRAPOLATION_LIMIT { mean_distance / 2.0 } else { gap }
    };
    let mut before = extended(first.t_ms - window.start_ms);
    if change == Change::Counter && difference > 0.0 && first.value >= 0.0 {
        // A counter cannot have been below zero: do not extend past that.
        before = before.min(sampled_seconds * (first.value / difference));
    }
    let after = extended(window.end_ms - last.t_ms);
    Some(difference * ((sampled_seconds + before + after) / sampled_seconds))
}

/// The sum of the values from which a counter fell back.
fn lost_by_resets(window: &Window<'_>) -> f64 {
    pairs(window).filter(|(before, after)| after < before).map(|(before, _)| before).sum()
}

/// The rate between the last two samples.
pub(super) fn irate(window: &Window<'_>) -> Option<f64> {
    let [.., before, last] = &*window.samples else {
        return None;
    };
    let reset = last.value < before.value;
    let difference = if reset { last.value } else { last.value - before.value };
    let seconds = (last.t_ms - before.t_ms) as f64 / 1000.0;
    (seconds > 0.0).then_some(difference / seconds)
}

/// The difference between the last two samples.
pub(super) fn idelta(window: &Window<'_>) -> Option<f64> {
    let [.., before, last] = &*window.samples else {
        return None;
    };
    Some(last.value - before.value)
}

/// How often the value changed; NaN after NaN is no change.
#[expect(clippy::float_cmp, reason = "any difference is a change")]
pub(super) fn changes(window: &Window<'_>) -> f64 {
    let changed = |pair: &(f64, f64)| pair.0 != pair.1 && !(pair.0.is_nan() && pair.1.is_nan());
    pairs(window).filter(changed).count() as f64
}

/// How often the value went down.
pub(super) fn resets(window: &Window<'_>) -> f64 {
    pairs(window).filter(|(before, after)| after < before).count() as f64
}

fn pairs(window: &Window<'_>) -> impl Iterator<Item = (f64, f64)> {
    window.samples.windows(2).map(|pair| (pair[0].value, pair[1].value))
}

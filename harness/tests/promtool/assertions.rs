//! A saved run's series in a real Prometheus of each generation, made blocks of by its own
//! promtool: it says of the six assertions what our engine and our verdict say.
//!
//! One number differs, and is meant to: the success rate is judged by whole requests, while
//! `increase()` extrapolates over the extra millisecond of `$run`, in series that were not 0
//! at its start. So the two may differ by as much as that millisecond is of the window.
//!
//! The generations read ranges differently: Prometheus 3 leaves a sample at the very start of
//! a range out and 2.x takes it in. `$run` is a millisecond longer than the window, so that
//! both see the opening sample and neither sees one before it. The last test here shows what
//! would differ otherwise.

use slogate::series::SeriesStore;
use slogate_promql::{Expression, Options, instant};

use super::saved::{Saved, generations};
use super::support::prometheus::Prometheus;

/// Relative difference that the order of additions may make.
const TOLERANCE: f64 = 1e-9;

/// What our engine says of an expression that has one value.
fn evaluated(series: &SeriesStore, expression: &str, at_ms: i64) -> f64 {
    let expression = Expression::parse(expression).unwrap();
    match instant(&expression, series, at_ms, &Options::default()).unwrap() {
        slogate_promql::Value::Vector(elements) if elements.len() == 1 => {
            elements[0].value.number().unwrap()
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_close((ours, theirs): (f64, f64), tolerance: f64, what: &str) {
    assert!((ours - theirs).abs() <= tolerance * ours.abs(), "{what}: {ours} and {theirs}");
}

#[test]
fn a_real_prometheus_says_of_the_six_assertions_what_the_verdict_says() {
    let generations = generations();
    if generations.is_empty() {
        return;
    }
    let saved = Saved::make();
    let series = saved.series();
    let (opened_ms, closed_ms) = saved.window();
    let run_ms = closed_ms - opened_ms + 1;
    let extra_millisecond = 1.0 / run_ms as f64;
    for generation in &generations {
        let prometheus = saved.in_prometheus(generation);
        // Ours is in seconds, and the metric in milliseconds.
        for (id, scale, tolerance) in [
            ("metrics-coverage", 1.0, TOLERANCE),
            ("latency-p95", 1e-3, TOLERANCE),
            ("success-rate", 1.0, extra_millisecond),
            ("concurrent", 1.0, TOLERANCE),
            ("queue-depth", 1.0, TOLERANCE),
        ] {
            let what = format!("{id} in {generation:?}");
            let (judged, expression) = saved.judged(id);
            let expression = expression.replace("$run", &format!("{run_ms}ms"));
            let theirs = prometheus.instant(&expression, closed_ms);
            let [theirs] = theirs[..] else { panic!("{what}: {theirs:?}") };
            let ours = evaluated(&series, &expression, closed_ms);
            assert_close((ours, theirs), TOLERANCE, &what);
            assert_close((judged, theirs * scale), tolerance, &what);
        }
        // A counter's growth is what it came to less what it began with.
        for (id, (judged, selector)) in
            [("bytes-exported", saved.judged("bytes-exported")), ("rejected", saved.rejected())]
        {
            let sum = format!("sum({selector})");
            let [opened, closed] = [opened_ms, closed_ms].map(|at| prometheus.instant(&sum, at)[0]);
            let what = format!("{id} in {generation:?}");
            assert_close((judged, closed - opened), TOLERANCE, &what);
        }
    }
    for (id, plain) in [("success-rate", 1.0), ("bytes-exported", 0.0)] {
        assert!((saved.judged(id).0 - plain).abs() > 0.01, "{id} shows nothing");
    }
    assert!(saved.rejected().0 > 0.0, "nothing was rejected");
}

#[test]
fn a_window_without_its_extra_millisecond_would_lose_a_sample_in_prometheus_3_only() {
    let generations = generations();
    if generations.is_empty() {
        return;
    }
    let saved = Saved::make();
    let (opened_ms, closed_ms) = saved.window();
    let window_ms = closed_ms - opened_ms;
    let counted = |prometheus: &Prometheus, range_ms: i64| {
        let count = format!("count_over_time(export_queue_depth[{range_ms}ms])");
        prometheus.instant(&count, closed_ms)[0]
    };
    let mut whole = None;
    for generation in &generations {
        let prometheus = saved.in_prometheus(generation);
        let with = counted(&prometheus, window_ms + 1);
        let lost = with - counted(&prometheus, window_ms);
        let expected = if generation.1.major() >= 3 { 1.0 } else { 0.0 };
        assert!((lost - expected).abs() < 0.5, "{lost} in {generation:?}");
        let first = *whole.get_or_insert(with);
        assert!((first - with).abs() < 0.5, "{first} and {with} samples in {generation:?}");
    }
}

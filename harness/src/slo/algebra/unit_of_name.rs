//! Rule: a unit that the metric's own name contradicts is a mistake somewhere.
//!
//! `unit: ms` over a metric that ends in `_seconds` reads three seconds as three
//! milliseconds and passes. Where the name says a time unit (Prometheus asks for
//! `_seconds`, and many exporters write `_ms`), the objective must say the same one. An
//! expression that calculates with `*` or `/` may convert, and is left alone.

/// Endings of names that say a unit of time, each with its seconds.
const TIMES: [(&str, f64); 8] = [
    ("_nanoseconds", 1e-9),
    ("_ns", 1e-9),
    ("_microseconds", 1e-6),
    ("_us", 1e-6),
    ("_milliseconds", 1e-3),
    ("_ms", 1e-3),
    ("_seconds", 1.0),
    ("_minutes", 60.0),
];
/// What histograms, summaries and counters put behind it.
const PARTS: [&str; 5] = ["_bucket", "_sum", "_total", "_max", "_min"];

/// The doubt about an objective that takes a metric's value for times of `scale` seconds,
/// if the metric's name says another unit of time.
pub fn doubt(metric: &str, expression: &str, scale: f64) -> Option<String> {
    if expression.contains(['*', '/']) {
        return None;
    }
    let base = PARTS.iter().find_map(|part| metric.strip_suffix(part)).unwrap_or(metric);
    let (ending, seconds) = TIMES.iter().find(|(ending, _)| base.ends_with(ending))?;
    ((seconds / scale - 1.0).abs() > 1e-6).then(|| {
        format!(
            "`{metric}` is in {} by its name, and `unit:` says another unit of time; write the \
             unit that the metric has",
            ending.trim_start_matches('_')
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_and_the_unit_must_agree() {
        assert!(doubt("wait_seconds", "max_over_time(wait_seconds[5m])", 1e-3).is_some());
        assert!(doubt("latency_ms_bucket", "histogram_quantile(…)", 1.0).is_some());
        assert_eq!(doubt("latency_ms_bucket", "histogram_quantile(…)", 1e-3), None);
        assert_eq!(doubt("wait_seconds_total", "increase(…)", 1.0), None);
    }

    #[test]
    fn what_calculates_may_convert() {
        assert_eq!(doubt("wait_seconds", "wait_seconds * 1000", 1e-3), None);
    }

    #[test]
    fn a_name_without_a_unit_says_nothing() {
        assert_eq!(doubt("latency", "latency", 1e-3), None);
        assert_eq!(doubt("items", "items", 1.0), None);
    }
}

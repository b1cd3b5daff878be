//! Rule: the value of a counter is not about this run.
//!
//! A counter and the buckets of a histogram count since their process started.
//! `sum(export_bytes_total) > 0` holds on a target that served somebody last week
//! and nobody since. What a run did is the growth over its window; only presence,
//! as in `count(…)`, may be asked of the value. `window: includes_before_run` says
//! that the whole life is meant.

use crate::code::Code;
use crate::series::FamilyKind;
use crate::slo::Doubt;

/// The code of this rule.
pub const CODE: Code = Code::new(&["since-start", include_str!("../codes/since-start.md")]);

/// Endings of the names of series that count, where nobody declared a kind.
const COUNTING: [&str; 4] = ["_total", "_bucket", "_sum", "_count"];

/// Whether a series counts since its process started, by its declared kind or, where
/// there is none, by its name.
pub fn counts_since_start(name: &str, kind: Option<FamilyKind>) -> bool {
    match kind {
        _ if name.ends_with("_created") => false,
        Some(FamilyKind::Counter | FamilyKind::Histogram) => true,
        Some(FamilyKind::Summary) => name.ends_with("_sum") || name.ends_with("_count"),
        Some(
            FamilyKind::Gauge
            | FamilyKind::GaugeHistogram
            | FamilyKind::Info
            | FamilyKind::StateSet,
        ) => false,
        Some(FamilyKind::Unknown) | None => COUNTING.iter().any(|ending| name.ends_with(ending)),
    }
}

/// The doubt about a selector whose value is used although it counts.
pub fn doubt(selector: &str) -> Doubt {
    Doubt::new(
        CODE,
        format!(
            "`{selector}` counts since the process started, not this run; use `increase(…[$run])` or \
         `counter:`, or say `window: includes_before_run`"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_and_histograms_count_since_the_start() {
        for (name, kind) in [
            ("bytes", FamilyKind::Counter),
            ("latency_bucket", FamilyKind::Histogram),
            ("latency_count", FamilyKind::Summary),
            ("bytes_total", FamilyKind::Unknown),
        ] {
            assert!(counts_since_start(name, Some(kind)), "{name}");
        }
        assert!(counts_since_start("latency_bucket", None));
    }

    #[test]
    fn what_comes_and_goes_does_not() {
        for (name, kind) in [
            ("queue_total", FamilyKind::Gauge),
            ("latency", FamilyKind::Summary),
            ("bytes_created", FamilyKind::Counter),
            ("depth", FamilyKind::Unknown),
        ] {
            assert!(!counts_since_start(name, Some(kind)), "{name}");
        }
    }
}

//! Subqueries: an expression evaluated at the steps of a range.
//!
//! Steps are aligned to the epoch, independently of when the query runs, and
//! the range is open on the left (`promql/engine.go`, `case *parser.SubqueryExpr`).

use std::borrow::Cow;
use std::sync::Arc;

use super::{EvalError, Evaluator, Instant, Window};
use crate::HistogramSample;
use crate::expression::Subquery;
use crate::histogram::ResetHint;

impl<'a> Evaluator<'a> {
    pub(super) fn subquery_windows(
        &self,
        subquery: &Subquery,
        at: Instant,
    ) -> Result<Vec<Window<'a>>, EvalError> {
        let end_ms = self.shifted(subquery.time, at);
        let start_ms = end_ms.saturating_sub(subquery.range_ms);
        let step_ms = subquery.step_ms.unwrap_or(self.options.subquery_step_ms).max(1);
        let first_ms = first_step_after(start_ms, step_ms);
        let series = self.at_steps(&subquery.inner, first_ms, end_ms, step_ms)?;
        let window = |series: crate::Series| Window {
            labels: series.labels,
            samples: Cow::Owned(series.samples),
            histograms: Cow::Owned(series.histograms.into_iter().map(of_itself).collect()),
            start_ms,
            end_ms,
            evaluated_ms: at.ms,
        };
        Ok(series.into_iter().map(window).collect())
    }
}

/// What is known about a reset is about the sample before in the series, which a
/// step need not have seen; and a step may see the same sample again.
fn of_itself(sample: HistogramSample) -> HistogramSample {
    if matches!(sample.histogram.reset_hint, ResetHint::Unknown | ResetHint::Gauge) {
        return sample;
    }
    let histogram = (*sample.histogram).clone().with_hint(ResetHint::Unknown);
    HistogramSample { histogram: Arc::new(histogram), ..sample }
}

/// The first multiple of `step_ms` later than `start_ms`.
fn first_step_after(start_ms: i64, step_ms: i64) -> i64 {
    (start_ms.div_euclid(step_ms) + 1) * step_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_multiples_after_the_start() {
        assert_eq!(first_step_after(0, 60), 60);
        assert_eq!(first_step_after(59, 60), 60);
        assert_eq!(first_step_after(-7, 5), -5);
    }
}

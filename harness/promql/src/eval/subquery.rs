//! Subqueries: an expression evaluated at the steps of a range.
//!
//! Steps are aligned to the epoch, independently of when the query runs, and
//! the range is open on the left (`promql/engine.go`, `case *parser.SubqueryExpr`).
//! Ranges of neighbouring instants share most of their steps, which are evaluated
//! once.

use std::borrow::Cow;
use std::sync::Arc;

use super::grid::Grid;
use super::select::{histograms_within, within};
use super::steps::Steps;
use super::{EvalError, Evaluator, Instant, Window};
use crate::expression::Subquery;
use crate::histogram::ResetHint;
use crate::{HistogramSample, Series};

/// How many steps later than an instant needs are evaluated with it at least: enough for columns
/// to pay, few enough to hold.
const STEPS_AHEAD: i64 = 500;

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
        // Taken out meanwhile: what is evaluated may hold this subquery's own operators.
        let key = std::ptr::from_ref(subquery);
        let known = self.evaluated.borrow_mut().remove(&key);
        let mut evaluated = known
            .filter(|known| known.reaches(first_ms, end_ms))
            .unwrap_or_else(|| Evaluated::from(first_ms));
        evaluated.forget(first_ms, subquery.range_ms);
        let until_ms = self.last_needed(subquery, (end_ms, step_ms));
        self.evaluate_until(subquery, (until_ms, step_ms), &mut evaluated)?;
        let mut copied = 0;
        let mut window = |series: &Series| {
            let samples = within(&series.samples, start_ms, end_ms);
            let histograms = histograms_within(&series.histograms, start_ms, end_ms);
            copied += samples.len() + histograms.len();
            (!samples.is_empty() || !histograms.is_empty()).then(|| Window {
                labels: series.labels.clone(),
                samples: Cow::Owned(samples.to_vec()),
                histograms: Cow::Owned(histograms.iter().map(of_itself).collect()),
                start_ms,
                end_ms,
                evaluated_ms: at.ms,
            })
        };
        let windows = evaluated.steps.in_order().filter_map(&mut window).collect();
        self.evaluated.borrow_mut().insert(key, evaluated);
        self.windowed.take(copied, &subquery.inner)?;
        Ok(windows)
    }
}

impl Evaluator<'_> {
    /// Up to when steps are evaluated at once: of a range query that needs all of them, some that
    /// the next instants will ask for.
    fn last_needed(&self, subquery: &Subquery, (end_ms, step_ms): (i64, i64)) -> i64 {
        let needs_all = self.span.step_ms > 0 && self.span.step_ms <= subquery.range_ms;
        if !needs_all || self.depth.get() > 0 || subquery.time.at.is_some() {
            return end_ms;
        }
        let last_ms = self.span.end_ms.saturating_sub(subquery.time.offset_ms);
        let ahead_ms = subquery.range_ms.max(step_ms.saturating_mul(STEPS_AHEAD));
        end_ms.max(last_ms.min(end_ms.saturating_add(ahead_ms)))
    }

    /// Evaluates the steps that are still missing.
    fn evaluate_until(
        &self,
        subquery: &Subquery,
        (until_ms, step_ms): (i64, i64),
        evaluated: &mut Evaluated,
    ) -> Result<(), EvalError> {
        let first_ms = evaluated.next_ms;
        if first_ms > until_ms {
            return Ok(());
        }
        let grid = Grid::new(first_ms, until_ms, step_ms);
        self.steps.take(grid.steps(), &subquery.inner)?;
        self.depth.set(self.depth.get() + 1);
        let added = if let Some(columns) = self.columns(&subquery.inner, grid) {
            evaluated.steps.add_columns(&columns);
            self.values.take(columns.len(), &subquery.inner)
        } else {
            self.add_steps(&subquery.inner, grid, &mut evaluated.steps)
        };
        self.depth.set(self.depth.get() - 1);
        evaluated.next_ms = first_step_after(until_ms, step_ms);
        added
    }
}

/// The steps of a subquery that have been evaluated, without a gap.
pub(super) struct Evaluated {
    first_ms: i64,
    /// The first step that has not been evaluated.
    next_ms: i64,
    steps: Steps,
}

impl Evaluated {
    fn from(first_ms: i64) -> Self {
        Self { first_ms, next_ms: first_ms, steps: Steps::default() }
    }

    /// Forgets what lies before a step, as soon as that is longer than a range: memory does not
    /// grow with the length of the query.
    fn forget(&mut self, first_ms: i64, range_ms: i64) {
        if first_ms.saturating_sub(self.first_ms) > range_ms {
            self.steps.forget_until(first_ms - 1);
            self.first_ms = first_ms;
        }
    }

    /// Whether what is missing of a range follows upon what is there.
    fn reaches(&self, first_ms: i64, end_ms: i64) -> bool {
        self.first_ms <= first_ms && first_ms <= self.next_ms && self.first_ms <= end_ms
    }
}

/// What is known about a reset is about the sample before in the series, which a
/// step need not have seen; and a step may see the same sample again.
fn of_itself(sample: &HistogramSample) -> HistogramSample {
    if matches!(sample.histogram.reset_hint, ResetHint::Unknown | ResetHint::Gauge) {
        return sample.clone();
    }
    let histogram = (*sample.histogram).clone().with_hint(ResetHint::Unknown);
    HistogramSample { histogram: Arc::new(histogram), t_ms: sample.t_ms }
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

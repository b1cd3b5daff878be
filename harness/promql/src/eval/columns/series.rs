//! Columns of selectors and of functions of ranges.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;

use super::super::select::{Selected, count_until, without_stale};
use super::super::{Evaluator, Instant, Window};
use super::{Columns, Grid};
use crate::expression::{Call, InstantSelector, Kind, RangeSelector};
use crate::functions::{WindowFunction, window_function};
use crate::{Sample, stale_marker};

impl<'a> Evaluator<'a> {
    pub(super) fn selector_columns(
        &self,
        selector: &InstantSelector,
        grid: Grid,
    ) -> Option<Columns> {
        let series = self.series_of(selector);
        let mut columns = Columns::new(grid, series.len())?;
        for one in series.iter() {
            let samples = only_numbers(one)?;
            let end = Cell::new(0);
            columns.labels.push(one.labels().clone());
            columns.values.extend(grid.times().map(|at_ms| {
                let end_ms = self.shifted(selector.time, Instant { ms: at_ms });
                let start_ms = end_ms.saturating_sub(self.options.lookback_ms);
                let newest = samples[..count_until(samples, end_ms, &end)].last();
                let newest = newest.filter(|sample| sample.t_ms > start_ms);
                // What has ended has no value, and the marker says so here as well.
                newest.map_or_else(stale_marker, |sample| sample.value)
            }));
        }
        Some(columns)
    }

    pub(super) fn call_columns(&self, call: &Call, grid: Grid) -> Option<Columns> {
        let (function, argument) = window_function(call)?;
        let Kind::Range(range) = &argument.kind else { return None };
        let series = self.series_of(&range.instant);
        let mut columns = Columns::new(grid, series.len())?;
        let mut seen = HashSet::new();
        for one in series.iter() {
            let labels = one.labels().without_name();
            // Whether they are two at one step is told step by step.
            if !seen.insert(labels.clone()) {
                return None;
            }
            columns.labels.push(labels);
            self.window_values(one, (range, grid), function, &mut columns.values)?;
        }
        Some(columns)
    }

    /// What a function makes of one series' numbers in each window, and what it says of them: of
    /// numbers alone, no function says of a window what it does not say of the fullest.
    fn window_values(
        &self,
        series: &Selected<'a>,
        (range, grid): (&RangeSelector, Grid),
        function: WindowFunction,
        into: &mut Vec<f64>,
    ) -> Option<()> {
        let samples = &*without_stale(only_numbers(series)?);
        let (first, end) = (Cell::new(0), Cell::new(0));
        let mut fullest: &[Sample] = &[];
        let mut window = Window {
            labels: series.labels().clone(),
            samples: Cow::Borrowed(&[]),
            histograms: Cow::Borrowed(&[]),
            start_ms: 0,
            end_ms: 0,
            evaluated_ms: 0,
        };
        into.extend(grid.times().map(|at_ms| {
            window.end_ms = self.shifted(range.instant.time, Instant { ms: at_ms });
            window.start_ms = window.end_ms.saturating_sub(range.range_ms);
            window.evaluated_ms = at_ms;
            let from = count_until(samples, window.start_ms, &first);
            let until = count_until(samples, window.end_ms, &end);
            let within = samples.get(from..until).unwrap_or_default();
            if within.len() > fullest.len() {
                fullest = within;
            }
            window.samples = Cow::Borrowed(within);
            let value = if within.is_empty() { None } else { function.of(&window) };
            value.unwrap_or_else(stale_marker)
        }));
        window.samples = Cow::Borrowed(fullest);
        self.annotate(function.says_of(&window));
        Some(())
    }
}

/// The numbers of a series that has no histograms.
fn only_numbers<'a>(series: &Selected<'a>) -> Option<&'a [Sample]> {
    series.has_only_numbers().then(|| series.samples())
}

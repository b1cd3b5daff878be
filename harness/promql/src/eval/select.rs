//! Samples of selectors: the newest one within the lookback, or those within a
//! range. Both windows are left-open, as in Prometheus 3; stale markers end a
//! series and are never handed on.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use super::{EvalError, Evaluator, Instant};
use crate::expression::{Expression, InstantSelector, Kind, RangeSelector, TimeShift};
use crate::matcher::Selector;
use crate::{Datum, Element, HistogramSample, Labels, Sample, Series, SeriesRef, is_stale};

/// The samples of one series within a range.
#[derive(Clone, Debug)]
pub(crate) struct Window<'s> {
    pub(crate) labels: Labels,
    pub(crate) samples: Cow<'s, [Sample]>,
    pub(crate) histograms: Cow<'s, [HistogramSample]>,
    /// The range's start, which is not part of it.
    pub(crate) start_ms: i64,
    /// The range's end, which is part of it.
    pub(crate) end_ms: i64,
    /// The instant of the evaluation, before `@` and `offset`.
    pub(crate) evaluated_ms: i64,
}

impl Window<'_> {
    pub(crate) fn into_series(self) -> Series {
        Series {
            labels: self.labels,
            samples: self.samples.into_owned(),
            histograms: self.histograms.into_owned(),
        }
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = f64> + Clone + '_ {
        self.samples.iter().map(|sample| sample.value)
    }

    /// The length of the range in seconds.
    pub(crate) fn range_seconds(&self) -> f64 {
        (self.end_ms - self.start_ms) as f64 / 1000.0
    }
}

/// A series that a selector means, and where in its numbers the last window began and ended:
/// the next one is nearly always close by.
pub(super) struct Selected<'a> {
    series: SeriesRef<'a>,
    first: Cell<usize>,
    end: Cell<usize>,
}

impl<'a> Selected<'a> {
    fn new(series: SeriesRef<'a>) -> Self {
        Self { series, first: Cell::default(), end: Cell::default() }
    }

    /// Numbers later than `start_ms`, up to and including `end_ms`.
    fn within(&self, start_ms: i64, end_ms: i64) -> &'a [Sample] {
        let samples = self.series.samples;
        let first = count_until(samples, start_ms, &self.first);
        let end = count_until(samples, end_ms, &self.end);
        samples.get(first..end).unwrap_or_default()
    }

    pub(super) fn labels(&self) -> &'a Labels {
        self.series.labels
    }

    pub(super) fn samples(&self) -> &'a [Sample] {
        self.series.samples
    }

    pub(super) fn has_only_numbers(&self) -> bool {
        self.series.histograms.is_empty()
    }

    /// The newest number within the lookback.
    fn newest(&self, start_ms: i64, end_ms: i64) -> Option<&'a Sample> {
        let end = count_until(self.series.samples, end_ms, &self.end);
        self.series.samples[..end].last().filter(|sample| sample.t_ms > start_ms)
    }
}

/// How many samples are looked at one by one before the rest is halved.
const NEAR: usize = 8;

/// The number of samples up to and including a time, looked for from where the last search
/// ended.
pub(super) fn count_until(samples: &[Sample], at_ms: i64, last: &Cell<usize>) -> usize {
    let is_until = |sample: &Sample| sample.t_ms <= at_ms;
    let (before, behind) = samples.split_at(last.get().min(samples.len()));
    let count = if before.last().is_some_and(|sample| !is_until(sample)) {
        before.partition_point(is_until)
    } else {
        let near = behind.iter().take(NEAR).take_while(|sample| is_until(sample)).count();
        let far = if near < NEAR { 0 } else { behind[near..].partition_point(is_until) };
        before.len() + near + far
    };
    last.set(count);
    count
}

impl<'a> Evaluator<'a> {
    /// The newest sample of each series, at most the lookback old.
    pub(super) fn newest(&self, selector: &InstantSelector, at: Instant) -> Vec<Element> {
        self.newest_samples(selector, at)
            .into_iter()
            .map(|(labels, _, value)| Element { labels, value })
            .collect()
    }

    /// As [`Self::newest`], with the time at which each sample was taken.
    pub(crate) fn newest_samples(
        &self,
        selector: &InstantSelector,
        at: Instant,
    ) -> Vec<(Labels, i64, Datum)> {
        let end_ms = self.shifted(selector.time, at);
        let series = self.series_of(selector);
        series.iter().filter_map(|series| self.newest_of(series, end_ms)).collect()
    }

    /// The newest samples of a selector that is not part of the expression, at the instant
    /// that these `@` and `offset` mean, outermost first.
    pub(crate) fn samples_as_of(
        &self,
        selector: &Selector,
        shifts: &[TimeShift],
        at: Instant,
    ) -> Vec<(Labels, i64, Datum)> {
        let shifted = |at, time: &TimeShift| Instant { ms: self.shifted(*time, at) };
        let end_ms = shifts.iter().fold(at, shifted).ms;
        let series = self.source.series(selector.metric_name());
        let meant = series.filter(|series| selector.matches(series.labels));
        meant.filter_map(|series| self.newest_of(&Selected::new(series), end_ms)).collect()
    }

    /// The newest sample of a series at an instant, unless the series has ended.
    fn newest_of(&self, selected: &Selected<'a>, end_ms: i64) -> Option<(Labels, i64, Datum)> {
        let start_ms = end_ms.saturating_sub(self.options.lookback_ms);
        let number = selected.newest(start_ms, end_ms);
        let series = selected.series;
        let histogram = histograms_within(series.histograms, start_ms, end_ms).last();
        let (t_ms, value) = match (number, histogram) {
            (number, Some(histogram))
                if number.is_none_or(|number| number.t_ms < histogram.t_ms) =>
            {
                (histogram.t_ms, Datum::Histogram(Arc::clone(&histogram.histogram)))
            }
            (number, _) => {
                let live = number.filter(|number| !is_stale(number.value))?;
                (live.t_ms, Datum::Number(live.value))
            }
        };
        Some((series.labels.clone(), t_ms, value))
    }

    /// The windows of a range selector or subquery; series without samples in
    /// the range have none.
    pub(crate) fn windows(
        &self,
        expression: &Expression,
        at: Instant,
    ) -> Result<Vec<Window<'a>>, EvalError> {
        match &expression.kind {
            Kind::Range(range) => Ok(self.range_windows(range, at)),
            Kind::Subquery(subquery) => self.subquery_windows(subquery, at),
            _ => Err(EvalError::type_mismatch("a range vector", expression)),
        }
    }

    fn range_windows(&self, range: &RangeSelector, at: Instant) -> Vec<Window<'a>> {
        let end_ms = self.shifted(range.instant.time, at);
        let start_ms = end_ms.saturating_sub(range.range_ms);
        let window = |selected: &Selected<'a>| {
            let samples = without_stale(selected.within(start_ms, end_ms));
            let series = selected.series;
            let histograms = histograms_within(series.histograms, start_ms, end_ms);
            (!samples.is_empty() || !histograms.is_empty()).then(|| Window {
                labels: series.labels.clone(),
                samples,
                histograms: Cow::Borrowed(histograms),
                start_ms,
                end_ms,
                evaluated_ms: at.ms,
            })
        };
        self.series_of(&range.instant).iter().filter_map(window).collect()
    }

    /// All series that a selector means, looked up once for each query.
    pub(super) fn series_of(&self, selector: &InstantSelector) -> Rc<[Selected<'a>]> {
        let mut selected = self.selected.borrow_mut();
        let series = selected.entry(selector.id).or_insert_with(|| {
            self.source
                .series(selector.selector.metric_name())
                .filter(|series| selector.selector.matches(series.labels))
                .map(Selected::new)
                .collect()
        });
        Rc::clone(series)
    }
}

/// Samples later than `start_ms`, up to and including `end_ms`.
pub(super) fn within(samples: &[Sample], start_ms: i64, end_ms: i64) -> &[Sample] {
    let first = samples.partition_point(|sample| sample.t_ms <= start_ms);
    let end = first + samples[first..].partition_point(|sample| sample.t_ms <= end_ms);
    &samples[first..end]
}

/// As [`within`], of histograms.
pub(super) fn histograms_within(
    histograms: &[HistogramSample],
    start_ms: i64,
    end_ms: i64,
) -> &[HistogramSample] {
    let first = histograms.partition_point(|sample| sample.t_ms <= start_ms);
    let end = first + histograms[first..].partition_point(|sample| sample.t_ms <= end_ms);
    &histograms[first..end]
}

pub(super) fn without_stale(samples: &[Sample]) -> Cow<'_, [Sample]> {
    if samples.iter().any(|sample| is_stale(sample.value)) {
        samples.iter().copied().filter(|sample| !is_stale(sample.value)).collect()
    } else {
        Cow::Borrowed(samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_the_same_from_wherever_it_begins() {
        let samples = (0..50).map(|t| Sample { t_ms: t * 10, value: 0.0 }).collect::<Vec<_>>();
        for from in [0, 1, 7, 25, 50, 99] {
            for at_ms in [-1, 0, 5, 10, 250, 255, 489, 490, 1000] {
                let expected = samples.partition_point(|sample| sample.t_ms <= at_ms);
                assert_eq!(count_until(&samples, at_ms, &Cell::new(from)), expected);
            }
        }
        assert_eq!(count_until(&[], 5, &Cell::new(3)), 0);
    }

    #[test]
    fn a_range_is_open_on_the_left() {
        let samples = [0, 10, 20, 30].map(|t_ms| Sample { t_ms, value: 1.0 });
        let times = within(&samples, 10, 30).iter().map(|s| s.t_ms).collect::<Vec<_>>();
        assert_eq!(times, [20, 30]);
    }
}

//! Many steps at once: what a part of an expression gives at every step of a range, series by
//! series.
//!
//! Selectors, functions of ranges and simple aggregations need no vector at each step: one
//! series after the other stays in the processor's cache, and labels are looked at once.
//! Whatever else an expression is made of, and whatever holds histograms, is evaluated step by
//! step as before, and takes the vectors of such a part from its columns.

mod aggregate;
mod series;

use std::collections::HashMap;

use super::grid::Grid;
use super::{Evaluator, Instant};
use crate::expression::{Expression, Kind};
use crate::{Element, Labels, Sample, Series, is_stale};

/// What has more values than this (32 MB), in one part or in all that are kept, is evaluated step
/// by step.
const MOST_IN_COLUMNS: usize = 4_000_000;

/// A value for each series at each step; the stale marker, which no expression gives, stands
/// where there is none.
pub(super) struct Columns {
    grid: Grid,
    labels: Vec<Labels>,
    /// Those of a series lie together.
    values: Vec<f64>,
}

impl Columns {
    fn new(grid: Grid, series: usize) -> Option<Self> {
        let count = series.checked_mul(grid.steps()).filter(|count| *count <= MOST_IN_COLUMNS)?;
        let labels = Vec::with_capacity(series);
        Some(Self { grid, labels, values: Vec::with_capacity(count) })
    }

    /// Series by steps.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The vector at an instant, if that is one of the steps.
    pub(super) fn vector(&self, at: Instant) -> Option<Vec<Element>> {
        let step = self.grid.index_of(at.ms)?;
        let values = self.values.get(step..).unwrap_or_default().iter().step_by(self.grid.steps());
        let there = self.labels.iter().zip(values).filter(|(_, value)| !is_stale(**value));
        Some(there.map(|(labels, value)| Element::of_number(labels.clone(), *value)).collect())
    }

    /// All series that have a value, in the order of their labels.
    pub(super) fn into_series(self) -> Vec<Series> {
        let grid = self.grid;
        let columns = self.labels.into_iter().zip(self.values.chunks(grid.steps()));
        let of_column = |(labels, values): (Labels, &[f64])| {
            let samples = grid.times().zip(values).filter(|(_, value)| !is_stale(**value));
            let samples = samples.map(|(t_ms, value)| Sample { t_ms, value: *value });
            Series { labels, samples: samples.collect(), histograms: Vec::new() }
        };
        let mut series = columns.map(of_column).collect::<Vec<_>>();
        series.retain(|one| !one.samples.is_empty());
        series.sort_by(|a, b| a.labels.cmp(&b.labels));
        series
    }

    /// The samples of each series.
    pub(super) fn samples(&self) -> impl Iterator<Item = (&Labels, impl Iterator<Item = Sample>)> {
        let times = self.grid;
        self.each().map(move |(labels, values)| {
            let samples = times.times().zip(values).filter(|(_, value)| !is_stale(**value));
            (labels, samples.map(|(t_ms, value)| Sample { t_ms, value: *value }))
        })
    }

    /// The series among these that have a value at a step, with it.
    fn at_step(&self, series: &[usize], step: usize) -> impl Iterator<Item = (usize, f64)> {
        let value = move |one: &usize| (*one, self.values[one * self.grid.steps() + step]);
        series.iter().map(value).filter(|(_, value)| !is_stale(*value))
    }

    fn each(&self) -> impl Iterator<Item = (&Labels, &[f64])> {
        self.labels.iter().zip(self.values.chunks(self.grid.steps()))
    }
}

/// Parts of an expression that were evaluated at all steps of the query, by their place in
/// memory: the expression stays where it is during a query.
#[derive(Default)]
pub(super) struct Parts {
    columns: HashMap<*const Expression, Columns>,
    values: usize,
}

impl Parts {
    /// The vector of a part at an instant, if it was evaluated then.
    pub(super) fn vector(&self, part: &Expression, at: Instant) -> Option<Vec<Element>> {
        self.columns.get(&std::ptr::from_ref(part))?.vector(at)
    }

    fn keep(&mut self, part: &Expression, columns: Columns) {
        let values = self.values + columns.len();
        if values <= MOST_IN_COLUMNS {
            self.values = values;
            self.columns.insert(std::ptr::from_ref(part), columns);
        }
    }
}

impl Evaluator<'_> {
    /// The columns of an expression, if it is of the kind that has some.
    pub(super) fn columns(&self, expression: &Expression, grid: Grid) -> Option<Columns> {
        match &expression.kind {
            Kind::Selector(selector) => self.selector_columns(selector, grid),
            Kind::Call(call) => self.call_columns(call, grid),
            Kind::Aggregate(aggregate) => self.aggregate_columns(aggregate, grid),
            _ => None,
        }
    }

    /// Evaluates the largest parts below an expression that have columns.
    pub(super) fn columns_below(&self, expression: &Expression, grid: Grid, into: &mut Parts) {
        let parts: Vec<&Expression> = match &expression.kind {
            Kind::Call(call) => call.arguments.iter().collect(),
            Kind::Aggregate(aggregate) => vec![&aggregate.inner],
            Kind::Binary(binary) => vec![&binary.left, &binary.right],
            Kind::Negate(inner) => vec![inner],
            _ => Vec::new(),
        };
        for part in parts {
            match self.columns(part, grid) {
                Some(columns) => into.keep(part, columns),
                None => self.columns_below(part, grid, into),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use crate::{MemorySeries, Options, Value, instant_annotated, range_annotated, stale_marker};

    /// Three series of two jobs, one of which ends and one of which begins late, every 10 s.
    fn series() -> MemorySeries {
        let mut store = MemorySeries::default();
        for (job, path, from, to) in [("a", "x", 0, 60), ("a", "y", 20, 60), ("b", "x", 0, 30)] {
            let labels = Labels::new([("__name__", "c"), ("job", job), ("path", path)]);
            for at in from..to {
                let value = f64::from(at * at % 37) * 0.1 + f64::from(at);
                store.append(&labels, Sample { t_ms: i64::from(at) * 10_000, value });
            }
            store.append(&labels, Sample { t_ms: i64::from(to) * 10_000, value: stale_marker() });
        }
        store
    }

    const EXPRESSIONS: &[&str] = &[
        "c",
        "c offset 1m",
        "c @ 300",
        "rate(c[1m])",
        "avg_over_time(c[35s] offset -20s)",
        "quantile_over_time(0.3, c[1m])",
        "quantile_over_time(1.3, c[1m])",
        "present_over_time(c[15s])",
        "timestamp(c)",
        "sum by (job) (rate(c[1m]))",
        "avg(c)",
        "min by (path) (c)",
        "max without (path) (c)",
        "count by (job) (c)",
        "group(c)",
        "stddev(c)",
        "stdvar by (job) (c)",
        "quantile by (path) (0.4, c)",
        "quantile(1.5, c)",
        "topk(1, sum by (job) (c))",
        "topk by (job) (1, c)",
        "topk(2, c)",
        "topk(0, c) or c",
        "bottomk(2, c) + 1",
        "bottomk(9, rate(c[1m]))",
        "sum by (job) (c) / on (job) sum by (job) (rate(c[1m]))",
        "-max_over_time(c[1m]) + 1",
        "max_over_time(sum by (job) (c)[1m:10s])",
        "min_over_time(rate(c[1m])[3m:7s] offset 1m)",
        "quantile(-1, c) or rate(c[1m])",
        "absent(c{job=\"b\"})",
        "sum(nothing) or c",
    ];

    /// A sample as a text by which it sorts and compares to the last bit.
    fn told(labels: &Labels, t_ms: i64, value: f64) -> String {
        format!("{labels} at {t_ms:06}: {:x} ({value})", value.to_bits())
    }

    /// What an expression gives at steps of 7 s, and what is said meanwhile.
    fn ranged(text: &str) -> (Vec<String>, Vec<String>) {
        let expression = Expression::parse(text).unwrap();
        let range = [0, 700_000, 7_000];
        let answer = range_annotated(&expression, &series(), range, &Options::default()).unwrap();
        let of_series = |one: &Series| {
            let told = |sample: &Sample| told(&one.labels, sample.t_ms, sample.value);
            one.samples.iter().map(told).collect::<Vec<_>>()
        };
        let mut samples = answer.value.iter().flat_map(of_series).collect::<Vec<_>>();
        samples.sort();
        (samples, answer.annotations.iter().map(ToString::to_string).collect())
    }

    /// The same by one evaluation for each step.
    fn by_instants(text: &str) -> (Vec<String>, Vec<String>) {
        let (expression, store) = (Expression::parse(text).unwrap(), series());
        let (mut samples, mut annotations) = (Vec::new(), BTreeSet::new());
        for at_ms in (0..=700_000).step_by(7_000) {
            let answer = instant_annotated(&expression, &store, at_ms, &Options::default());
            let answer = answer.unwrap();
            annotations.extend(answer.annotations);
            let Value::Vector(elements) = answer.value else { panic!("{text} is a vector") };
            let numbers = elements.iter().map(|one| (&one.labels, one.value.number().unwrap()));
            samples.extend(numbers.map(|(labels, value)| told(labels, at_ms, value)));
        }
        samples.sort();
        (samples, annotations.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn at_every_step_the_value_is_that_of_an_instant() {
        for text in EXPRESSIONS {
            let ranged = ranged(text);
            assert_eq!(ranged, by_instants(text), "{text}");
            assert!(ranged.0.len() > 10, "{text}");
        }
    }

    #[test]
    fn of_single_samples_in_windows_nothing_is_said() {
        assert_eq!(ranged("rate(c[5s])"), (Vec::new(), Vec::new()));
        let (_, said) = ranged("rate(c[25s])");
        assert!(said[0].contains("might not be a counter"), "{said:?}");
    }
}

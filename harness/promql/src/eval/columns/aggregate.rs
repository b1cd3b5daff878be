//! Columns of aggregations.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::super::aggregate::{count_of, one_value};
use super::super::{Evaluator, KahanMean, KahanSum, ascending_nan_first};
use super::{Columns, Grid};
use crate::expression::{Aggregate, Aggregation, Kind};
use crate::{Labels, is_stale, stale_marker};

impl Evaluator<'_> {
    pub(super) fn aggregate_columns(&self, aggregate: &Aggregate, grid: Grid) -> Option<Columns> {
        let way = Way::of(aggregate)?;
        let inner = self.columns(&aggregate.inner, grid)?;
        let (groups, labels) = grouped(aggregate, &inner.labels);
        match way {
            Way::Fold(folding) => {
                let values = folding.values(&inner, &groups, labels.len());
                Some(Columns { grid, labels, values })
            }
            Way::Gather(operation, parameter) => {
                let compute = |values: &[f64]| one_value(operation, values, parameter);
                let values = gathered(&inner, &members(&groups, labels.len()), compute);
                Some(Columns { grid, labels, values })
            }
            Way::Pick(order, count) => {
                let members = members(&groups, labels.len());
                Some(picked(inner, &members, (order, count)))
            }
        }
    }
}

/// The number of each series' group, and the groups' labels.
fn grouped(aggregate: &Aggregate, series: &[Labels]) -> (Vec<usize>, Vec<Labels>) {
    let mut numbers: HashMap<Labels, usize> = HashMap::new();
    let mut labels = Vec::new();
    let group_of = |one: &Labels| {
        let key = aggregate.grouping.key(one);
        *numbers.entry(key).or_insert_with_key(|key| {
            labels.push(key.clone());
            labels.len() - 1
        })
    };
    let groups = series.iter().map(group_of).collect();
    (groups, labels)
}

/// The series of each group.
fn members(groups: &[usize], count: usize) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); count];
    for (series, group) in groups.iter().enumerate() {
        members[*group].push(series);
    }
    members
}

/// How an aggregation of numbers is computed.
enum Way {
    Fold(Folding),
    /// One number of all numbers of a group, with a parameter.
    Gather(Aggregation, f64),
    /// So many of a group's own, the first in an order.
    Pick(fn(f64, f64) -> Ordering, usize),
}

impl Way {
    /// Parameters are constants of which there is nothing to say.
    fn of(aggregate: &Aggregate) -> Option<Self> {
        let operation = aggregate.operation;
        let parameter = match aggregate.parameter.as_ref().map(|parameter| &parameter.kind) {
            None => f64::NAN,
            Some(Kind::Number(number)) => *number,
            Some(_) => return None,
        };
        match operation {
            Aggregation::StdDev | Aggregation::StdVar => Some(Self::Gather(operation, parameter)),
            Aggregation::Quantile => {
                (0.0..=1.0).contains(&parameter).then_some(Self::Gather(operation, parameter))
            }
            Aggregation::TopK => Some(Self::Pick(descending, count_of(parameter)?)),
            Aggregation::BottomK => Some(Self::Pick(ascending_nan_first, count_of(parameter)?)),
            _ => Folding::of(operation).map(Self::Fold),
        }
    }
}

fn descending(a: f64, b: f64) -> Ordering {
    ascending_nan_first(b, a)
}

/// One number of the numbers that the members of each group have at a step.
fn gathered(inner: &Columns, groups: &[Vec<usize>], compute: impl Fn(&[f64]) -> f64) -> Vec<f64> {
    let mut numbers = Vec::new();
    let mut values = Vec::with_capacity(groups.len() * inner.grid.steps());
    for members in groups {
        for step in 0..inner.grid.steps() {
            numbers.clear();
            numbers.extend(inner.at_step(members, step).map(|(_, value)| value));
            values.push(if numbers.is_empty() { stale_marker() } else { compute(&numbers) });
        }
    }
    values
}

/// The columns with nothing but the first of each group at each step; NaN is never preferred, and
/// of equals the one that comes first.
fn picked(
    inner: Columns,
    groups: &[Vec<usize>],
    (order, count): (fn(f64, f64) -> Ordering, usize),
) -> Columns {
    let mut values = vec![stale_marker(); inner.values.len()];
    let by_value = |a: &(usize, f64), b: &(usize, f64)| {
        let numbers = a.1.is_nan().cmp(&b.1.is_nan()).then_with(|| order(a.1, b.1));
        numbers.then(a.0.cmp(&b.0))
    };
    let mut numbers = Vec::new();
    for (members, step) in
        groups.iter().flat_map(|group| (0..inner.grid.steps()).map(move |step| (group, step)))
    {
        numbers.clear();
        numbers.extend(inner.at_step(members, step));
        if count < numbers.len() {
            numbers.select_nth_unstable_by(count, by_value);
        }
        for (series, value) in numbers.iter().take(count) {
            values[series * inner.grid.steps() + step] = *value;
        }
    }
    Columns { values, ..inner }
}

/// An aggregation that takes one value after the other.
#[derive(Clone, Copy)]
enum Folding {
    Sum,
    Mean,
    Least,
    Most,
    Count,
    One,
}

impl Folding {
    fn of(operation: Aggregation) -> Option<Self> {
        Some(match operation {
            Aggregation::Sum => Self::Sum,
            Aggregation::Avg => Self::Mean,
            Aggregation::Min => Self::Least,
            Aggregation::Max => Self::Most,
            Aggregation::Count => Self::Count,
            Aggregation::Group => Self::One,
            _ => return None,
        })
    }

    fn values(self, inner: &Columns, groups: &[usize], count: usize) -> Vec<f64> {
        let fold = (inner, groups, count);
        match self {
            Self::Sum => folded(fold, KahanSum::default(), KahanSum::add, KahanSum::value),
            Self::Mean => folded(fold, KahanMean::default(), KahanMean::add, KahanMean::value),
            Self::Least => folded(fold, f64::NAN, |least, v| *least = least.min(v), |least| least),
            Self::Most => folded(fold, f64::NAN, |most, v| *most = most.max(v), |most| most),
            Self::Count => folded(fold, 0.0, |count, _| *count += 1.0, |count| count),
            Self::One => folded(fold, (), |(), _| (), |()| 1.0),
        }
    }
}

/// Folds the columns of each group into one, step by step; a step without a value stays so.
fn folded<A: Copy>(
    (inner, groups, count): (&Columns, &[usize], usize),
    empty: A,
    add: impl Fn(&mut A, f64),
    value: impl Fn(A) -> f64,
) -> Vec<f64> {
    let steps = inner.grid.steps();
    let mut folded = vec![(false, empty); count * steps];
    for ((_, values), group) in inner.each().zip(groups) {
        let into = &mut folded[group * steps..(group + 1) * steps];
        for ((is_there, so_far), one) in into.iter_mut().zip(values) {
            if !is_stale(*one) {
                *is_there = true;
                add(so_far, *one);
            }
        }
    }
    let values = folded.into_iter();
    values.map(|(is_there, so_far)| if is_there { value(so_far) } else { stale_marker() }).collect()
}

//! PromQL's functions: a table of names, and how each is computed.
//!
//! One file holds one family. A function that is not in the table is refused
//! when an expression is parsed, never during evaluation.

mod absent;
mod annotate;
mod arguments;
mod calendar;
mod histogram;
mod info;
mod labels;
mod math;
mod native;
mod over_time;
mod rate;
mod regression;
mod sort;
mod special;
mod table;
mod windowed;

pub(crate) use annotate::of_sum;
pub(crate) use arguments::Arguments;
pub(crate) use calendar::date_of;
pub(crate) use table::find;
pub(crate) use windowed::{WindowFunction, window_function};

use crate::eval::{EvalError, Window};
use crate::{Datum, Element, Histogram, Labels, Value, ValueType};

/// One function of the table.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) returns: ValueType,
    computation: Computation,
}

/// How a function computes; most are one number from one element.
#[derive(Debug)]
enum Computation {
    /// A number of each element's number.
    Number(fn(f64) -> f64),
    /// A number of each element's number as seconds since the epoch; without
    /// an argument, of the evaluated instant.
    Calendar(fn(f64) -> f64),
    /// A number of the numbers in each window that has some; the metric name is dropped.
    Statistic(fn(&Window<'_>) -> f64),
    /// A number of all samples in each window, whatever they hold; the metric name is dropped.
    Summary(fn(&Window<'_>) -> f64),
    /// A number of each window that has samples enough; the metric name is dropped.
    Change(fn(&Window<'_>) -> Option<f64>),
    /// A number or histogram of each window, where it has one; the metric name is dropped.
    Combination(fn(&Window<'_>) -> Option<Datum>),
    /// One of each window's own values; the metric name stays.
    ChosenSample(fn(&Window<'_>) -> Option<Datum>),
    /// A number of each element's histogram.
    Histogram(fn(&Histogram) -> f64),
    /// A number of the count and the sum of each element's histogram.
    HistogramStatistic(fn(&Histogram) -> f64),
    /// A scalar that depends on the instant alone.
    Constant(fn(&Arguments<'_, '_>) -> f64),
    /// Anything else.
    Special(fn(&Arguments<'_, '_>) -> Result<Value, EvalError>),
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The value of a call.
pub(crate) fn call(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    match arguments.call.function.computation {
        Computation::Number(compute) => arguments.each_number(0, compute),
        Computation::Calendar(compute) => {
            let elements = arguments.vector_or_now(0)?.into_iter();
            let numbers = elements.filter_map(Element::into_number);
            arguments.without_names(numbers.map(|(labels, time)| (labels, compute(time).into())))
        }
        Computation::Statistic(compute) => {
            let of_numbers =
                |window: &Window<'_>| (!window.samples.is_empty()).then(|| compute(window));
            arguments.each_window(0, of_numbers)
        }
        Computation::Summary(compute) => arguments.each_window(0, |window| Some(compute(window))),
        Computation::Change(compute) => arguments.each_window(0, compute),
        Computation::Combination(compute) => arguments.each_window(0, compute),
        Computation::Histogram(compute) => arguments.each_histogram(arguments.vector(0)?, compute),
        Computation::HistogramStatistic(compute) => {
            arguments.each_histogram(arguments.vector_of_statistics(0)?, compute)
        }
        Computation::ChosenSample(compute) => {
            let windows = arguments.windows(0)?;
            let chosen = each_window(&windows, compute);
            arguments.unique(chosen.map(|(labels, value)| Element { labels, value }).collect())
        }
        Computation::Constant(compute) => Ok(Value::Scalar(compute(arguments))),
        Computation::Special(compute) => compute(arguments),
    }
}

/// The labels of each window, and what it gives.
fn each_window<'w, D: Into<Datum>>(
    windows: &'w [Window<'_>],
    compute: impl Fn(&Window<'_>) -> Option<D> + 'w,
) -> impl Iterator<Item = (Labels, Datum)> + 'w {
    windows.iter().filter_map(move |window| {
        let value = compute(window)?.into();
        Some((window.labels.clone(), value))
    })
}

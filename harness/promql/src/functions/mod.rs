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

pub(crate) use annotate::of_sum;
pub(crate) use arguments::Arguments;
pub(crate) use calendar::date_of;
pub(crate) use table::find;

use crate::eval::{EvalError, Window, unique_labels};
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
    let elements = match arguments.call.function.computation {
        Computation::Number(compute) => each_number(arguments.vector(0)?, compute),
        Computation::Calendar(compute) => each_number(arguments.vector_or_now(0)?, compute),
        Computation::Statistic(compute) => {
            let of_numbers =
                |window: &Window<'_>| (!window.samples.is_empty()).then(|| compute(window));
            return arguments.each_window(0, of_numbers);
        }
        Computation::Summary(compute) => {
            return arguments.each_window(0, |window| Some(compute(window)));
        }
        Computation::Change(compute) => return arguments.each_window(0, compute),
        Computation::Combination(compute) => return arguments.each_window(0, compute),
        Computation::Histogram(compute) => each_histogram(arguments.vector(0)?, compute),
        Computation::HistogramStatistic(compute) => {
            each_histogram(arguments.vector_of_statistics(0)?, compute)
        }
        Computation::ChosenSample(compute) => {
            each_window(&arguments.windows(0)?, compute).collect()
        }
        Computation::Constant(compute) => return Ok(Value::Scalar(compute(arguments))),
        Computation::Special(compute) => return compute(arguments),
    };
    unique_labels(elements, || arguments.expression()).map(Value::Vector)
}

fn each_number(elements: Vec<Element>, compute: fn(f64) -> f64) -> Vec<Element> {
    let computed = |(labels, number): (Labels, f64)| {
        Element::of_number(labels.without_name(), compute(number))
    };
    elements.into_iter().filter_map(Element::into_number).map(computed).collect()
}

fn each_histogram(elements: Vec<Element>, compute: fn(&Histogram) -> f64) -> Vec<Element> {
    let computed = |element: Element| {
        let number = compute(element.value.histogram()?);
        Some(Element::of_number(element.labels.without_name(), number))
    };
    elements.into_iter().filter_map(computed).collect()
}

fn each_window<'w, D: Into<Datum>>(
    windows: &'w [Window<'_>],
    compute: impl Fn(&Window<'_>) -> Option<D> + 'w,
) -> impl Iterator<Item = Element> + 'w {
    windows.iter().filter_map(move |window| {
        let value = compute(window)?.into();
        Some(Element { labels: window.labels.clone(), value })
    })
}

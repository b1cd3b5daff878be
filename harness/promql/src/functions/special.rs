//! Functions between types, and those that ask for the time.

use super::Arguments;
use crate::eval::EvalError;
use crate::expression::Kind;
use crate::{Element, Labels, Value};

/// The only number; NaN unless there is exactly one.
pub(super) fn scalar(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let elements = arguments.vector(0)?;
    let mut numbers = elements.iter().filter_map(|element| element.value.number());
    let value = match (numbers.next(), numbers.next()) {
        (Some(only), None) => only,
        _ => f64::NAN,
    };
    Ok(Value::Scalar(value))
}

/// One element without labels.
pub(super) fn vector(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let value = arguments.scalar(0)?;
    Ok(Value::Vector(vec![Element::of_number(Labels::default(), value)]))
}

/// The evaluated instant, seconds since the epoch.
pub(super) fn time(arguments: &Arguments<'_, '_>) -> f64 {
    arguments.now_seconds()
}

/// The first instant of the whole query, seconds since the epoch.
pub(super) fn start(arguments: &Arguments<'_, '_>) -> f64 {
    arguments.query_span().start_ms as f64 / 1000.0
}

/// The last instant of the whole query, seconds since the epoch.
pub(super) fn end(arguments: &Arguments<'_, '_>) -> f64 {
    arguments.query_span().end_ms as f64 / 1000.0
}

/// The length of the whole query in seconds; 0 for an instant query.
pub(super) fn range(arguments: &Arguments<'_, '_>) -> f64 {
    let span = arguments.query_span();
    (span.end_ms - span.start_ms) as f64 / 1000.0
}

/// The step of the whole query in seconds; 0 for an instant query.
pub(super) fn step(arguments: &Arguments<'_, '_>) -> f64 {
    arguments.query_span().step_ms as f64 / 1000.0
}

/// When each sample was taken; of anything but a selector, the evaluated instant.
pub(super) fn timestamp(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let Kind::Selector(selector) = &arguments.get(0)?.kind else {
        let now = arguments.now_seconds();
        let elements = arguments.vector(0)?.into_iter();
        let at_now = elements.map(|e| Element::of_number(e.labels.without_name(), now));
        return arguments.unique(at_now.collect());
    };
    let taken = arguments
        .newest_samples(selector)
        .into_iter()
        .map(|(labels, t_ms, _)| Element::of_number(labels.without_name(), t_ms as f64 / 1000.0));
    arguments.unique(taken.collect())
}

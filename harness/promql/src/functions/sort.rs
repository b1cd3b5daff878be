//! The order of a vector's elements. It means something to instant queries only.

use std::cmp::Ordering;

use super::Arguments;
use crate::annotation::Annotation;
use crate::eval::{EvalError, ascending_nan_first, by_number};
use crate::{Element, Value};

/// By value; NaN last.
pub(super) fn ascending(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    by_value(arguments, ascending_nan_first)
}

/// By value, largest first; NaN last.
pub(super) fn descending(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    by_value(arguments, |a, b| ascending_nan_first(b, a))
}

fn by_value(
    arguments: &Arguments<'_, '_>,
    order: fn(f64, f64) -> Ordering,
) -> Result<Value, EvalError> {
    annotate(arguments);
    let mut elements = arguments.vector(0)?;
    elements.retain(|element| element.value.number().is_some());
    elements.sort_by(|a, b| by_number(a, b, order));
    Ok(Value::Vector(elements))
}

pub(super) fn by_label(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    by_labels(arguments, std::convert::identity)
}

pub(super) fn by_label_descending(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    by_labels(arguments, Ordering::reverse)
}

/// The labels named in the call decide first, all labels after that.
fn by_labels(
    arguments: &Arguments<'_, '_>,
    direction: fn(Ordering) -> Ordering,
) -> Result<Value, EvalError> {
    let names =
        (1..arguments.count()).map(|at| arguments.text(at)).collect::<Result<Vec<_>, _>>()?;
    annotate(arguments);
    let mut elements = arguments.vector(0)?;
    elements.sort_by(|a, b| direction(natural_by_labels(&names, a, b)));
    Ok(Value::Vector(elements))
}

/// A range query has its own order.
fn annotate(arguments: &Arguments<'_, '_>) {
    let is_range = arguments.query_span().step_ms > 0;
    arguments.annotate(is_range.then(Annotation::order_without_effect));
}

fn natural_by_labels(names: &[&str], a: &Element, b: &Element) -> Ordering {
    names
        .iter()
        .map(|name| {
            let label = |element: &Element| element.labels.get(name).unwrap_or_default().to_owned();
            natural(&label(a), &label(b))
        })
        .find(|ordering| ordering.is_ne())
        .unwrap_or_else(|| a.labels.cmp(&b.labels))
}

/// Texts with numbers in them as people sort them: `a2` before `a10`.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (chunks(a), chunks(b));
    loop {
        let ordering = match (left.next(), right.next()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(l), Some(r)) => match (l.parse::<u64>(), r.parse::<u64>()) {
                (Ok(l), Ok(r)) => l.cmp(&r),
                _ => l.cmp(r),
            },
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
}

/// Runs of digits and runs of anything else.
fn chunks(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let digits = rest.starts_with(|c: char| c.is_ascii_digit());
        let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (chunk, after) = rest.split_at(end);
        rest = after;
        (!chunk.is_empty()).then_some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_texts_sort_by_their_value() {
        assert_eq!(natural("a2", "a10"), Ordering::Less);
        assert_eq!(natural("10", "9"), Ordering::Greater);
        assert_eq!(natural("a", "a1"), Ordering::Less);
        assert_eq!(natural("x", "x"), Ordering::Equal);
    }
}

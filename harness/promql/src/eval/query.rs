//! The two kinds of query, what they may be told, and how they fail.

use std::collections::HashSet;

use thiserror::Error;

use super::columns::Parts;
use super::grid::Grid;
use super::steps::Steps;
use super::{Evaluator, QuerySpan};
use crate::annotation::Annotation;
use crate::duration::format_duration_ms;
use crate::expression::Expression;
use crate::{Element, Labels, Series, SeriesSource, Value, ValueType};

/// What an evaluation may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How far back the newest sample of a series may lie, milliseconds.
    pub lookback_ms: i64,
    /// Step of a subquery that states none, milliseconds (the global evaluation
    /// interval of Prometheus).
    pub subquery_step_ms: i64,
    /// More steps than this in one range query are refused, as Prometheus' API
    /// refuses them.
    pub max_steps: usize,
}

impl Default for Options {
    /// Prometheus' own defaults: five minutes, one minute, 11,000 steps.
    fn default() -> Self {
        Self { lookback_ms: 300_000, subquery_step_ms: 60_000, max_steps: 11_000 }
    }
}

/// Why an expression that parses has no value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EvalError {
    /// Two elements would have the same labels.
    #[error(
        "two elements of `{expression}` have the same labels {labels} once the metric name is \
         dropped; aggregate or select more narrowly"
    )]
    DuplicateLabels {
        /// The expression whose value it would be.
        expression: String,
        /// The labels in question.
        labels: String,
    },
    /// Elements of the two sides of an operator do not pair up.
    #[error("{problem} in `{expression}`")]
    Matching {
        /// What is found, and what to do.
        problem: String,
        /// The binary expression.
        expression: String,
    },
    /// An argument that the function or aggregation refuses.
    #[error("{problem} in `{expression}`")]
    InvalidArgument {
        /// What is wrong.
        problem: String,
        /// The call.
        expression: String,
    },
    /// A value of another type than the operation needs.
    #[error("`{expression}` must be {expected}")]
    TypeMismatch {
        /// The type that was needed.
        expected: &'static str,
        /// The operand.
        expression: String,
    },
    /// A range query that is not one.
    #[error("{problem}")]
    InvalidRange {
        /// What is wrong with the range.
        problem: String,
    },
}

impl EvalError {
    pub(crate) fn type_mismatch(expected: &'static str, expression: &Expression) -> Self {
        Self::TypeMismatch { expected, expression: expression.to_string() }
    }
}

/// An evaluated instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instant {
    /// Milliseconds since the epoch.
    pub(crate) ms: i64,
}

/// A value, and what is said beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotated<T> {
    /// The value.
    pub value: T,
    /// Warnings first, each once.
    pub annotations: Vec<Annotation>,
}

impl<T> Annotated<T> {
    /// The same annotations beside another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Annotated<U> {
        Annotated { value: change(self.value), annotations: self.annotations }
    }
}

/// Evaluates an expression at one instant, milliseconds since the epoch.
pub fn instant(
    expression: &Expression,
    source: &dyn SeriesSource,
    at_ms: i64,
    options: &Options,
) -> Result<Value, EvalError> {
    instant_annotated(expression, source, at_ms, options).map(|answer| answer.value)
}

/// As [`instant`], with what is said beside the value.
pub fn instant_annotated(
    expression: &Expression,
    source: &dyn SeriesSource,
    at_ms: i64,
    options: &Options,
) -> Result<Annotated<Value>, EvalError> {
    let span = QuerySpan { start_ms: at_ms, end_ms: at_ms, step_ms: 0 };
    let evaluator = Evaluator::new(source, options, span);
    let value = evaluator.value(expression, Instant { ms: at_ms })?;
    Ok(evaluator.annotated(value))
}

/// Evaluates an expression at `start_ms`, `start_ms + step_ms`, … up to and
/// including `end_ms`. The expression is a scalar or an instant vector.
pub fn range(
    expression: &Expression,
    source: &dyn SeriesSource,
    start_ms: i64,
    end_ms: i64,
    step_ms: i64,
    options: &Options,
) -> Result<Vec<Series>, EvalError> {
    range_annotated(expression, source, [start_ms, end_ms, step_ms], options)
        .map(|answer| answer.value)
}

/// As [`range`] (start, end and step), with what is said beside the values.
pub fn range_annotated(
    expression: &Expression,
    source: &dyn SeriesSource,
    [start_ms, end_ms, step_ms]: [i64; 3],
    options: &Options,
) -> Result<Annotated<Vec<Series>>, EvalError> {
    check_range(expression, start_ms, end_ms, step_ms, options)?;
    let span = QuerySpan { start_ms, end_ms, step_ms };
    let mut evaluator = Evaluator::new(source, options, span);
    let series = evaluator.at_all_steps(expression)?;
    Ok(evaluator.annotated(series))
}

impl Evaluator<'_> {
    fn annotated<T>(self, value: T) -> Annotated<T> {
        Annotated { value, annotations: self.annotations.into_inner().into_all() }
    }

    /// The series that an expression has over the steps of the query.
    fn at_all_steps(&mut self, expression: &Expression) -> Result<Vec<Series>, EvalError> {
        let QuerySpan { start_ms, end_ms, step_ms } = self.span;
        let grid = Grid::new(start_ms, end_ms, step_ms);
        self.steps.take(grid.steps(), expression)?;
        if let Some(columns) = self.columns(expression, grid) {
            return Ok(columns.into_series());
        }
        let mut parts = Parts::default();
        self.columns_below(expression, grid, &mut parts);
        self.columns = parts;
        let mut steps = Steps::default();
        self.add_steps(expression, grid, &mut steps)?;
        Ok(steps.into_series())
    }

    /// Evaluates an expression at one step after the other.
    pub(super) fn add_steps(
        &self,
        expression: &Expression,
        grid: Grid,
        steps: &mut Steps,
    ) -> Result<(), EvalError> {
        for at_ms in grid.times() {
            let elements = self.elements(expression, Instant { ms: at_ms })?;
            self.values.take(elements.len(), expression)?;
            steps.add(at_ms, elements);
        }
        Ok(())
    }

    /// A scalar counts as one element without labels.
    fn elements(&self, expression: &Expression, at: Instant) -> Result<Vec<Element>, EvalError> {
        match self.value(expression, at)? {
            Value::Vector(elements) => Ok(elements),
            Value::Scalar(value) => Ok(vec![Element::of_number(Labels::default(), value)]),
            _ => Err(EvalError::type_mismatch("a scalar or an instant vector", expression)),
        }
    }
}

fn check_range(
    expression: &Expression,
    start_ms: i64,
    end_ms: i64,
    step_ms: i64,
    options: &Options,
) -> Result<(), EvalError> {
    if !matches!(expression.value_type(), ValueType::Scalar | ValueType::Vector) {
        return Err(EvalError::type_mismatch("a scalar or an instant vector", expression));
    }
    let problem = if step_ms <= 0 {
        "the step of a range query must be positive".to_owned()
    } else if end_ms < start_ms {
        "the end of a range query must not be before its start".to_owned()
    } else if steps(start_ms, end_ms, step_ms) > options.max_steps {
        let length = format_duration_ms(end_ms.saturating_sub(start_ms));
        let most = options.max_steps;
        format!("a range of {length} has more than {most} steps; choose a longer step")
    } else {
        return Ok(());
    };
    Err(EvalError::InvalidRange { problem })
}

fn steps(start_ms: i64, end_ms: i64, step_ms: i64) -> usize {
    usize::try_from(end_ms.saturating_sub(start_ms) / step_ms)
        .unwrap_or(usize::MAX)
        .saturating_add(1)
}

/// Passes elements on if no two have the same labels; `expression` is for the error.
pub(crate) fn unique_labels(
    elements: Vec<Element>,
    expression: impl FnOnce() -> Expression,
) -> Result<Vec<Element>, EvalError> {
    let duplicate = {
        let mut seen = HashSet::with_capacity(elements.len());
        elements.iter().find(|element| !seen.insert(&element.labels))
    };
    match duplicate {
        None => Ok(elements),
        Some(element) => Err(duplicate_labels(&element.labels, &expression())),
    }
}

/// The error of two elements with the same labels.
pub(crate) fn duplicate_labels(labels: &Labels, expression: &Expression) -> EvalError {
    EvalError::DuplicateLabels { expression: expression.to_string(), labels: labels.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemorySeries;

    #[test]
    fn a_subquery_of_too_many_steps_is_refused_before_it_is_evaluated() {
        let mut store = MemorySeries::default();
        let up = Labels::new([("__name__", "up")]);
        store.append(&up, crate::Sample { t_ms: 0, value: 1.0 });
        let (options, span) =
            (Options::default(), QuerySpan { start_ms: 0, end_ms: 0, step_ms: 0 });
        let evaluator = Evaluator::new(&store, &options, span);
        let expression = Expression::parse("count_over_time((up + up)[1d:1ms])").unwrap();
        let error = evaluator.value(&expression, Instant { ms: 0 }).unwrap_err();
        assert!(error.to_string().contains("steps are needed"), "{error}");
        assert_eq!(evaluator.values.taken(), 0);
    }
}

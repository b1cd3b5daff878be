//! Evaluation of an expression over series: at one instant, or at each step of
//! a range.
//!
//! One [`Evaluator`] belongs to one query. It looks up the series of each
//! selector once, and evaluates the tree at one instant after the other; the
//! operators themselves are pure functions of vectors in the files beside this.
//! What the same series give again at the next instant is remembered: places in
//! their samples, labels that operators derive, steps of subqueries.

mod aggregate;
mod binary;
mod budget;
mod columns;
mod derived;
mod grid;
mod hash;
mod kahan;
mod matching;
mod operate;
mod order;
mod pairs;
mod query;
mod select;
mod steps;
mod subquery;

pub use query::{
    Annotated, EvalError, Options, instant, instant_annotated, range, range_annotated,
};

pub(crate) use aggregate::{by_number, quantile_of_sorted};
pub(crate) use kahan::{KahanMean, KahanSum, mean as kahan_mean, sum as kahan_sum};
pub(crate) use order::ascending_nan_first;
pub(crate) use query::{Instant, duplicate_labels, unique_labels};
pub(crate) use select::Window;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use regex::Regex;

use budget::Budget;
use columns::Parts;
use derived::Derived;
use select::Selected;
use subquery::Evaluated;

use crate::annotation::{Annotation, Annotations};
use crate::expression::{Aggregate, At, Binary, Call, Expression, Kind, Subquery, TimeShift};
use crate::functions::{self, Arguments};
use crate::{Datum, Element, SeriesSource, Value};

/// When the whole query begins and ends, for `@ start()` and its relatives.
#[expect(clippy::struct_field_names, reason = "the unit belongs to each name")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct QuerySpan {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    /// 0 for an instant query.
    pub(crate) step_ms: i64,
}

/// Everything that stays the same during one query.
pub(crate) struct Evaluator<'a> {
    source: &'a dyn SeriesSource,
    options: &'a Options,
    pub(crate) span: QuerySpan,
    /// Steps of ranges and subqueries.
    steps: Budget,
    /// Values that these have.
    values: Budget,
    /// Values in windows of subqueries.
    windowed: Budget,
    /// What is said beside the value.
    annotations: RefCell<Annotations>,
    /// Whether only counts and sums of what is evaluated are asked for.
    looks_at_resets: Cell<bool>,
    /// Series of each selector, by the selector's id.
    selected: RefCell<HashMap<usize, Rc<[Selected<'a>]>>>,
    /// What each operator of the expression made of labels.
    derived: RefCell<HashMap<Operator, Rc<RefCell<Derived>>>>,
    /// Parts of the expression that were evaluated at all steps of the query.
    columns: Parts,
    /// How many subqueries are being evaluated, one within the other.
    depth: Cell<usize>,
    /// Regular expressions of functions, by their text.
    patterns: RefCell<HashMap<String, Regex>>,
    /// The steps of each subquery that were evaluated so far.
    evaluated: RefCell<HashMap<*const Subquery, Evaluated>>,
}

/// An operator of the expression, by its place in memory: the expression stays where it is
/// during a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operator {
    Call(*const Call),
    Aggregate(*const Aggregate),
    /// Labels by which the two sides match.
    Matching(*const Binary),
    /// Labels of the results.
    Results(*const Binary),
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(source: &'a dyn SeriesSource, options: &'a Options, span: QuerySpan) -> Self {
        Self {
            source,
            options,
            span,
            steps: Budget::steps(),
            values: Budget::values(),
            windowed: Budget::windowed(),
            patterns: RefCell::default(),
            annotations: RefCell::default(),
            looks_at_resets: Cell::default(),
            selected: RefCell::default(),
            derived: RefCell::default(),
            columns: Parts::default(),
            depth: Cell::default(),
            evaluated: RefCell::default(),
        }
    }

    /// Lends what an operator made of labels, at the beginning of another vector.
    pub(crate) fn with_derived<R>(
        &self,
        operator: Operator,
        compute: impl FnOnce(&mut Derived) -> R,
    ) -> R {
        let derived = Rc::clone(self.derived.borrow_mut().entry(operator).or_default());
        let mut derived = derived.borrow_mut();
        derived.begin();
        compute(&mut derived)
    }

    /// Says something beside the value, once however often it is so.
    pub(crate) fn annotate(&self, annotations: impl IntoIterator<Item = Annotation>) {
        let looks_at_resets = self.looks_at_resets.get();
        let told = annotations.into_iter().filter(|one| looks_at_resets || !one.is_of_resets());
        told.for_each(|one| self.annotations.borrow_mut().add(one));
    }

    /// A value of which Prometheus reads counts and sums alone: only there it finds resets where
    /// none are stored, and says of a sum that they conflict (`HistogramStatsIterator`).
    pub(crate) fn vector_of_statistics(
        &self,
        expression: &Expression,
        at: Instant,
    ) -> Result<Vec<Element>, EvalError> {
        let before = self.looks_at_resets.replace(true);
        let vector = self.vector(expression, at);
        self.looks_at_resets.set(before);
        vector
    }

    /// A regular expression that matches a whole text, made once.
    pub(crate) fn pattern(&self, text: &str) -> Result<Regex, regex::Error> {
        if let Some(known) = self.patterns.borrow().get(text) {
            return Ok(known.clone());
        }
        let pattern = Regex::new(&format!("^(?s:{text})$"))?;
        self.patterns.borrow_mut().insert(text.to_owned(), pattern.clone());
        Ok(pattern)
    }

    /// The value of an expression at an instant.
    pub(crate) fn value(&self, expression: &Expression, at: Instant) -> Result<Value, EvalError> {
        if let Some(vector) = self.columns.vector(expression, at) {
            return Ok(Value::Vector(vector));
        }
        match &expression.kind {
            Kind::Number(number) => Ok(Value::Scalar(*number)),
            Kind::Text(text) => Ok(Value::Text(text.clone())),
            Kind::Selector(selector) => Ok(Value::Vector(self.newest(selector, at))),
            Kind::Range(_) | Kind::Subquery(_) => {
                let windows = self.windows(expression, at)?;
                Ok(Value::Matrix(windows.into_iter().map(Window::into_series).collect()))
            }
            Kind::Call(call) => functions::call(&Arguments::new(self, call, at)),
            Kind::Aggregate(aggregate) => self.aggregate(aggregate, at),
            Kind::Binary(binary) => self.binary(binary, at),
            Kind::Negate(inner) => self.negate(inner, at),
        }
    }

    /// The value of an expression that the parser has checked to be a vector.
    pub(crate) fn vector(
        &self,
        expression: &Expression,
        at: Instant,
    ) -> Result<Vec<Element>, EvalError> {
        match self.value(expression, at)? {
            Value::Vector(elements) => Ok(elements),
            _ => Err(EvalError::type_mismatch("an instant vector", expression)),
        }
    }

    /// The value of an expression that the parser has checked to be a scalar.
    pub(crate) fn scalar(&self, expression: &Expression, at: Instant) -> Result<f64, EvalError> {
        match self.value(expression, at)? {
            Value::Scalar(value) => Ok(value),
            _ => Err(EvalError::type_mismatch("a scalar", expression)),
        }
    }

    /// The instant that a selector or subquery means, seen from `at`.
    fn shifted(&self, time: TimeShift, at: Instant) -> i64 {
        let reference_ms = match time.at {
            None => at.ms,
            Some(At::Start) => self.span.start_ms,
            Some(At::End) => self.span.end_ms,
            Some(At::Milliseconds(fixed)) => fixed,
        };
        reference_ms.saturating_sub(time.offset_ms)
    }

    fn negate(&self, inner: &Expression, at: Instant) -> Result<Value, EvalError> {
        match self.value(inner, at)? {
            Value::Scalar(value) => Ok(Value::Scalar(-value)),
            Value::Vector(elements) => {
                let negated = elements.into_iter().map(|e| {
                    e.without_name().with_value(match &e.value {
                        Datum::Number(number) => Datum::Number(-number),
                        Datum::Histogram(histogram) => histogram.scaled(-1.0).into(),
                    })
                });
                Ok(Value::Vector(unique_labels(negated.collect(), || inner.clone())?))
            }
            _ => Err(EvalError::type_mismatch("a scalar or instant vector", inner)),
        }
    }
}

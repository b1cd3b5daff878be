//! The arguments of one call, evaluated on demand.

use super::annotate;
use crate::annotation::Annotation;
use crate::eval::{
    EvalError, Evaluator, Instant, Operator, QuerySpan, Window, duplicate_labels, unique_labels,
};
use crate::expression::{Call, Expression, InstantSelector, Kind, TimeShift};
use crate::matcher::Selector;
use crate::{Datum, Element, Histogram, Labels, Value};

/// The arguments of one call at one instant.
pub(crate) struct Arguments<'e, 'a> {
    evaluator: &'e Evaluator<'a>,
    pub(super) call: &'e Call,
    at: Instant,
}

impl<'e, 'a> Arguments<'e, 'a> {
    pub(crate) fn new(evaluator: &'e Evaluator<'a>, call: &'e Call, at: Instant) -> Self {
        Self { evaluator, call, at }
    }

    pub(super) fn count(&self) -> usize {
        self.call.arguments.len()
    }

    /// The argument itself, not evaluated.
    pub(super) fn get(&self, index: usize) -> Result<&'e Expression, EvalError> {
        self.call.arguments.get(index).ok_or_else(|| {
            self.invalid(&format!("argument {} of `{}` is missing", index + 1, self.name()))
        })
    }

    pub(super) fn vector(&self, index: usize) -> Result<Vec<Element>, EvalError> {
        self.evaluator.vector(self.get(index)?, self.at)
    }

    /// As [`Self::vector`], where only counts and sums of histograms are asked for.
    pub(super) fn vector_of_statistics(&self, index: usize) -> Result<Vec<Element>, EvalError> {
        self.evaluator.vector_of_statistics(self.get(index)?, self.at)
    }

    /// The vector argument, or one element with the evaluated instant in seconds.
    pub(super) fn vector_or_now(&self, index: usize) -> Result<Vec<Element>, EvalError> {
        if index < self.count() {
            return self.vector(index);
        }
        Ok(vec![Element::of_number(Labels::default(), self.now_seconds())])
    }

    pub(super) fn scalar(&self, index: usize) -> Result<f64, EvalError> {
        self.evaluator.scalar(self.get(index)?, self.at)
    }

    pub(super) fn scalar_or(&self, index: usize, default: f64) -> Result<f64, EvalError> {
        if index < self.count() { self.scalar(index) } else { Ok(default) }
    }

    pub(super) fn text(&self, index: usize) -> Result<&'e str, EvalError> {
        match &self.get(index)?.kind {
            Kind::Text(text) => Ok(text),
            _ => Err(EvalError::type_mismatch("a string literal", self.get(index)?)),
        }
    }

    pub(super) fn windows(&self, index: usize) -> Result<Vec<Window<'a>>, EvalError> {
        let windows = self.evaluator.windows(self.get(index)?, self.at)?;
        for window in &windows {
            self.annotate(annotate::window(self.name(), window));
        }
        Ok(windows)
    }

    /// Says something beside the value.
    pub(super) fn annotate(&self, annotations: impl IntoIterator<Item = Annotation>) {
        self.evaluator.annotate(annotations);
    }

    /// A regular expression that matches a whole text.
    pub(super) fn pattern(&self, text: &str) -> Result<regex::Regex, regex::Error> {
        self.evaluator.pattern(text)
    }

    /// The newest samples of a selector, with the times at which they were taken.
    pub(super) fn newest_samples(&self, selector: &InstantSelector) -> Vec<(Labels, i64, Datum)> {
        self.evaluator.newest_samples(selector, self.at)
    }

    /// The newest samples of a selector that is not part of the expression, at the instant
    /// that these `@` and `offset` mean, outermost first.
    pub(super) fn samples_as_of(
        &self,
        selector: &Selector,
        shifts: &[TimeShift],
    ) -> Vec<(Labels, i64, Datum)> {
        self.evaluator.samples_as_of(selector, shifts, self.at)
    }

    /// When the whole query begins and ends.
    pub(super) fn query_span(&self) -> QuerySpan {
        self.evaluator.span
    }

    /// The evaluated instant in seconds since the epoch.
    pub(super) fn now_seconds(&self) -> f64 {
        self.at.ms as f64 / 1000.0
    }

    /// A value for each window, metric names dropped.
    pub(super) fn each_window<D: Into<Datum>>(
        &self,
        index: usize,
        compute: impl Fn(&Window<'_>) -> Option<D>,
    ) -> Result<Value, EvalError> {
        let windows = self.windows(index)?;
        self.without_names(super::each_window(&windows, compute))
    }

    /// A number for each element that has one, metric names dropped.
    pub(super) fn each_number(
        &self,
        index: usize,
        compute: impl Fn(f64) -> f64,
    ) -> Result<Value, EvalError> {
        let numbers = self.vector(index)?.into_iter().filter_map(Element::into_number);
        self.without_names(numbers.map(|(labels, number)| (labels, compute(number).into())))
    }

    /// A number for each element that is a histogram, metric names dropped.
    pub(super) fn each_histogram(
        &self,
        elements: Vec<Element>,
        compute: fn(&Histogram) -> f64,
    ) -> Result<Value, EvalError> {
        let number = |element: Element| {
            let number = compute(element.value.histogram()?);
            Some((element.labels, number.into()))
        };
        self.without_names(elements.into_iter().filter_map(number))
    }

    /// Elements without their metric names; two of them with the same labels are an error.
    pub(super) fn without_names(
        &self,
        elements: impl Iterator<Item = (Labels, Datum)>,
    ) -> Result<Value, EvalError> {
        self.evaluator.with_derived(Operator::Call(self.call), |derived| {
            let unnamed = |(position, (labels, value)): (usize, (Labels, Datum))| {
                let number = derived.number(position, &labels, Labels::without_name);
                let labels = derived.labels(number).clone();
                match derived.note(number, position) {
                    None => Ok(Element { labels, value }),
                    Some(_) => Err(duplicate_labels(&labels, &self.expression())),
                }
            };
            elements.enumerate().map(unnamed).collect::<Result<_, _>>().map(Value::Vector)
        })
    }

    pub(super) fn unique(&self, elements: Vec<Element>) -> Result<Value, EvalError> {
        unique_labels(elements, || self.expression()).map(Value::Vector)
    }

    pub(super) fn invalid(&self, problem: &str) -> EvalError {
        EvalError::InvalidArgument {
            problem: problem.to_owned(),
            expression: self.expression().to_string(),
        }
    }

    /// The whole call, for messages.
    pub(super) fn expression(&self) -> Expression {
        Expression { kind: Kind::Call(self.call.clone()) }
    }

    fn name(&self) -> &'static str {
        self.call.function.name
    }
}

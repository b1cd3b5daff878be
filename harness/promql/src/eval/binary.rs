//! Operators with two sides.

use super::derived::Derived;
use super::operate::{
    Computed, Outcome, as_number, incompatible, operate, operate_on_values, reconciled,
};
use super::pairs::whole;
use super::{EvalError, Evaluator, Instant, Operator, duplicate_labels};
use crate::expression::{Binary, BinaryOperator};
use crate::{Datum, Element, Labels, Value};

impl Evaluator<'_> {
    pub(super) fn binary(&self, binary: &Binary, at: Instant) -> Result<Value, EvalError> {
        let left = self.value(&binary.left, at)?;
        let right = self.value(&binary.right, at)?;
        match (left, right) {
            (Value::Scalar(left), Value::Scalar(right)) => {
                Ok(Value::Scalar(match operate(binary.operator, left, right) {
                    Outcome::Number(number) => number,
                    Outcome::Holds(holds) => as_number(holds),
                }))
            }
            (Value::Vector(left), Value::Scalar(right)) => {
                let right = Datum::Number(right);
                let compute = |value: &Datum| self.operated(binary.operator, value, &right);
                self.with_scalar(binary, left, compute).map(Value::Vector)
            }
            (Value::Scalar(left), Value::Vector(right)) => {
                let left = Datum::Number(left);
                let compute = |value: &Datum| self.operated(binary.operator, &left, value);
                self.with_scalar(binary, right, compute).map(Value::Vector)
            }
            (Value::Vector(left), Value::Vector(right)) => {
                let elements = match binary.operator {
                    BinaryOperator::And => self.matching(binary, left, &right, true),
                    BinaryOperator::Unless => self.matching(binary, left, &right, false),
                    BinaryOperator::Or => self.union(binary, left, right),
                    _ => self.pairs(binary, left, right)?,
                };
                Ok(Value::Vector(elements))
            }
            (Value::Scalar(_) | Value::Vector(_), _) => {
                Err(EvalError::type_mismatch("a scalar or instant vector", &binary.right))
            }
            _ => Err(EvalError::type_mismatch("a scalar or instant vector", &binary.left)),
        }
    }

    /// Applies an operator to two values, and says so where they know no such operation.
    pub(super) fn operated(
        &self,
        operator: BinaryOperator,
        left: &Datum,
        right: &Datum,
    ) -> Option<Computed> {
        let computed = operate_on_values(operator, left, right);
        self.annotate(match computed {
            Some(_) => reconciled(operator, left, right),
            None => Some(incompatible(operator, left, right)),
        });
        computed
    }

    /// A vector and a scalar; a comparison keeps the vector's value, whichever side
    /// it stands on.
    fn with_scalar(
        &self,
        binary: &Binary,
        elements: Vec<Element>,
        operate: impl Fn(&Datum) -> Option<Computed>,
    ) -> Result<Vec<Element>, EvalError> {
        let keeps_name = binary.operator.is_comparison() && !binary.returns_bool;
        let mut results = Vec::with_capacity(elements.len());
        self.with_derived(Operator::Results(binary), |derived| {
            for (position, element) in elements.into_iter().enumerate() {
                let value = match operate(&element.value) {
                    Some(Computed::Value(value)) => value,
                    Some(Computed::Holds(holds)) if binary.returns_bool => as_number(holds).into(),
                    Some(Computed::Holds(true)) => element.value,
                    Some(Computed::Holds(false)) | None => continue,
                };
                let kept = |labels: &Labels| {
                    if keeps_name { labels.clone() } else { labels.without_name() }
                };
                let number = derived.number(position, &element.labels, kept);
                let labels = derived.labels(number).clone();
                if derived.note(number, position).is_some() {
                    return Err(duplicate_labels(&labels, &whole(binary)));
                }
                results.push(Element { labels, value });
            }
            Ok(results)
        })
    }

    /// The elements of the left side that match one of the right side, or those that do not.
    fn matching(
        &self,
        binary: &Binary,
        mut left: Vec<Element>,
        right: &[Element],
        wanted: bool,
    ) -> Vec<Element> {
        self.with_derived(Operator::Matching(binary), |derived| {
            note_keys(binary, derived, right);
            let mut position = right.len();
            left.retain(|element| {
                let number = key(binary, derived, position, element);
                position += 1;
                derived.noted(number).is_some() == wanted
            });
        });
        left
    }

    fn union(&self, binary: &Binary, mut left: Vec<Element>, right: Vec<Element>) -> Vec<Element> {
        self.with_derived(Operator::Matching(binary), |derived| {
            note_keys(binary, derived, &left);
            let first = left.len();
            let is_new = |(position, element): &(usize, Element)| {
                let number = key(binary, derived, first + position, element);
                derived.noted(number).is_none()
            };
            let more = right.into_iter().enumerate().filter(is_new);
            left.extend(more.map(|(_, element)| element).collect::<Vec<_>>());
        });
        left
    }
}

/// Notes the matching labels of all elements.
fn note_keys(binary: &Binary, derived: &mut Derived, elements: &[Element]) {
    for (position, element) in elements.iter().enumerate() {
        let number = key(binary, derived, position, element);
        derived.note(number, position);
    }
}

/// The number of an element's matching labels.
pub(super) fn key(
    binary: &Binary,
    derived: &mut Derived,
    position: usize,
    element: &Element,
) -> usize {
    derived.number(position, &element.labels, |labels| binary.matching.key(labels))
}

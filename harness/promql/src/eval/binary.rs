//! Operators with two sides.

use std::collections::HashSet;

use super::operate::{
    Computed, Outcome, as_number, incompatible, operate, operate_on_values, reconciled,
};
use super::pairs::{pairs, whole};
use super::{EvalError, Evaluator, Instant, unique_labels};
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
                with_scalar(binary, left, compute).map(Value::Vector)
            }
            (Value::Scalar(left), Value::Vector(right)) => {
                let left = Datum::Number(left);
                let compute = |value: &Datum| self.operated(binary.operator, &left, value);
                with_scalar(binary, right, compute).map(Value::Vector)
            }
            (Value::Vector(left), Value::Vector(right)) => {
                let elements = match binary.operator {
                    BinaryOperator::And => intersection(binary, left, &right),
                    BinaryOperator::Unless => difference(binary, left, &right),
                    BinaryOperator::Or => union(binary, left, right),
                    _ => pairs(self, binary, left, right)?,
                };
                Ok(Value::Vector(elements))
            }
            (Value::Scalar(_) | Value::Vector(_), _) => {
                Err(EvalError::type_mismatch("a scalar or instant vector", &binary.right))
            }
            _ => Err(EvalError::type_mismatch("a scalar or instant vector", &binary.left)),
        }
    }
}

impl Evaluator<'_> {
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
}

/// A vector and a scalar; a comparison keeps the vector's value, whichever side
/// it stands on.
fn with_scalar(
    binary: &Binary,
    elements: Vec<Element>,
    operate: impl Fn(&Datum) -> Option<Computed>,
) -> Result<Vec<Element>, EvalError> {
    let compute = |element: Element| match operate(&element.value)? {
        Computed::Value(value) => Some(element.without_name().with_value(value)),
        Computed::Holds(holds) if binary.returns_bool => {
            Some(element.without_name().with_value(as_number(holds)))
        }
        Computed::Holds(holds) => holds.then_some(element),
    };
    let computed = elements.into_iter().filter_map(compute).collect();
    unique_labels(computed, || whole(binary))
}

fn keys(binary: &Binary, elements: &[Element]) -> HashSet<Labels> {
    elements.iter().map(|element| binary.matching.key(&element.labels)).collect()
}

fn intersection(binary: &Binary, mut left: Vec<Element>, right: &[Element]) -> Vec<Element> {
    let keys = keys(binary, right);
    left.retain(|element| keys.contains(&binary.matching.key(&element.labels)));
    left
}

fn difference(binary: &Binary, mut left: Vec<Element>, right: &[Element]) -> Vec<Element> {
    let keys = keys(binary, right);
    left.retain(|element| !keys.contains(&binary.matching.key(&element.labels)));
    left
}

fn union(binary: &Binary, mut left: Vec<Element>, right: Vec<Element>) -> Vec<Element> {
    let keys = keys(binary, &left);
    left.extend(
        right.into_iter().filter(|element| !keys.contains(&binary.matching.key(&element.labels))),
    );
    left
}

//! Operators with two sides.

use std::collections::{HashMap, HashSet};

use super::matching::pair_labels;
use super::operate::{Outcome, as_number, operate};
use super::{EvalError, Evaluator, Instant, unique_labels};
use crate::expression::{Binary, BinaryOperator, Cardinality, Expression, Kind};
use crate::{Element, Labels, Value};

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
                let operands = |value| (value, right);
                with_scalar(binary, left, operands).map(Value::Vector)
            }
            (Value::Scalar(left), Value::Vector(right)) => {
                let operands = |value| (left, value);
                with_scalar(binary, right, operands).map(Value::Vector)
            }
            (Value::Vector(left), Value::Vector(right)) => {
                let elements = match binary.operator {
                    BinaryOperator::And => intersection(binary, left, &right),
                    BinaryOperator::Unless => difference(binary, left, &right),
                    BinaryOperator::Or => union(binary, left, right),
                    _ => pairs(binary, left, right)?,
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

/// A vector and a scalar; a comparison keeps the vector's value, whichever side
/// it stands on.
fn with_scalar(
    binary: &Binary,
    elements: Vec<Element>,
    operands: impl Fn(f64) -> (f64, f64),
) -> Result<Vec<Element>, EvalError> {
    let compute = |element: Element| {
        let (left, right) = operands(element.value);
        match operate(binary.operator, left, right) {
            Outcome::Number(number) => Some(element.renamed_to_none().with_value(number)),
            Outcome::Holds(holds) if binary.returns_bool => {
                Some(element.renamed_to_none().with_value(as_number(holds)))
            }
            Outcome::Holds(holds) => holds.then_some(element),
        }
    };
    let computed = elements.into_iter().filter_map(compute).collect();
    unique_labels(computed, &whole(binary))
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

/// Elements of both sides that share their matching labels, one result each.
fn pairs(
    binary: &Binary,
    left: Vec<Element>,
    right: Vec<Element>,
) -> Result<Vec<Element>, EvalError> {
    let many_is_right = matches!(binary.cardinality, Cardinality::OneToMany(_));
    let (many, one) = if many_is_right { (right, left) } else { (left, right) };
    let one = by_key(binary, one)?;
    let mut results = Vec::with_capacity(many.len());
    let mut taken = HashSet::new();
    for element in many {
        let key = binary.matching.key(&element.labels);
        let Some(partner) = one.get(&key) else {
            continue;
        };
        let (l, r) = if many_is_right {
            (partner.value, element.value)
        } else {
            (element.value, partner.value)
        };
        let value = match operate(binary.operator, l, r) {
            Outcome::Number(number) => number,
            Outcome::Holds(holds) if binary.returns_bool => as_number(holds),
            Outcome::Holds(true) => l,
            Outcome::Holds(false) => continue,
        };
        let labels = pair_labels(binary, &element.labels, &partner.labels);
        let explicit = binary.cardinality != Cardinality::OneToOne;
        if !taken.insert(if explicit { labels.clone() } else { key }) {
            return Err(several_matches(binary, &element.labels));
        }
        results.push(Element { labels, value });
    }
    Ok(results)
}

/// The elements of the "one" side by their matching labels.
fn by_key(binary: &Binary, one: Vec<Element>) -> Result<HashMap<Labels, Element>, EvalError> {
    let mut by_key: HashMap<Labels, Element> = HashMap::with_capacity(one.len());
    for element in one {
        let key = binary.matching.key(&element.labels);
        if let Some(other) = by_key.get(&key) {
            let side = if matches!(binary.cardinality, Cardinality::OneToMany(_)) {
                "left"
            } else {
                "right"
            };
            let problem = format!(
                "found duplicate series for the match group {key} on the {side} hand-side of the \
                 operation: [{}, {}]; many-to-many matching is not allowed: matching labels must \
                 be unique on one side",
                other.labels, element.labels
            );
            return Err(EvalError::Matching { problem, expression: whole(binary).to_string() });
        }
        by_key.insert(key, element);
    }
    Ok(by_key)
}

fn several_matches(binary: &Binary, labels: &Labels) -> EvalError {
    let advice = if binary.cardinality == Cardinality::OneToOne {
        "many-to-one matching must be explicit (group_left/group_right)"
    } else {
        "grouping labels must ensure unique matches"
    };
    EvalError::Matching {
        problem: format!("multiple matches for labels {labels}: {advice}"),
        expression: whole(binary).to_string(),
    }
}

/// The binary expression as an expression, for messages.
fn whole(binary: &Binary) -> Expression {
    Expression { kind: Kind::Binary(Box::new(binary.clone())) }
}

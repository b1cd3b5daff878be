//! Arithmetic and comparison between two vectors: elements of both sides that
//! share their matching labels make one result each (`VectorBinop` in
//! `promql/engine.go`).

use std::collections::{HashMap, HashSet};

use super::matching::pair_labels;
use super::operate::{Computed, as_number};
use super::{EvalError, Evaluator};
use crate::expression::{Binary, Cardinality, Expression, Kind};
use crate::{Element, Labels};

/// The results of an operator on all pairs of elements.
pub(super) fn pairs(
    evaluator: &Evaluator<'_>,
    binary: &Binary,
    left: Vec<Element>,
    right: Vec<Element>,
) -> Result<Vec<Element>, EvalError> {
    let many_is_right = matches!(binary.cardinality, Cardinality::OneToMany(_));
    let (many, one) = if many_is_right { (right, left) } else { (left, right) };
    // Prometheus fills the "many" side with `fill_left`, also for `group_right`,
    // where that side stands on the right (`fill-modifier.test`).
    let (fill_many, fill_one) = (binary.fill.left, binary.fill.right);
    if (many.is_empty() || one.is_empty()) && fill_many.is_none() && fill_one.is_none() {
        // Nothing can match, whatever the other side has twice.
        return Ok(Vec::new());
    }
    let one = by_key(binary, one)?;
    let mut pairing = Pairing {
        evaluator,
        binary,
        many_is_right,
        taken: HashSet::with_capacity(many.len()),
        results: Vec::with_capacity(many.len()),
    };
    let mut matched = HashSet::new();
    for element in many {
        let key = binary.matching.key(&element.labels);
        match (one.get(&key), fill_one) {
            (Some(partner), _) => pairing.add(&key, &element, partner)?,
            (None, Some(value)) => {
                pairing.add(&key, &element, &Element::of_number(Labels::default(), value))?;
            }
            (None, None) => {}
        }
        matched.insert(key);
    }
    if let Some(value) = fill_many {
        // Sorted, so that results do not depend on the hash.
        let mut alone = one.iter().filter(|(key, _)| !matched.contains(*key)).collect::<Vec<_>>();
        alone.sort_by(|a, b| a.0.cmp(b.0));
        for (key, partner) in alone {
            pairing.add(key, &Element::of_number(key.clone(), value), partner)?;
        }
    }
    Ok(pairing.results)
}

struct Pairing<'b, 'e> {
    evaluator: &'b Evaluator<'e>,
    binary: &'b Binary,
    /// Whether the right operand is the side that may have several elements.
    many_is_right: bool,
    /// Matching labels, or labels of results with explicit grouping, that are used up.
    taken: HashSet<Labels>,
    results: Vec<Element>,
}

impl Pairing<'_, '_> {
    /// Adds the result of one pair, if its values know the operation. That labels match twice is
    /// an error even where a comparison would filter the result away.
    fn add(&mut self, key: &Labels, many: &Element, one: &Element) -> Result<(), EvalError> {
        let (left, right) =
            if self.many_is_right { (&one.value, &many.value) } else { (&many.value, &one.value) };
        let Some(computed) = self.evaluator.operated(self.binary.operator, left, right) else {
            return Ok(());
        };
        let labels = pair_labels(self.binary, &many.labels, &one.labels);
        let explicit = self.binary.cardinality != Cardinality::OneToOne;
        if !self.taken.insert(if explicit { labels.clone() } else { key.clone() }) {
            return Err(several_matches(self.binary, &many.labels));
        }
        let value = match computed {
            Computed::Value(value) => value,
            Computed::Holds(holds) if self.binary.returns_bool => as_number(holds).into(),
            Computed::Holds(true) => left.clone(),
            Computed::Holds(false) => return Ok(()),
        };
        self.results.push(Element { labels, value });
        Ok(())
    }
}

/// The elements of the "one" side by their matching labels.
fn by_key(binary: &Binary, one: Vec<Element>) -> Result<HashMap<Labels, Element>, EvalError> {
    let mut by_key: HashMap<Labels, Element> = HashMap::with_capacity(one.len());
    for element in one {
        let key = binary.matching.key(&element.labels);
        if let Some(other) = by_key.get(&key) {
            let left = matches!(binary.cardinality, Cardinality::OneToMany(_));
            let side = if left { "left" } else { "right" };
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
pub(super) fn whole(binary: &Binary) -> Expression {
    Expression { kind: Kind::Binary(Box::new(binary.clone())) }
}

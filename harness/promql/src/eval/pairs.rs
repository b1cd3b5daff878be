//! Arithmetic and comparison between two vectors: elements of both sides that
//! share their matching labels make one result each (`VectorBinop` in
//! `promql/engine.go`).

use super::binary::key;
use super::derived::Derived;
use super::matching::pair_labels;
use super::operate::{Computed, as_number};
use super::{EvalError, Evaluator, Operator};
use crate::expression::{Binary, Cardinality, Expression, Kind};
use crate::{Element, Labels};

impl Evaluator<'_> {
    /// The results of an operator on all pairs of elements.
    pub(super) fn pairs(
        &self,
        binary: &Binary,
        left: Vec<Element>,
        right: Vec<Element>,
    ) -> Result<Vec<Element>, EvalError> {
        let many_is_right = matches!(binary.cardinality, Cardinality::OneToMany(_));
        let (many, one) = if many_is_right { (right, left) } else { (left, right) };
        self.with_derived(Operator::Matching(binary), |keys| {
            self.with_derived(Operator::Results(binary), |labels| {
                let mut pairing = Pairing {
                    evaluator: self,
                    binary,
                    many_is_right,
                    keys,
                    labels,
                    taken: Numbers::default(),
                    results: Vec::with_capacity(many.len()),
                };
                pairing.pair(&many, &one)?;
                Ok(pairing.results)
            })
        })
    }
}

/// Numbers that were seen.
#[derive(Default)]
struct Numbers(Vec<bool>);

impl Numbers {
    /// Whether it was not there before.
    fn insert(&mut self, number: usize) -> bool {
        if number >= self.0.len() {
            self.0.resize(number + 1, false);
        }
        !std::mem::replace(&mut self.0[number], true)
    }

    fn contains(&self, number: usize) -> bool {
        self.0.get(number).copied().unwrap_or(false)
    }
}

/// An element that has a partner: its place in its vector, if it is an element of it.
struct Many<'e> {
    position: Option<usize>,
    element: &'e Element,
}

struct Pairing<'b, 'e> {
    evaluator: &'b Evaluator<'e>,
    binary: &'b Binary,
    /// Whether the right operand is the side that may have several elements.
    many_is_right: bool,
    /// Matching labels; what is noted for one is the place of the "one" side's element.
    keys: &'b mut Derived,
    /// Labels of the results.
    labels: &'b mut Derived,
    /// Matching labels, or labels of results with explicit grouping, that are used up.
    taken: Numbers,
    results: Vec<Element>,
}

impl Pairing<'_, '_> {
    fn pair(&mut self, many: &[Element], one: &[Element]) -> Result<(), EvalError> {
        // Prometheus fills the "many" side with `fill_left`, also for `group_right`,
        // where that side stands on the right (`fill-modifier.test`).
        let (fill_many, fill_one) = (self.binary.fill.left, self.binary.fill.right);
        if (many.is_empty() || one.is_empty()) && fill_many.is_none() && fill_one.is_none() {
            // Nothing can match, whatever the other side has twice.
            return Ok(());
        }
        let alone = fill_one.map(|value| Element::of_number(Labels::default(), value));
        self.note_keys(one)?;
        let mut matched = Numbers::default();
        for (position, element) in many.iter().enumerate() {
            let key = key(self.binary, self.keys, one.len() + position, element);
            let partner = self.keys.noted(key).map(|place| &one[place]).or(alone.as_ref());
            if let Some(partner) = partner {
                self.add(key, &Many { position: Some(position), element }, partner)?;
            }
            if fill_many.is_some() {
                matched.insert(key);
            }
        }
        fill_many.map_or(Ok(()), |value| self.fill(value, &matched, one))
    }

    /// Notes where the element of the "one" side is that has these matching labels.
    fn note_keys(&mut self, one: &[Element]) -> Result<(), EvalError> {
        for (position, element) in one.iter().enumerate() {
            let key = key(self.binary, self.keys, position, element);
            if let Some(other) = self.keys.note(key, position) {
                let labels = [&one[other].labels, &element.labels];
                return Err(several_on_one_side(self.binary, self.keys.labels(key), labels));
            }
        }
        Ok(())
    }

    /// Pairs what has no partner on the "many" side with a value.
    fn fill(&mut self, value: f64, matched: &Numbers, one: &[Element]) -> Result<(), EvalError> {
        let number =
            |(position, element)| (key(self.binary, self.keys, position, element), element);
        let numbered = one.iter().enumerate().map(number).collect::<Vec<(usize, &Element)>>();
        let mut alone =
            numbered.into_iter().filter(|(key, _)| !matched.contains(*key)).collect::<Vec<_>>();
        // Sorted, so that results do not depend on the order of the "one" side.
        alone.sort_by(|a, b| self.keys.labels(a.0).cmp(self.keys.labels(b.0)));
        for (key, partner) in alone {
            let element = &Element::of_number(self.keys.labels(key).clone(), value);
            self.add(key, &Many { position: None, element }, partner)?;
        }
        Ok(())
    }

    /// Adds the result of one pair, if its values know the operation. That labels match twice is
    /// an error even where a comparison would filter the result away.
    fn add(&mut self, key: usize, many: &Many<'_>, one: &Element) -> Result<(), EvalError> {
        let value = &many.element.value;
        let (left, right) =
            if self.many_is_right { (&one.value, value) } else { (value, &one.value) };
        let Some(computed) = self.evaluator.operated(self.binary.operator, left, right) else {
            return Ok(());
        };
        let number = self.result_labels(many, one);
        let explicit = self.binary.cardinality != Cardinality::OneToOne;
        if !self.taken.insert(if explicit { number } else { key }) {
            return Err(several_matches(self.binary, &many.element.labels));
        }
        let value = match computed {
            Computed::Value(value) => value,
            Computed::Holds(holds) if self.binary.returns_bool => as_number(holds).into(),
            Computed::Holds(true) => left.clone(),
            Computed::Holds(false) => return Ok(()),
        };
        self.results.push(Element { labels: self.labels.labels(number).clone(), value });
        Ok(())
    }

    /// The number of a pair's labels.
    fn result_labels(&mut self, many: &Many<'_>, one: &Element) -> usize {
        let of_pair = |many: &Labels| pair_labels(self.binary, many, &one.labels);
        let labels = &many.element.labels;
        match many.position {
            Some(position) if !takes_labels_of_one(self.binary) => {
                self.labels.number(position, labels, of_pair)
            }
            _ => self.labels.number_of(of_pair(labels)),
        }
    }
}

/// Whether a pair has labels of its "one" side: `group_left(label)`.
fn takes_labels_of_one(binary: &Binary) -> bool {
    match &binary.cardinality {
        Cardinality::OneToOne => false,
        Cardinality::ManyToOne(included) | Cardinality::OneToMany(included) => !included.is_empty(),
    }
}

fn several_on_one_side(binary: &Binary, key: &Labels, labels: [&Labels; 2]) -> EvalError {
    let left = matches!(binary.cardinality, Cardinality::OneToMany(_));
    let side = if left { "left" } else { "right" };
    let problem = format!(
        "found duplicate series for the match group {key} on the {side} hand-side of the \
         operation: [{}, {}]; many-to-many matching is not allowed: matching labels must \
         be unique on one side",
        labels[0], labels[1]
    );
    EvalError::Matching { problem, expression: whole(binary).to_string() }
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

//! `absent` and `absent_over_time`: 1 where nothing is selected.

use std::collections::BTreeMap;

use super::Arguments;
use crate::eval::EvalError;
use crate::expression::{Expression, Kind};
use crate::matcher::{MatchOperator, Selector};
use crate::{Element, Labels, METRIC_NAME, Value};

pub(super) fn absent(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let nothing = arguments.vector(0)?.is_empty();
    Ok(one_if(nothing, arguments.get(0)?))
}

pub(super) fn absent_over_time(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let nothing = arguments.windows(0)?.is_empty();
    Ok(one_if(nothing, arguments.get(0)?))
}

fn one_if(nothing: bool, argument: &Expression) -> Value {
    let one = || Element::of_number(labels_of(argument), 1.0);
    Value::Vector(nothing.then(one).into_iter().collect())
}

/// The labels that the missing series would certainly have: those with exactly
/// one equality matcher.
fn labels_of(argument: &Expression) -> Labels {
    match &argument.kind {
        Kind::Selector(instant) => certain_labels(&instant.selector),
        Kind::Range(range) => certain_labels(&range.instant.selector),
        _ => Labels::default(),
    }
}

fn certain_labels(selector: &Selector) -> Labels {
    let mut certain: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for matcher in selector.matchers().iter().filter(|m| m.name() != METRIC_NAME) {
        let first =
            matcher.operator() == MatchOperator::Equal && !certain.contains_key(matcher.name());
        certain.insert(matcher.name(), first.then_some(matcher.value()));
    }
    Labels::new(certain.into_iter().filter_map(|(name, value)| Some((name, value?))))
}

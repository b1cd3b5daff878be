//! `absent` and `absent_over_time`: 1 where nothing is selected.

use std::collections::BTreeMap;

use super::Arguments;
use crate::eval::EvalError;
use crate::expression::{Expression, Kind};
use crate::matcher::{MatchOperator, Matcher, Selector};
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

/// The labels that the missing series would certainly have: those with an equality matcher and
/// no other after it (`createLabelsForAbsentFunction` in `promql/functions.go`).
fn labels_of(argument: &Expression) -> Labels {
    match &argument.kind {
        Kind::Selector(instant) => certain_labels(&instant.selector),
        Kind::Range(range) => certain_labels(&range.instant.selector),
        _ => Labels::default(),
    }
}

fn certain_labels(selector: &Selector) -> Labels {
    let mut certain: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for matcher in in_order(selector).filter(|m| m.name() != METRIC_NAME) {
        let is_equal = matcher.operator() == MatchOperator::Equal;
        let is_first = is_equal && !certain.contains_key(matcher.name());
        // What stands before the first equality does not count against it.
        if is_equal || certain.contains_key(matcher.name()) {
            certain.insert(matcher.name(), is_first.then_some(matcher.value()));
        }
    }
    Labels::new(certain.into_iter().filter_map(|(name, value)| Some((name, value?))))
}

/// Matchers in the order in which Prometheus' storage leaves them: those that only take series
/// away stand last (`PostingsForMatchers` in `tsdb/querier.go`).
fn in_order(selector: &Selector) -> impl Iterator<Item = &Matcher> {
    let takes_away = |matcher: &&Matcher| {
        matches!(matcher.operator(), MatchOperator::NotEqual | MatchOperator::NotMatches)
            && matcher.matches_value("")
    };
    let all = || selector.matchers().iter();
    all().filter(move |matcher| !takes_away(matcher)).chain(all().filter(takes_away))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::parse_selector;

    #[test]
    fn a_label_is_certain_unless_another_matcher_of_it_comes_after_the_equality() {
        for (selector, certain) in [
            (r#"x{a="1"}"#, r#"{a="1"}"#),
            (r#"x{a="1",a="1"}"#, "{}"),
            (r#"x{a=~"",a="1"}"#, r#"{a="1"}"#),
            (r#"x{a!~"2",a="1"}"#, "{}"),
            (r#"x{a!="",a="1"}"#, r#"{a="1"}"#),
        ] {
            let selector = parse_selector(selector).unwrap();
            assert_eq!(certain_labels(&selector).to_string(), certain, "{selector}");
        }
    }
}

//! Every part of an expression, the whole first.

use crate::Expression;
use crate::expression::{Call, InstantSelector, Kind};

/// The expression and everything in it, in the order of the text.
pub(super) fn every(expression: &Expression) -> Vec<&Expression> {
    let mut found = vec![expression];
    found.extend(expression.parts().into_iter().flat_map(every));
    found
}

/// Every function call in it.
pub(super) fn calls(expression: &Expression) -> impl Iterator<Item = &Call> {
    every(expression).into_iter().filter_map(|one| match &one.kind {
        Kind::Call(call) => Some(call),
        _ => None,
    })
}

/// The selector that an expression is, with or without a range.
pub(super) fn as_selector(expression: &Expression) -> Option<&InstantSelector> {
    match &expression.kind {
        Kind::Selector(instant) => Some(instant),
        Kind::Range(range) => Some(&range.instant),
        _ => None,
    }
}

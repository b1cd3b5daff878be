//! Two limits on one value that exclude each other: `x > 5 and x < 3`.

use super::{BinaryOperator, Expression, Kind, LabelChoice};
use crate::format_number;

impl Expression {
    /// Two limits that each element of this expression meets, and that no value meets both of,
    /// as text: `> 5` and `< 3`.
    pub fn contradiction(&self) -> Option<(String, String)> {
        let mut limits = Vec::new();
        collect_limits(self, &mut limits);
        for (at, one) in limits.iter().enumerate() {
            let mut others = limits[..at].iter().filter(|other| other.value == one.value);
            if let Some(other) = others.find(|other| !can_both_hold(one, other)) {
                return Some((other.text(), one.text()));
            }
        }
        None
    }
}

/// A comparison of a value with a number.
struct Limit {
    value: String,
    operator: BinaryOperator,
    number: f64,
}

impl Limit {
    fn text(&self) -> String {
        format!("{} {}", self.operator.spelling(), format_number(self.number))
    }
}

/// The limits that an element meets all of.
fn collect_limits(expression: &Expression, found: &mut Vec<Limit>) {
    let Kind::Binary(binary) = &expression.kind else {
        return;
    };
    let is_whole = binary.matching == LabelChoice::AllBut(Vec::new());
    match (binary.operator, &binary.right.kind) {
        (BinaryOperator::And, _) if is_whole => {
            collect_limits(&binary.left, found);
            collect_limits(&binary.right, found);
        }
        (operator, Kind::Number(limit)) if operator.is_comparison() && !binary.returns_bool => {
            collect_limits(&binary.left, found);
            let value = compared(&binary.left).to_string();
            found.push(Limit { value, operator, number: *limit });
        }
        _ => {}
    }
}

/// What a chain of comparisons is about: `x` of `x > 3 < 5`.
fn compared(expression: &Expression) -> &Expression {
    match &expression.kind {
        Kind::Binary(binary) if binary.operator.is_comparison() && !binary.returns_bool => {
            compared(&binary.left)
        }
        _ => expression,
    }
}

/// Whether some value meets both: tried at each limit and on both sides of it.
fn can_both_hold(one: &Limit, other: &Limit) -> bool {
    let around = |number: f64| [number.next_down(), number, number.next_up()];
    let tried = around(one.number).into_iter().chain(around(other.number));
    let holds = |limit: &Limit, value: f64| {
        value.partial_cmp(&limit.number).is_some_and(|order| limit.operator.holds(order))
    };
    tried.into_iter().any(|value| holds(one, value) && holds(other, value))
}

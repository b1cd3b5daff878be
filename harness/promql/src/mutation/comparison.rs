//! Changed comparisons: another operator, another limit.
//!
//! Of the operators those stand in that differ at the limit, beyond it on the other side, and
//! there in part: what Kaminski, Ammann and Offutt found enough to stand for all of them ("Better
//! predicate testing", AST 2011), but that the turned operator takes the place of *never*.
//! Of the limits those a tenth away: near enough that only a test close to the limit notices,
//! far enough that rounding does not decide. A tenth of a share such as 0.95 is one of its
//! distance to 1, because 0.95 and 0.99 differ by a factor of five there.

use super::changes::{Change, shown};
use crate::expression::{Binary, BinaryOperator, Kind};
use crate::{Bounds, Expression};

/// How far a limit is moved, as a share of it.
const STEP: f64 = 0.1;
/// A moved limit is rounded to so many decimals after its first digit: `0.945`, not
/// `0.9449999999999999`.
const DIGITS: usize = 11;

pub(super) fn of(binary: &Binary) -> Vec<Change> {
    let operators = others(binary.operator).into_iter().filter(|other| !agree(binary, *other));
    let mut found: Vec<Change> =
        operators.map(|operator| change(binary, Binary { operator, ..binary.clone() })).collect();
    for moved in moved_limits(binary) {
        found.push(change(binary, moved));
    }
    found
}

fn change(before: &Binary, after: Binary) -> Change {
    let [before, shown_after] = [before, &after].map(shown_limit);
    let expression = Expression { kind: Kind::Binary(Box::new(after)) };
    Change { expression, before, after: shown_after }
}

/// `> 0.95`, or `0.95 >` where the limit stands on the left.
fn shown_limit(binary: &Binary) -> String {
    let operator = binary.operator.spelling();
    match constant(&binary.left) {
        Some(_) => format!("{} {operator}", shown(&binary.left)),
        None => format!("{operator} {}", shown(&binary.right)),
    }
}

fn others(operator: BinaryOperator) -> [BinaryOperator; 3] {
    use BinaryOperator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    match operator {
        Greater => [GreaterOrEqual, Less, NotEqual],
        Less => [LessOrEqual, Greater, NotEqual],
        GreaterOrEqual => [Greater, LessOrEqual, Equal],
        LessOrEqual => [Less, GreaterOrEqual, Equal],
        Equal => [NotEqual, GreaterOrEqual, LessOrEqual],
        _ => [Equal, Greater, Less],
    }
}

/// Whether another operator says the same of all values that the sides can have.
fn agree(binary: &Binary, other: BinaryOperator) -> bool {
    let mut orders = binary.left.bounds().orders(binary.right.bounds());
    orders.all(|order| binary.operator.holds(order) == other.holds(order))
}

/// The comparison with its limit lower and higher; nothing where neither side is a number.
fn moved_limits(binary: &Binary) -> Vec<Binary> {
    let number = |value: f64| Expression { kind: Kind::Number(value) };
    match (constant(&binary.left), constant(&binary.right)) {
        (None, Some(limit)) => {
            moved(limit).map(|limit| Binary { right: number(limit), ..binary.clone() }).into()
        }
        (Some(limit), None) => {
            moved(limit).map(|limit| Binary { left: number(limit), ..binary.clone() }).into()
        }
        _ => Vec::new(),
    }
}

/// The value of an expression that is the same whatever the series are: `0.95`, `5 * 60`.
pub(super) fn constant(expression: &Expression) -> Option<f64> {
    let Bounds { low, high } = expression.bounds();
    let is_one = low.to_bits() == high.to_bits() && low.is_finite();
    (is_one && expression.selectors().is_empty()).then_some(low)
}

/// A limit a step lower and a step higher; counts stay whole.
fn moved(limit: f64) -> [f64; 2] {
    let size = limit.abs();
    let step = if limit.fract() == 0.0 {
        (size * STEP).round().max(1.0)
    } else if size < 1.0 {
        size.min(1.0 - size) * STEP
    } else {
        size * STEP
    };
    [limit - step, limit + step].map(rounded)
}

fn rounded(value: f64) -> f64 {
    format!("{value:.DIGITS$e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str) -> Vec<String> {
        let Kind::Binary(binary) = Expression::parse(text).unwrap().kind else { panic!("{text}") };
        of(&binary).into_iter().map(|change| change.after).collect()
    }

    #[test]
    fn the_operator_and_the_limit_are_changed() {
        assert_eq!(changed("x > 10"), [">= 10", "< 10", "!= 10", "> 9", "> 11"]);
        assert_eq!(changed("x < 0.95"), ["<= 0.95", "> 0.95", "!= 0.95", "< 0.945", "< 0.955"]);
        assert_eq!(changed("1.5 <= x"), ["1.5 <", "1.5 >=", "1.5 ==", "1.35 <=", "1.65 <="]);
        assert_eq!(changed("x >= -2"), ["> -2", "<= -2", "== -2", ">= -3", ">= -1"]);
        assert_eq!(changed("x > 5 * 60")[3..], ["> 270", "> 330"]);
        assert_eq!(changed("x == y"), ["!= y", ">= y", "<= y"]);
    }

    #[test]
    fn what_means_the_same_for_every_value_is_not_made() {
        assert_eq!(changed("up == 0"), ["!= 0", ">= 0", "== -1", "== 1"]);
        assert_eq!(changed("sum(rate(a_total[5m])) > 0"), [">= 0", "< 0", "> -1", "> 1"]);
        assert_eq!(changed("absent(x) == 1")[..2], ["!= 1", "<= 1"]);
    }
}

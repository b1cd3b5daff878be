//! Rounding, clamping, signs.

use super::Arguments;
use crate::Value;
use crate::eval::EvalError;

/// -1, 0 or 1; NaN stays NaN.
pub(super) fn sign(value: f64) -> f64 {
    if value < 0.0 {
        -1.0
    } else if value > 0.0 {
        1.0
    } else {
        value
    }
}

/// To the nearest multiple, halves upwards. The inverse is used as Prometheus
/// does: multiples such as 0.1 then come out exact.
pub(super) fn round(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let inverse = 1.0 / arguments.scalar_or(1, 1.0)?;
    arguments.each_number(0, |value| (value * inverse + 0.5).floor() / inverse)
}

/// Nothing at all if the bounds are the wrong way round.
pub(super) fn clamp(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let (low, high) = (arguments.scalar(1)?, arguments.scalar(2)?);
    if low > high {
        // What the vector itself refuses is refused whatever the bounds are.
        return arguments.vector(0).map(|_| Value::Vector(Vec::new()));
    }
    arguments.each_number(0, |value| largest(low, smallest(high, value)))
}

pub(super) fn clamp_max(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let high = arguments.scalar(1)?;
    arguments.each_number(0, |value| smallest(high, value))
}

pub(super) fn clamp_min(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let low = arguments.scalar(1)?;
    arguments.each_number(0, |value| largest(low, value))
}

/// The larger of two scalars.
pub(super) fn max_of(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    Ok(Value::Scalar(largest(arguments.scalar(0)?, arguments.scalar(1)?)))
}

/// The smaller of two scalars.
pub(super) fn min_of(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    Ok(Value::Scalar(smallest(arguments.scalar(0)?, arguments.scalar(1)?)))
}

pub(super) fn pi(_: &Arguments<'_, '_>) -> f64 {
    std::f64::consts::PI
}

/// Unlike `f64::max`, NaN wins, but for positive infinity, as in Go.
fn largest(a: f64, b: f64) -> f64 {
    let is_infinite = a == f64::INFINITY || b == f64::INFINITY;
    if !is_infinite && (a.is_nan() || b.is_nan()) { f64::NAN } else { a.max(b) }
}

/// Unlike `f64::min`, NaN wins, but for negative infinity, as in Go.
fn smallest(a: f64, b: f64) -> f64 {
    let is_infinite = a == f64::NEG_INFINITY || b == f64::NEG_INFINITY;
    if !is_infinite && (a.is_nan() || b.is_nan()) { f64::NAN } else { a.min(b) }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "infinities are exact")]
mod tests {
    use super::*;

    #[test]
    fn not_a_number_wins_over_all_but_the_infinity_that_is_sought() {
        assert!(largest(1.0, f64::NAN).is_nan() && smallest(f64::NAN, 1.0).is_nan());
        assert!(largest(f64::NEG_INFINITY, f64::NAN).is_nan());
        assert_eq!(largest(f64::NAN, f64::INFINITY), f64::INFINITY);
        assert_eq!(smallest(f64::NEG_INFINITY, f64::NAN), f64::NEG_INFINITY);
    }
}

//! Comparisons that could come true, and not in what was recorded: nothing in a run of seconds
//! is older than its first sample, and no counter is below 0.
//!
//! Only limits of times and of counters are added to what an expression can be by its shape
//! (`bounds.rs`): how fast, how many and how deep a target could have become is not asked.

use super::{Aggregation, Binary, BinaryOperator, Call, Expression, InstantSelector, Kind};
use crate::functions;
use crate::matcher::Selector;

/// What is known of a recording whatever its values are.
#[derive(Clone, Copy)]
pub struct Recorded<'r> {
    /// When it was recorded, if times count.
    pub times: Option<RecordedTimes>,
    /// Whether a selector selects only what counts up from 0.
    pub is_counter: &'r dyn Fn(&Selector) -> bool,
}

/// When something was recorded, in seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecordedTimes {
    /// Of the oldest sample.
    pub oldest: f64,
    /// The last time at which an expression is evaluated.
    pub newest: f64,
    /// How far back the newest sample of a series may lie, seconds.
    pub lookback: f64,
}

impl Recorded<'_> {
    /// An expression with the limits that times and counters have, as `clamp` states them.
    pub(super) fn limited(&self, expression: &Expression) -> Expression {
        let mut whole = expression.clone();
        for part in whole.parts_mut() {
            *part = self.limited(part);
        }
        match self.limits(expression) {
            Some((low, high)) => clamped(whole, low, high),
            None => whole,
        }
    }

    fn limits(&self, expression: &Expression) -> Option<(f64, f64)> {
        let from_zero = |selector| (self.is_counter)(selector).then_some((0.0, f64::INFINITY));
        match &expression.kind {
            Kind::Selector(instant) => from_zero(&instant.selector),
            Kind::Range(range) => from_zero(&range.instant.selector),
            Kind::Call(call) => self.times.and_then(|times| times.of_call(call)),
            Kind::Binary(binary) => self.times.and_then(|times| times.of_age(binary)),
            _ => None,
        }
    }
}

impl RecordedTimes {
    fn of_call(self, call: &Call) -> Option<(f64, f64)> {
        match call.function.name {
            // In a subquery it may be any earlier time.
            "time" => Some((f64::NEG_INFINITY, self.newest)),
            "timestamp" => Some((self.oldest, self.newest)),
            _ => None,
        }
    }

    /// Of `time() - timestamp(x)`: what is older than the lookback is not seen.
    fn of_age(self, binary: &Binary) -> Option<(f64, f64)> {
        let is_now = matches!(&binary.left.kind, Kind::Call(call) if call.function.name == "time");
        let instant = stamped(&binary.right)?;
        let is_age = is_now && binary.operator == BinaryOperator::Subtract;
        (is_age && instant.time.is_plain()).then_some((f64::NEG_INFINITY, self.lookback))
    }
}

/// What `timestamp(x)`, or the least or greatest of several, is of.
fn stamped(expression: &Expression) -> Option<&InstantSelector> {
    match &expression.kind {
        Kind::Aggregate(aggregate)
            if matches!(aggregate.operation, Aggregation::Min | Aggregation::Max) =>
        {
            stamped(&aggregate.inner)
        }
        Kind::Call(call) if call.function.name == "timestamp" => {
            match &call.arguments.first()?.kind {
                Kind::Selector(instant) => Some(instant),
                _ => None,
            }
        }
        _ => None,
    }
}

/// For bounds alone: whether it may be a range or a scalar that is clamped does not matter.
fn clamped(inner: Expression, low: f64, high: f64) -> Expression {
    let Some(function) = functions::find("clamp") else { return inner };
    let end = |value| Expression { kind: Kind::Number(value) };
    Expression { kind: Kind::Call(Call { function, arguments: vec![inner, end(low), end(high)] }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four seconds, with the counter `c`.
    fn impossible(text: &str) -> bool {
        let times = RecordedTimes { oldest: 1_000.0, newest: 1_004.0, lookback: 300.0 };
        let is_counter = |selector: &Selector| selector.metric_name() == Some("c");
        let recorded = Recorded { times: Some(times), is_counter: &is_counter };
        Expression::parse(text).unwrap().impossible_comparison_in(&recorded).is_some()
    }

    #[test]
    fn nothing_is_older_than_the_recording() {
        for text in [
            "time() - timestamp(a) > 300",
            "time() - max(timestamp(a)) > 300",
            "max by (x) (time() - timestamp(a)) > 5",
            "(time() - timestamp(a)) / 60 >= 5",
            "timestamp(a) < time() - 300",
            "timestamp(a) > 2000",
            "max_over_time((time() - timestamp(a))[3s:1s]) > 300",
        ] {
            assert!(impossible(text), "{text}");
        }
        for text in [
            "time() - timestamp(a) > 3",
            "time() - timestamp(a) < 300",
            "time() - a > 300",
            "time() - start_time_seconds < 60",
            "time() - timestamp(a offset -1s) < 0",
            "hour() > 8",
        ] {
            assert!(!impossible(text), "{text}");
        }
    }

    #[test]
    fn what_is_older_than_the_lookback_is_not_seen() {
        let times = RecordedTimes { oldest: 0.0, newest: 10_000.0, lookback: 300.0 };
        let recorded = Recorded { times: Some(times), is_counter: &|_| false };
        let is_impossible = |text: &str| {
            Expression::parse(text).unwrap().impossible_comparison_in(&recorded).is_some()
        };
        assert!(is_impossible("time() - timestamp(a) > 600"));
        assert!(!is_impossible("time() - timestamp(a) > 200"));
        assert!(!is_impossible("time() - timestamp(a offset 10m) > 600"));
    }

    #[test]
    fn counters_are_not_below_zero() {
        for text in ["c < 0", "sum(c) < 0", "rate(c[1s]) < 0", "max_over_time(c[1s]) <= -1"] {
            assert!(impossible(text), "{text}");
        }
        for text in ["a < 0", "c <= 0", "c - c offset 1s < 0", "delta(c[1s]) < 0", "a - c < 0"] {
            assert!(!impossible(text), "{text}");
        }
    }
}

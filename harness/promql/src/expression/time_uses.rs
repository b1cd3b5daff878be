//! Whether an expression asks for the time itself, and not only for what was measured when.

use super::{At, Expression, Kind, TimeShift};

/// Functions whose value depends on the time of the evaluation, or of the samples.
const OF_TIME: [&str; 10] = [
    "time",
    "timestamp",
    "minute",
    "hour",
    "day_of_week",
    "day_of_month",
    "day_of_year",
    "days_in_month",
    "month",
    "year",
];

impl Expression {
    /// Whether the value would be another one if everything had happened at another time:
    /// `time()`, `timestamp(x)`, `hour()`, or an `@` with a time.
    pub fn asks_for_time(&self) -> bool {
        let fixed = |time: TimeShift| matches!(time.at, Some(At::Milliseconds(_)));
        match &self.kind {
            Kind::Number(_) | Kind::Text(_) => false,
            Kind::Selector(instant) => fixed(instant.time),
            Kind::Range(range) => fixed(range.instant.time),
            Kind::Subquery(subquery) => fixed(subquery.time) || subquery.inner.asks_for_time(),
            Kind::Call(call) => {
                OF_TIME.contains(&call.function.name)
                    || call.arguments.iter().any(Self::asks_for_time)
            }
            Kind::Aggregate(aggregate) => {
                aggregate.inner.asks_for_time()
                    || aggregate.parameter.as_ref().is_some_and(Self::asks_for_time)
            }
            Kind::Binary(binary) => binary.left.asks_for_time() || binary.right.asks_for_time(),
            Kind::Negate(inner) => inner.asks_for_time(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_who_asks_for_the_time() {
        let asks = |text: &str| Expression::parse(text).unwrap().asks_for_time();
        for text in
            ["time() - a", "sum(timestamp(a))", "a and hour() > 8", "a @ 5", "rate(a[5m] @ 5)"]
        {
            assert!(asks(text), "{text}");
        }
        for text in ["rate(a[5m])", "a offset 5m", "a @ end()", "sum(a) by (time)"] {
            assert!(!asks(text), "{text}");
        }
    }
}

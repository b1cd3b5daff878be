//! What it does to a value that some series are there twice: another `instance` with the
//! same samples.
//!
//! The answer is about the shape alone. An extreme is the same, a sum of growths grows, by
//! no more than its double. What cannot be told is said to be so, never guessed.

use super::{Aggregate, Aggregation, Call, Expression, Kind};

/// What copies of series do to the value of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// Nothing: it is of one series, or an extreme over several.
    Ignored,
    /// They are added: it is never negative, and at most twice of what it were.
    Added,
    /// Anything else.
    Unknown,
}

impl Expression {
    /// What copies of some of the series that it reads do to its value.
    pub fn copies(&self) -> Copies {
        match &self.kind {
            Kind::Selector(_) => Copies::Ignored,
            Kind::Call(call) if is_of_one_series(call) => Copies::Ignored,
            Kind::Aggregate(aggregate) => of_aggregate(aggregate),
            _ => Copies::Unknown,
        }
    }

    /// How much a counter grew, which is never negative.
    fn is_growth(&self) -> bool {
        matches!(&self.kind, Kind::Call(call)
            if is_of_one_series(call) && matches!(call.function.name, "increase" | "rate"))
    }
}

fn of_aggregate(aggregate: &Aggregate) -> Copies {
    match aggregate.operation {
        Aggregation::Max | Aggregation::Min if aggregate.inner.copies() == Copies::Ignored => {
            Copies::Ignored
        }
        Aggregation::Sum if aggregate.inner.is_growth() => Copies::Added,
        _ => Copies::Unknown,
    }
}

/// Whether it is a function of one range of one series: each series has its own value.
fn is_of_one_series(call: &Call) -> bool {
    let is_own = matches!(call.function.name, "increase" | "rate" | "irate" | "delta")
        || (call.function.name.ends_with("_over_time") && call.function.name != "absent_over_time");
    is_own && matches!(call.arguments.as_slice(), [Expression { kind: Kind::Range(_) }])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies(text: &str) -> Copies {
        Expression::parse(text).unwrap().copies()
    }

    #[test]
    fn of_one_series_and_of_an_extreme_they_are_ignored() {
        for text in [
            "depth",
            "max_over_time(depth[5m])",
            "increase(fails_total[5m])",
            "min by (job) (min_over_time(ready[5m]))",
            "max(depth)",
        ] {
            assert_eq!(copies(text), Copies::Ignored, "{text}");
        }
    }

    #[test]
    fn in_a_sum_of_growths_they_are_added() {
        assert_eq!(copies("sum(increase(fails_total[5m]))"), Copies::Added);
        assert_eq!(copies("sum by (reason) (rate(fails_total[5m]))"), Copies::Added);
    }

    #[test]
    fn what_they_do_elsewhere_is_not_known() {
        for text in [
            "sum(depth)",
            "max(sum by (job) (increase(a[5m])))",
            "sum(increase(a[5m])) / sum(increase(b[5m]))",
            "avg(max_over_time(a[5m]))",
            "histogram_quantile(0.95, sum by (le) (rate(a_bucket[5m])))",
            "sum(deriv(a[5m]))",
            "max_over_time(sum(a)[5m:1s])",
            "absent_over_time(a[5m])",
        ] {
            assert_eq!(copies(text), Copies::Unknown, "{text}");
        }
    }
}

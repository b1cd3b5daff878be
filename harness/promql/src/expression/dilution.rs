//! How time in which nothing happened, within the ranges of an expression, changes its value.
//!
//! A range that begins before the load or ends after it is partly idle. A rate over it
//! is lower than the load's, an average of a gauge is another one, a maximum or an
//! increase is the same. The answer is about the shape alone; how much of a range was
//! idle is known elsewhere. What cannot be told is said to be so, never guessed.

use super::{Aggregate, Aggregation, Binary, BinaryOperator, Call, Expression, Kind};

/// What idle time within its ranges does to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dilution {
    /// Nothing: it is a growth, an extreme, or a quotient of two rates over one range.
    Untouched,
    /// It makes it smaller in proportion, as `rate` over the whole range.
    Scaled(Spread),
    /// It makes it smaller.
    Lowered,
    /// It makes it larger.
    Raised,
    /// It moves it either way.
    Moved,
}

/// Over what a function spreads a growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The length of the range, milliseconds.
    pub range_ms: i64,
    /// How far before the evaluated instant it ends, milliseconds.
    pub offset_ms: i64,
}

impl Expression {
    /// What idle time within the ranges of this expression does to its value.
    pub fn dilution(&self) -> Dilution {
        match &self.kind {
            Kind::Number(_) | Kind::Text(_) | Kind::Selector(_) | Kind::Range(_) => {
                Dilution::Untouched
            }
            Kind::Subquery(subquery) => subquery.inner.dilution(),
            Kind::Negate(inner) => inner.dilution().turned(),
            Kind::Call(call) => of_call(call),
            Kind::Aggregate(aggregate) => of_aggregate(aggregate),
            Kind::Binary(binary) => of_binary(binary),
        }
    }
}

fn of_call(call: &Call) -> Dilution {
    let inner = call.arguments.iter().map(Expression::dilution).fold(Dilution::Untouched, worse);
    match call.function.name {
        "info" => call.arguments.first().map_or(inner, Expression::dilution),
        "rate" => over_range(&call.arguments),
        // Of the last two samples only; how much of that was idle is another question.
        "irate" => Dilution::Lowered,
        "avg_over_time"
        | "quantile_over_time"
        | "stddev_over_time"
        | "stdvar_over_time"
        | "mad_over_time"
        | "deriv"
        | "predict_linear"
        | "double_exponential_smoothing" => Dilution::Moved,
        // The busiest stretch is the busiest with or without idle ones beside it; all
        // buckets of a histogram are thinned alike.
        "max_over_time" | "histogram_quantile" | "histogram_fraction" | "absent"
        | "absent_over_time" | "present_over_time" | "count_over_time" => Dilution::Untouched,
        "abs" | "sort" | "sort_desc" | "sort_by_label" | "sort_by_label_desc" | "label_replace"
        | "label_join" | "scalar" | "vector" => inner,
        "ceil" | "floor" | "round" | "clamp" | "clamp_max" | "clamp_min" | "sqrt"
        | "min_over_time" => inner.no_more_in_proportion(),
        _ if inner == Dilution::Untouched => inner,
        _ => Dilution::Moved,
    }
}

/// A function that divides a growth by the length of its range.
fn over_range(arguments: &[Expression]) -> Dilution {
    match arguments {
        [Expression { kind: Kind::Range(range) }] if range.instant.time.at.is_none() => {
            let offset_ms = range.instant.time.offset_ms;
            Dilution::Scaled(Spread { range_ms: range.range_ms, offset_ms })
        }
        _ => Dilution::Lowered,
    }
}

fn of_aggregate(aggregate: &Aggregate) -> Dilution {
    let inner = aggregate.inner.dilution();
    match aggregate.operation {
        Aggregation::Count | Aggregation::Group => Dilution::Untouched,
        Aggregation::CountValues | Aggregation::StdVar if inner != Dilution::Untouched => {
            Dilution::Moved
        }
        _ => inner,
    }
}

fn of_binary(binary: &Binary) -> Dilution {
    let (left, right) = (binary.left.dilution(), binary.right.dilution());
    match binary.operator {
        BinaryOperator::Add | BinaryOperator::Or => worse(left, right),
        BinaryOperator::Subtract => match (left, right) {
            // Each is thinned, and which of the two more is not known.
            (Dilution::Scaled(_), Dilution::Scaled(_)) => Dilution::Moved,
            _ => worse(left, right.turned()),
        },
        BinaryOperator::Multiply => product(left, right),
        BinaryOperator::Divide => quotient(left, right),
        BinaryOperator::And | BinaryOperator::Unless => left,
        _ if (left, right) == (Dilution::Untouched, Dilution::Untouched) => Dilution::Untouched,
        _ => Dilution::Moved,
    }
}

/// Of two that are added up.
fn worse(one: Dilution, other: Dilution) -> Dilution {
    use Dilution::{Lowered, Moved, Raised, Scaled, Untouched};
    match (one, other) {
        (one, other) if one == other => one,
        (Scaled(_) | Lowered | Untouched, Scaled(_) | Lowered | Untouched) => Lowered,
        (Raised | Untouched, Raised | Untouched) => Raised,
        _ => Moved,
    }
}

/// Of two that are multiplied: series and numbers that are not negative.
fn product(one: Dilution, other: Dilution) -> Dilution {
    match (one, other) {
        (Dilution::Untouched, touched) | (touched, Dilution::Untouched) => touched,
        // Thinned twice.
        (Dilution::Scaled(_), Dilution::Scaled(_)) => Dilution::Lowered,
        _ => worse(one, other),
    }
}

fn quotient(above: Dilution, below: Dilution) -> Dilution {
    match (above, below) {
        (Dilution::Scaled(one), Dilution::Scaled(other)) if one == other => Dilution::Untouched,
        (above, Dilution::Untouched) => above,
        (Dilution::Untouched, below) => below.turned(),
        _ => Dilution::Moved,
    }
}

impl Dilution {
    /// Of a value that is subtracted, or stands below the line.
    fn turned(self) -> Self {
        match self {
            Self::Scaled(_) | Self::Lowered => Self::Raised,
            Self::Raised => Self::Lowered,
            Self::Untouched | Self::Moved => self,
        }
    }

    fn no_more_in_proportion(self) -> Self {
        match self {
            Self::Scaled(_) => Self::Lowered,
            Self::Untouched | Self::Lowered | Self::Raised | Self::Moved => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dilution(text: &str) -> Dilution {
        Expression::parse(text).unwrap().dilution()
    }

    const WHOLE: Dilution = Dilution::Scaled(Spread { range_ms: 60_000, offset_ms: 0 });

    #[test]
    fn a_rate_is_thinned_in_proportion() {
        for text in
            ["rate(a[1m])", "sum by (x) (rate(a[1m]))", "rate(a[1m]) * 60", "rate(a[1m]) / 2"]
        {
            assert_eq!(dilution(text), WHOLE, "{text}");
        }
        for text in ["irate(a[1m])", "rate(a[1m]) + 5", "round(rate(a[1m]))", "rate(a[1m] @ 5)"] {
            assert_eq!(dilution(text), Dilution::Lowered, "{text}");
        }
    }

    #[test]
    fn what_does_not_depend_on_the_length_of_a_range_is_untouched() {
        for text in [
            "increase(a[1m])",
            "max_over_time(a[1m])",
            "sum(depth) / 5",
            "rate(sum[1m]) / rate(count[1m])",
            "histogram_quantile(0.95, sum by (le) (rate(b[1m])))",
            "count(rate(a[1m]))",
            "max_over_time(rate(a[5s])[1m:1s])",
        ] {
            assert_eq!(dilution(text), Dilution::Untouched, "{text}");
        }
    }

    #[test]
    fn what_is_subtracted_or_divided_by_goes_the_other_way() {
        for text in ["5 - rate(a[1m])", "1 / rate(a[1m])", "-rate(a[1m])"] {
            assert_eq!(dilution(text), Dilution::Raised, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_moved() {
        for text in [
            "avg_over_time(depth[1m])",
            "deriv(depth[1m])",
            "rate(a[1m]) - rate(b[1m])",
            "rate(a[1m]) / rate(b[2m])",
            "rate(a[1m]) > bool 5",
            "rate(a[1m]) ^ 2",
            "sum_over_time(rate(a[5s])[1m:1s])",
        ] {
            assert_eq!(dilution(text), Dilution::Moved, "{text}");
        }
    }
}

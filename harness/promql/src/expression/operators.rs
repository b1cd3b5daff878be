//! The operators and aggregations of PromQL by their spelling.

use std::cmp::Ordering;

/// An operator with two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Atan2,
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    And,
    Or,
    Unless,
}

/// Spelling and binding strength; a larger number binds tighter
/// (`docs/querying/operators.md`, "Binary operator precedence").
const BINARY: &[(BinaryOperator, &str, u8)] = &[
    (BinaryOperator::Or, "or", 1),
    (BinaryOperator::And, "and", 2),
    (BinaryOperator::Unless, "unless", 2),
    (BinaryOperator::Equal, "==", 3),
    (BinaryOperator::NotEqual, "!=", 3),
    (BinaryOperator::LessOrEqual, "<=", 3),
    (BinaryOperator::Less, "<", 3),
    (BinaryOperator::GreaterOrEqual, ">=", 3),
    (BinaryOperator::Greater, ">", 3),
    (BinaryOperator::Add, "+", 4),
    (BinaryOperator::Subtract, "-", 4),
    (BinaryOperator::Multiply, "*", 5),
    (BinaryOperator::Divide, "/", 5),
    (BinaryOperator::Modulo, "%", 5),
    (BinaryOperator::Atan2, "atan2", 5),
    (BinaryOperator::Power, "^", 6),
];

impl BinaryOperator {
    pub(crate) fn from_spelling(spelling: &str) -> Option<Self> {
        BINARY.iter().find(|(_, known, _)| *known == spelling).map(|(operator, ..)| *operator)
    }

    pub(crate) fn spelling(self) -> &'static str {
        BINARY.iter().find(|(operator, ..)| *operator == self).map_or("", |(_, text, _)| text)
    }

    /// Binding strength; a larger number binds tighter.
    pub(crate) fn strength(self) -> u8 {
        BINARY.iter().find(|(operator, ..)| *operator == self).map_or(0, |(.., strength)| *strength)
    }

    /// Whether a comparison holds of two values in this order; no other operator does.
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Greater => order.is_gt(),
            Self::Less => order.is_lt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::LessOrEqual => order.is_le(),
            _ => false,
        }
    }

    pub(crate) fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal
                | Self::NotEqual
                | Self::Greater
                | Self::Less
                | Self::GreaterOrEqual
                | Self::LessOrEqual
        )
    }
}

/// An aggregation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregation {
    Sum,
    Avg,
    Count,
    Min,
    Max,
    Group,
    StdDev,
    StdVar,
    TopK,
    BottomK,
    CountValues,
    Quantile,
    LimitK,
    LimitRatio,
}

const AGGREGATIONS: &[(Aggregation, &str)] = &[
    (Aggregation::Sum, "sum"),
    (Aggregation::Avg, "avg"),
    (Aggregation::Count, "count"),
    (Aggregation::Min, "min"),
    (Aggregation::Max, "max"),
    (Aggregation::Group, "group"),
    (Aggregation::StdDev, "stddev"),
    (Aggregation::StdVar, "stdvar"),
    (Aggregation::TopK, "topk"),
    (Aggregation::BottomK, "bottomk"),
    (Aggregation::CountValues, "count_values"),
    (Aggregation::Quantile, "quantile"),
    (Aggregation::LimitK, "limitk"),
    (Aggregation::LimitRatio, "limit_ratio"),
];

impl Aggregation {
    pub(crate) fn from_spelling(spelling: &str) -> Option<Self> {
        AGGREGATIONS.iter().find(|(_, known)| *known == spelling).map(|(found, _)| *found)
    }

    pub(crate) fn spelling(self) -> &'static str {
        AGGREGATIONS.iter().find(|(known, _)| *known == self).map_or("", |(_, text)| text)
    }
}

//! Our own tree of a PromQL expression.
//!
//! Expressions are parsed by `promql-parser` and lowered into this tree, so that
//! everything after parsing, evaluation first of all, does not know that parser.
//! The tree says what is to be computed; it does not compute.

mod around;
mod bounds;
mod bytes;
mod comparing;
mod contradiction;
mod copies;
mod dilution;
mod display;
mod filter;
mod info;
mod inspect;
mod label_uses;
mod limit;
mod literals;
mod lower;
mod operators;
mod part;
mod recorded;
mod shape;
mod time_uses;

pub use around::Surrounded;
pub use bounds::Bounds;
pub use copies::Copies;
pub use dilution::{Dilution, Spread};
pub use filter::QuantileAbove;
pub use inspect::{Asks, SelectorInfo};
pub use label_uses::LabelUse;
pub(crate) use operators::{Aggregation, BinaryOperator};
pub use recorded::{Recorded, RecordedTimes};
pub use shape::Peak;

use thiserror::Error;

use crate::ValueType;
use crate::functions::Function;
use crate::matcher::Selector;

/// A parsed PromQL expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    pub(crate) kind: Kind,
}

/// Why a text is not an expression that can be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// Not PromQL, or types that do not fit.
    #[error("{message} in the expression `{expression}`")]
    Syntax {
        /// The whole expression.
        expression: String,
        /// What is wrong.
        message: String,
    },
    /// PromQL that this engine does not evaluate.
    #[error("{construct} is not supported yet, in the expression `{expression}`")]
    Unsupported {
        /// The whole expression.
        expression: String,
        /// The construct, named as a user would.
        construct: String,
    },
    /// An expression where only a selector may stand.
    #[error("`{expression}` is not a plain selector; write for example name{{label=\"value\"}}")]
    NotASelector {
        /// The whole text.
        expression: String,
    },
}

/// The kinds of expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Number(f64),
    Text(String),
    Selector(InstantSelector),
    Range(RangeSelector),
    Subquery(Box<Subquery>),
    Call(Call),
    Aggregate(Box<Aggregate>),
    Binary(Box<Binary>),
    Negate(Box<Expression>),
}

/// `up{job="a"} offset 5m`: the newest sample of each series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InstantSelector {
    /// Unique within one parsed expression; series are looked up once for each.
    pub(crate) id: usize,
    pub(crate) selector: Selector,
    pub(crate) time: TimeShift,
}

/// `up[5m] offset 5m`: the samples of each series within a range.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RangeSelector {
    pub(crate) instant: InstantSelector,
    pub(crate) range_ms: i64,
}

/// `expr[1h:5m]`: the samples that an expression has at the steps of a range.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subquery {
    pub(crate) inner: Expression,
    pub(crate) range_ms: i64,
    /// The default step of the engine's options where `None`.
    pub(crate) step_ms: Option<i64>,
    pub(crate) time: TimeShift,
}

/// `@` and `offset`: the instant that is meant instead of the evaluation's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct TimeShift {
    pub(crate) at: Option<At>,
    /// Subtracted after `at` is applied; negative looks ahead.
    pub(crate) offset_ms: i64,
}

impl TimeShift {
    /// Whether neither `@` nor `offset` is there.
    pub(crate) fn is_plain(self) -> bool {
        self == Self::default()
    }
}

/// The instant of an `@` modifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Start,
    End,
    Milliseconds(i64),
}

/// A function call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) function: &'static Function,
    pub(crate) arguments: Vec<Expression>,
}

/// An aggregation over groups of elements.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Aggregate {
    pub(crate) operation: Aggregation,
    pub(crate) grouping: LabelChoice,
    pub(crate) parameter: Option<Expression>,
    pub(crate) inner: Expression,
}

/// Which labels count: those listed, or all but those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LabelChoice {
    Only(Vec<String>),
    AllBut(Vec<String>),
}

/// An operation on two sides.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Binary {
    pub(crate) operator: BinaryOperator,
    pub(crate) returns_bool: bool,
    pub(crate) matching: LabelChoice,
    pub(crate) cardinality: Cardinality,
    pub(crate) fill: Fill,
    pub(crate) left: Expression,
    pub(crate) right: Expression,
}

/// Values that stand in for a missing partner, `fill_left` and `fill_right`.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub(crate) struct Fill {
    pub(crate) left: Option<f64>,
    pub(crate) right: Option<f64>,
}

/// How many elements of each side may share the matching labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cardinality {
    OneToOne,
    /// `group_left`, with the labels to take from the "one" side.
    ManyToOne(Vec<String>),
    /// `group_right`, with the labels to take from the "one" side.
    OneToMany(Vec<String>),
}

impl Expression {
    /// Parses an expression. What this engine cannot evaluate is refused here,
    /// by name, so that nothing is found out only in the middle of a run.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        lower::parse(text)
    }

    /// This expression with another one in place of a part, counted as in [`Self::parts`].
    pub(crate) fn with_part(&self, at: usize, part: Self) -> Self {
        let mut whole = self.clone();
        if let Some(place) = whole.parts_mut().into_iter().nth(at) {
            *place = part;
        }
        whole
    }

    fn parts_mut(&mut self) -> Vec<&mut Self> {
        match &mut self.kind {
            Kind::Number(_) | Kind::Text(_) | Kind::Selector(_) | Kind::Range(_) => Vec::new(),
            Kind::Subquery(subquery) => vec![&mut subquery.inner],
            Kind::Call(call) => call.arguments.iter_mut().collect(),
            Kind::Aggregate(aggregate) => {
                aggregate.parameter.iter_mut().chain([&mut aggregate.inner]).collect()
            }
            Kind::Binary(binary) => {
                let Binary { left, right, .. } = binary.as_mut();
                vec![left, right]
            }
            Kind::Negate(inner) => vec![inner],
        }
    }

    /// The type of this expression's value.
    pub fn value_type(&self) -> ValueType {
        match &self.kind {
            Kind::Number(_) => ValueType::Scalar,
            Kind::Text(_) => ValueType::Text,
            Kind::Selector(_) | Kind::Aggregate(_) => ValueType::Vector,
            Kind::Range(_) | Kind::Subquery(_) => ValueType::Matrix,
            Kind::Call(call) => call.function.returns,
            Kind::Negate(inner) => inner.value_type(),
            Kind::Binary(binary) => {
                let sides = [binary.left.value_type(), binary.right.value_type()];
                if sides == [ValueType::Scalar; 2] { ValueType::Scalar } else { ValueType::Vector }
            }
        }
    }
}

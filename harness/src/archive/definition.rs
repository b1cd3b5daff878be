//! An objective as a saved run keeps it, so that the run can be judged again without
//! the files it came from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::{SloRecord, UnitName};
use crate::scenario::{
    ClientExpression, Comparator, Counted, Objective, ObjectiveKind, Outcome, Place, RequestFilter,
    Statistic, Threshold, TimeKind,
};
use crate::units::Unit;

/// What is measured, and what it must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Definition {
    /// What is measured.
    pub measures: Measures,
    /// What it must be; all must hold.
    pub thresholds: Vec<ThresholdRecord>,
}

/// What an objective measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Measures {
    /// A percentile of a time: 0.95 for p95.
    Quantile {
        /// Above 0, at most 1.
        quantile: f64,
        /// Of which time.
        time: TimeName,
        /// Of which requests.
        filter: FilterRecord,
    },
    /// The mean of a time.
    Mean {
        /// Of which time.
        time: TimeName,
        /// Of which requests.
        filter: FilterRecord,
    },
    /// The largest of a time.
    Max {
        /// Of which time.
        time: TimeName,
        /// Of which requests.
        filter: FilterRecord,
    },
    /// A count of requests.
    Count {
        /// What is counted.
        counted: CountedName,
        /// Of which requests.
        filter: FilterRecord,
    },
    /// The share of intended requests that succeeded.
    SuccessRatio {
        /// Of which requests.
        filter: FilterRecord,
    },
    /// Complete responses a second.
    ResponseRate {
        /// Of which requests.
        filter: FilterRecord,
    },
    /// From the first intended start of a phase to its last response.
    Span,
    /// A PromQL expression.
    Promql {
        /// With `$run` and `$phase` in it.
        expression: String,
        /// One of its units in the base unit.
        scale: f64,
        /// Ranges longer than the run are meant.
        includes_before_run: bool,
    },
    /// The growth of counters.
    Counter {
        /// A selector without a range.
        selector: String,
        /// One of its units in the base unit.
        scale: f64,
    },
}

/// Which of a request's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeName {
    /// From the intended start.
    Latency,
    /// From the actual send.
    ServiceTime,
    /// The generator's own delay.
    Lag,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountedName {
    /// Requests that were meant to be sent.
    Intended,
    /// Requests that were sent.
    Sent,
    /// Complete responses.
    Responses,
    /// Requests that were never sent.
    Dropped,
}

/// Which requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilterRecord {
    /// The request's name; all of them otherwise.
    pub request: Option<String>,
    /// How it ended; in any way otherwise.
    pub outcome: Option<OutcomeName>,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeName {
    /// As expected.
    Ok,
    /// In any other way.
    Failed,
}

/// What a value must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThresholdRecord {
    /// The comparison.
    pub comparator: ComparatorSign,
    /// The bound in the base unit.
    pub bound: f64,
    /// As it was written.
    pub text: String,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ComparatorSign {
    /// Less.
    #[serde(rename = "<")]
    Less,
    /// Less or equal.
    #[serde(rename = "<=")]
    LessOrEqual,
    /// Greater.
    #[serde(rename = ">")]
    Greater,
    /// Greater or equal.
    #[serde(rename = ">=")]
    GreaterOrEqual,
    /// Equal.
    #[serde(rename = "==")]
    Equal,
    /// Not equal.
    #[serde(rename = "!=")]
    NotEqual,
}

/// Two enums that name the same things, translated both ways.
macro_rules! same_names {
    ($($one:ident = $other:ident: $($name:ident)*;)*) => {$(
        impl From<$one> for $other {
            fn from(value: $one) -> Self {
                match value { $($one::$name => Self::$name,)* }
            }
        }
        impl From<$other> for $one {
            fn from(value: $other) -> Self {
                match value { $($other::$name => Self::$name,)* }
            }
        }
    )*};
}

same_names! {
    Unit = UnitName: Plain Seconds Bytes Ratio PerSecond;
    TimeKind = TimeName: Latency ServiceTime Lag;
    Counted = CountedName: Intended Sent Responses Dropped;
    Outcome = OutcomeName: Ok Failed;
    Comparator = ComparatorSign: Less LessOrEqual Greater GreaterOrEqual Equal NotEqual;
}

impl From<&Objective> for Definition {
    fn from(objective: &Objective) -> Self {
        let thresholds = objective.thresholds.iter().map(|threshold| ThresholdRecord {
            comparator: threshold.comparator.into(),
            bound: threshold.bound,
            text: threshold.text.clone(),
        });
        Self { measures: Measures::from(&objective.kind), thresholds: thresholds.collect() }
    }
}

impl From<&ObjectiveKind> for Measures {
    fn from(kind: &ObjectiveKind) -> Self {
        match kind {
            ObjectiveKind::Client(expression) => Self::from(expression),
            ObjectiveKind::Promql { expression, scale, includes_before_run, .. } => Self::Promql {
                expression: expression.clone(),
                scale: *scale,
                includes_before_run: *includes_before_run,
            },
            ObjectiveKind::Counter { selector, scale, .. } => {
                Self::Counter { selector: selector.clone(), scale: *scale }
            }
        }
    }
}

impl From<&ClientExpression> for Measures {
    fn from(expression: &ClientExpression) -> Self {
        match expression {
            ClientExpression::Time { statistic, time, filter } => {
                let (time, filter) = (TimeName::from(*time), FilterRecord::from(filter));
                match statistic {
                    Statistic::Quantile(quantile) => {
                        Self::Quantile { quantile: *quantile, time, filter }
                    }
                    Statistic::Mean => Self::Mean { time, filter },
                    Statistic::Max => Self::Max { time, filter },
                }
            }
            ClientExpression::Count { counted, filter } => {
                Self::Count { counted: (*counted).into(), filter: filter.into() }
            }
            ClientExpression::SuccessRatio { filter } => {
                Self::SuccessRatio { filter: filter.into() }
            }
            ClientExpression::ResponseRate { filter } => {
                Self::ResponseRate { filter: filter.into() }
            }
            ClientExpression::Span => Self::Span,
        }
    }
}

impl From<&RequestFilter> for FilterRecord {
    fn from(filter: &RequestFilter) -> Self {
        Self { request: filter.request.clone(), outcome: filter.outcome.map(Into::into) }
    }
}

impl From<&FilterRecord> for RequestFilter {
    fn from(filter: &FilterRecord) -> Self {
        Self { request: filter.request.clone(), outcome: filter.outcome.map(Into::into) }
    }
}

impl From<&SloRecord> for Objective {
    fn from(record: &SloRecord) -> Self {
        let thresholds = record.definition.thresholds.iter().map(|threshold| Threshold {
            comparator: threshold.comparator.into(),
            bound: threshold.bound,
            text: threshold.text.clone(),
        });
        Self {
            id: record.id.clone(),
            description: record.description.clone(),
            kind: kind(&record.definition.measures, record.unit.into()),
            thresholds: thresholds.collect(),
            during: record.during.clone(),
            place: Place {
                file: record.file.as_str().into(),
                line: record.line,
                column: record.column,
            },
        }
    }
}

fn kind(measures: &Measures, unit: Unit) -> ObjectiveKind {
    let time_of = |statistic, time: &TimeName, filter: &FilterRecord| ClientExpression::Time {
        statistic,
        time: (*time).into(),
        filter: filter.into(),
    };
    ObjectiveKind::Client(match measures {
        Measures::Quantile { quantile, time, filter } => {
            time_of(Statistic::Quantile(*quantile), time, filter)
        }
        Measures::Mean { time, filter } => time_of(Statistic::Mean, time, filter),
        Measures::Max { time, filter } => time_of(Statistic::Max, time, filter),
        Measures::Count { counted, filter } => {
            ClientExpression::Count { counted: (*counted).into(), filter: filter.into() }
        }
        Measures::SuccessRatio { filter } => {
            ClientExpression::SuccessRatio { filter: filter.into() }
        }
        Measures::ResponseRate { filter } => {
            ClientExpression::ResponseRate { filter: filter.into() }
        }
        Measures::Span => ClientExpression::Span,
        Measures::Promql { expression, scale, includes_before_run } => {
            return ObjectiveKind::Promql {
                expression: expression.clone(),
                unit,
                scale: *scale,
                includes_before_run: *includes_before_run,
            };
        }
        Measures::Counter { selector, scale } => {
            return ObjectiveKind::Counter { selector: selector.clone(), unit, scale: *scale };
        }
    })
}

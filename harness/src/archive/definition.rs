//! An objective as a saved run keeps it, so that the run can be judged again without
//! the files it came from.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::{BesideRecord, SloRecord, UnitName, UnmovedName};
use crate::scenario::{
    AlertExpectation, AlertObjective, Beside, ClientExpression, ClientTotal, Comparator, Counted,
    Distance, Objective, ObjectiveKind, Outcome, Place, Reconcile, RequestFilter, Statistic,
    Threshold, TimeKind, Tolerance, Totalled, Transferred, Unmoved,
};
use crate::units::Unit;

/// What is measured, and what it must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Definition {
    /// What is measured.
    pub measures: Measures,
    /// What it must be; all must hold.
    pub thresholds: Vec<ThresholdRecord>,
    /// How long it may be missed before the load is ended; `null` if it ends nothing.
    #[serde(default)]
    pub abort_after_seconds: Option<f64>,
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
        time: TimeKind,
        /// Of which requests.
        filter: FilterRecord,
    },
    /// The mean of a time.
    Mean {
        /// Of which time.
        time: TimeKind,
        /// Of which requests.
        filter: FilterRecord,
    },
    /// The largest of a time.
    Max {
        /// Of which time.
        time: TimeKind,
        /// Of which requests.
        filter: FilterRecord,
    },
    /// A count of requests.
    Count {
        /// What is counted.
        counted: Counted,
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
    /// Bytes of bodies.
    Bytes {
        /// Which way.
        transferred: Transferred,
        /// Of which requests.
        filter: FilterRecord,
    },
    /// At least one sample in the closing scrape.
    Present {
        /// A selector without a range.
        selector: String,
    },
    /// A total of the client's and the growth of a counter are the same.
    Reconcile {
        /// What the client counted.
        total: TotalRecord,
        /// Of which requests.
        filter: FilterRecord,
        /// What the target counted: a selector without a range.
        selector: String,
        /// One of the counter's units in the base unit.
        scale: f64,
        /// How far they may be apart.
        within: WithinRecord,
    },
    /// An alert fires, or does not.
    Alert {
        /// The alert's name.
        alert: String,
        /// Whether it must fire; it must not otherwise.
        must_fire: bool,
        /// Labels that it must have when it fires.
        labels: BTreeMap<String, String>,
        /// How long after the start of its phase it must fire at the latest; `null` for any
        /// time in it.
        within_seconds: Option<f64>,
        /// The expressions of its rules.
        expressions: Vec<String>,
    },
}

/// What a client's total adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TotalRecord {
    /// Requests.
    Requests(Counted),
    /// Bytes of bodies.
    Bytes(Transferred),
}

/// How far two totals may be apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WithinRecord {
    /// In the base unit; `null` if it is a share.
    pub amount: Option<f64>,
    /// Of the client's total; `null` if it is an amount.
    pub share: Option<f64>,
    /// As it was written.
    pub text: String,
}

/// Which requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilterRecord {
    /// The request's name; all of them otherwise.
    pub request: Option<String>,
    /// How it ended; in any way otherwise.
    pub outcome: Option<Outcome>,
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
    Unmoved = UnmovedName: Doubt Allow;
    Comparator = ComparatorSign: Less LessOrEqual Greater GreaterOrEqual Equal NotEqual;
}

impl From<&Objective> for Definition {
    fn from(objective: &Objective) -> Self {
        let thresholds = objective.thresholds.iter().map(|threshold| ThresholdRecord {
            comparator: threshold.comparator.into(),
            bound: threshold.bound,
            text: threshold.text.clone(),
        });
        Self {
            measures: Measures::from(&objective.kind),
            thresholds: thresholds.collect(),
            abort_after_seconds: objective.abort_after.map(|after| after.as_secs_f64()),
        }
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
            ObjectiveKind::Present { selector } => Self::Present { selector: selector.clone() },
            ObjectiveKind::Reconcile(reconcile) => Self::from(reconcile),
            ObjectiveKind::Alert(alert) => Self::from(alert),
        }
    }
}

impl From<&AlertObjective> for Measures {
    fn from(objective: &AlertObjective) -> Self {
        let AlertObjective { alert, expected, expressions } = objective.clone();
        let (must_fire, labels, within) = match expected {
            AlertExpectation::Quiet => (false, BTreeMap::new(), None),
            AlertExpectation::Fires { labels, within } => (true, labels, within),
        };
        let within_seconds = within.map(|within| within.as_secs_f64());
        Self::Alert { alert, must_fire, labels, within_seconds, expressions }
    }
}

impl From<&Reconcile> for Measures {
    fn from(reconcile: &Reconcile) -> Self {
        Self::Reconcile {
            total: match reconcile.client.of {
                Totalled::Requests(counted) => TotalRecord::Requests(counted),
                Totalled::Bytes(transferred) => TotalRecord::Bytes(transferred),
            },
            filter: (&reconcile.client.filter).into(),
            selector: reconcile.selector.clone(),
            scale: reconcile.scale,
            within: WithinRecord {
                amount: match reconcile.within.distance {
                    Distance::Amount(amount) => Some(amount),
                    Distance::Share(_) => None,
                },
                share: match reconcile.within.distance {
                    Distance::Amount(_) => None,
                    Distance::Share(share) => Some(share),
                },
                text: reconcile.within.text.clone(),
            },
        }
    }
}

impl From<&ClientExpression> for Measures {
    fn from(expression: &ClientExpression) -> Self {
        match expression {
            ClientExpression::Time { statistic, time, filter } => {
                let (time, filter) = (*time, FilterRecord::from(filter));
                match statistic {
                    Statistic::Quantile(quantile) => {
                        Self::Quantile { quantile: *quantile, time, filter }
                    }
                    Statistic::Mean => Self::Mean { time, filter },
                    Statistic::Max => Self::Max { time, filter },
                }
            }
            ClientExpression::Count { counted, filter } => {
                Self::Count { counted: *counted, filter: filter.into() }
            }
            ClientExpression::Bytes { transferred, filter } => {
                Self::Bytes { transferred: *transferred, filter: filter.into() }
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
        Self { request: filter.request.clone(), outcome: filter.outcome }
    }
}

impl From<&FilterRecord> for RequestFilter {
    fn from(filter: &FilterRecord) -> Self {
        Self { request: filter.request.clone(), outcome: filter.outcome }
    }
}

impl From<&WithinRecord> for Tolerance {
    fn from(within: &WithinRecord) -> Self {
        let distance = match within.share {
            Some(share) => Distance::Share(share),
            None => Distance::Amount(within.amount.unwrap_or_default()),
        };
        Self { distance, text: within.text.clone() }
    }
}

impl From<&BesideRecord> for Beside {
    fn from(record: &BesideRecord) -> Self {
        Self { name: record.name.clone(), selector: record.expression.clone() }
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
            beside: record.beside.iter().map(Beside::from).collect(),
            during: record.during.clone(),
            abort_after: record
                .definition
                .abort_after_seconds
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            place: Place {
                file: record.file.as_str().into(),
                line: record.line,
                column: record.column,
            },
        }
    }
}

fn kind(measures: &Measures, unit: Unit) -> ObjectiveKind {
    let client = ObjectiveKind::Client;
    match measures {
        Measures::Quantile { quantile, time, filter } => {
            client(of_time(Statistic::Quantile(*quantile), *time, filter))
        }
        Measures::Mean { time, filter } => client(of_time(Statistic::Mean, *time, filter)),
        Measures::Max { time, filter } => client(of_time(Statistic::Max, *time, filter)),
        Measures::Count { counted, filter } => {
            client(ClientExpression::Count { counted: *counted, filter: filter.into() })
        }
        Measures::Bytes { transferred, filter } => {
            client(ClientExpression::Bytes { transferred: *transferred, filter: filter.into() })
        }
        Measures::SuccessRatio { filter } => {
            client(ClientExpression::SuccessRatio { filter: filter.into() })
        }
        Measures::ResponseRate { filter } => {
            client(ClientExpression::ResponseRate { filter: filter.into() })
        }
        Measures::Span => client(ClientExpression::Span),
        Measures::Promql { expression, scale, includes_before_run } => ObjectiveKind::Promql {
            expression: expression.clone(),
            unit,
            scale: *scale,
            includes_before_run: *includes_before_run,
        },
        Measures::Counter { selector, scale } => {
            ObjectiveKind::Counter { selector: selector.clone(), unit, scale: *scale }
        }
        Measures::Present { selector } => ObjectiveKind::Present { selector: selector.clone() },
        Measures::Alert { alert, must_fire, labels, within_seconds, expressions } => {
            ObjectiveKind::Alert(AlertObjective {
                alert: alert.clone(),
                expected: expectation(*must_fire, labels, *within_seconds),
                expressions: expressions.clone(),
            })
        }
        Measures::Reconcile { total, filter, selector, scale, within } => {
            ObjectiveKind::Reconcile(Reconcile {
                client: ClientTotal { of: total.into(), filter: filter.into() },
                selector: selector.clone(),
                unit,
                scale: *scale,
                within: within.into(),
            })
        }
    }
}

fn of_time(statistic: Statistic, time: TimeKind, filter: &FilterRecord) -> ClientExpression {
    ClientExpression::Time { statistic, time, filter: filter.into() }
}

fn expectation(
    must_fire: bool,
    labels: &BTreeMap<String, String>,
    within_seconds: Option<f64>,
) -> AlertExpectation {
    if !must_fire {
        return AlertExpectation::Quiet;
    }
    let within = within_seconds.and_then(|one| Duration::try_from_secs_f64(one).ok());
    AlertExpectation::Fires { labels: labels.clone(), within }
}

impl From<&TotalRecord> for Totalled {
    fn from(total: &TotalRecord) -> Self {
        match total {
            TotalRecord::Requests(counted) => Self::Requests(*counted),
            TotalRecord::Bytes(transferred) => Self::Bytes(*transferred),
        }
    }
}

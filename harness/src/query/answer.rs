//! A question to a recorded scenario, and its answer.

use slogate_promql::{
    Annotation, Expression, Options, Value, ValueType, instant_annotated, range_annotated,
};

use super::instants::{self, Known};
use super::{Instants, Moment, QueryError, RangeRequest, RecordedScenario};
use crate::scenario::names_window;
use crate::slo::codes::NO_VALUE;
use crate::slo::{Doubt, Window, missing_series_of};

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub struct Query<'a> {
    /// PromQL, with `$run` and `$phase` as in objectives.
    pub expression: &'a str,
    /// The phase that it is about, instead of the run.
    pub phase: Option<&'a str>,
    /// Where it is evaluated.
    pub when: When,
}

/// Where an expression is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At one instant; without one, where objectives are judged.
    Instant(Option<Moment>),
    /// Over a time.
    Range(RangeRequest),
}

/// What an expression is on the series of a run.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Where it was evaluated.
    pub instants: Instants,
    /// From the opening scrape of the run to the closing one of the run or phase, if it has
    /// such a window.
    pub window: Option<Window>,
    /// Its value; over a time, the series that it makes.
    pub value: Value,
    /// What it asked for that was not there, and whether nothing came of it.
    pub doubts: Vec<Doubt>,
    /// What the engine says beside the value, as Prometheus does; warnings first.
    pub annotations: Vec<Annotation>,
}

impl RecordedScenario {
    /// Evaluates an expression as Prometheus' HTTP API does, with its defaults: five minutes
    /// of lookback, a minute for a subquery without a step.
    pub fn ask(&self, query: &Query<'_>) -> Result<Answer, QueryError> {
        let windows = self.windows(query.phase)?;
        let known = windows.as_ref();
        let expression = Expression::parse(&written_out(query, known)?)?;
        let instants = match query.when {
            When::Instant(moment) => instants::one(moment, known)?,
            When::Range(request) => instants::range(request, known)?,
        };
        let (source, options) = (self.series(), Options::default());
        let answer = match instants {
            Instants::One(at_ms) => instant_annotated(&expression, source, at_ms, &options)?,
            Instants::Range { start_ms, end_ms, step_ms } => {
                has_a_range(&expression).map_err(QueryError::NotOverARange)?;
                let times = [start_ms, end_ms, step_ms];
                range_annotated(&expression, source, times, &options)?.map(Value::Matrix)
            }
        };
        let (value, annotations) = (answer.value, answer.annotations);
        let mut doubts = missing_series_of(source, &expression);
        if doubts.is_empty() && is_empty(&value) {
            let reason = "its series are there, and yet the expression has no value there";
            doubts.push(Doubt::new(NO_VALUE, reason));
        }
        let window = windows.ok().map(|windows| windows.until_then);
        Ok(Answer { instants, window, value, doubts, annotations })
    }
}

/// Whether an expression has a value at each point of a range; the error is the type that has
/// none there.
pub(crate) fn has_a_range(expression: &Expression) -> Result<(), ValueType> {
    match expression.value_type() {
        ValueType::Scalar | ValueType::Vector => Ok(()),
        other => Err(other),
    }
}

/// Whether there is nothing in a value.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Vector(elements) => elements.is_empty(),
        Value::Matrix(series) => series.is_empty(),
        Value::Scalar(_) | Value::Text(_) => false,
    }
}

/// The expression with its windows as durations.
fn written_out(query: &Query<'_>, windows: Known<'_>) -> Result<String, QueryError> {
    let names = |window| names_window(query.expression, window);
    if names("$phase") && query.phase.is_none() {
        return Err(QueryError::NoPhase);
    }
    match windows {
        Ok(windows) => windows.write_out(query.expression).map_err(no_window),
        Err(doubt) if names("$run") || names("$phase") => Err(no_window(doubt.clone())),
        Err(_) => Ok(query.expression.to_owned()),
    }
}

fn no_window(doubt: Doubt) -> QueryError {
    QueryError::NoWindow { doubt, advice: "write a duration in place of the window" }
}

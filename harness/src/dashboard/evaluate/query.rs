//! One query of a panel on a run, once for each value of a variable that its panel repeats.

use slogate_promql::{Asks, Datum, Expression, Labels, Options, Sample, Value, instant, range};

use super::super::queries::{Asked, Query};
use super::empty;
use super::send::{Scope, sent};
use super::values::Values;
use super::{Evidence, MOST_REPEATS, Outcome, Run};
use crate::query::has_a_range;
use crate::slo::{Doubt, missing_series, missing_series_of};

/// What came back.
#[derive(Clone, Debug, Default)]
pub(super) struct Answered {
    /// What was evaluated; of a repeated panel the first.
    pub(super) sent: Option<String>,
    /// The labels of each series.
    pub(super) series: Vec<Labels>,
    /// Numbers and histograms that can be drawn.
    pub(super) points: usize,
    /// Numbers that are NaN.
    pub(super) nan: usize,
    /// Numbers that are infinite.
    pub(super) infinite: usize,
    /// Selectors that found nothing.
    pub(super) doubts: Vec<Doubt>,
    /// Why there is no data, or why it was not evaluated.
    pub(super) reason: Option<String>,
    was_evaluated: bool,
    /// What its numbers rest on.
    pub(super) evidence: Evidence,
}

impl Answered {
    fn not_evaluated(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::default() }
    }

    pub(super) fn outcome(&self) -> Outcome {
        match (self.was_evaluated, self.points) {
            (false, _) => Outcome::NotEvaluated,
            (true, 0) => Outcome::NoData,
            (true, _) => Outcome::Data,
        }
    }

    fn add_number(&mut self, number: f64) {
        if number.is_nan() {
            self.nan += 1;
        } else if number.is_infinite() {
            self.infinite += 1;
        } else {
            self.points += 1;
        }
    }

    fn add_datum(&mut self, datum: &Datum) {
        match datum.number() {
            Some(number) => self.add_number(number),
            None => self.points += 1,
        }
    }

    fn add(&mut self, value: Value) {
        match value {
            Value::Scalar(number) => {
                self.series.push(Labels::default());
                self.add_number(number);
            }
            Value::Vector(elements) => {
                for element in elements {
                    self.add_datum(&element.value);
                    self.series.push(element.labels);
                }
            }
            Value::Matrix(all) => {
                for one in all {
                    one.samples.iter().for_each(|Sample { value, .. }| self.add_number(*value));
                    self.points += one.histograms.len();
                    self.series.push(one.labels);
                }
            }
            Value::Text(_) => {}
        }
    }
}

/// Evaluates a query; `left` is how many may still be.
pub(super) fn evaluate(
    query: &Query<'_>,
    values: &Values,
    run: Run<'_>,
    left: &mut usize,
) -> Answered {
    match (&query.asked, &query.parsed) {
        (Asked::Expression, _) => {
            return Answered::not_evaluated("it is an expression of Grafana over other queries");
        }
        (Asked::Other(whom), _) => return Answered::not_evaluated(format!("it asks {whom}")),
        (Asked::Prometheus, None) => return Answered::not_evaluated("it has no expression"),
        (Asked::Prometheus, Some(Err(error))) => return Answered::not_evaluated(error.to_string()),
        (Asked::Prometheus, Some(Ok(_))) => {}
    }
    let mut answered = Answered::default();
    for scope in scopes(query, values) {
        let Some(fewer) = left.checked_sub(1) else {
            return Answered::not_evaluated("the dashboard has too many queries");
        };
        *left = fewer;
        if let Err(reason) = add_one(query, &scope, values, run, &mut answered) {
            return Answered { sent: answered.sent, ..Answered::not_evaluated(reason) };
        }
    }
    answered.was_evaluated = true;
    answered
}

/// One scope for each value of the variable that repeats the panel, or a single one.
fn scopes(query: &Query<'_>, values: &Values) -> Vec<Scope> {
    let Some(name) = &query.panel.repeat else { return vec![Scope::default()] };
    let each: Vec<Scope> = values
        .each_of(name)
        .iter()
        .take(MOST_REPEATS)
        .map(|value| Scope { repeated: Some((name.clone(), value.clone())) })
        .collect();
    if each.is_empty() { vec![Scope::default()] } else { each }
}

fn add_one(
    query: &Query<'_>,
    scope: &Scope,
    values: &Values,
    run: Run<'_>,
    answered: &mut Answered,
) -> Result<(), String> {
    let target = query.target;
    let view = run.view(query.panel, &target.interval);
    let text = sent(&target.expr, view, values, scope)?;
    answered.sent.get_or_insert_with(|| text.clone());
    let expression = Expression::parse(&text).map_err(|error| error.to_string())?;
    let options = Options::default();
    let mut one = Answered::default();
    // A query that says neither is one over time.
    if target.range || !target.instant {
        has_a_range(&expression).map_err(|other| {
            format!(
                "over a time there is one number at each point, and the expression is a {other}; \
                 put a function such as `rate` around it"
            )
        })?;
        let (from_ms, to_ms) = view.aligned();
        let found = range(&expression, run.series, from_ms, to_ms, view.step_ms(), &options);
        one.add(Value::Matrix(found.map_err(|error| error.to_string())?));
    }
    if target.instant {
        let found = instant(&expression, run.series, run.window.closed_ms, &options);
        one.add(found.map_err(|error| error.to_string())?);
    }
    one.doubts = missing_series_of(run.series, &expression);
    if one.points == 0 {
        let reason = empty::reason(&expression, &one, run);
        answered.reason.get_or_insert(match &scope.repeated {
            Some((name, one)) => format!("for `{}` of ${name}: {reason}", one.value),
            None => reason,
        });
    }
    if one.points > 0 {
        answered.evidence = answered.evidence.max(evidence(&expression, run));
    }
    answered.series.append(&mut one.series);
    answered.points += one.points;
    answered.nan += one.nan;
    answered.infinite += one.infinite;
    let known = &answered.doubts;
    let fresh: Vec<Doubt> = one.doubts.into_iter().filter(|one| !known.contains(one)).collect();
    answered.doubts.extend(fresh);
    Ok(())
}

/// What the numbers of an expression rest on.
fn evidence(expression: &Expression, run: Run<'_>) -> Evidence {
    let is_of_scrapes = |name: &str| name == "up" || name.starts_with("scrape_");
    let selectors = expression.selectors();
    let found = selectors.iter().filter(|one| {
        one.asks != Asks::Absence && missing_series(run.series, &one.selector).is_none()
    });
    let of_each = found.map(|one| match one.metric_name() {
        Some(name) if is_of_scrapes(name) => Evidence::Scrapes,
        _ => Evidence::Service,
    });
    of_each.max().unwrap_or_default()
}

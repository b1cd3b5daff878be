//! The panels of a dashboard on the series of a saved run: what Grafana would ask, asked of the
//! engine that judges.
//!
//! The time that is shown is the run's, from its opening to its closing scrape, and the scrape
//! interval that of the run. Choices are those that the file was saved with, where the run has
//! such values, else "All" or the first one, as when Grafana opens a dashboard.

mod empty;
mod labels;
mod options;
mod query;
mod send;
mod values;

use std::iter::from_fn;
use std::time::Duration;

use serde::Serialize;
use slogate_promql::lint::Severity;

use super::codes;
use super::found::Found;
use super::model::{Dashboard, Panel};
use super::queries::{Asked, Query};
use super::view::{USUAL_POINTS, View, least_step};
use crate::series::{ScrapeMoment, SeriesStore};
use crate::slo::Window;
use query::Answered;
use values::Values;

/// Times that a repeated panel is asked for, each with one value of its variable.
const MOST_REPEATS: usize = 20;
/// Queries that are evaluated: more has no dashboard that a person reads.
const MOST_QUERIES: usize = 2_000;

/// What a panel shows of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PanelResult {
    /// Its title.
    pub panel: String,
    /// The row that it stands in.
    pub row: Option<String>,
    /// Its kind, `timeseries`.
    pub kind: String,
    /// Whether it has data.
    pub outcome: Outcome,
    /// The best that a query of it that is shown rests on.
    pub evidence: Evidence,
    /// Its queries.
    pub queries: Vec<QueryResult>,
}

/// What a query of a panel gives on a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueryResult {
    /// Its `refId`.
    pub query: String,
    /// Its expression, as it stands in the file.
    pub expression: String,
    /// What was evaluated, with a value in the place of each variable.
    pub sent: Option<String>,
    /// Series that came back.
    pub series: usize,
    /// Numbers in them that are neither NaN nor infinite.
    pub points: usize,
    /// Whether there is one.
    pub outcome: Outcome,
    /// What they rest on.
    pub evidence: Evidence,
    /// Why there is no data, or why it was not evaluated.
    pub reason: Option<String>,
}

/// Whether something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// There is at least one number.
    Data,
    /// It was evaluated, and there is none.
    NoData,
    /// It was not evaluated, and nothing is said.
    NotEvaluated,
}

/// What numbers rest on, from the least to the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// On no series of the run: `vector(0)`, `absent(x)`.
    #[default]
    Nothing,
    /// On series that every run has: `up`, `scrape_…`.
    Scrapes,
    /// On what the service exports.
    Service,
}

/// A run as panels see it.
#[derive(Clone, Copy)]
pub(super) struct Run<'r> {
    pub(super) series: &'r SeriesStore,
    pub(super) window: Window,
}

impl Run<'_> {
    /// What is on the screen for a panel and one of its queries.
    fn view(self, panel: &Panel, of_query: &str) -> View {
        #[expect(clippy::cast_possible_truncation, reason = "a number of pixels; `as` saturates")]
        let points = panel.max_points.map_or(USUAL_POINTS, |points| points as i64).max(1);
        View {
            from_ms: self.window.opened_ms,
            to_ms: self.window.closed_ms,
            points,
            scrape_interval: self.scrape_interval(),
            least_step: least_step(of_query).or_else(|| least_step(&panel.interval)),
        }
    }

    /// How often the target was scraped: the middle one of the times between two scrapes.
    fn scrape_interval(self) -> Duration {
        let mut gaps: Vec<i64> = Vec::new();
        for instance in self.series.instances() {
            let scheduled = self.series.scrapes().iter().filter(|scrape| {
                scrape.instance == instance && scrape.moment != ScrapeMoment::ProcessStart
            });
            let times: Vec<i64> = scheduled.map(|scrape| scrape.at_ms).collect();
            gaps.extend(times.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap > 0));
        }
        gaps.sort_unstable();
        // A run with one scrape has no interval; a second is as good as any.
        let middle = gaps.get(gaps.len() / 2).copied().unwrap_or(1_000);
        Duration::from_millis(u64::try_from(middle).unwrap_or(1_000))
    }
}

/// Evaluates every panel that asks for something; what is wrong is added to `found`.
pub(super) fn evaluate(
    board: &Dashboard,
    queries: &[Query<'_>],
    run: Run<'_>,
    found: &mut Vec<Found>,
) -> Vec<PanelResult> {
    let values = Values::resolve(board, run, found);
    found.extend(labels::unknown_choices(board, queries, run));
    let mut left = MOST_QUERIES;
    let mut results = Vec::new();
    let mut queries = queries.iter().peekable();
    for (index, panel) in board.panels.iter().enumerate() {
        let of_panel: Vec<&Query<'_>> =
            from_fn(|| queries.next_if(|query| query.panel_index == index)).collect();
        if of_panel.is_empty() {
            found.extend(not_a_query(index, panel));
            continue;
        }
        let evaluated: Vec<(&Query<'_>, Answered)> = of_panel
            .into_iter()
            .map(|query| (query, query::evaluate(query, &values, run, &mut left)))
            .collect();
        found.extend(findings(index, panel, &evaluated));
        results.push(result(panel, evaluated));
    }
    results
}

/// A panel of the library has its queries elsewhere.
fn not_a_query(index: usize, panel: &Panel) -> Option<Found> {
    let library = panel.library.as_ref()?;
    let why = format!("it is the library panel `{library}`, whose queries are not in this file");
    let kind = (codes::NOT_EVALUATED, Severity::Info);
    let instead = "unlink it from the library to have it checked";
    Some(Found::new(kind, why, instead).in_panel(index, panel.at))
}

fn result(panel: &Panel, evaluated: Vec<(&Query<'_>, Answered)>) -> PanelResult {
    let queries: Vec<(bool, QueryResult)> = evaluated
        .into_iter()
        .map(|(query, answered)| (query.target.hidden, query_result(query, answered)))
        .collect();
    let has = |wanted: Outcome| {
        queries.iter().any(|(is_hidden, one)| !is_hidden && one.outcome == wanted)
    };
    let outcome = [Outcome::Data, Outcome::NoData].into_iter().find(|outcome| has(*outcome));
    let shown = queries.iter().filter(|(is_hidden, _)| !is_hidden);
    PanelResult {
        evidence: shown.map(|(_, one)| one.evidence).max().unwrap_or_default(),
        panel: panel.name(),
        row: panel.row.clone().filter(|row| !row.is_empty()),
        kind: panel.kind.clone(),
        outcome: outcome.unwrap_or(Outcome::NotEvaluated),
        queries: queries.into_iter().map(|(_, one)| one).collect(),
    }
}

fn query_result(query: &Query<'_>, answered: Answered) -> QueryResult {
    QueryResult {
        query: query.target.ref_id.clone(),
        expression: query.target.expr.clone(),
        outcome: answered.outcome(),
        evidence: answered.evidence,
        series: answered.series.len(),
        points: answered.points,
        sent: answered.sent,
        reason: answered.reason,
    }
}

/// What is told of a panel: that none of its queries has data, or which of them have none; what
/// was not evaluated; and labels that its legends miss.
fn findings(index: usize, panel: &Panel, evaluated: &[(&Query<'_>, Answered)]) -> Vec<Found> {
    let mut found = Vec::new();
    let visible = || evaluated.iter().filter(|(query, _)| !query.target.hidden);
    let shows = visible().any(|(_, answered)| answered.outcome() == Outcome::Data);
    let empty: Vec<_> =
        visible().filter(|(_, answered)| answered.outcome() == Outcome::NoData).collect();
    let reason = |answered: &Answered| answered.reason.clone().unwrap_or_default();
    if shows {
        for (query, answered) in &empty {
            let kind = (codes::QUERY_WITHOUT_DATA, Severity::Warning);
            let instead = "mend the query, or exclude it where it is empty on purpose";
            found.push(Found::new(kind, reason(answered), instead).in_query(query));
        }
    } else if !empty.is_empty() {
        let reasons: Vec<String> = empty
            .iter()
            .map(|(query, answered)| match empty.len() {
                1 => reason(answered),
                _ => format!("{}: {}", query.target.ref_id, reason(answered)),
            })
            .collect();
        let why = format!("it shows nothing of this run: {}", reasons.join("; "));
        let kind = (codes::PANEL_WITHOUT_DATA, Severity::Warning);
        let instead = "mend the query, or use a run in which there is something to show";
        found.push(Found::new(kind, why, instead).in_panel(index, panel.at));
    }
    for (query, answered) in evaluated {
        found.extend(about_query(query, answered));
    }
    found.extend(transformed(index, panel));
    found
}

fn about_query(query: &Query<'_>, answered: &Answered) -> Vec<Found> {
    let mut found = Vec::new();
    if answered.outcome() == Outcome::NotEvaluated && query.asked != Asked::Prometheus {
        let why = answered.reason.clone().unwrap_or_default();
        let kind = (codes::NOT_EVALUATED, Severity::Info);
        let instead = "look at it in Grafana; nothing is said about it here";
        found.push(Found::new(kind, why, instead).in_query(query));
    } else if let (Outcome::NotEvaluated, Some(Ok(_))) = (answered.outcome(), &query.parsed) {
        let why = answered.reason.clone().unwrap_or_default();
        let kind = (codes::NOT_EVALUATED, Severity::Warning);
        found.push(Found::new(kind, why, "mend what the reason names").in_query(query));
    }
    // Something else made a number in its place, such as `or vector(0)`.
    if answered.outcome() == Outcome::Data {
        for doubt in &answered.doubts {
            let kind = (doubt.code, Severity::Warning);
            let instead = "mend the selector; the numbers come from what stands beside it";
            found.push(Found::new(kind, doubt.reason.clone(), instead).in_query(query));
        }
    }
    found.extend(labels::missing_in_legend(query, answered));
    found
}

fn transformed(index: usize, panel: &Panel) -> Option<Found> {
    if panel.transformations == 0 {
        return None;
    }
    let why = "its answers go through transformations, which are not evaluated: its queries are \
               checked and not what becomes of them";
    let kind = (codes::NOT_EVALUATED, Severity::Info);
    let found = Found::new(kind, why, "look at it in Grafana");
    Some(found.in_panel(index, panel.at))
}

//! A whole dashboard checked: read, held to the rules, and, where there is a run, evaluated.

use slogate_promql::Place;
use slogate_promql::lint::Severity;

use super::evaluate::{Evidence, Outcome, PanelResult, Run, evaluate};
use super::fields::{Fields, WrongType};
use super::found::Found;
use super::json::{Node, inside_string, places_of};
use super::lint::{Looked, lint};
use super::model::{Dashboard, Panel};
use super::queries::{Asked, Query, queries};
use super::unknown::{unknown_name, unknown_repeats};
use super::{DashboardError, DashboardFinding, Exclusions, codes};
use crate::query::RecordedScenario;

/// Variables of a dashboard; a person chooses a dozen.
const MOST_VARIABLES: usize = 500;
/// Panels of a dashboard, and queries of all of them.
const MOST_PANELS: usize = 20_000;

/// What a dashboard is, and what was found in it.
#[derive(Clone, Debug)]
pub struct DashboardReport {
    /// Its title.
    pub title: String,
    /// How many panels there are, rows left out.
    pub panels: usize,
    /// How many queries for Prometheus its panels have.
    pub queries: usize,
    /// What its panels show of a run; nothing without one.
    pub results: Vec<PanelResult>,
    /// Everything that was found, in the order of the file.
    pub findings: Vec<DashboardFinding>,
    /// Whether there was nothing that could be checked, or evaluated where there is a run.
    pub is_about_nothing: bool,
}

/// Whether a text is a dashboard, and not some other JSON: it has panels, rows, or a version of
/// the schema. A text that is no JSON is none.
pub fn is_dashboard(text: &str) -> bool {
    Node::parse(text).is_ok_and(|root| classic(&root).is_some() || is_second_schema(&root))
}

/// Checks the text of a file.
///
/// # Errors
/// If it is no JSON, no dashboard, or has values of wrong types: all of these at once.
pub fn check_dashboard(
    file: &str,
    text: &str,
    exclusions: &Exclusions,
    run: Option<&RecordedScenario>,
) -> Result<DashboardReport, DashboardError> {
    let board = read(file, text)?;
    let queries = queries(&board);
    let mut found = lint(&Looked { board: &board, queries: &queries });
    found.extend(unknown_repeats(&board));
    found.extend(broken_annotations(&board));
    let results = match run {
        Some(scenario) => {
            let window = scenario.windows(None).map_err(DashboardError::Run)?;
            let window = window.map_err(|doubt| DashboardError::no_window(&doubt))?.window;
            evaluate(&board, &queries, Run { series: scenario.series(), window }, &mut found)
        }
        None => Vec::new(),
    };
    let asked = queries.iter().filter(|query| query.parsed.is_some()).count();
    let nothing = about_nothing(&queries, &results, run.is_some());
    let is_about_nothing = nothing.is_some();
    let mut told = exclusions.apply(found, &board, &codes::names());
    // What proves nothing cannot be excluded.
    told.extend(nothing);
    let findings = placed(file, text, &board, told);
    let (title, panels) = (board.title.clone(), board.panels.len());
    Ok(DashboardReport { title, panels, queries: asked, results, findings, is_about_nothing })
}

fn read(file: &str, text: &str) -> Result<Dashboard, DashboardError> {
    let (root, repeated) =
        Node::parse_noting_repeated(text).map_err(|wrong| DashboardError::NotJson {
            file: file.to_owned(),
            place: wrong.place,
            message: wrong.message,
        })?;
    let Some(classic) = classic(&root) else {
        let file = file.to_owned();
        return Err(if is_second_schema(&root) {
            DashboardError::SecondSchema { file }
        } else {
            DashboardError::NoDashboard { file }
        });
    };
    let mut fields = Fields::default();
    fields.wrong.extend(repeated.into_iter().map(|one| WrongType {
        at: one.at,
        message: format!("the key `{}` is there before; keep one of them", one.key),
    }));
    let board = Dashboard::read(classic, &mut fields);
    if fields.wrong.is_empty() {
        return refuse_too_large(file, board);
    }
    let mut wrong = fields.wrong;
    wrong.sort_by_key(|one| one.at);
    let starts: Vec<usize> = wrong.iter().map(|one| one.at).collect();
    let messages = wrong.into_iter().map(|one| one.message);
    let wrong = places_of(text, &starts).into_iter().zip(messages).collect();
    Err(DashboardError::WrongTypes { file: file.to_owned(), wrong })
}

/// What is looked at is compared with each other, so there are bounds.
fn refuse_too_large(file: &str, board: Dashboard) -> Result<Dashboard, DashboardError> {
    let queries: usize = board.panels.iter().map(|panel| panel.targets.len()).sum();
    let counts = [
        (board.variables.len(), MOST_VARIABLES, "variables"),
        (board.panels.len(), MOST_PANELS, "panels"),
        (queries, MOST_PANELS, "queries"),
    ];
    match counts.into_iter().find(|(count, most, _)| count > most) {
        None => Ok(board),
        Some((count, most, what)) => {
            Err(DashboardError::TooLarge { file: file.to_owned(), count, most, what })
        }
    }
}

/// The dashboard in a document: itself, within an answer of Grafana's API, or within a resource.
fn classic(root: &Node) -> Option<&Node> {
    let candidates = [Some(root), root.get("dashboard"), root.get("spec")];
    let is_classic = |node: &&Node| {
        let has = |key: &str| node.get(key).is_some();
        (has("schemaVersion") || has("templating") || has("panels")) && !has("elements")
    };
    candidates.into_iter().flatten().find(is_classic)
}

/// The schema of Grafana 12 and later, with `elements` and `layout`.
fn is_second_schema(root: &Node) -> bool {
    let inside = root.get("spec").unwrap_or(root);
    inside.get("elements").is_some() && inside.get("layout").is_some()
}

/// Queries of annotations that are no PromQL.
fn broken_annotations(board: &Dashboard) -> Vec<Found> {
    let promql = board.annotations.iter().filter(|one| {
        !one.expr.is_empty() && super::queries::asked(board, &one.source, one) == Asked::Prometheus
    });
    let broken = promql.filter_map(|one| {
        let text = super::queries::looked_at(board, &one.expr);
        let parsed = slogate_promql::Expression::parse(&text);
        if let Some(unknown) = unknown_name(board, &one.expr, parsed.is_ok()) {
            let why = format!("the annotation `{}`: {}", one.ref_id, unknown.why);
            return Some(Found { at: one.at, why, ..unknown });
        }
        let error = parsed.err()?;
        let why = format!("the annotation `{}`: {error}", one.ref_id);
        let kind = (codes::TARGET_PROMQL, Severity::Error);
        Some(Found { at: one.at, ..Found::new(kind, why, "mend the expression") })
    });
    broken.collect()
}

/// A check that looked at nothing proves nothing.
fn about_nothing(queries: &[Query<'_>], results: &[PanelResult], has_run: bool) -> Option<Found> {
    let kind = (codes::EMPTY_DASHBOARD, Severity::Error);
    if queries.iter().all(|query| query.parsed.is_none()) {
        let why = "no panel asks Prometheus anything, so nothing was checked";
        return Some(Found::new(kind, why, "check a dashboard with queries for Prometheus"));
    }
    let evidence = results.iter().map(|one| one.evidence).max().unwrap_or_default();
    let is_whole = results.iter().all(|one| one.outcome != Outcome::NoData);
    if !has_run || evidence == Evidence::Service || (evidence == Evidence::Scrapes && is_whole) {
        return None;
    }
    let why =
        "no panel has any data of the service in this run, so nothing is known about the dashboard";
    let instead = "use a run of the service that the dashboard is about, or mend its variables";
    Some(Found::new(kind, why, instead))
}

/// With places and names, in the order of the file.
fn placed(file: &str, text: &str, board: &Dashboard, found: Vec<Found>) -> Vec<DashboardFinding> {
    let start = |one: &Found| one.offset.map_or(one.at, |it| inside_string(text, one.at, it));
    let mut found: Vec<(usize, Found)> = found.into_iter().map(|one| (start(&one), one)).collect();
    found.sort_by_key(|(at, _)| *at);
    let starts: Vec<usize> = found.iter().map(|(at, _)| *at).collect();
    let placed = found.into_iter().zip(places_of(text, &starts));
    placed.map(|((_, one), place)| finding(file, board, one, place)).collect()
}

fn finding(file: &str, board: &Dashboard, found: Found, place: Place) -> DashboardFinding {
    let panel = found.panel.and_then(|index| board.panels.get(index));
    let target = panel.zip(found.target).and_then(|(panel, index)| panel.targets.get(index));
    DashboardFinding {
        id: found.code.name(),
        severity: found.level.word(),
        file: file.to_owned(),
        line: place.line,
        column: place.column,
        panel: panel.map(Panel::name),
        query: target.map(|target| target.ref_id.clone()),
        variable: found.variable,
        why: found.why,
        instead: found.instead,
        level: found.level,
        code: found.code,
    }
}

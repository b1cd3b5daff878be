//! From a file to a scenario, or to everything that is wrong with it.

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::access::Tls;
use super::alerts::{self, AlertRules, Alerts};
use super::body::{self, Body, Draft};
use super::codes;
use super::context::Context;
use super::data_file::hexadecimal;
use super::fields::{self, Fields};
use super::files;
use super::flows::{self, Sent};
use super::http::{self, HttpSettings};
use super::keys;
use super::known::KnownMetrics;
use super::late_abort;
use super::late_deadline;
use super::metrics;
use super::model::{
    Metrics, Objective, Objectives, Phase, Request, Restarts, Scenario, Target, Unmoved, Variables,
};
use super::names::Names;
use super::objective::{MetricsFrom, Surroundings};
use super::objectives;
use super::phases;
use super::problem::{Problem, Problems};
use super::request_auth::{self, Senders};
use super::samples::{self, Shortage};
use super::secrecy;
use super::secret::Secret;
use super::source::{Source, Span};
use super::target;
use super::tree::{Node, Value};
use crate::units::{Unit, format_quantity};

/// More connections than one address has ports for.
const MOST_IN_FLIGHT: u64 = 1_000_000;

/// What the caller decides beside the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadOptions {
    /// Replaces the file's target (`--target`); see [`super::parse_target`].
    pub target: Option<Target>,
    /// What the reference service is known to have: for that target other names are
    /// warned about, and a threshold that no bucket can show is an error.
    pub known: Option<KnownMetrics>,
}

/// A scenario that can run, and what is suspicious about its file.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// What is suspicious, in file order.
    pub warnings: Vec<Problem>,
}

/// What a file turned out to be.
#[derive(Clone, Debug)]
pub enum Document {
    /// A file with `load`.
    Scenario(Box<Scenario>),
    /// A file with only `slo`.
    Objectives(Vec<Objective>),
}

/// Reads a scenario file.
pub fn read(path: &Path, variables: &Variables, options: &ReadOptions) -> Result<Loaded, Problems> {
    scenario_only(document_source(path), variables, options)
}

/// Reads a scenario from a text that stands for the file at `path`; includes are
/// relative to that file.
pub fn read_text(
    path: &Path,
    text: &str,
    variables: &Variables,
    options: &ReadOptions,
) -> Result<Loaded, Problems> {
    scenario_only(Ok(Arc::new(Source::new(path, text))), variables, options)
}

/// Everything that can be told about a file without load: what is wrong with it and
/// what is suspicious. Neither a file's target nor its metrics are contacted.
pub fn check(path: &Path, variables: &Variables, options: &ReadOptions) -> Problems {
    match read_document(path, variables, options) {
        Ok((_, warnings)) => Problems { problems: Vec::new(), warnings },
        Err(problems) => problems,
    }
}

/// Reads a file that may be a scenario or a list of objectives, with the warnings.
pub fn read_document(
    path: &Path,
    variables: &Variables,
    options: &ReadOptions,
) -> Result<(Document, Vec<Problem>), Problems> {
    document(document_source(path), variables, options)
}

/// The same from a text that stands for the file at `path`.
pub fn read_document_text(
    path: &Path,
    text: &str,
    variables: &Variables,
    options: &ReadOptions,
) -> Result<(Document, Vec<Problem>), Problems> {
    document(Ok(Arc::new(Source::new(path, text))), variables, options)
}

/// What somebody else's load is watched by: objectives over a target's metrics, and no
/// phases of our own. `path` and `text` say where the objectives stand; an https target is
/// asked with the system's authorities where `tls` says nothing else.
pub fn observed_scenario(
    name: &str,
    (path, text): (&Path, &str),
    (target, metrics, tls): (Target, Metrics, Option<Tls>),
    objectives: Vec<Objective>,
) -> Scenario {
    let of_system =
        || target.is_https().then(|| Tls::of_system(&Arc::new(Source::new(path, text))));
    let tls = tls.or_else(of_system);
    Scenario {
        path: path.to_owned(),
        source_sha256: sha256(text),
        source: text.into(),
        name: name.to_owned(),
        description: None,
        used_variables: Vec::new(),
        target,
        metrics: metrics.over(tls.as_ref()),
        tls,
        http: HttpSettings::default(),
        max_in_flight: None,
        phases: Vec::new(),
        requests: Vec::new(),
        flows: Vec::new(),
        sent_files: Vec::new(),
        objectives: Objectives::Judged(objectives),
        alert_rules: None,
        unmoved: Unmoved::default(),
        restarts: Restarts::default(),
    }
}

fn scenario_only(
    source: Result<Arc<Source>, Problem>,
    variables: &Variables,
    options: &ReadOptions,
) -> Result<Loaded, Problems> {
    let whole = source.clone();
    match document(source, variables, options)? {
        (Document::Scenario(scenario), warnings) => Ok(Loaded { scenario: *scenario, warnings }),
        (Document::Objectives(_), warnings) => {
            let message = "this is a list of objectives, not a scenario: it has no `load`";
            let problem = whole.map_or_else(
                |problem| problem,
                |source| {
                    let start = Span { file: 0, start: 0, length: 0 };
                    let mut problem = Problem::at(codes::WRONG_FILE_KIND, &source, start, message);
                    problem.help("include it from a scenario: `slo: [{ include: FILE }]`");
                    problem
                },
            );
            Err(Problems { problems: vec![problem], warnings })
        }
    }
}

fn document_source(path: &Path) -> Result<Arc<Source>, Problem> {
    files::load(path).map_err(|error| {
        let empty = Arc::new(Source::new(path, ""));
        Problem::whole_file(
            codes::UNREADABLE_FILE,
            &empty,
            format!("cannot read {}: {error}", path.display()),
        )
    })
}

fn document(
    source: Result<Arc<Source>, Problem>,
    variables: &Variables,
    options: &ReadOptions,
) -> Result<(Document, Vec<Problem>), Problems> {
    let mut cx = Context::new(variables, options.known.as_ref());
    let document = match source {
        Ok(source) => lower(&source, options, &mut cx),
        Err(problem) => {
            cx.push(problem);
            None
        }
    };
    let found = cx.finish();
    match document {
        Some(document) if found.problems.is_empty() => Ok((document, found.warnings)),
        _ => Err(found),
    }
}

fn lower(source: &Arc<Source>, options: &ReadOptions, cx: &mut Context) -> Option<Document> {
    let root = files::parse(source, cx)?;
    if is_objective_list(&root) {
        return objective_list(&root, cx).map(Document::Objectives);
    }
    scenario(source, &root, options, cx).map(|scenario| Document::Scenario(Box::new(scenario)))
}

/// A file with only `slo` (and what every file may have).
fn is_objective_list(root: &Node) -> bool {
    let Value::Map(entries) = &root.value else {
        return false;
    };
    let reserved = keys::OBJECTIVE_LIST.unsupported.iter().copied();
    let known: Vec<_> = keys::OBJECTIVE_LIST.names().chain(reserved).collect();
    root.get("slo").is_some()
        && entries.iter().all(|(key, _)| key.text().is_some_and(|name| known.contains(&name)))
}

fn objective_list(root: &Node, cx: &mut Context) -> Option<Vec<Objective>> {
    let file = Fields::of(root, &keys::OBJECTIVE_LIST, cx)?;
    version(&file, cx);
    let slo = file.get("slo")?;
    if slo.text() == Some("none") {
        cx.error(codes::NO_OBJECTIVE, slo.span, "`slo: none` in a list of objectives")
            .help("list at least one objective");
        return None;
    }
    match objectives::objectives(&file, None, cx)? {
        Objectives::Judged(objectives) => Some(objectives),
        Objectives::LoadOnly => None,
    }
}

fn scenario(
    source: &Arc<Source>,
    root: &Node,
    options: &ReadOptions,
    cx: &mut Context,
) -> Option<Scenario> {
    let file = Fields::of(root, &keys::SCENARIO, cx)?;
    version(&file, cx);
    let name = file.name("name", cx);
    let description = file.has("description").then(|| file.text("description", cx)).flatten();
    let target = target::chosen(&file, options.target.as_ref(), cx);
    if !matches!(target, Some(Target::Reference { .. })) {
        cx.known = None;
    }
    let tls = target::target_tls(&file, target.as_ref(), cx);
    let http = http::http(&file, cx);
    let metrics = metrics::metrics(&file, target.as_ref(), tls.as_ref(), cx);
    let restarts = restarts(&file, cx);
    let max_in_flight = max_in_flight(&file, cx);
    let mut names = Names::lower(&file, cx);
    let phases = phases::phases(&file, cx);
    names.note_phases(phases.as_deref().unwrap_or_default());
    let sender = request_auth::of_scenario(&file, target.as_ref(), cx);
    let senders =
        Senders { of_scenario: sender.as_ref().and_then(Option::as_ref), target: target.as_ref() };
    let sent = flows::sent(&file, &mut names, senders, cx);
    let surroundings =
        surroundings(&file, phases.as_deref(), sent.as_ref().map(|sent| &sent.requests[..]));
    let objectives = objectives::objectives(&file, Some(&surroundings), cx);
    let alerts = file.get("alerts").and_then(|node| {
        alerts::lower(node, &surroundings, metrics.as_ref(), &ids(objectives.as_ref()), cx)
    });
    let unmoved = unmoved(&file, cx);
    names.warn_unused(cx);
    if let Some(objectives) = &objectives {
        let credentials = secrecy::credentials(root, cx);
        secrecy::refuse_published(objectives, &credentials, cx);
    }
    if let (Some(phases), Some(sent), Some(objectives)) = (&phases, &sent, &objectives) {
        warn_about_the_plan(objectives, alerts.as_ref(), phases, sent, cx);
    }
    let (name, target, metrics) = (name?, target?, metrics?);
    let (phases, sent, objectives) = (phases?, sent?, objectives?);
    if cx.problem_count() > 0 {
        return None;
    }
    let (objectives, alert_rules) = with_alerts(objectives, alerts);
    Some(Scenario {
        path: source.path.clone(),
        source_sha256: sha256(&source.text),
        source: Arc::clone(&source.text),
        name,
        description: description.map(str::to_owned),
        used_variables: used_variables(cx),
        target,
        tls,
        http,
        metrics,
        restarts: restarts?,
        max_in_flight: max_in_flight?,
        phases,
        sent_files: names.files(),
        requests: with_bodies(sent.requests, &names),
        flows: sent.flows,
        objectives,
        alert_rules,
        unmoved,
    })
}

fn used_variables(cx: &Context) -> Vec<(String, Secret)> {
    let used = cx.used_values().into_iter();
    used.map(|(name, value)| (name, Secret::new(value))).collect()
}

fn ids(objectives: Option<&Objectives>) -> Vec<String> {
    match objectives {
        Some(Objectives::Judged(objectives)) => {
            objectives.iter().map(|one| one.id.clone()).collect()
        }
        Some(Objectives::LoadOnly) | None => Vec::new(),
    }
}

/// What is judged, alerts last; beside `slo: none` it is the alerts alone.
fn with_alerts(
    objectives: Objectives,
    alerts: Option<Alerts>,
) -> (Objectives, Option<Arc<AlertRules>>) {
    let Some(alerts) = alerts else { return (objectives, None) };
    let mut judged = match objectives {
        Objectives::Judged(judged) => judged,
        Objectives::LoadOnly => Vec::new(),
    };
    judged.extend(alerts.objectives);
    (Objectives::Judged(judged), Some(Arc::new(alerts.rules)))
}

fn unmoved(file: &Fields, cx: &mut Context) -> Unmoved {
    let Some(node) = file.get("unmoved") else { return Unmoved::Doubt };
    if node.text() != Some("allow") {
        cx.error(codes::INVALID_VALUE, node.span, "`unmoved` is `allow` or absent").help(
            "it says that none of the target's counters moves under this load, and that this is \
             meant",
        );
    }
    Unmoved::Allow
}

fn warn_about_samples(objectives: &[Objective], phases: &[Phase], sent: &Sent, cx: &mut Context) {
    let requests: Vec<_> = sent.requests.iter().map(|(request, _)| request).collect();
    let shares = samples::shares(&requests, &sent.flows);
    for objective in objectives {
        let Some(shortage) = samples::shortage(objective, phases, &shares) else { continue };
        let Shortage { planned, sure, needed } = shortage;
        let message = if planned < needed {
            format!(
                "`{}` cannot pass: it needs {needed} samples and the plan gives {planned}",
                objective.id
            )
        } else {
            format!(
                "`{}` may not pass: it needs {needed} samples, and of {planned} Poisson arrivals \
                 one run in twenty has fewer than {sure}",
                objective.id
            )
        };
        let at = cx.span_of(&objective.place);
        cx.warning(codes::PLANNED_SAMPLES, at, message)
            .help("send more requests, or judge a lower percentile; until then it is inconclusive");
    }
}

/// Warns about what the load is too small or too short for.
fn warn_about_the_plan(
    objectives: &Objectives,
    alerts: Option<&Alerts>,
    phases: &[Phase],
    sent: &Sent,
    cx: &mut Context,
) {
    if let Objectives::Judged(objectives) = objectives {
        warn_about_samples(objectives, phases, sent, cx);
        warn_about_late_aborts(objectives, phases, cx);
    }
    let alerts = alerts.map(|alerts| alerts.objectives.as_slice());
    warn_about_late_deadlines(alerts.unwrap_or_default(), phases, cx);
}

/// Warns about each `within` that never runs out.
fn warn_about_late_deadlines(alerts: &[Objective], phases: &[Phase], cx: &mut Context) {
    for alert in alerts {
        let Some(times) = late_deadline::never_runs_out(alert, phases) else { continue };
        let [within, load] = times.map(|it| format_quantity(it.as_secs_f64(), Unit::Seconds));
        let message = format!("`within` of {within} never runs out: the load is over after {load}");
        let at = cx.span_of(&alert.place);
        cx.warning(codes::LATE_DEADLINE, at, message)
            .help("write a shorter `within`, load for longer, or leave it out");
    }
}

/// Warns about each `abort` that can end nothing.
fn warn_about_late_aborts(objectives: &[Objective], phases: &[Phase], cx: &mut Context) {
    for objective in objectives {
        let Some(load) = late_abort::load_before_abort(objective, phases) else { continue };
        let load = format_quantity(load.as_secs_f64(), Unit::Seconds);
        let message = format!(
            "the `abort` of `{}` can end nothing: the load is over after {load}",
            objective.id
        );
        let at = cx.span_of(&objective.place);
        cx.warning(codes::LATE_ABORT, at, message)
            .help("give it a shorter `after`, or load for longer");
    }
}

fn version(file: &Fields, cx: &mut Context) {
    let Some(node) = file.get("version") else { return };
    if node.value != Value::Integer(1) {
        cx.error(
            codes::NOT_SUPPORTED,
            fields::start_of(node),
            "this version of the format is not known",
        )
        .help("write `version: 1`");
    }
}

fn restarts(file: &Fields, cx: &mut Context) -> Option<Restarts> {
    let Some(node) = file.get("restarts") else { return Some(Restarts::Fail) };
    match node.text() {
        Some("fail") => Some(Restarts::Fail),
        Some("allow") => Some(Restarts::Allow),
        _ => {
            cx.error(codes::INVALID_VALUE, fields::start_of(node), "expected `fail` or `allow`").help(
                "`allow` leaves a restart out of the verdict and counters that it lost in doubt",
            );
            None
        }
    }
}

#[expect(clippy::option_option, reason = "outer: whether it is right; inner: whether it is there")]
fn max_in_flight(file: &Fields, cx: &mut Context) -> Option<Option<usize>> {
    if !file.has("max_in_flight") {
        return Some(None);
    }
    let most = file.whole("max_in_flight", 1..=MOST_IN_FLIGHT, cx)?;
    usize::try_from(most).ok().map(Some)
}

fn with_bodies(requests: Vec<(Request, Draft)>, names: &Names) -> Vec<Request> {
    let drafts: Vec<&Draft> = requests.iter().map(|(_, draft)| draft).collect();
    let bodies = body::build(&drafts, names);
    let with_body = |(mut request, body): (Request, Body)| {
        match body {
            Body::Fixed(bytes) => request.body = bytes,
            Body::Varying(template) => request.varying.body = Some(template),
        }
        request
    };
    requests.into_iter().map(|(request, _)| request).zip(bodies).map(with_body).collect()
}

fn metrics_from(file: &Fields) -> MetricsFrom {
    match file.get("metrics") {
        None => MetricsFrom::Nowhere,
        Some(node) if node.text() == Some("none") => MetricsFrom::Nowhere,
        Some(node) if node.get("prometheus").is_some() => MetricsFrom::Api,
        Some(_) => MetricsFrom::Scrapes,
    }
}

/// Names for objectives. Where phases or requests are wrong themselves, the names
/// as they are written serve, so that an objective's own mistakes are still found.
fn surroundings(
    file: &Fields,
    phases: Option<&[Phase]>,
    requests: Option<&[(Request, Draft)]>,
) -> Surroundings {
    let mut known = Surroundings { metrics: metrics_from(file), ..Surroundings::default() };
    for phase in phases.unwrap_or_default() {
        known.phases.push((phase.name.clone(), phase.measured));
        let group = phase.group.clone().map(|group| (group, phase.measured));
        known.phases.extend(group.filter(|group| !known.phases.contains(group)));
    }
    if phases.is_none() {
        let names = written_names(file, "load").into_iter();
        known.phases.extend(names.map(|name| (name, true)));
    }
    if let Some(requests) = requests {
        known.requests.extend(requests.iter().map(|(request, _)| request.name.clone()));
    } else {
        known.requests = written_names(file, "requests");
        known.requests.extend(flows::written_steps(file));
    }
    known
}

fn written_names(file: &Fields, list: &str) -> Vec<String> {
    let Some(Value::List(items)) = file.get(list).map(|node| &node.value) else {
        return Vec::new();
    };
    items.iter().filter_map(|item| item.get("name")?.text().map(str::to_owned)).collect()
}

pub(super) fn sha256(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

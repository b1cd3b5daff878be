//! `slogate assert`: objectives against what a target says of itself, without load of
//! our own; or against what a saved run has recorded.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::arguments::{AssertArguments, LoadArguments, StartArguments};
use super::files::Reading;
use super::output::say;
use super::perform::{Destinations, Work, perform_as};
use super::reports::{self, Observed, Told};
use super::scenario_text::ScenarioText;
use super::url_scenario;
use super::verification::verify_saved;
use super::{Failure, codes, output};
use crate::archive::{self, read_and_judge_by};
use crate::gate::ExitCode;
use crate::scenario::codes::{INVALID_URL, UNKNOWN_NAME};
use crate::scenario::{
    COMMAND_LINE, Document, Metrics, Objective, Origin, ReadOptions, Scenario, Target, Tls,
    Variables, observed_scenario, read_document_text,
};
use crate::session::{Observation, Opens};

/// The assertions about the export service, as its scenarios include them.
const DEFAULT_ASSERTIONS: &str = include_str!("../../../scenarios/export-assertions.yaml");
/// What stands for their file in places.
const DEFAULT_PATH: &str = "export-assertions.yaml";
/// How long a live target is watched where nobody says: twenty scrapes.
const DEFAULT_DURATION: Duration = Duration::from_secs(10);
/// Time between two scrapes where nobody says: a gauge needs ten of them.
const DEFAULT_EVERY: Duration = Duration::from_millis(500);
/// The name of the scenario that an observation is in reports.
const NAME: &str = "assert";

/// What must hold, and the text that says so.
struct Asserted {
    path: PathBuf,
    text: String,
    objectives: Vec<Objective>,
}

/// Judges a live target or a saved run.
pub(super) fn assert(arguments: &AssertArguments) -> Result<ExitCode, Failure> {
    let reading = Reading::new(&arguments.variables, None)?;
    let asserted = asserted(&arguments.slo, &reading.variables)?;
    if arguments.source.contains("://") {
        live(arguments, asserted, &reading)
    } else {
        saved(arguments, &asserted)
    }
}

/// Reads what must hold; without `--slo` the export service's assertions.
fn asserted(slo: &[String], variables: &Variables) -> Result<Asserted, Failure> {
    let mut text = ScenarioText::default();
    let (path, source) = if slo.is_empty() {
        (DEFAULT_PATH, DEFAULT_ASSERTIONS.to_owned())
    } else {
        text.line("assert", "version: 1\nslo:");
        for objective in slo {
            text.objective("--slo", objective);
        }
        (COMMAND_LINE, text.text().to_owned())
    };
    let path = PathBuf::from(path);
    let read = read_document_text(&path, &source, variables, &ReadOptions::default());
    let (document, found) = match read {
        Ok((document, warnings)) => (Some(document), (Vec::new(), warnings)),
        Err(found) => (None, (found.problems, found.warnings)),
    };
    let (problems, warnings) = found;
    let count = problems.len();
    for shown in text.render(&crate::scenario::Problems { problems, warnings }) {
        say(&shown);
    }
    match document {
        Some(Document::Objectives(objectives)) => Ok(Asserted { path, text: source, objectives }),
        _ => Err(Failure::problems(count, "nothing was asked")),
    }
}

fn live(
    arguments: &AssertArguments,
    asserted: Asserted,
    reading: &Reading,
) -> Result<ExitCode, Failure> {
    let (origin, path) = Origin::parse_with_rest(&arguments.source)
        .map_err(|error| Failure::usage(INVALID_URL, format!("URL: {error}")))?;
    if matches!(path.as_str(), "" | "/") {
        return Err(Failure::usage(
            INVALID_URL,
            format!(
                "`{}` names no metrics; write their whole URL, such as {}/metrics",
                arguments.source,
                origin.url()
            ),
        ));
    }
    if let Some(objective) = asserted.objectives.iter().find(|one| one.during.is_some()) {
        return Err(Failure::usage(
            UNKNOWN_NAME,
            format!(
                "objective `{}`: a live target is watched as a whole and has no phases; remove \
                 `during`",
                objective.id
            ),
        ));
    }
    let observation = Observation {
        duration: arguments.duration.unwrap_or(DEFAULT_DURATION),
        opens: if arguments.since_start { Opens::WithTheProcess } else { Opens::Now },
    };
    let tls = match arguments.tls.given().next() {
        Some(_) => url_scenario::tls(origin.url(), &arguments.tls, &reading.variables)?,
        None => None,
    };
    let scenario = scenario((&origin, &path), tls, arguments, asserted);
    let load = load_arguments(arguments);
    let destinations = Destinations::of(&load)?;
    perform_as(Work::Observe(observation), &[scenario], None, &load, &destinations)
}

fn scenario(
    (origin, path): (&Origin, &str),
    tls: Option<Tls>,
    arguments: &AssertArguments,
    asserted: Asserted,
) -> Scenario {
    let target = Target::Url(origin.url().to_owned());
    let metrics = Metrics::of_path(path, arguments.every.unwrap_or(DEFAULT_EVERY));
    let source = (asserted.path.as_path(), asserted.text.as_str());
    observed_scenario(NAME, source, (target, metrics, tls), asserted.objectives)
}

/// What is the same for everything that ends in a report.
fn load_arguments(arguments: &AssertArguments) -> LoadArguments {
    LoadArguments {
        target: None,
        start: StartArguments::default(),
        variables: arguments.variables.clone(),
        reporting: arguments.reporting.clone(),
        verify: arguments.verify.clone(),
        max_in_flight: None,
        seed: 1,
    }
}

/// The first flag that was given and says how a live target is watched.
fn only_live(arguments: &AssertArguments) -> Option<&'static str> {
    let given = [
        ("--since-start", arguments.since_start),
        ("--for", arguments.duration.is_some()),
        ("--every", arguments.every.is_some()),
    ];
    let given = given.into_iter().find_map(|(flag, is_given)| is_given.then_some(flag));
    given.or_else(|| arguments.tls.given().next().map(|one| one.flag))
}

fn saved(arguments: &AssertArguments, asserted: &Asserted) -> Result<ExitCode, Failure> {
    if let Some(flag) = only_live(arguments) {
        return Err(Failure::usage(
            codes::CONFLICTING_FLAGS,
            format!("{flag} is for a live target; of a saved run nobody is asked"),
        ));
    }
    if arguments.reporting.save.is_some() {
        return Err(Failure::usage(
            codes::CONFLICTING_FLAGS,
            "--save: the evidence of a saved run is saved already",
        ));
    }
    let outputs = output::parse(&arguments.reporting.outputs)?;
    output::probe(&outputs)?;
    let run = Path::new(&arguments.source);
    if !run.exists() {
        return Err(Failure::usage(
            archive::codes::UNREADABLE_RUN,
            format!(
                "`{}` is neither a saved run nor a URL such as http://127.0.0.1:8080/metrics",
                arguments.source
            ),
        ));
    }
    let verifier = arguments.verify.verifier(&arguments.variables)?;
    let mut record = read_and_judge_by(run, &asserted.objectives)?;
    verify_saved(run, &mut record, Some(&asserted.objectives), verifier.as_ref())?;
    let told = Told { record: &record, observed: Observed::Saved(run) };
    let outcome = record.outcome(arguments.reporting.on_inconclusive.into());
    Ok(outcome.exit_code.or(reports::write(&told, outcome, &outputs)))
}

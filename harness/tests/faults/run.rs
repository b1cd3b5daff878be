//! One run of the built gate over `scenarios/1k.yaml`, its load made shorter and its
//! files smaller, with the alerts of this repository over what it saw.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use slogate::archive;
use slogate_promql::rules::{
    AlertState, GroupState, Overlay, RuleContext, RuleFile, evaluate_group,
};

use crate::support::Workspace;

/// What is replaced in the scenario: it is made for a release build and ten seconds.
/// p95 takes 59 samples; 90 requests of each kind leave room for those that come too late.
const SMALLER: &[(&str, &str)] = &[
    ("rows: 1000,", "rows: 50,"),
    ("rate: 16/s, for: 10s", "rate: 30/s, for: 6s"),
    ("is: '>= 83kB'", "is: '>= 4.1kB'"),
];
/// Time between evaluations of the rules, in milliseconds.
const EVALUATION_MS: i64 = 1_000;

/// Codes of doubts that lie with a machine on which the generator, the service or the scrapes
/// were late.
const BUSY: [&str; 8] = [
    "few-scrapes",
    "gauge-scrapes",
    "generator-behind",
    "generator-lag",
    "sample-size",
    "scrape-gap",
    "starved-machine",
    "wide-window",
];

/// What a run says of one objective.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) verdict: String,
    /// Why it is no pass.
    pub(crate) codes: BTreeSet<String>,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    /// The objectives, by their ids.
    pub(crate) objectives: BTreeMap<String, Judged>,
    /// What the scenario says besides.
    pub(crate) reasons: Vec<String>,
    /// Alerts that fired at some time of the run.
    pub(crate) firing: BTreeSet<String>,
    /// Whether other processes had the CPU that the service needed.
    is_starved: bool,
    /// Everything that was printed.
    printed: String,
}

impl Run {
    /// Runs it with these faults.
    pub(crate) fn with(faults: &[&str]) -> Self {
        let workspace = Workspace::new();
        workspace.write("export-assertions.yaml", &text("scenarios/export-assertions.yaml"));
        workspace.write("1k.yaml", &scenario(faults));
        let ended = workspace.run(&[
            "run",
            "1k.yaml",
            "--out",
            "json",
            "--out",
            "table=seen",
            "--save",
            "saved",
        ]);
        let seen = fs::read_to_string(workspace.path().join("seen")).unwrap_or_default();
        let printed = format!("{faults:?}\n{seen}\n{}", ended.stderr);
        let report = ended.report();
        let scenario = &report["scenarios"][0];
        let slos = scenario["slos"].as_array().unwrap().iter();
        Self {
            code: ended.code,
            objectives: slos.map(|slo| (string(&slo["id"]), Judged::of(slo))).collect(),
            reasons: strings(&scenario["reasons"]).collect(),
            firing: firing(&workspace.path().join("saved")),
            is_starved: scenario["generator"]["machine"]["is_starved"] == true,
            printed,
        }
    }

    /// Whether the machine was too busy for this run to prove or disprove anything that it
    /// does not say for certain.
    pub(crate) fn is_of_a_busy_machine(&self) -> bool {
        let is_busy = |judged: &Judged| BUSY.iter().any(|code| judged.codes.contains(*code));
        self.is_starved || self.objectives.values().any(is_busy)
    }

    /// Everything, for the report of a failed test.
    pub(crate) fn shown(&self) -> String {
        let Self { code, firing, is_starved, reasons, printed, .. } = self;
        format!("exit {code:?}, firing {firing:?}, starved {is_starved}, {reasons:?}\n{printed}")
    }
}

impl Judged {
    fn of(slo: &Value) -> Self {
        Self { verdict: string(&slo["verdict"]), codes: strings(&slo["codes"]).collect() }
    }
}

fn string(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn strings(values: &Value) -> impl Iterator<Item = String> {
    values.as_array().unwrap().iter().map(string)
}

fn scenario(faults: &[&str]) -> String {
    let whole = text("scenarios/1k.yaml");
    let smaller = SMALLER.iter().fold(whole, |text, (from, to)| {
        assert!(text.contains(from), "scenarios/1k.yaml has no `{from}` any more");
        text.replace(from, to)
    });
    if faults.is_empty() {
        return smaller;
    }
    let faults = serde_json::to_string(faults).unwrap();
    let target = "target: reference\n";
    smaller.replace(target, &format!("{target}reference: {{ faults: {faults} }}\n"))
}

/// The alerts of `rules/export.yml` that fire when they are evaluated over a saved run.
fn firing(saved: &Path) -> BTreeSet<String> {
    let record = archive::read(saved).unwrap();
    let observed = archive::read_observed(saved, &record).unwrap();
    let rules = RuleFile::parse(&text("rules/export.yml"), "export.yml").unwrap();
    let (group, store) = (&rules.groups[0], &observed[0]);
    let times = || store.iter().flat_map(|series| series.samples).map(|sample| sample.t_ms);
    let (first, last) = (times().min().unwrap(), times().max().unwrap());
    let (mut state, mut overlay) = (GroupState::default(), Overlay::new(store));
    let mut fired = BTreeSet::new();
    let mut at = first;
    while at < last + EVALUATION_MS {
        let failures = evaluate_group(group, &mut state, &mut overlay, at, &RuleContext::default());
        assert!(failures.is_empty(), "{failures:?}");
        let alerts = (0..group.rules.len()).flat_map(|rule| {
            let alerts = state.alerts(rule).filter(|alert| alert.state == AlertState::Firing);
            alerts.map(|_| group.rules[rule].name.clone()).collect::<Vec<_>>()
        });
        fired.extend(alerts);
        at += EVALUATION_MS;
    }
    fired
}

/// A file of this repository.
pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap()
}

/// Where it is.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

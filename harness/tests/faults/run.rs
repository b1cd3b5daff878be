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
/// 60 requests of each kind are the smallest sample that p95 takes, and one.
const SMALLER: &[(&str, &str)] = &[
    ("rows: 1000,", "rows: 50,"),
    ("rate: 16/s, for: 10s", "rate: 30/s, for: 4s"),
    ("is: '>= 83kB'", "is: '>= 4.1kB'"),
];
/// Time between evaluations of the rules, in milliseconds.
const EVALUATION_MS: i64 = 1_000;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    /// Verdicts of the objectives, by their ids.
    pub(crate) verdicts: BTreeMap<String, String>,
    /// What the scenario says besides.
    pub(crate) reasons: Vec<String>,
    /// Alerts that fired at some time of the run.
    pub(crate) firing: BTreeSet<String>,
    /// Whether other processes had the CPU that the service needed.
    pub(crate) is_starved: bool,
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
        let of = |value: &Value| value.as_str().unwrap().to_owned();
        let slos = scenario["slos"].as_array().unwrap().iter();
        Self {
            code: ended.code,
            verdicts: slos.map(|slo| (of(&slo["id"]), of(&slo["verdict"]))).collect(),
            reasons: scenario["reasons"].as_array().unwrap().iter().map(of).collect(),
            firing: firing(&workspace.path().join("saved")),
            is_starved: scenario["generator"]["machine"]["is_starved"] == true,
            printed,
        }
    }

    /// Everything, for the report of a failed test.
    pub(crate) fn shown(&self) -> String {
        let Self { code, firing, is_starved, reasons, printed, .. } = self;
        format!("exit {code:?}, firing {firing:?}, starved {is_starved}, {reasons:?}\n{printed}")
    }
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

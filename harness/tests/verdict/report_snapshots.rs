//! Every format for one passing, one failing and one inconclusive run, compared with
//! files that can be read.

use crate::support::{self, assert_matches_file};
use slogate::archive::RunRecord;
use slogate::gate::OnInconclusive;
use slogate::report::{Workspace, annotations, json, junit, markdown};
use slogate::slo::Verdict;

fn assert_every_format(name: &str, record: &RunRecord) {
    let outcome = record.outcome(OnInconclusive::Fail);
    let matches = |extension: &str, text: &str| {
        assert_matches_file(&format!("tests/verdict/snapshots/{name}.{extension}"), text);
    };
    matches("json", &json(record, outcome).unwrap());
    matches("xml", &junit(record, outcome).unwrap());
    matches("md", &markdown(record, outcome));
    let workspace = Workspace { root: "/repo".into(), here: "/repo".into() };
    let lines = annotations(record, &workspace);
    matches("github", &lines.iter().map(|line| line.clone() + "\n").collect::<String>());
}

#[test]
fn a_passing_run_in_every_format() {
    assert_every_format("pass", &support::passing_run());
}

#[test]
fn a_failing_run_in_every_format() {
    assert_every_format("fail", &support::failing_run());
}

#[test]
fn an_inconclusive_run_in_every_format() {
    assert_every_format("inconclusive", &support::run_of(vec![support::inconclusive()], None));
}

#[test]
fn the_failing_run_has_something_of_everything() {
    let record = support::failing_run();
    let verdicts = record.scenarios.iter().map(|scenario| scenario.verdict);
    assert_eq!(verdicts.collect::<Vec<_>>(), [Verdict::Pass, Verdict::Fail]);
    assert_eq!(record.rules.as_ref().unwrap().failed, 1);
}

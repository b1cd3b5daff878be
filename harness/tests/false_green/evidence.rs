//! Saved runs that are not what was saved.

use std::fs;
use std::path::Path;

use crate::page::Seen;
use crate::shop::{NO_FAILURES, P95, healthy, scenario};
use crate::support::Workspace;

/// A saved run, which `spoil` then changes, judged again.
#[track_caller]
fn judged_again(spoil: impl Fn(&Path)) -> Seen {
    let workspace = Workspace::new();
    workspace.write("s.yaml", &scenario(&healthy().url(), &[P95, NO_FAILURES]));
    let report = ["report", "kept", "--out", "json"];
    Seen::of(&workspace, &workspace.run(&["run", "s.yaml", "--save", "kept"])).passes();
    Seen::of(&workspace, &workspace.run(&report)).passes();
    spoil(&workspace.path().join("kept"));
    Seen::of(&workspace, &workspace.run(&report))
}

#[test]
fn a_saved_run_was_cut_short() {
    judged_again(|run| {
        let series = run.join("shop/series.om");
        let text = fs::read_to_string(&series).unwrap();
        fs::write(&series, &text[..text.len() / 2]).unwrap();
    })
    .is_row("saved run cut short");
}

#[test]
fn a_file_of_a_saved_run_is_gone() {
    judged_again(|run| fs::remove_file(run.join("shop/latency.hlog")).unwrap())
        .is_row("saved file gone");
}

#[test]
fn the_digests_of_a_saved_run_were_cut_short() {
    judged_again(|run| {
        let record = run.join("run.json");
        let text = fs::read_to_string(&record).unwrap().replace("\"failed\": 0", "\"failed\":  0");
        fs::write(&record, text).unwrap();
        fs::write(run.join("SHA256SUMS"), "").unwrap();
    })
    .is_row("digests cut short");
}

#[test]
fn a_record_without_its_load_is_not_believed() {
    judged_again(|run| {
        let record = run.join("run.json");
        let text = fs::read_to_string(&record).unwrap();
        let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
        value["scenarios"][0]["generator"] = serde_json::Value::Null;
        fs::write(&record, value.to_string()).unwrap();
        let digest =
            std::process::Command::new("sha256sum").arg("run.json").current_dir(run).output();
        let digest = String::from_utf8(digest.unwrap().stdout).unwrap();
        let sums = fs::read_to_string(run.join("SHA256SUMS")).unwrap();
        let others = sums.lines().filter(|line| !line.ends_with("  run.json"));
        let sums = others.fold(String::new(), |sums, line| sums + line + "\n");
        fs::write(run.join("SHA256SUMS"), sums + &digest).unwrap();
    })
    .is_row("record without load");
}

#[test]
fn a_saved_run_is_judged_by_a_phase_that_it_does_not_have() {
    let workspace = Workspace::new();
    workspace.write("s.yaml", &scenario(&healthy().url(), &[P95]));
    Seen::of(&workspace, &workspace.run(&["run", "s.yaml", "--save", "kept"])).passes();
    let judged = |phase: &str| {
        let slo = format!("p95(latency) < 5s during {phase}");
        Seen::of(&workspace, &workspace.run(&["assert", "kept", "--slo", &slo]))
    };
    judged("steady").passes();
    judged("stedy").is_row("misspelt phase, saved run");
}

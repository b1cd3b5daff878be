//! Files that ask for nothing, and results that cannot be written.

use std::path::Path;
use std::process::Command;

use crate::page::Seen;
use crate::shop::{P95, healthy, scenario};
use crate::support::{Ended, Workspace, outside};

const RULES: &str = "groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n";
const TESTS: &str = "
rule_files: [rules.yml]
tests:
  - input_series: [{ series: up, values: '0' }]
    alert_rule_test: [{ eval_time: 0m, alertname: Down, exp_alerts: [{}] }]
";

/// A folder with one scenario that passes.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("scenarios/shop.yaml", &scenario(&healthy().url(), &[P95]));
    workspace
}

fn seen(workspace: &Workspace, arguments: &[&str]) -> Seen {
    Seen::of(workspace, &workspace.run(arguments))
}

#[test]
fn an_objective_file_is_empty() {
    let workspace = workspace();
    let text = scenario(&healthy().url(), &["include: shared.yaml"]);
    workspace.write("scenarios/shop.yaml", &text);
    workspace.write("scenarios/shared.yaml", &format!("version: 1\nslo:\n  - {P95}\n"));
    seen(&workspace, &["gate"]).passes();
    workspace.write("scenarios/shared.yaml", "version: 1\nslo: []\n");
    seen(&workspace, &["gate"]).is_row("empty objective file");
}

#[test]
fn a_folder_holds_no_scenario() {
    let workspace = workspace();
    seen(&workspace, &["gate"]).passes();
    std::fs::create_dir(workspace.path().join("empty")).unwrap();
    seen(&workspace, &["gate", "empty"]).is_row("empty scenario folder");
}

#[test]
fn a_glob_finds_no_rule() {
    let workspace = workspace();
    workspace.write("rules/rules.yml", RULES);
    workspace.write("rules/rules.test.yml", TESTS);
    seen(&workspace, &["gate", "--rules", "rules/*.yml"]).passes();
    seen(&workspace, &["gate", "--rules", "rule/*.yml"]).is_row("empty rule glob");
}

#[test]
fn rules_that_are_none() {
    let workspace = Workspace::new();
    workspace.write("rules.yml", RULES);
    workspace.write("rules.test.yml", TESTS);
    let built_in = |file: &str| seen(&workspace, &["rules", "test", file, "--engine", "built-in"]);
    built_in("rules.test.yml").passes();
    workspace.write("none.test.yml", "rule_files: [rules.yml]\ntests: []\n");
    built_in("none.test.yml").is_row("rule file without a test");
    let misspelt = TESTS.replace("name: Down", "name: Dwon").replace("[{}]", "[]");
    workspace.write("misspelt.test.yml", &misspelt);
    built_in("misspelt.test.yml").is_row("test of an unknown alert");
    workspace.write("none.yml", "groups: []\n");
    seen(&workspace, &["rules", "check", "none.yml"]).is_row("no rule");
    let checked = |file: &str| {
        let check = ["rules", "check", "--engine", "built-in", "rules.yml", file];
        seen(&workspace, &check)
    };
    checked("rules.test.yml").passes();
    checked("none.yml").is_row("no rule beside others");
    checked("none.test.yml").is_row("tests without one, checked");
}

#[test]
fn one_scenario_stands_for_two() {
    let workspace = workspace();
    seen(&workspace, &["gate", "scenarios/shop.yaml"]).passes();
    seen(&workspace, &["gate", "scenarios/shop.yaml", "scenarios"]).is_row("scenario twice");
}

#[test]
fn a_variable_is_missing_or_empty() {
    let workspace = workspace();
    let text = scenario("${SHOP}", &[P95]);
    workspace.write("scenarios/shop.yaml", &text);
    let url = healthy().url();
    seen(&workspace, &["gate", "-e", &format!("SHOP={url}")]).passes();
    seen(&workspace, &["gate"]).is_row("variable missing");
    seen(&workspace, &["gate", "-e", "SHOP="]).is_row("variable empty");
}

#[test]
fn a_report_cannot_be_written() {
    let workspace = workspace();
    seen(&workspace, &["gate", "--out", "json=report.json"]).passes();
    seen(&workspace, &["gate", "--out", "json=no/such/folder/report.json"])
        .is_row("report not writable");
    let twice = ["--out", "json=report.json", "--out", "junit=./report.json"];
    seen(&workspace, &[&["gate"][..], &twice].concat()).is_row("two reports to one file");
    seen(&workspace, &["gate", "--out", "json=/dev/full"]).is_row("report on a full disk");
}

#[test]
fn standard_output_is_full() {
    let workspace = workspace();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = workspace
        .command(&["gate", "--out", "json"])
        .stdout(full)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    Seen::of(&workspace, &Ended::from(output)).is_row("standard output full");
}

/// A file system of so many kilobytes, unmounted at the end.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mounted(at: &'a Path, kilobytes: u32) -> Option<Self> {
        std::fs::create_dir(at).unwrap();
        let options = format!("size={kilobytes}k");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(at).output();
        let mounted = mount.is_ok_and(|done| done.status.success());
        outside::is_there("a file system of its own (root mounts one)", mounted).then_some(Self(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(self.0).status());
    }
}

#[test]
fn the_disk_is_full_while_a_run_is_saved() {
    let workspace = workspace();
    seen(&workspace, &["gate", "--save", "kept"]).passes();
    let at = workspace.path().join("disk");
    let Some(disk) = SmallDisk::mounted(&at, 16) else { return };
    let full = seen(&workspace, &["gate", "--out", "json", "--save", "disk/kept"]);
    drop(disk);
    full.is_row_of_any_count("disk full while saving");
}

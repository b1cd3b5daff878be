//! Alerts in every report, and in a run that is judged again without its rule files.

use serde_json::Value;

use crate::shop::{full_after, workspace};
use crate::support::{Workspace, objective};

const ALERTS: &str = "  must_not_fire: [QueueFull, QueueStuck]\n";

/// A run in which one alert fires and one could not have, with all its reports.
fn saved() -> Workspace {
    let workspace = workspace(&full_after(100).url(), ALERTS);
    let arguments = [
        "run",
        "shop.yaml",
        "--save",
        "kept",
        "--out",
        "json=run.report",
        "--out",
        "table",
        "--out",
        "junit=junit.xml",
        "--out",
        "markdown=run.md",
    ];
    let ended = workspace.command(&arguments).env("GITHUB_ACTIONS", "true").output();
    let ended = crate::support::Ended::from(ended.unwrap()).expect_code(1);
    workspace.write("table.txt", &ended.stdout);
    workspace.write("said.txt", &ended.stderr);
    workspace
}

fn text(workspace: &Workspace, name: &str) -> String {
    std::fs::read_to_string(workspace.path().join(name)).unwrap()
}

#[test]
fn an_alert_is_in_every_report() {
    let workspace = saved();
    let table = text(&workspace, "table.txt");
    for line in ["quiet-QueueFull", "does not", "orders wait in shop", "explain alert-fired"] {
        assert!(table.contains(line), "{line} in\n{table}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let said = text(&workspace, "said.txt");
    assert!(said.contains("::error file=shop.yaml,line=14,"), "{said}");
    let junit = text(&workspace, "junit.xml");
    assert!(junit.contains("name=\"quiet-QueueFull\""), "{junit}");
    assert!(junit.contains("orders wait in shop"), "{junit}");
    assert!(text(&workspace, "run.md").contains("quiet-QueueFull"), "no alert in Markdown");
}

#[test]
fn a_saved_run_is_judged_again_without_its_rule_files() {
    let workspace = saved();
    let before: Value = serde_json::from_str(&text(&workspace, "run.report")).unwrap();
    std::fs::remove_file(workspace.path().join("rules.yml")).unwrap();
    let again = workspace.run(&["report", "kept", "--out", "json"]).expect_code(1).report();
    let of = |report: &Value, key: &str| report["scenarios"][0][key].clone();
    assert_eq!(of(&again, "alerts"), of(&before, "alerts"));
    assert_eq!(of(&again, "slos"), of(&before, "slos"));
    assert_eq!(of(&again, "alert_rules"), of(&before, "alert_rules"));
    assert_eq!(objective(&again, "quiet-QueueStuck")["verdict"], "inconclusive");
}

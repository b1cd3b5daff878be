//! What a scenario file may say of alerts, and that nothing is sent where it is wrong.

use std::path::Path;
use std::time::Duration;

use slogate::scenario::{Objectives, ReadOptions, Scenario, Variables, read_text};

use crate::shop::{RULES, calm, scenario, workspace};
use crate::support::Workspace;

fn read(alerts: &str) -> Scenario {
    let workspace = Workspace::new();
    workspace.write("rules.yml", RULES);
    let text = scenario("http://127.0.0.1:9", alerts);
    let path = workspace.path().join("shop.yaml");
    read_text(Path::new(&path), &text, &Variables::new(), &ReadOptions::default()).unwrap().scenario
}

fn ids(alerts: &str) -> Vec<String> {
    let Objectives::Judged(objectives) = read(alerts).objectives else { panic!() };
    objectives.into_iter().skip(1).map(|one| one.id).collect()
}

#[test]
fn alerts_are_named_in_several_ways() {
    let all = ["quiet-QueueFull", "quiet-QueueFlooded", "quiet-QueueStuck"];
    assert_eq!(ids("  must_not_fire: true\n"), all);
    assert_eq!(ids("  must_not_fire: { except: [] }\n"), all);
    assert_eq!(ids("  must_not_fire: [QueueFull]\n"), all[..1]);
    assert_eq!(ids("  must_not_fire: { alerts: [QueueFull] }\n"), all[..1]);
    assert_eq!(ids("  must_not_fire: { except: [QueueFlooded, QueueStuck] }\n"), all[..1]);
    assert_eq!(
        ids("  must_not_fire: { alerts: [QueueFull], during: [steady, peak] }\n"),
        ["quiet-QueueFull-steady", "quiet-QueueFull-peak"]
    );
    assert_eq!(
        ids("  must_fire: [QueueFull, { alert: QueueFull, during: peak }]\n"),
        ["fires-QueueFull", "fires-QueueFull-peak"]
    );
}

#[test]
fn rules_are_evaluated_as_often_as_the_target_is_scraped() {
    let every = |alerts| read(alerts).alert_rules.unwrap().every;
    assert_eq!(every("  must_not_fire: true\n"), Duration::from_millis(20));
    assert_eq!(every("  every: 1s\n  must_not_fire: true\n"), Duration::from_secs(1));
}

#[test]
fn a_rule_file_that_does_not_read_ends_before_anything_is_sent() {
    let service = calm();
    let workspace = workspace(&service.url(), "  must_not_fire: true\n");
    workspace.write("rules.yml", &RULES.replace("> 1000", ">"));
    for verb in ["check", "run"] {
        let ended = workspace.run(&[verb, "shop.yaml"]).expect_code(2);
        assert!(ended.stderr.contains("error[invalid-rule]"), "{}", ended.stderr);
        assert!(ended.stderr.contains("rules.yml:9:"), "{}", ended.stderr);
    }
    assert_eq!(service.seen(), 0);
}

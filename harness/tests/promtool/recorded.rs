//! `slogate rules record`: what it makes of a run passes in promtool 3 and in the built-in
//! engine, fires where the run was bad, and can fail in promtool of each generation.
//!
//! Version 2 extends a counter further where the first scrapes are missing, which on a busy
//! machine they are: it need not pass (docs/rules.md).

use std::path::Path;

use super::project;
use super::saved::Saved;
use super::support::generations::promtools;

/// Alerts that fire within a run of seconds, one with a `for`, one that stays quiet, and what
/// they read of recording rules. The ranges are no multiples of the time between scrapes.
const RULES: &str = r"
groups:
  - name: short
    rules:
      - record: job:failed:increase
        expr: sum by (job) (increase(export_fail_total[930ms]))
      - record: job:busy:max
        expr: max by (job) (max_over_time(export_concurrent_running[810ms]))
      - alert: Failing
        expr: job:failed:increase > 0
        labels: { severity: page }
        annotations: { summary: 'exports of {{ $labels.job }} fail' }
      - alert: FailingForLong
        expr: job:failed:increase > 0
        for: 300ms
      - alert: Crowded
        expr: export_concurrent_running > 1000
      - alert: Down
        expr: up == 0
";

fn record(saved: &Saved, arguments: &[&str]) -> super::support::Ended {
    saved.workspace.run(&[&["rules", "record", "kept"], arguments].concat())
}

#[test]
fn a_recorded_test_passes_in_promtool_3_and_in_the_built_in_engine() {
    let saved = Saved::make();
    saved.workspace.write("rules/short.yml", RULES);
    let made = record(&saved, &["--rules", "rules/*.yml", "-o", "short.test.yml"]).expect_code(0);
    assert!(made.stdout.is_empty(), "{}", made.stdout);
    assert!(made.stderr.contains("2 of 4 alerts fire in it\n"), "{}", made.stderr);
    assert!(made.stderr.ends_with("run it: slogate rules test short.test.yml\n"), "{made:?}");
    let text = std::fs::read_to_string(saved.workspace.path().join("short.test.yml")).unwrap();
    assert!(text.contains("- 'rules/short.yml'\n"), "{text}");
    assert!(text.contains("exp_annotations:\n              summary: 'exports of mixed fail'\n"));
    assert!(text.contains("exp_alerts: []\n") && text.contains("severity: 'page'\n"), "{text}");
    // Only what the rules read is there.
    assert!(text.contains("export_fail_total{") && text.contains("'up{"), "{text}");
    for other in ["export_bytes_total", "slogate_", "export_latency_ms"] {
        assert!(!text.contains(other), "{other}: {text}");
    }
    saved
        .workspace
        .run(&["rules", "test", "short.test.yml", "--engine", "built-in"])
        .expect_code(0);
    for tool in promtools().filter(|tool| tool.major() >= 3) {
        assert_promtool_passes(&tool.program, &saved.workspace.path().join("short.test.yml"), true);
    }
}

#[test]
fn a_recorded_test_fails_for_rules_that_would_have_done_something_else() {
    let saved = Saved::make();
    saved.workspace.write("short.yml", RULES);
    record(&saved, &["--rules", "short.yml", "-o", "short.test.yml"]).expect_code(0);
    for (before, after) in [("increase > 0", "increase > 1e6"), ("> 1000", ">= 0")] {
        saved.workspace.write("short.yml", &RULES.replace(before, after));
        saved
            .workspace
            .run(&["rules", "test", "short.test.yml", "--engine", "built-in"])
            .expect_code(1);
        for tool in promtools() {
            let file = saved.workspace.path().join("short.test.yml");
            assert_promtool_passes(&tool.program, &file, false);
        }
    }
}

#[test]
fn the_rules_of_the_service_on_a_run_of_the_service() {
    let saved = Saved::make();
    let rules = project("rules/export.yml");
    let rules = rules.to_str().unwrap();
    let made = record(&saved, &["--rules", rules, "-o", "export.test.yml"]).expect_code(0);
    assert!(made.stderr.contains(" alerts fire in it\n"), "{}", made.stderr);
    saved
        .workspace
        .run(&["rules", "test", "export.test.yml", "--engine", "built-in"])
        .expect_code(0);
    for tool in promtools().filter(|tool| tool.major() >= 3) {
        assert_promtool_passes(
            &tool.program,
            &saved.workspace.path().join("export.test.yml"),
            true,
        );
    }
}

#[test]
fn one_alert_takes_only_what_it_reads() {
    let saved = Saved::make();
    saved.workspace.write("short.yml", RULES);
    let only = record(&saved, &["--rules", "short.yml", "--alert", "Failing"]).expect_code(0);
    assert!(only.stdout.contains("alertname: 'Failing'\n"), "{}", only.stdout);
    for other in ["FailingForLong", "job:busy:max", "'up{", "export_concurrent_running"] {
        assert!(!only.stdout.contains(other), "{other}: {}", only.stdout);
    }
    assert!(only.stdout.contains("expr: 'job:failed:increase'"), "{}", only.stdout);
}

#[test]
fn what_cannot_be_recorded_is_refused_with_its_code() {
    let saved = Saved::make();
    saved.workspace.write("short.yml", RULES);
    saved.workspace.write("there.yml", "mine");
    saved.workspace.write("none.yml", "groups: []\n");
    saved.workspace.write("bad.yml", "groups: [{name: g, rules: [{alert: A, expr: 'x >'}]}]\n");
    let alert =
        |expr: &str| format!("groups: [{{name: g, rules: [{{alert: A, expr: '{expr}'}}]}}]\n");
    saved.workspace.write("absent.yml", &alert("queue_dept > 1"));
    saved.workspace.write("pairs.yml", &alert("export_fail_total + on (job) export_fail_total"));
    for (arguments, code) in [
        (&["--rules", "short.yml", "--alert", "Faling"][..], "unknown-alert"),
        (&["--rules", "short.yml", "-o", "there.yml"], "existing-file"),
        (&["--rules", "short.yml", "-o", "no/folder/a.yml"], "unwritable-output"),
        (&["--rules", "none.yml"], "no-rules"),
        (&["--rules", "nowhere.yml"], "no-rule-file"),
        (&["--rules", "bad.yml"], "invalid-rule"),
        (&["--rules", "absent.yml"], "no-such-series"),
        (&["--rules", "pairs.yml"], "failed-query"),
        (&["--rules", "short.yml", "--interval", "1ms", "--scenario", "other"], "unknown-name"),
    ] {
        let refused = record(&saved, arguments).expect_code(2);
        let shown = refused.stderr.contains(&format!("error[{code}]: "));
        assert!(shown && refused.stdout.is_empty(), "{arguments:?}: {refused:?}");
    }
    assert!(
        record(&saved, &["--rules", "short.yml", "--alert", "Faling"])
            .stderr
            .contains("did you mean `Failing`?")
    );
    let there = std::fs::read_to_string(saved.workspace.path().join("there.yml")).unwrap();
    assert_eq!(there, "mine");
    record(&saved, &["--rules", "short.yml", "-o", "there.yml", "--force"]).expect_code(0);
}

#[test]
fn a_file_with_a_rule_that_fails_is_left_out_and_the_others_are_recorded() {
    let saved = Saved::make();
    saved.workspace.write("short.yml", RULES);
    let pairs = "groups: [{name: p, rules: [{alert: P, expr: 'export_fail_total + on (job) \
                 export_fail_total'}]}]\n";
    saved.workspace.write("pairs.yml", pairs);
    let both = ["--rules", "pairs.yml", "--rules", "short.yml", "-o", "short.test.yml"];
    let made = record(&saved, &both).expect_code(3);
    let told = "warning[failed-query]: pairs.yml is left out";
    assert!(made.stderr.contains(told), "{}", made.stderr);
    let file = saved.workspace.path().join("short.test.yml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("short.yml") && !text.contains("pairs.yml"), "{text}");
    let run = ["rules", "test", "short.test.yml", "--engine", "built-in"];
    saved.workspace.run(&run).expect_code(0);
    // Without the alerts of that file there is nothing left of what was asked for.
    let asked = ["--rules", "pairs.yml", "--rules", "short.yml", "--alert", "P"];
    let ended = record(&saved, &asked).expect_code(2);
    assert!(ended.stderr.contains("error[failed-query]"), "{}", ended.stderr);
}

#[track_caller]
fn assert_promtool_passes(program: &Path, file: &Path, passes: bool) {
    let run = std::process::Command::new(program).args(["test", "rules"]).arg(file).output();
    let run = run.unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(
        run.status.success(),
        passes,
        "{}: {}{}\n{text}",
        program.display(),
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
}

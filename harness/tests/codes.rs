//! Codes are public interface: each is unique, listed, explained, and there to stay.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use slogate::cli;
use slogate::code::Code;
use support::page::assert_fresh;
use support::{Ended, Workspace};

/// Where the names stand that exist; one is added by hand, and none is ever taken out.
const NAMES: &str = include_str!("codes.txt");
/// Words that an explanation has at least: what it means, why, and what to do.
const LEAST_WORDS: usize = 35;
/// The longest name: one of grafana/dashboard-linter, whose names are kept.
const LONGEST_NAME: usize = "template-on-time-change-reload-rule".len();
/// A scenario that is in order, against nobody.
const SCENARIO: &str = "version: 1
name: plain
target: http://127.0.0.1:9
metrics: none
load:
  - { name: steady, users: 1, iterations: 10 }
requests:
  - { name: get, get: / }
slo:
  - 'count(dropped) == 0'
";

fn every() -> Vec<Code> {
    cli::codes().iter().flat_map(|group| group.codes).copied().collect()
}

fn names() -> Vec<&'static str> {
    every().iter().map(Code::name).collect()
}

#[test]
fn no_code_is_renamed_or_removed_or_added_in_silence() {
    let known: Vec<&str> = NAMES.lines().collect();
    assert_eq!(names(), known, "tests/codes.txt and slogate explain differ");
}

#[test]
fn every_code_is_unique_and_well_formed() {
    let names = names();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    for name in names {
        assert!(name.len() <= LONGEST_NAME && name.split('-').all(is_word), "{name}");
    }
}

#[test]
fn every_code_says_what_it_means_why_and_what_to_do() {
    for code in every() {
        let (summary, explanation) = (code.summary(), code.explanation());
        assert!(summary.len() >= 10 && !summary.ends_with('.'), "{code}: {summary}");
        assert!(summary.starts_with(|c: char| c.is_lowercase() || c == '`'), "{code}: {summary}");
        for part in ["\n\nWhy: ", "\n\nWhat to do: "] {
            assert_eq!(explanation.matches(part).count(), 1, "{code}: {part}");
        }
        assert!(explanation.split_whitespace().count() >= LEAST_WORDS, "{code}: {explanation}");
        assert!(!explanation.starts_with("Why"), "{code} does not say what it means");
    }
}

#[test]
fn every_code_of_the_sources_is_listed_and_every_text_is_used() {
    let listed = names();
    let (mut made, mut texts) = (0, 0);
    for path in files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if end == "md" {
            texts += 1;
            assert!(listed.contains(&stem), "{} is the text of no code", path.display());
        }
        if end != "rs" {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for made_here in code.split("Code::new(").skip(1) {
            made += 1;
            let mut words = made_here.split('"').skip(1).step_by(2);
            let (name, file) = (words.next().unwrap(), words.next().unwrap());
            assert!(listed.contains(&name), "{}: `{name}` is not listed", path.display());
            assert!(file.ends_with(&format!("/{name}.md")), "`{name}` has the text {file}");
        }
    }
    assert_eq!((made, texts), (listed.len(), listed.len()));
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

#[test]
fn the_committed_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/codes.md");
    let page = cli::codes_page();
    assert_fresh(&path, &page);
}

#[test]
fn every_code_can_be_explained_and_is_listed() {
    let workspace = Workspace::new();
    let listed = workspace.run(&["explain"]).expect_code(0).stdout;
    let given: Vec<&str> = std::iter::once("explain").chain(names()).collect();
    let explained = workspace.run(&given).expect_code(0).stdout;
    for code in every() {
        let line = |line: &str| {
            let (name, summary) = line.trim().split_once(' ').unwrap_or_default();
            name == code.name() && summary.trim() == code.summary()
        };
        assert!(listed.lines().any(line), "{code}\n{listed}");
        assert!(explained.contains(&format!("{code}: {}\n", code.summary())), "{code}");
    }
    assert!(!explained.contains("```"), "{explained}");
}

#[test]
fn a_message_can_be_pasted_as_it_stands() {
    let workspace = Workspace::new();
    workspace.write("a.yaml", "version: 1\nnam: x\n");
    let said = workspace.run(&["check", "a.yaml"]).expect_code(2).stderr;
    let pasted = said.split(' ').next().unwrap();
    assert!(pasted.starts_with("error["), "{said}");
    let explained = workspace.run(&["explain", pasted]).expect_code(0).stdout;
    assert!(explained.contains("Why: "), "{explained}");
}

#[test]
fn a_code_that_does_not_exist_is_an_error_of_usage() {
    let workspace = Workspace::new();
    let refused = workspace.run(&["explain", "unknwon-key", "3"]).expect_code(2);
    assert!(refused.stdout.is_empty(), "{}", refused.stdout);
    assert!(refused.stderr.contains("did you mean `unknown-key`?"), "{}", refused.stderr);
}

/// `error[code]: …` and `warning[code]: …` of what was said, and what results name to look up.
fn shown(ended: &Ended) -> Vec<String> {
    let of_line = |line: &str| {
        let coded = line.strip_prefix("error[").or_else(|| line.strip_prefix("warning["));
        match (coded.and_then(|rest| rest.split_once("]: ")), line.strip_prefix("explain: ")) {
            (Some((code, _)), _) => vec![code.to_owned()],
            (None, Some(named)) => named.split(' ').skip(2).map(str::to_owned).collect(),
            (None, None) => Vec::new(),
        }
    };
    ended.stderr.lines().chain(ended.stdout.lines()).flat_map(of_line).collect()
}

#[test]
fn every_error_of_the_command_line_shows_its_code() {
    let workspace = Workspace::new();
    workspace.write("a.yaml", SCENARIO);
    workspace.write("twice/a.yaml", SCENARIO);
    workspace.write("twice/b.yaml", SCENARIO);
    workspace.write("objectives.yaml", "version: 1\nslo: ['count(dropped) == 0']\n");
    workspace.write("there.yaml", "mine");
    workspace.write("latin.txt", "");
    fs::write(workspace.path().join("latin.txt"), b"\xff").unwrap();
    fs::create_dir(workspace.path().join("empty")).unwrap();
    let url = "http://127.0.0.1:9/x";
    let run_url = ["run", url, "--rate", "1/s", "--for", "1s"];
    for (arguments, code) in [
        (&["run", "--no-such-flag"][..], "usage"),
        (&["rnu"], "usage"),
        (&["explain", "no-such"], "usage"),
        (&["run", url], "usage"),
        (&[&run_url[..], &["--header", "x"]].concat(), "usage"),
        (&["run", "a.yaml", "--start", " ", "--wait-for", url], "usage"),
        (&["run", "a.yaml", "--start", "x", "--wait-for", "x"], "invalid-url"),
        (&[&run_url[..], &["--body-file", "latin.txt"]].concat(), "unreadable-file"),
        (&[&run_url[..], &["--target", "http://a"]].concat(), "conflicting-flags"),
        (&["run", url, "a.yaml"], "conflicting-flags"),
        (&["run", "a.yaml", "--rate", "1/s"], "conflicting-flags"),
        (&["assert", "kept", "--since-start"], "conflicting-flags"),
        (&["assert", "kept", "--save", "again"], "conflicting-flags"),
        (&["run", "localhost:80"], "invalid-url"),
        (&["run", "ftp://a", "--rate", "1/s", "--for", "1s"], "invalid-url"),
        (&["run", "a.yaml", "--target", "a"], "invalid-url"),
        (&["init", "nowhere"], "invalid-url"),
        (&["assert", "http://127.0.0.1:9"], "invalid-url"),
        (&["run", "a.yaml", "--out", "jsn"], "report-kind"),
        (&["run", "a.yaml", "--out", "html"], "report-kind"),
        (&["run", "a.yaml", "--out", "json="], "report-kind"),
        (&["run", "a.yaml", "--out", "json", "--out", "table"], "same-output"),
        (&["run", "a.yaml", "--out", "json=b", "--out", "csv=b"], "same-output"),
        (&["run", "a.yaml", "--out", "json=no/folder/b"], "unwritable-output"),
        (&["init", url, "--output", "no/folder/b.yaml"], "unwritable-output"),
        (&["init", url, "--output", "empty"], "unwritable-output"),
        (&["init", url, "--output", "there.yaml"], "existing-file"),
        (&["man", "there.yaml"], "unwritable-output"),
        (&["gate", "empty"], "empty-folder"),
        (&["check", "empty"], "empty-folder"),
        (&["gate", "twice"], "duplicate-name"),
        (&["run", "objectives.yaml"], "wrong-file-kind"),
        (&["run", "a.yaml", "--save", "twice"], "occupied-folder"),
        (&["run", "a.yaml", "--save", "a.yaml"], "occupied-folder"),
        (&["run", "a.yaml", "--save", "/proc/x"], "unsaved-run"),
        (&["assert", "kept"], "unreadable-run"),
        (&["report", "empty"], "unreadable-run"),
        (&["rules", "check", "absent.yml"], "no-rule-file"),
        (&["rules", "check", "[ab].yml"], "no-rule-file"),
        (&["rules", "check", "a.yaml"], "wrong-file-kind"),
    ] {
        let ended = workspace.run(arguments).expect_code(2);
        assert_eq!(shown(&ended), [code], "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn what_is_shown_problem_by_problem_is_counted_in_the_end() {
    let workspace = Workspace::new();
    workspace.write("a.yaml", "version: 1\nnam: x\nlod: y\n");
    let said = workspace.run(&["check", "a.yaml"]).expect_code(2).stderr;
    let count = said.matches("error[").count();
    assert!(count > 1 && said.matches("\n\nerror[").count() == count - 1, "{said}");
    assert!(said.ends_with(&format!("\nslogate: {count} problems found; nothing was sent\n")));
    let url = "http://127.0.0.1:9/metrics";
    let said = workspace.run(&["assert", url, "--slo", "x"]).expect_code(2).stderr;
    assert!(said.ends_with("\nslogate: 1 problem found; nothing was asked\n"), "{said}");
    let flags = ["run", url, "--rate", "x", "--for", "y"];
    let said = workspace.run(&flags).expect_code(2).stderr;
    assert!(said.ends_with("\nslogate: 2 problems found; nothing was sent\n"), "{said}");
}

#[test]
fn every_finding_about_rules_shows_its_code() {
    let workspace = Workspace::new();
    let built_in =
        |verb: &str, file: &str| workspace.run(&["rules", verb, file, "--engine", "built-in"]);
    let rule = "{alert: Down, expr: 'up == 0'}";
    workspace.write("rules.yml", &format!("groups: [{{name: g, rules: [{rule}]}}]\n"));
    workspace.write("twice.yml", &format!("groups: [{{name: g, rules: [{rule}, {rule}]}}]\n"));
    workspace.write("none.yml", "groups: []\n");
    workspace.write("bad.yml", "groups: [{rules: [{alert: A, expr: 'x >'}]}]\n");
    let tests = |name: &str, expected: &str| {
        format!(
            "rule_files: [rules.yml]\ntests:\n  - alert_rule_test: [{{eval_time: 1m, alertname: \
             {name}, exp_alerts: {expected}}}]\n"
        )
    };
    workspace.write("none.test.yml", "rule_files: [rules.yml]\ntests: []\n");
    workspace.write("fails.test.yml", &tests("Down", "[{}]"));
    workspace.write("unknown.test.yml", &tests("Dwon", "[]"));
    for (verb, file, exit_code, codes) in [
        ("check", "rules.yml", 0, &[][..]),
        ("check", "twice.yml", 0, &["duplicate-rule"]),
        ("check", "none.yml", 3, &["no-rules"]),
        ("check", "bad.yml", 2, &["invalid-rule", "invalid-rule"]),
        ("check", "none.test.yml", 3, &["no-rule-tests"]),
        ("test", "rules.yml", 2, &["no-rule-tests"]),
        ("test", "none.test.yml", 3, &["no-rule-tests"]),
        ("test", "fails.test.yml", 1, &["failed-rule-test"]),
        ("test", "unknown.test.yml", 3, &["unknown-alert"]),
    ] {
        let ended = built_in(verb, file).expect_code(exit_code);
        assert_eq!(shown(&ended), codes, "{verb} {file}: {ended:?}");
    }
    for (file, code) in [("none.yml", "no-rules"), ("none.test.yml", "no-rule-tests")] {
        assert_eq!(shown(&workspace.run(&["check", file]).expect_code(0)), [code]);
    }
    assert_eq!(shown(&workspace.run(&["check", "twice.yml"])), ["duplicate-rule"]);
    let invalid = shown(&workspace.run(&["check", "bad.yml"]).expect_code(2));
    assert_eq!(invalid, ["invalid-rule", "invalid-rule"]);
}

#[test]
fn what_tests_of_rules_leave_open_shows_its_code() {
    let workspace = Workspace::new();
    let rules = |rule: &str| format!("groups: [{{name: g, rules: [{rule}]}}]\n");
    workspace.write("queue.yml", &rules("{alert: Long, expr: depth > 5}"));
    workspace.write("plain.yml", &rules("{record: a:b, expr: vector(1)}"));
    let test = "input_series: [{series: depth, values: '9'}], alert_rule_test: [{alertname: Long, \
                exp_alerts: [{}]}]";
    workspace.write("queue.test.yml", &format!("rule_files: [queue.yml]\ntests: [{{{test}}}]\n"));
    let test = "promql_expr_test: [{expr: 'a:b', exp_samples: [{labels: 'a:b', value: 1}]}]";
    workspace.write("plain.test.yml", &format!("rule_files: [plain.yml]\ntests: [{{{test}}}]\n"));
    for (file, flags, exit_code, codes) in [
        ("queue.test.yml", &[][..], 0, &[][..]),
        ("queue.test.yml", &["--require-coverage"], 1, &["untested-rule"]),
        ("queue.test.yml", &["--mutate"], 1, &["surviving-mutant"]),
        ("queue.test.yml", &["--mutate", "--mutants-allowed", "3"], 1, &["surviving-mutant"]),
        ("plain.test.yml", &["--mutate", "--require-coverage"], 3, &["no-mutants"]),
    ] {
        let test = ["rules", "test", file, "--engine", "built-in"];
        let ended = workspace.run(&[&test[..], flags].concat()).expect_code(exit_code);
        assert_eq!(shown(&ended), codes, "{file} {flags:?}: {ended:?}");
    }
    let test = ["rules", "test", "queue.test.yml", "--engine", "built-in", "--mutate"];
    let allowed = workspace.run(&[&test[..], &["--mutants-allowed", "4"]].concat()).expect_code(0);
    assert_eq!(shown(&allowed), ["surviving-mutant"; 4], "{allowed:?}");
    let note = "note: queue.yml:1: no test expects `Long` to be quiet";
    assert!(allowed.stderr.contains(note), "{allowed:?}");
    let promtool = ["rules", "test", "queue.test.yml", "--mutate", "--engine", "promtool"];
    assert_eq!(shown(&workspace.run(&promtool).expect_code(2)), ["conflicting-flags"]);
}

#[test]
fn tests_of_rules_are_chosen_by_name_and_shown_line_by_line() {
    let workspace = Workspace::new();
    workspace.write("queue.yml", "groups: [{name: g, rules: [{alert: Long, expr: depth > 5}]}]\n");
    let tests = "rule_files: [queue.yml]
tests:
  - name: fires
    input_series: [{series: 'depth{a=\"b\"}', values: '9'}]
    alert_rule_test: [{alertname: Long, exp_alerts: [{exp_labels: {a: b}}]}]
  - name: wrong
    input_series: [{series: 'depth{a=\"b\"}', values: '9'}]
    alert_rule_test: [{alertname: Long, exp_alerts: [{exp_labels: {a: c}}]}]
";
    workspace.write("queue.test.yml", tests);
    let test = |flags: &[&str]| {
        let test = ["rules", "test", "queue.test.yml", "--engine", "built-in"];
        workspace.run(&[&test[..], flags].concat())
    };
    test(&["--run", "^fires$"]).expect_code(0);
    test(&["--run", "nobody", "--run", "fires"]).expect_code(0);
    let nothing = test(&["--run", "nobody"]).expect_code(3);
    assert_eq!(shown(&nothing), ["no-rule-tests"]);
    assert_eq!(shown(&test(&["--run", "("]).expect_code(2)), ["usage"]);
    let sides = test(&[]).expect_code(1).stdout;
    let head = "     queue.test.yml:8: alert Long at 0 s in `wrong`\n       expected: labels {";
    assert!(sides.contains(head) && sides.contains("\n       got:      labels {"), "{sides}");
    let lines = test(&["--diff"]).expect_code(1).stdout;
    assert!(
        lines.contains("\n       - labels {") && lines.contains("\n       + labels {"),
        "{lines}"
    );
    let junit = test(&["--junit", "junit.xml"]).expect_code(1);
    let xml = fs::read_to_string(workspace.path().join("junit.xml")).unwrap();
    let case = "<testcase name=\"alert Long at 0 s in `fires` (built-in)\"";
    assert!(xml.contains(case) && xml.matches("<failure").count() == 1, "{xml} {junit:?}");
    let refused = test(&["--junit", "no/folder/junit.xml"]).expect_code(2);
    assert_eq!(shown(&refused), ["unwritable-output"]);
}

#[test]
fn unknown_fields_of_rules_and_tests_can_be_passed_over() {
    let workspace = Workspace::new();
    let rules =
        "groups: [{name: g, owner: me, rules: [{alert: Long, expr: depth > 5, team: a}]}]\n";
    workspace.write("queue.yml", rules);
    let tests =
        "rule_files: [queue.yml]\ntests: [{why: x, alert_rule_test: [{alertname: Long}]}]\n";
    workspace.write("queue.test.yml", tests);
    for file in ["queue.yml", "queue.test.yml"] {
        let verb = if file == "queue.yml" { "check" } else { "test" };
        let rules = ["rules", verb, file, "--engine", "built-in"];
        let refused = workspace.run(&rules).expect_code(2);
        assert!(shown(&refused).iter().all(|code| code == "invalid-rule"), "{refused:?}");
        workspace.run(&[&rules[..], &["--ignore-unknown-fields"]].concat()).expect_code(0);
    }
}

/// What a target exports that the examples of checks of rules are about.
const EXPORTED: &str = "# TYPE queue_depth gauge
queue_depth 3
# TYPE export_queue_depth gauge
export_queue_depth 3
# TYPE latency_seconds histogram
latency_seconds_bucket{le=\"0.1\"} 1
latency_seconds_bucket{le=\"0.5\"} 1
latency_seconds_bucket{le=\"1\"} 1
latency_seconds_bucket{le=\"+Inf\"} 1
latency_seconds_sum 0.1
latency_seconds_count 1
# TYPE export_fail_total counter
export_fail_total{reason=\"queue_full\"} 1
";
/// Checks of rules that need to know what a target exports.
const NEED_EXPORTED: [&str; 4] =
    ["gauge-rate", "quantile-edge", "unknown-series", "unknown-label-value"];

#[test]
fn every_check_of_rules_finds_what_its_page_shows() {
    let workspace = Workspace::new();
    workspace.write("metrics.txt", EXPORTED);
    let mut tried = 0;
    for check in slogate_promql::lint::Check::every() {
        let code = every().into_iter().find(|code| code.name() == check.name()).unwrap();
        let example = code.explanation().split("```yaml\n").nth(1).unwrap();
        workspace.write("rules.yml", example.split("```").next().unwrap());
        let rules = ["rules", "check", "rules.yml", "--engine", "built-in"];
        let with = ["--metrics", "metrics.txt"];
        let with = if NEED_EXPORTED.contains(&check.name()) { &with[..] } else { &[] };
        let told = workspace.run(&[&rules[..], with].concat()).expect_code(0);
        assert!(told.stderr.contains(&format!("[{}]: rules.yml:", check.name())), "{told:?}");
        let failed = workspace.run(&[&rules[..], with, &["--fail-on", "info"]].concat());
        assert!(shown(&failed.expect_code(1)).contains(&check.name().to_owned()));
        tried += 1;
    }
    assert_eq!(tried, 13);
}

#[test]
fn findings_of_rules_are_told_to_programs_in_one_object() {
    let workspace = Workspace::new();
    workspace.write("rules.yml", "groups: [{name: g, rules: [{alert: A, expr: a_total > 5}]}]\n");
    let check = ["rules", "check", "rules.yml", "--engine", "built-in", "--out", "json"];
    let told = workspace.run(&check).expect_code(0);
    let document: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    let finding = &document["findings"][0];
    assert_eq!(finding["id"], "counter-value");
    assert_eq!((&finding["line"], &finding["column"]), (&1.into(), &45.into()), "{finding}");
    assert_eq!((&finding["rule"], &finding["severity"]), (&"A".into(), &"warning".into()));
    assert_eq!(document["results"][0]["verdict"], "pass");
    assert_eq!(document["exit_code"], 0);
    let failed = workspace.run(&[&check[..], &["--fail-on", "warning"]].concat()).expect_code(1);
    let document: serde_json::Value = serde_json::from_str(&failed.stdout).unwrap();
    assert_eq!(document["exit_code"], 1);
}

#[test]
fn metrics_that_cannot_be_looked_at_are_an_error() {
    let workspace = Workspace::new();
    workspace.write("rules.yml", "groups: [{name: g, rules: [{alert: A, expr: a > 5}]}]\n");
    workspace.write("none.txt", "");
    workspace.write("bad.txt", "a b c d\n");
    for (place, exit_code, code) in [
        (&["--metrics", "absent.txt"][..], 2, "unreadable-file"),
        (&["--metrics", "none.txt"], 2, "empty-exposition"),
        (&["--metrics", "bad.txt"], 2, "malformed-exposition"),
        (&["--metrics", "ftp://127.0.0.1/x"], 2, "invalid-url"),
        (&["--metrics", "http://127.0.0.1:9/metrics"], 4, "connection-refused"),
        (&["--run", "absent"], 2, "unreadable-run"),
        (&["--metrics", "none.txt", "--engine", "promtool"], 2, "conflicting-flags"),
    ] {
        let rules = [&["rules", "check", "rules.yml"][..], place].concat();
        let ended = workspace.run(&rules).expect_code(exit_code);
        let shown = shown(&ended);
        assert_eq!(shown, [code], "{place:?}: {ended:?}");
    }
}

#[test]
fn what_promtool_says_and_does_not_say_shows_its_code() {
    let workspace = Workspace::new();
    workspace.write("rules.yml", "groups: [{name: g, rules: [{alert: A, expr: 'up == 0'}]}]\n");
    let asked = |promtool: Option<&str>| {
        let folder = workspace.path().join("bin");
        if let Some(answer) = promtool {
            let version = "case $1 in --version) echo 'promtool, version 3.0.0'; exit;; esac";
            let program =
                workspace.write("bin/promtool", &format!("#!/bin/sh\n{version}\n{answer}\n"));
            fs::set_permissions(program, Permissions::from_mode(0o755)).unwrap();
        }
        let mut command = workspace.command(&["rules", "check", "rules.yml", "--engine", "both"]);
        Ended::from(command.env("PATH", folder).output().unwrap())
    };
    for (promtool, exit_code, codes) in [
        (None, 2, &["promtool-missing"][..]),
        (Some("echo '  SUCCESS: 1 rules found'"), 0, &[]),
        (Some("echo '  SUCCESS: 2 rules found'"), 1, &["engines-disagree"]),
        (Some("echo '  FAILED:'; echo 'lint error: x'"), 0, &["promtool-finding"]),
        (Some("echo '  FAILED:'; exit 1"), 2, &["promtool-refusal", "engines-disagree"]),
        (Some("echo hello"), 5, &["promtool-broken"]),
    ] {
        let ended = asked(promtool).expect_code(exit_code);
        assert_eq!(shown(&ended), codes, "{ended:?}");
    }
}

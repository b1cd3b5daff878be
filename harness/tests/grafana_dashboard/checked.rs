//! `slogate check DASHBOARD.json --run RUN` on a run of the reference service: the dashboard of
//! this repository shows everything, and each thing that can be wrong in another one is told.

use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::model::project;
use super::support::{Ended, Workspace};

/// Exports of two formats, some of which fail, and requests that are refused.
const SCENARIO: &str = "version: 1
name: shown
target: reference
metrics: { path: /export/metrics, every: 200ms }
data: { small: { rows: 200, seed: 1 } }
reference: { faults: ['error:0.33,format=pdf'] }
load:
  - { name: steady, rate: 20/s, for: 4s }
requests:
  - { name: csv, post: /export/run, json: { format: csv, user: ada, columns: [id, symbol], data: '{{small}}' } }
  - { name: pdf, post: /export/run, json: { format: pdf, columns: [id, symbol], data: '{{small}}' } }
  - { name: refused, post: /export/run, json: { format: csv, columns: [id], data: [[1, 2]] }, expect: { status: 400 } }
slo: none
";

/// A folder with the saved run `kept`, made once for all tests.
fn with_run() -> &'static Workspace {
    static MADE: OnceLock<Workspace> = OnceLock::new();
    MADE.get_or_init(|| {
        let workspace = Workspace::new();
        workspace.write("scenario.yaml", SCENARIO);
        let accepted = ["--quiet", "--save", "kept", "--on-inconclusive", "warn"];
        workspace.run(&[&["run", "scenario.yaml"], &accepted[..]].concat()).expect_code(0);
        workspace
    })
}

/// A dashboard in order but for what these panels and variables bring.
fn board(panels: &Value, variables: &[Value]) -> Value {
    let source = json!({
        "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"
    });
    let label = |name: &str, label: &str| {
        json!({
            "name": name, "label": label, "type": "query", "multi": true, "includeAll": true,
            "allValue": ".+", "refresh": 2, "datasource": {"uid": "${datasource}"},
            "query": format!("label_values(export_requests_total, {name})"),
        })
    };
    let mut list = vec![source, label("job", "Job"), label("instance", "Instance")];
    list.extend(variables.iter().cloned());
    json!({
        "title": "Made", "editable": false, "schemaVersion": 41,
        "templating": {"list": list}, "panels": panels,
    })
}

/// A panel with these queries.
fn panel(title: &str, targets: &[Value]) -> Value {
    json!({
        "title": title, "description": "d", "type": "timeseries",
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "fieldConfig": {"defaults": {"unit": "short"}}, "targets": targets,
    })
}

/// A query in which `{}` stands for the matchers of job and instance.
fn query(letter: &str, expression: &str) -> Value {
    let expr = expression.replace("{}", r#"{job=~"$job", instance=~"$instance"}"#);
    let expr = expr.replace("{,", r#"{job=~"$job", instance=~"$instance","#);
    json!({"refId": letter, "expr": expr})
}

/// Writes a dashboard into a folder of its own, beside the run, and checks it there.
fn check(name: &str, board: &Value, flags: &[&str]) -> Ended {
    let text = serde_json::to_string_pretty(board).unwrap();
    let file = with_run().write(&format!("{name}/board.json"), &text);
    with_run().run(&[&["check", file.to_str().unwrap()], flags].concat())
}

/// What is found on the run, as `id severity panel: why`, and the whole document.
fn on_run(name: &str, board: &Value) -> (Vec<String>, Value) {
    let flags = ["--run", "kept", "--out", "json"];
    let document = check(name, board, &flags).report();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let found = document["findings"].as_array().unwrap().iter().map(|one| {
        let [id, severity, panel, why] =
            ["id", "severity", "panel", "why"].map(|key| text(&one[key]));
        format!("{id} {severity} {panel}: {why}")
    });
    (found.collect(), document)
}

/// Whether exactly one finding begins so and has the part.
#[track_caller]
fn assert_told(found: &[String], begin: &str, part: &str) {
    let told: Vec<_> = found.iter().filter(|one| one.starts_with(begin)).collect();
    assert!(told.iter().any(|one| one.contains(part)), "{begin} … {part}: {found:#?}");
}

fn dashboards() -> Vec<PathBuf> {
    let files = std::fs::read_dir(project("grafana/dashboards")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn the_dashboards_here_show_everything_of_a_run_of_the_service() {
    let files = dashboards();
    assert!(!files.is_empty());
    for file in files {
        let file = file.to_str().unwrap();
        let flags = ["--run", "kept", "--fail-on", "info"];
        let ended = with_run().run(&[&["check", file], &flags[..]].concat()).expect_code(0);
        assert_eq!(ended.stderr, "");
        let lines: Vec<&str> = ended.stdout.lines().collect();
        assert!(lines[0].contains("dashboard `Export service`, 23 panels, 26 queries"));
        assert_eq!(lines.len(), 24, "{}", ended.stdout);
        assert!(lines[1..].iter().all(|line| line.starts_with("  data ")), "{}", ended.stdout);
    }
}

#[test]
fn a_folder_of_dashboards_is_checked_without_a_run() {
    let folder = project("grafana/dashboards");
    let ended = with_run().run(&["check", folder.to_str().unwrap()]).expect_code(0);
    assert!(ended.stdout.contains("26 queries"), "{}", ended.stdout);
}

#[test]
fn what_was_sent_gives_the_same_series_to_slogate_query() {
    let file = dashboards().remove(0);
    let flags = ["--run", "kept", "--out", "json"];
    let checked = with_run().run(&[&["check", file.to_str().unwrap()], &flags[..]].concat());
    let document = checked.expect_code(0).report();
    let panels = document["dashboards"][0]["results"].as_array().unwrap();
    let stats = panels.iter().filter(|panel| panel["kind"] == "stat");
    let mut compared = 0;
    for query in stats.flat_map(|panel| panel["queries"].as_array().unwrap()) {
        let sent = query["sent"].as_str().unwrap();
        let answer = with_run().run(&["query", "kept", sent, "--out", "json"]).expect_code(0);
        let found = answer.report()["data"]["result"].as_array().unwrap().len();
        assert_eq!(Some(found as u64), query["series"].as_u64(), "{sent}");
        compared += 1;
    }
    assert_eq!(compared, 8);
}

#[test]
fn a_panel_without_data_is_told_with_its_reason() {
    let panels = json!([
        panel("typo", &[query("A", "sum(rate(export_request_total{}[$__rate_interval]))")]),
        panel("value", &[query("A", r#"export_queue_depth{, format="xml"}"#)]),
        panel("zero", &[query("A", "export_queue_depth{} * 0 / (export_queue_depth{} * 0)")]),
        panel("filter", &[query("A", "export_queue_depth{} > 1e9")]),
        panel("past", &[query("A", "export_queue_depth{} offset 1d")]),
        panel("two", &[query("A", "up{}"), query("B", "export_concurrent_runing{}")]),
        panel("constant", &[query("A", "sum(export_typo{}) or vector(0)")]),
        panel("fine", &[query("A", "rate(export_requests_total{}[$__rate_interval])")]),
    ]);
    let (found, document) = on_run("reasons", &board(&panels, &[]));
    let empty = |title: &str| format!("panel-without-data warning {title}: ");
    assert_told(&found, &empty("typo"), "did you mean `export_requests_total`?");
    assert_told(&found, &empty("value"), "was exported with other labels");
    assert_told(&found, &empty("zero"), "it divides by zero: every number is NaN");
    assert_told(&found, &empty("filter"), "its series are there, and yet the expression has no");
    assert_told(&found, &empty("past"), "its series are there");
    let second = "query-without-data warning two: ";
    assert_told(&found, second, "did you mean `export_concurrent_running`?");
    assert_told(&found, "no-such-series warning constant: ", "no such series: export_typo");
    assert_eq!(found.len(), 7, "{found:#?}");
    let outcomes: Vec<_> = document["dashboards"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|panel| panel["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes[..5], ["no_data"; 5]);
    assert_eq!(outcomes[5..], ["data"; 3]);
}

#[test]
fn legends_variables_and_repeated_panels_are_held_to_the_run() {
    let format = json!({
        "name": "format", "type": "query", "query": "label_values(export_requests_total, format)",
        "refresh": 2, "current": {"value": "docx"}
    });
    let lost = json!({
        "name": "lost", "type": "query", "query": "label_values(export_requets_total, job)", "refresh": 2
    });
    let kind = json!({"name": "kind", "type": "custom", "query": "csv,pdfs", "includeAll": true});
    let circle = json!({"name": "circle", "type": "query", "query": "label_values(up{a=\"$round\"}, b)", "refresh": 2});
    let round = json!({"name": "round", "type": "query", "query": "label_values(up{a=\"$circle\"}, b)", "refresh": 2});
    let limit = json!({"name": "limit", "type": "custom", "current": {"value": "2"}});
    let mut legend = query("A", "sum by (format) (export_requests_total{})");
    legend["legendFormat"] = json!("{{formt}}");
    let mut repeated = panel("each", &[query("A", r#"export_memory_bytes{, format="$format"}"#)]);
    repeated["repeat"] = json!("format");
    let row = json!({"type": "row", "title": "shut", "collapsed": true, "panels": [
        panel("inside", &[query("A", r#"export_fail_total{, format=~"$kind"}"#)]),
        panel("without", &[query("A", r#"export_fail_total{, reason!="$lost"}"#)]),
        panel("windows", &[query("A", "max_over_time(up{}[$__range]) + $__interval_ms")]),
        panel("listed", &[query("A", "topk($limit, export_memory_bytes{})")]),
        panel("turning", &[query("A", r#"up{, b="$circle", c="$round"}"#)]),
    ]});
    let panels = json!([panel("legend", &[legend]), repeated, row]);
    let board = board(&panels, &[format, lost, kind, circle, round, limit]);
    let (found, document) = on_run("variables", &board);
    assert_told(&found, "legend-label warning legend: ", "names `formt`, and none of its ");
    assert_told(
        &found,
        "variable-without-values warning -: ",
        "did you mean `export_requests_total`?",
    );
    assert_told(&found, "variable-value info -: ", "saved with `docx`");
    assert_told(&found, "variable-value warning -: ", "`pdfs` of the variable `kind` is no value");
    assert_told(&found, "not-evaluated warning turning: ", "names it in turn");
    // With nothing in its place it would select what has no such label.
    assert_told(&found, "not-evaluated warning without: ", "$lost has no value here");
    let results = document["dashboards"][0]["results"].as_array().unwrap();
    let of = |title: &str| results.iter().find(|one| one["panel"] == title).unwrap();
    for title in ["each", "inside", "listed", "windows"] {
        assert_eq!(of(title)["outcome"], "data", "{title}: {found:#?}");
    }
    assert_eq!(of("inside")["row"], "shut");
    let sent = of("windows")["queries"][0]["sent"].as_str().unwrap();
    // A busy machine scrapes more slowly than it was told, and is longer at it.
    let (range, step) = sent.split_once('[').unwrap().1.split_once("s]) + ").unwrap();
    assert!(range.parse::<u32>().unwrap() >= 4, "{sent}");
    assert!(step.parse::<u32>().unwrap() >= 150, "{sent}");
}

#[test]
fn formats_and_names_of_grafana_are_sent_as_grafana_sends_them() {
    let kind = json!({"name": "kind", "type": "custom", "query": "Sheet : csv,Page : pdf",
        "multi": true, "current": {"value": ["csv", "pdf"]}});
    let around = json!({"name": "around", "type": "query", "refresh": 2, "regex": "/(?!a).*/",
        "query": "label_values(export_requests_total, format)"});
    let one = json!({"name": "one", "type": "constant", "query": "x"});
    let targets = [
        query("A", r#"export_fail_total{, format=~"${kind:pipe}", x!="${kind:text}"}"#),
        query("B", "time() - ${__to:date:seconds} + 0 * ${__from}"),
        query("C", r#"up{, x!="${__dashboard}"}"#),
        query("D", r#"up{, x!="${__user.login}"}"#),
        query("E", r#"export_fail_total{, format="$around"}"#),
        query("F", r#"label_replace(up{}, "a", ${one:doublequote}, "", "")"#),
    ];
    let board = board(&json!([panel("formats", &targets)]), &[kind, around, one]);
    let (found, document) = on_run("formats", &board);
    let queries = &document["dashboards"][0]["results"][0]["queries"];
    let sent = |index: usize| queries[index]["sent"].as_str().unwrap_or("-");
    assert!(sent(0).contains(r#"format=~"csv|pdf", x!="Sheet + Page""#), "{}", sent(0));
    let seconds = sent(1).split(' ').nth(2).unwrap();
    assert_eq!(seconds.len(), 10, "{}", sent(1));
    assert!(sent(2).contains(r#"x!="Made""#), "{}", sent(2));
    assert!(sent(5).contains(r#", "a", "x", "", "")"#), "{}", sent(5));
    for index in [0, 1, 2, 5] {
        assert_eq!(queries[index]["outcome"], "data", "{index}: {found:#?}");
    }
    assert_told(&found, "not-evaluated warning formats: ", "$__user depends on who looks");
    assert_told(&found, "not-evaluated warning formats: ", "looks around itself with `(?!…)`");
}

#[test]
fn what_is_not_evaluated_is_named_and_counts_for_nothing() {
    let expression = json!({"refId": "B", "type": "math", "expression": "$A * 2",
        "datasource": {"type": "__expr__", "uid": "__expr__"}});
    let loki =
        json!({"refId": "A", "expr": "{app=\"a\"}", "datasource": {"type": "loki", "uid": "l"}});
    let mut hidden = query("A", "export_nothing_total{} * 0");
    hidden["hide"] = json!(true);
    let mut changed = panel("changed", &[query("A", "up{}")]);
    changed["transformations"] = json!([{"id": "reduce"}]);
    let panels = json!([
        panel("sums", &[query("A", "up{}"), expression]),
        panel("logs", &[loki]),
        panel("hidden", &[hidden, query("B", "up{}")]),
        {"title": "library", "type": "stat", "libraryPanel": {"uid": "x", "name": "Shared"}},
        {"title": "words", "type": "text"},
        changed,
    ]);
    let (found, document) = on_run("others", &board(&panels, &[]));
    assert_told(&found, "not-evaluated info sums: ", "an expression of Grafana");
    assert_told(&found, "not-evaluated info logs: ", "a data source of the kind `loki`");
    assert_told(&found, "not-evaluated info library: ", "the library panel `Shared`");
    assert_told(&found, "not-evaluated info changed: ", "transformations");
    assert!(!found.iter().any(|one| one.contains("without-data")), "{found:#?}");
    let outcomes = document["dashboards"][0]["results"].as_array().unwrap();
    assert_eq!(outcomes[1]["outcome"], "not_evaluated");
    assert_eq!(outcomes.len(), 4, "{outcomes:#?}");
}

#[test]
fn nothing_that_could_be_evaluated_is_no_pass() {
    let elsewhere = board(&json!([panel("a", &[query("A", "node_load1{}")])]), &[]);
    assert!(check("nothing", &elsewhere, &[]).expect_code(0).stderr.is_empty());
    let ended = check("nothing", &elsewhere, &["--run", "kept"]).expect_code(3);
    assert!(ended.stderr.contains("error[empty-dashboard]"), "{}", ended.stderr);
    // An exclusion takes the panel out of the findings, and makes nothing green.
    with_run().write("nothing/.lint", "exclusions:\n  panel-without-data:\n  empty-dashboard:\n");
    let ended = check("nothing", &elsewhere, &["--run", "kept"]).expect_code(3);
    assert!(!ended.stderr.contains("panel-without-data]"), "{}", ended.stderr);
    let words = board(&json!([{"title": "words", "type": "text"}]), &[]);
    let ended = check("words", &words, &[]).expect_code(3);
    assert!(ended.stderr.contains("no panel asks Prometheus anything"), "{}", ended.stderr);
}

#[test]
fn numbers_that_rest_on_nothing_of_the_service_are_no_pass() {
    let of = |expressions: &[&str]| {
        let panels: Vec<Value> =
            expressions.iter().map(|one| panel(one, &[query("A", one)])).collect();
        board(&json!(panels), &[])
    };
    for expressions in [
        &["vector(0)"][..],
        &["time()"],
        &["absent(node_load1)"],
        &["sum(node_load1) or vector(0)"],
        &["up", "node_load1"],
        &["scrape_duration_seconds", "node_load1"],
    ] {
        let ended = check("rests", &of(expressions), &["--run", "kept"]).expect_code(3);
        assert!(ended.stderr.contains("error[empty-dashboard]"), "{expressions:?}");
    }
    check("rests", &of(&["up"]), &["--run", "kept"]).expect_code(0);
}

/// A variable with one value.
fn constant(name: &str, value: &str) -> Value {
    json!({"name": name, "type": "constant", "query": value})
}

#[test]
fn variables_that_grow_without_end_are_given_up() {
    let mut variables = vec![constant("v0", "xxxxxxxxxx")];
    for at in 1..31 {
        variables.push(constant(&format!("v{at}"), &format!("$v{0}$v{0}", at - 1)));
    }
    let panels =
        json!([panel("a", &[query("A", "up{job=~\"$v30\"}")]), panel("b", &[query("A", "up")])]);
    let (found, _) = on_run("grows", &board(&panels, &variables));
    assert_told(&found, "not-evaluated warning a: ", "has no value here: ");
}

#[test]
fn exclusions_and_levels_decide_the_exit_code() {
    let panels = json!([
        panel("a", &[query("A", "node_load1{}"), query("B", "up{}")]),
        panel("b", &[query("A", "node_load1{}"), query("B", "up{}")]),
    ]);
    let made = board(&panels, &[]);
    check("levels", &made, &["--run", "kept"]).expect_code(0);
    let strict = ["--run", "kept", "--fail-on", "warning"];
    let ended = check("levels", &made, &strict).expect_code(1);
    assert_eq!(ended.stderr.matches("warning[query-without-data]").count(), 2, "{}", ended.stderr);
    let one =
        "exclusions:\n  query-without-data:\n    entries:\n      - { panel: a, targetIdx: 0 }\n";
    with_run().write("levels/.lint", one);
    let ended = check("levels", &made, &strict).expect_code(1);
    assert!(ended.stderr.contains(": b, query A: "), "{}", ended.stderr);
    assert!(!ended.stderr.contains(": a, query A: "), "{}", ended.stderr);
    with_run().write("levels/.lint", "exclusions:\n  query-without-data:\n");
    check("levels", &made, &strict).expect_code(0);
    with_run().write("levels/.lint", "exclusion:\n");
    let ended = check("levels", &made, &[]).expect_code(2);
    assert!(ended.stderr.contains("error[invalid-exclusions]"), "{}", ended.stderr);
}

#[test]
fn flags_of_dashboards_are_refused_for_other_files() {
    let workspace = with_run();
    let scenario = workspace.run(&["check", "scenario.yaml"]).expect_code(0);
    assert!(scenario.stdout.contains("scenario `shown`"), "{}", scenario.stdout);
    for flags in [&["--run", "kept"][..], &["--fail-on", "info"], &["--out", "json"]] {
        let ended = workspace.run(&[&["check", "scenario.yaml"], flags].concat()).expect_code(2);
        assert!(ended.stderr.contains("is about dashboards of Grafana"), "{}", ended.stderr);
    }
    let file = dashboards().remove(0);
    let file = file.to_str().unwrap();
    let ended = workspace.run(&["check", file, "--run", "absent"]).expect_code(2);
    assert!(ended.stderr.starts_with("error["), "{}", ended.stderr);
    let ended = workspace.run(&["check", file, "--run", "kept", "--scenario", "shwon"]);
    assert!(ended.expect_code(2).stderr.contains("did you mean `shown`?"));
    let both = workspace.run(&["check", "scenario.yaml", file]).expect_code(0);
    assert_eq!(both.stdout.lines().count(), 2, "{}", both.stdout);
}

//! `slogate query`: PromQL over a saved run, as people and programs get it.

mod support;

use std::process::Output;

use support::{Answer, Ended, Service, Workspace};

/// Two measured phases against a service that counts its requests.
fn scenario(name: &str, url: &str) -> String {
    format!(
        "version: 1\nname: {name}\ntarget: {url}\nmetrics: {{ path: /metrics, every: 20ms }}\n\
         load:\n  - {{ name: steady, users: 2, iterations: 200 }}\n  \
         - {{ name: peak, users: 4, iterations: 200 }}\n\
         requests:\n  - {{ name: get, get: / }}\nslo:\n  - 'count(dropped) == 0'\n"
    )
}

/// A service whose counter grows by one with each request.
fn service() -> Service {
    Service::start(|path, before| {
        let page = format!(
            "# TYPE jobs_total counter\njobs_total{{kind=\"a\"}} {before}\n\
             # TYPE queue_depth gauge\nqueue_depth {}\n",
            before % 7
        );
        std::thread::sleep(std::time::Duration::from_millis(2));
        Answer::Http(200, if path == "/metrics" { page } else { String::new() })
    })
}

/// A run of these scenarios, saved as `kept`.
fn saved(names: &[&str]) -> Workspace {
    let workspace = Workspace::new();
    let service = service();
    for name in names {
        workspace.write(&format!("{name}.yaml"), &scenario(name, &service.url()));
    }
    let files: Vec<String> = names.iter().map(|name| format!("{name}.yaml")).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let ended = workspace.run(&[&["run", "--quiet", "--save", "kept"], &files[..]].concat());
    assert!(matches!(ended.code, Some(0 | 3)), "{ended:?}");
    workspace
}

fn ask(workspace: &Workspace, arguments: &[&str]) -> Ended {
    workspace.run(&[&["query", "kept"], arguments].concat())
}

#[test]
fn an_instant_is_the_closing_scrape_unless_somebody_says_another() {
    let workspace = saved(&["plain"]);
    let closing = ask(&workspace, &["jobs_total"]).expect_code(0);
    let lines: Vec<&str> = closing.stdout.lines().collect();
    assert!(
        lines[0].starts_with("at 2") && lines[0].ends_with(", the closing scrape"),
        "{lines:?}"
    );
    assert_eq!(lines[2].split_whitespace().collect::<Vec<_>>(), ["element", "value"]);
    assert!(lines[3].starts_with("jobs_total{"), "{lines:?}");
    assert!(closing.stderr.is_empty(), "{closing:?}");
    let value = |flags: &[&str]| -> f64 {
        let arguments = [&["sum(jobs_total)", "--out", "json"], flags].concat();
        let answer = ask(&workspace, &arguments).expect_code(0).report();
        answer["data"]["result"][0]["value"][1].as_str().unwrap().parse().unwrap()
    };
    let at_close = value(&[]);
    assert!(at_close >= 400.0, "{at_close}");
    assert!(value(&["--time", "+100ms"]) < at_close);
    // Five minutes later the last sample is too old, as in Prometheus.
    let long_after = ask(&workspace, &["jobs_total", "--time", "+10m"]).expect_code(0);
    assert!(long_after.stderr.starts_with("warning[no-value]: "), "{long_after:?}");
}

#[test]
fn windows_are_those_of_objectives() {
    let workspace = saved(&["plain"]);
    let counted = |flags: &[&str], window: &str| -> f64 {
        let expression = format!("sum(increase(slogate_responses_total[{window}]))");
        let arguments = [&[expression.as_str(), "--out", "json"], flags].concat();
        let answer = ask(&workspace, &arguments).expect_code(0).report();
        answer["data"]["result"][0]["value"][1].as_str().unwrap().parse().unwrap()
    };
    let run = counted(&[], "$run");
    let (steady, peak) =
        (counted(&["--phase", "steady"], "$phase"), counted(&["--phase", "peak"], "$phase"));
    assert!((run - 400.0).abs() < 4.0, "{run}");
    assert!((steady + peak - run).abs() < 8.0, "{steady} {peak} {run}");
    let refused = ask(&workspace, &["rate(jobs_total[$phase])"]).expect_code(2);
    assert!(refused.stderr.starts_with("error[unknown-window]: "), "{}", refused.stderr);
    let refused = ask(&workspace, &["up", "--phase", "peek"]).expect_code(2);
    assert!(refused.stderr.contains("did you mean `peak`? It has steady, peak"), "{refused:?}");
}

#[test]
fn what_finds_nothing_says_so_and_looks_like_no_result() {
    let workspace = saved(&["plain"]);
    let nothing = ask(&workspace, &["jobs_totl"]).expect_code(0);
    assert_eq!(nothing.stdout, "");
    assert_eq!(
        nothing.stderr,
        "warning[no-such-series]: no such series: jobs_totl; did you mean `jobs_total`?\n"
    );
    let json = ask(&workspace, &["jobs_totl", "--out", "json"]).expect_code(0).report();
    assert_eq!(json["data"]["result"].as_array().unwrap().len(), 0);
    assert!(json["warnings"][0].as_str().unwrap().starts_with("no such series: jobs_totl"));
    let csv = ask(&workspace, &["jobs_totl", "--out", "csv"]).expect_code(0);
    assert_eq!(csv.stdout, "timestamp,value\r\n");
    // What `absent` answers for a name that the run does not have may be a misspelt name's.
    let absent = ask(&workspace, &["absent(jobs_totl)"]).expect_code(0);
    assert!(absent.stderr.contains("no such series: jobs_totl"), "{}", absent.stderr);
    let known = ask(&workspace, &["absent(jobs_total{kind=\"gone\"})"]).expect_code(0);
    assert_eq!(known.stderr, "");
    let filtered = ask(&workspace, &["jobs_total > 1e9"]).expect_code(0);
    assert!(filtered.stdout.is_empty() && filtered.stderr.starts_with("warning[no-value]: "));
    // A constant in place of a misspelt name is a number that nobody measured.
    let constant = ask(&workspace, &["sum(jobs_totl) or vector(0)"]).expect_code(0);
    assert!(constant.stdout.contains("{}"), "{}", constant.stdout);
    assert!(constant.stderr.starts_with("warning[no-such-series]: "), "{}", constant.stderr);
}

#[test]
fn what_the_engine_says_beside_a_value_stands_beside_the_answer() {
    let workspace = saved(&["plain"]);
    let no_counter = ask(&workspace, &["rate(queue_depth[$run])"]).expect_code(0);
    assert!(!no_counter.stdout.is_empty(), "{no_counter:?}");
    assert!(no_counter.stderr.starts_with("info: metric might not be a counter"), "{no_counter:?}");
    let quantile = "quantile(2, jobs_total)";
    let no_quantile = ask(&workspace, &[quantile, "--out", "json"]).expect_code(0);
    let text = "quantile value should be between 0 and 1, got 2";
    assert_eq!(no_quantile.stderr, format!("warning: {text}\n"));
    let report = no_quantile.report();
    assert_eq!(report["warnings"], serde_json::json!([format!("PromQL warning: {text}")]));
    assert_eq!(report.get("infos"), None);
    let counter = ask(&workspace, &["rate(jobs_total[$run])"]).expect_code(0);
    assert_eq!(counter.stderr, "");
}

#[test]
fn a_range_has_a_table_and_a_chart_where_one_is_asked_for() {
    let workspace = saved(&["plain"]);
    let range = ["sum(rate(jobs_total[200ms]))", "--range"];
    let table = ask(&workspace, &range).expect_code(0);
    assert!(table.stdout.contains("points  first  lowest"), "{}", table.stdout);
    assert!(!table.stdout.contains('└'), "a pipe is no terminal");
    let drawn = |locale: &str| {
        let arguments = [&["query", "kept"], &range[..], &["--chart"]].concat();
        let output: Output = workspace.command(&arguments).env("LC_ALL", locale).output().unwrap();
        Ended::from(output).expect_code(0).stdout
    };
    let (unicode, ascii) = (drawn("C.UTF-8"), drawn("C"));
    assert!(unicode.contains("└──"), "{unicode}");
    assert!(ascii.contains("+---") && ascii.contains('*') && ascii.is_ascii(), "{ascii}");
    for line in unicode.lines().chain(ascii.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let csv = ask(&workspace, &[&range[..], &["--step", "50ms", "--out", "csv"]].concat());
    let rows = csv.expect_code(0).stdout.lines().count();
    assert!(rows > 3, "{rows}");
}

#[test]
fn of_several_scenarios_one_must_be_named() {
    let workspace = saved(&["one", "two"]);
    let refused = ask(&workspace, &["up"]).expect_code(2);
    assert_eq!(
        refused.stderr,
        "error[unnamed-scenario]: the run has several scenarios; name one with `--scenario`: one, \
         two\n"
    );
    ask(&workspace, &["up", "--scenario", "two"]).expect_code(0);
    let refused = ask(&workspace, &["up", "--scenario", "three"]).expect_code(2);
    assert!(refused.stderr.contains("no scenario `three`; "), "{}", refused.stderr);
    assert!(refused.stderr.contains("t has one, two"), "{}", refused.stderr);
}

#[test]
fn what_cannot_be_asked_is_refused_with_its_code() {
    let workspace = saved(&["plain"]);
    workspace.write("changed/run.json", "{}");
    for (arguments, code) in [
        (&["query", "kept", "sum("][..], "invalid-promql"),
        (&["query", "kept", "slogate_request_duration_seconds_bucket + on () up"], "failed-query"),
        (&["query", "kept", "up[1s]", "--range"], "failed-query"),
        (&["query", "kept", "up", "--range", "--start", "+2s", "--end", "+1s"], "query-time"),
        (&["query", "kept", "up", "--range", "--step", "0s"], "query-time"),
        (&["query", "kept", "up", "--range", "--step", "1us"], "query-time"),
        (&["query", "kept", "up", "--time", "noon"], "usage"),
        (&["query", "kept", "up", "--time", "1", "--range"], "usage"),
        (&["query", "kept", "up", "--step", "1s"], "usage"),
        (&["query", "kept", "up", "--chart"], "usage"),
        (&["query", "kept"], "usage"),
        (&["query", "kept", "up", "--out", "pdf"], "report-kind"),
        (&["query", "kept", "up", "--out", "csv", "--range", "--chart"], "conflicting-flags"),
        (&["query", "nowhere", "up"], "unreadable-run"),
        (&["query", "changed", "up"], "damaged-run"),
    ] {
        let ended = workspace.run(arguments).expect_code(2);
        assert!(ended.stdout.is_empty(), "{arguments:?}: {}", ended.stdout);
        let named = ended.stderr.contains(&format!("error[{code}]: "))
            || ended.stderr.contains(&format!("slogate explain {code}"));
        assert!(named, "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_run_that_was_changed_is_not_asked() {
    let workspace = saved(&["plain"]);
    let series = workspace.path().join("kept/plain/series.om");
    let text = std::fs::read_to_string(&series).unwrap().replace("jobs_total", "jobs_tota1");
    std::fs::write(&series, text).unwrap();
    let refused = ask(&workspace, &["up", "--out", "json"]).expect_code(2);
    assert!(refused.stderr.starts_with("error[changed-run]: "), "{}", refused.stderr);
    assert_eq!(refused.report()["errorType"], "internal");
}

#[test]
fn names_of_a_target_are_no_commands_in_the_log_of_a_job() {
    let workspace = saved(&["plain"]);
    let on_github = |kind: &str| {
        let arguments = ["query", "kept", "'::error::x'", "--out", kind];
        let output = workspace.command(&arguments).env("GITHUB_ACTIONS", "true").output();
        Ended::from(output.unwrap())
    };
    let table = on_github("table").expect_code(0).stdout;
    assert!(table.contains("\\::error"), "{table}");
    on_github("csv").expect_code(2);
    on_github("csv=answer.csv").expect_code(0);
}

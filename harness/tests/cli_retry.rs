//! What a run says of attempts that it repeated: a retry hides a failure from every ratio,
//! so the report must show that it did.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};

use support::{Answer, Service, Workspace, objective};

/// A service of which every fourth answer is 503, and whose counter counts all of them.
fn shaky() -> Service {
    let answered = AtomicUsize::new(0);
    Service::start(move |path, _| match path {
        "/metrics" => {
            let count = answered.load(Ordering::SeqCst);
            let text = "# TYPE requests counter\nrequests_total";
            Answer::Http(200, format!("{text} {count}\n"))
        }
        _ if answered.fetch_add(1, Ordering::SeqCst) % 4 == 3 => Answer::Http(503, String::new()),
        _ => Answer::Http(200, String::new()),
    })
}

fn scenario(url: &str, retry: &str) -> String {
    format!(
        "version: 1\nname: shaky\ntarget: {url}\nmetrics: {{ path: /metrics, every: 10ms }}\nload:\n  \
         - {{ name: few, users: 1, iterations: 90 }}\nrequests:\n  - {{ name: get, get: /{retry} }}\n\
         slo:\n  - 'ratio(success) >= 95%'\n  - 'count(repeats) == 0'\n  \
         - {{ id: agree, reconcile: {{ client: count(sent), counter: requests_total }} }}\n  \
         - {{ id: seen, promql: 'sum(increase(slogate_repeats_total[$run]))', is: '> 20' }}\n"
    )
}

#[test]
fn failures_that_a_retry_hides_are_told_counted_and_judged() {
    let (service, workspace) = (shaky(), Workspace::new());
    let retry = ", retry: { attempts: 2, on: [503], backoff: 1ms }";
    workspace.write("s.yaml", &scenario(&service.url(), retry));
    let ended = workspace.run(&["run", "s.yaml", "--out", "json", "--save", "kept"]);
    let report = ended.expect_code(1).report();
    let of_request = &report["scenarios"][0]["requests"][0];
    // 90 good answers of 119 messages, of which every fourth failed.
    for (field, count) in [("sent", 90), ("succeeded", 90), ("repeats", 29), ("repeated", 29)] {
        assert_eq!(of_request[field], count, "{field}: {of_request:#}");
    }
    assert_eq!(objective(&report, "ratio-success")["verdict"], "pass");
    assert_eq!(objective(&report, "count-repeats")["verdict"], "fail");
    let seen = objective(&report, "seen");
    assert_eq!(seen["verdict"], "pass", "{seen:#}");
    let agree = objective(&report, "agree");
    assert_eq!(agree["verdict"], "inconclusive");
    assert!(agree["reason"].as_str().unwrap().contains("repeated by `retry`"), "{agree:#}");
    for out in ["table", "markdown"] {
        let shown = workspace.run(&["report", "kept", "--out", out]).stdout;
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ").replace('\\', "");
        assert!(shown.contains("`retry` repeated 29 failed attempts of 29 requests"), "{shown}");
    }
}

#[test]
fn a_table_has_each_message_beyond_the_first_of_a_request() {
    let (service, workspace) = (shaky(), Workspace::new());
    let retry = ", retry: { attempts: 2, on: [503], backoff: 1ms }";
    workspace.write("s.yaml", &scenario(&service.url(), retry));
    let table = workspace.run(&["run", "s.yaml", "--out", "csv"]).expect_code(1).stdout;
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    let named = ["retried", "redirects", "repeats", "repeated"];
    assert!(rows[0].ends_with(&named), "{table}");
    assert!(rows[1].contains(&"all") && rows[1].ends_with(&["0", "0", "29", "29"]), "{table}");
    assert!(rows[2].contains(&"ok") && rows[2].ends_with(&["", "", "", ""]), "{table}");
}

#[test]
fn without_a_retry_nothing_is_repeated_but_a_connection() {
    let (service, workspace) = (shaky(), Workspace::new());
    workspace.write("s.yaml", &scenario(&service.url(), ""));
    let report = workspace.run(&["run", "s.yaml", "--out", "json"]).expect_code(1).report();
    let of_request = &report["scenarios"][0]["requests"][0];
    assert_eq!((&of_request["repeats"], &of_request["failed"]), (&0.into(), &22.into()));
    assert!(!report.to_string().contains("failed attempts of"));
}

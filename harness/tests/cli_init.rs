//! `slogate init`: the file that it writes is checked, run, and passes, against services of
//! several kinds; and what it cannot do it says, and writes nothing.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::exporter::Exporter;
use support::nginx::Nginx;
use support::prometheus::Prometheus;
use support::{Answer, Ended, Service, Workspace, objective};

/// What a first scenario came to: its text, and how its run ended.
struct Written {
    said: String,
    text: String,
    run: Ended,
}

/// How a written scenario is run.
#[derive(Clone, Copy)]
enum Pace {
    /// As it is, for half a minute.
    AsWritten,
    /// The same number of requests within six seconds, on whatever machine tests run.
    Hurried,
}

/// What is written for a quick service, and what it is hurried to.
const LOAD: (&str, &str) = ("rate: 10/s, for: 30s", "rate: 50/s, for: 6s");
const LATENCY: (&str, &str) = ("p95(latency) < 200ms", "p95(latency) < 5s");

/// Writes a scenario, has it checked without a warning, and runs it.
fn written_and_run(url: &str, flags: &[&str], pace: Pace) -> Written {
    let workspace = Workspace::new();
    let arguments = [&["init", url, "-o", "first.yaml"], flags].concat();
    let said = workspace.run(&arguments).expect_code(0).stderr;
    let text = std::fs::read_to_string(workspace.path().join("first.yaml")).unwrap();
    let checked = workspace.run(&["check", "first.yaml"]).expect_code(0);
    assert!(!checked.stderr.contains("warning"), "{}\n{text}", checked.stderr);
    if matches!(pace, Pace::Hurried) {
        let hurried = text.replace(LOAD.0, LOAD.1).replace(LATENCY.0, LATENCY.1);
        workspace.write("first.yaml", &hurried);
    }
    let run = workspace.run(&["run", "first.yaml", "--out", "json"]);
    Written { said, text, run }
}

impl Written {
    #[track_caller]
    fn expect_pass(self) -> Self {
        assert_eq!(
            self.run.code,
            Some(0),
            "{}\n{}\n{}",
            self.text,
            self.run.stdout,
            self.run.stderr
        );
        self
    }
}

/// The lines that are in force.
fn in_force(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// A service that counts its requests by path, with awkward labels, and has a histogram.
fn counting_service() -> Service {
    let asked = Arc::new(AtomicUsize::new(0));
    Service::start(move |path, _| match path {
        "/metrics" => Answer::Http(200, exposition(asked.load(Ordering::SeqCst))),
        "/it's \"it\"" | "/odd" => {
            asked.fetch_add(1, Ordering::SeqCst);
            Answer::Http(200, String::new())
        }
        _ => Answer::Http(404, String::new()),
    })
}

fn exposition(asked: usize) -> String {
    EXPOSITION.replace("ASKED", &asked.to_string())
}

/// Awkward labels, a path that is not the metrics' own, failures of long ago.
const EXPOSITION: &str = r#"# TYPE shop_requests_total counter
shop_requests_total{path="/it's \"it\"",note="a: b # c"} ASKED
shop_requests_total{path="/metrics",note="\n- slo: none"} 7
# TYPE shop_requests_failed_total counter
shop_requests_failed_total 3
# TYPE took_seconds histogram
took_seconds_bucket{le="0.05"} ASKED
took_seconds_bucket{le="0.5"} ASKED
took_seconds_bucket{le="1"} ASKED
took_seconds_bucket{le="5"} ASKED
took_seconds_bucket{le="+Inf"} ASKED
took_seconds_sum 0.1
took_seconds_count ASKED
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 3e7
"#;

#[test]
fn a_service_that_counts_gets_objectives_on_its_metrics_and_they_pass() {
    let service = counting_service();
    let written =
        written_and_run(&format!("{}/odd", service.url()), &[], Pace::Hurried).expect_pass();
    let report = written.run.report();
    for id in
        ["p95-latency", "ratio-success", "agree", "p95-server", "no-shop-requests-failed", "memory"]
    {
        assert_eq!(objective(&report, id)["verdict"], "pass", "{id}\n{}", written.text);
    }
    assert_eq!(report["scenarios"][0]["requests"][1]["count"], 300, "{report:#}");
    let agree = objective(&report, "agree")["expression"].as_str().unwrap().to_owned();
    assert!(agree.contains("path=\"/it's \\\"it\\\"\""), "{agree}");
    assert!(written.text.starts_with("# yaml-language-server: $schema="), "{}", written.text);
    assert!(written.said.contains("sending 23 requests"), "{}", written.said);
}

#[test]
fn the_bundled_service_is_held_to_what_it_counts() {
    let exporter = Exporter::start();
    let body = r#"{"format":"csv","data":[{"a":1},{"a":2}]}"#;
    let url = format!("{}/export/run", exporter.url());
    let written = written_and_run(&url, &["--body", body], Pace::AsWritten).expect_pass();
    assert!(written.said.contains("its metrics are at /export/metrics"), "{}", written.said);
    let report = written.run.report();
    assert_eq!(objective(&report, "agree")["verdict"], "pass");
    assert_eq!(objective(&report, "p95-server")["verdict"], "pass");
}

#[test]
fn metrics_that_do_not_count_the_request_are_comments() {
    let exporter = Exporter::start();
    let written =
        written_and_run(&format!("{}/health", exporter.url()), &[], Pace::Hurried).expect_pass();
    let lines = in_force(&written.text);
    assert!(lines.iter().any(|line| line.starts_with("metrics: { path: /export/metrics")));
    assert!(!lines.iter().any(|line| line.contains("counter:")), "{}", written.text);
    assert!(written.text.contains("# unmoved: allow"), "{}", written.text);
    assert!(written.text.contains("# - { id: memory"), "{}", written.text);
}

#[test]
fn a_service_without_metrics_gets_a_scenario_of_the_clients_side() {
    let Some(nginx) = Nginx::start("location / { return 200 'hello\\n'; }") else { return };
    let written = written_and_run(&nginx.url(), &[], Pace::Hurried).expect_pass();
    assert!(written.text.contains("No metrics were found"), "{}", written.text);
    assert!(written.text.contains("/actuator/prometheus"), "{}", written.text);
    assert!(!in_force(&written.text).iter().any(|line| line.starts_with("metrics")));
}

#[test]
fn prometheus_itself_is_described_and_passes() {
    let Some(prometheus) = Prometheus::start("scrape_configs: []\n") else { return };
    let written = written_and_run(&format!("{}/-/healthy", prometheus.url), &[], Pace::AsWritten)
        .expect_pass();
    let counter = r#"counter: 'prometheus_http_requests_total{handler="/-/healthy"}'"#;
    assert!(written.text.contains(counter), "{}", written.text);
    let report = written.run.report();
    for id in ["agree", "p95-server", "memory"] {
        assert_eq!(objective(&report, id)["verdict"], "pass", "{id}\n{}", written.text);
    }
}

#[test]
fn metrics_on_another_port_are_read_there() {
    let (service, asked) =
        (counting_service(), Service::start(|_, _| Answer::Http(200, String::new())));
    let metrics = format!("{}/metrics", service.url());
    let workspace = Workspace::new();
    let ended =
        workspace.run(&["init", &asked.url(), "--metrics", &metrics, "-o", "-"]).expect_code(0);
    assert!(ended.stdout.contains(&format!("  scrape: [{metrics}]")), "{}", ended.stdout);
    // The other service counted nothing of it.
    assert!(ended.stdout.contains("# unmoved: allow"), "{}", ended.stdout);
}

#[test]
fn metrics_that_cannot_be_read_are_told_and_left_out() {
    let samples = (0..100_001).map(|at| format!("x{{at=\"{at}\"}} 1\n"));
    let too_many = samples.collect::<Vec<_>>().concat();
    for (page, reason) in [
        ("a_total{b=c} 1\n".to_owned(), "line 1, column"),
        (String::new(), "has no sample"),
        (too_many, "100000"),
    ] {
        let service = Service::start(move |path, _| match path {
            "/metrics" => Answer::Http(200, page.clone()),
            "/" => Answer::Http(200, String::new()),
            _ => Answer::Http(404, String::new()),
        });
        let ended = Workspace::new().run(&["init", &service.url(), "-o", "-"]).expect_code(0);
        assert!(ended.stderr.contains(reason), "{}", ended.stderr);
        let text = ended.stdout;
        assert!(text.contains("No metrics were found") && text.contains(reason), "{text}");
        assert!(!in_force(&text).iter().any(|line| line.starts_with("metrics")), "{text}");
    }
}

#[test]
fn a_target_cannot_write_the_file() {
    let page = "# TYPE a_total counter\na_total{path=\"\\n- slo: none\"} 1\n\
                # TYPE \"x\\n- evil_errors_total\" counter\n{\"x\\n- evil_errors_total\"} 1\n";
    let service = Service::start(move |path, before| match path {
        "/metrics" => Answer::Http(200, page.replace("} 1", &format!("}} {before}"))),
        _ => Answer::Http(200, String::new()),
    });
    let ended = Workspace::new().run(&["init", &service.url(), "-o", "-"]).expect_code(0);
    assert!(!ended.stdout.contains("evil") && !ended.stdout.contains("- slo"), "{}", ended.stdout);
}

#[test]
fn a_target_that_is_not_there_is_exit_4() {
    let address = support::daemon::free_address();
    let workspace = Workspace::new();
    let ended = workspace.run(&["init", &format!("http://{address}/x")]).expect_code(4);
    assert!(ended.stderr.contains("is the target running?"), "{}", ended.stderr);
    assert!(std::fs::read_dir(workspace.path()).unwrap().next().is_none());
}

#[test]
fn an_answer_that_is_not_good_is_exit_4_and_says_what_to_do() {
    for (status, hint) in [
        (404, "path right"),
        (401, "--header"),
        (405, "--method"),
        (302, "redirects"),
        (500, "--expect-status 500"),
    ] {
        let service = Service::start(move |_, _| Answer::Http(status, String::new()));
        let ended = Workspace::new().run(&["init", &service.url()]).expect_code(4);
        assert!(ended.stderr.contains(hint), "{}", ended.stderr);
        assert!(ended.stderr.starts_with("error[unexpected-answer]: "), "{}", ended.stderr);
        assert_eq!(service.seen(), 1);
    }
    let service = Service::start(|_, _| Answer::Http(404, String::new()));
    let ended =
        Workspace::new().run(&["init", &service.url(), "--expect-status", "404", "-o", "-"]);
    assert!(ended.expect_code(0).stdout.contains("expect: { status: [404] }"));
}

#[test]
fn metrics_that_were_named_and_are_not_there_are_exit_4() {
    let service = Service::start(|path, _| match path {
        "/" => Answer::Http(200, String::new()),
        _ => Answer::Http(404, String::new()),
    });
    let ended = Workspace::new().run(&["init", &service.url(), "--metrics", "/m"]).expect_code(4);
    assert!(ended.stderr.contains("404"), "{}", ended.stderr);
    assert_eq!(service.seen(), 1, "only the metrics were asked for");
}

#[test]
fn what_cannot_be_a_target_or_a_file_is_exit_2_and_nothing_is_sent() {
    let service = Service::start(|_, _| Answer::Http(200, String::new()));
    let workspace = Workspace::new();
    let bad =
        |arguments: &[&str]| workspace.run(&[&["init"], arguments].concat()).expect_code(2).stderr;
    for url in
        ["nowhere", "https://u:pw@127.0.0.1", "http://user:pw@127.0.0.1", "http://", "ftp://a"]
    {
        let told = bad(&[url]);
        assert!(told.contains("URL: ") && !told.contains("pw"), "{told}");
    }
    assert!(bad(&["localhost:80/x"]).contains("did you mean `http://localhost:80/x`?"));
    let url = service.url();
    assert!(bad(&[&url, "-o", "no/such/folder/x.yaml"]).contains("folder that exists"));
    assert!(bad(&[&url, "-o", "."]).contains("that is a folder"));
    assert!(bad(&[&url, "--header", "no colon"]).contains("--header"));
    assert!(bad(&[&url, "--metrics", "metrics"]).contains("--metrics"));
    workspace.write("mine.yaml", "precious");
    assert!(bad(&[&url, "-o", "mine.yaml"]).contains("--force"));
    assert_eq!(std::fs::read_to_string(workspace.path().join("mine.yaml")).unwrap(), "precious");
    assert_eq!(service.seen(), 0);
}

#[test]
fn a_file_that_is_there_is_replaced_only_by_force() {
    let service = Service::start(|_, _| Answer::Http(200, String::new()));
    let workspace = Workspace::new();
    let url = format!("{}/orders", service.url());
    workspace.run(&["init", &url, "--quiet"]).expect_code(0);
    let file = workspace.path().join("orders.yaml");
    std::fs::write(&file, "edited").unwrap();
    workspace.run(&["init", &url]).expect_code(2);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "edited");
    let ended = workspace.run(&["init", &url, "--force", "--quiet"]).expect_code(0);
    assert_eq!(ended.stderr, "");
    assert!(std::fs::read_to_string(&file).unwrap().contains("name: orders"));
}

#[test]
fn a_disk_that_is_full_in_the_end_is_exit_5() {
    let service = Service::start(|_, _| Answer::Http(200, String::new()));
    let ended = Workspace::new().run(&["init", &service.url(), "-o", "/dev/full"]).expect_code(5);
    assert!(
        ended.stderr.contains("error[unwritable-output]: cannot write /dev/full: "),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("the requests were sent"), "{}", ended.stderr);
    assert!(service.seen() > 0);
}

#[test]
fn the_next_command_has_every_value_that_it_needs() {
    let service = Service::start(|path, _| match path {
        "/x?page=7&size=9&token=hunter2" => Answer::Http(200, String::new()),
        _ => Answer::Http(404, String::new()),
    });
    let workspace = Workspace::new();
    let url = format!("{}/x?page=${{PAGE}}&size=${{SIZE}}&token=hunter2", service.url());
    let init = ["init", &url, "-e", "PAGE=7", "-o", "x.yaml"];
    let output = workspace.command(&init).env("SIZE", "9").output().unwrap();
    let said = Ended::from(output).expect_code(0).stderr;
    assert!(said.contains("next: slogate run x.yaml -e PAGE=… -e QUERY_TOKEN=…   ("), "{said}");
    let text = std::fs::read_to_string(workspace.path().join("x.yaml")).unwrap();
    assert!(text.contains("# It needs values for PAGE, QUERY_TOKEN, SIZE: "), "{text}");
    let values = ["-e", "PAGE=7", "-e", "SIZE=9", "-e", "QUERY_TOKEN=hunter2"];
    workspace.run(&[&["check", "x.yaml"], &values[..]].concat()).expect_code(0);
    workspace.run(&[&["check", "x.yaml"], &values[..4]].concat()).expect_code(2);
}

#[test]
fn secrets_stand_in_variables() {
    let service = Service::start(|path, _| match path {
        "/x?api_key=hunter2" => Answer::Http(200, String::new()),
        _ => Answer::Http(404, String::new()),
    });
    let url = format!("{}/x?api_key=hunter2", service.url());
    let flags = ["--header", "Authorization: Bearer hunter3", "--header", "Accept: text/plain"];
    let workspace = Workspace::new();
    let ended =
        workspace.run(&[&["init", &url, "-o", "x.yaml"], &flags[..]].concat()).expect_code(0);
    let text = std::fs::read_to_string(workspace.path().join("x.yaml")).unwrap();
    for said in [&text, &ended.stderr, &ended.stdout] {
        assert!(!said.contains("hunter"), "{said}");
    }
    assert!(text.contains("${HEADER_AUTHORIZATION}") && text.contains("text/plain"), "{text}");
    assert!(text.contains("${QUERY_API_KEY}"), "{text}");
    workspace.run(&["check", "x.yaml"]).expect_code(2);
    let variables = ["-e", "HEADER_AUTHORIZATION=Bearer hunter3", "-e", "QUERY_API_KEY=hunter2"];
    workspace.run(&[&["check", "x.yaml"], &variables[..]].concat()).expect_code(0);
}

//! `slogate run URL`: a scenario out of flags follows the rules of files.

mod support;

use support::{Answer, Service, Workspace, objective};

fn service() -> Service {
    Service::start(|path, before| match path {
        "/metrics" => Answer::Http(
            200,
            format!(
                "# TYPE depth gauge\ndepth 1\n# TYPE asked_total counter\nasked_total {before}\n"
            ),
        ),
        "/made" => Answer::Http(201, String::new()),
        "/missing" => Answer::Http(404, String::new()),
        _ => Answer::Http(200, String::new()),
    })
}

fn run(url: &str, flags: &[&str]) -> support::Ended {
    let mut arguments = vec!["run", url, "--out", "json"];
    arguments.extend(flags);
    Workspace::new().run(&arguments)
}

const USERS: [&str; 4] = ["--users", "2", "--iterations", "100"];

#[test]
fn an_objective_that_holds_passes() {
    let service = service();
    let flags = ["--rate", "100/s", "--for", "1s", "--warm-up", "100ms", "--slo"];
    let flags = [&flags[..], &["p95(latency) < 5s"]].concat();
    let report = run(&service.url(), &flags).expect_code(0).report();
    assert_eq!(objective(&report, "p95-latency")["samples"], 100);
    assert_eq!(report["scenarios"][0]["target"], service.url());
    assert_eq!(report["scenarios"][0]["phases"].as_array().unwrap().len(), 2);
}

#[test]
fn an_objective_that_is_missed_fails() {
    let service = service();
    let url = format!("{}/missing", service.url());
    let slo = ["--slo", "ratio(success) >= 95%"];
    run(&url, &[&USERS[..], &slo].concat()).expect_code(1);
    let expected = ["--expect-status", "404, 201"];
    run(&url, &[&USERS[..], &slo, &expected].concat()).expect_code(0);
}

#[test]
fn without_an_objective_nothing_is_judged() {
    let service = service();
    let ended = run(&service.url(), &USERS).expect_code(3);
    assert!(ended.stderr.contains("--slo"), "{}", ended.stderr);
    run(&service.url(), &[&USERS[..], &["--on-inconclusive", "warn"]].concat()).expect_code(0);
}

#[test]
fn metrics_are_a_path_or_a_url_of_the_target() {
    let service = service();
    let slo = ["--every", "20ms", "--slo", "{ id: depth, promql: depth, is: '<= 5' }"];
    for metrics in ["/metrics".to_owned(), format!("{}/metrics", service.url())] {
        let flags = [&USERS[..], &["--metrics", &metrics], &slo].concat();
        let report = run(&service.url(), &flags).expect_code(0).report();
        assert_eq!(objective(&report, "depth")["observed"], 1.0);
    }
}

#[test]
fn a_file_of_objectives_is_included() {
    let service = service();
    let workspace = Workspace::new();
    workspace.write(
        "slo.yaml",
        "version: 1\nslo:\n  - { id: sent, client: count(sent), is: '== 100' }\n",
    );
    let url = service.url();
    let flags = ["run", &url, "--out", "json", "--slo", "slo.yaml"];
    let report = workspace.run(&[&flags[..], &USERS].concat()).expect_code(0).report();
    assert_eq!(objective(&report, "sent")["verdict"], "pass");
}

#[test]
fn what_is_wrong_is_told_about_the_flag_and_nothing_is_sent() {
    let service = service();
    let bad = |flags: &[&str]| run(&service.url(), flags).expect_code(2).stderr;
    let told = bad(&["--rate", "fast", "--for", "1s", "--slo", "p95(latncy) < 1s"]);
    assert!(told.contains("--rate") && told.contains("--slo"), "{told}");
    assert!(!told.contains("command-line"), "{told}");
    assert!(bad(&["--rate", "5/s"]).contains("--rate"));
    assert!(bad(&[]).contains("--rate 50/s --for 30s"));
    let told = bad(&[&USERS[..], &["--method", "FETCH"]].concat());
    assert!(told.contains("--method") && told.contains("fetch"), "{told}");
    assert!(bad(&[&USERS[..], &["--header", "no colon"]].concat()).contains("--header"));
    assert!(bad(&[&USERS[..], &["--body-file", "nowhere"]].concat()).contains("nowhere"));
    assert!(bad(&[&USERS[..], &["--target", "http://a"]].concat()).contains("--target"));
    assert!(bad(&[&USERS[..], &["other.yaml"]].concat()).contains("one URL"));
    assert_eq!(service.seen(), 0);
}

#[test]
fn flags_beside_a_file_are_refused() {
    let workspace = Workspace::new();
    workspace.write("s.yaml", "version: 1\n");
    let ended = workspace.run(&["run", "s.yaml", "--rate", "5/s"]).expect_code(2);
    assert!(ended.stderr.contains("--rate") && ended.stderr.contains("s.yaml"), "{ended:?}");
}

#[test]
fn the_scenario_can_be_printed_and_run_as_a_file() {
    let service = service();
    let workspace = Workspace::new();
    let url = format!("{}/made", service.url());
    let flags = [
        "run",
        &url,
        "--print-scenario",
        "--body",
        "{\"a\": \"b\"}",
        "--header",
        "X-Token: hunter2",
        "--timeout",
        "5s",
        "--slo",
        "p95(latency) < 5s",
    ];
    let printed = workspace.run(&[&flags[..], &USERS].concat()).expect_code(0).stdout;
    assert!(printed.contains("HEADER_X_TOKEN") && !printed.contains("hunter2"), "{printed}");
    assert_eq!(service.seen(), 0);
    workspace.write("grown.yaml", &printed);
    workspace.run(&["run", "grown.yaml"]).expect_code(2);
    let ended = workspace.run(&["run", "grown.yaml", "-e", "HEADER_X_TOKEN=hunter2"]);
    ended.expect_code(0);
}

#[test]
fn a_printed_scenario_finds_its_includes_from_any_folder() {
    let service = service();
    let workspace = Workspace::new();
    workspace.write("list.yaml", "version: 1\nslo: ['p95(latency) < 5s']\n");
    let flags = ["run", &service.url(), "--print-scenario", "--slo", "list.yaml"];
    let printed = workspace.run(&[&flags[..], &USERS].concat()).expect_code(0).stdout;
    workspace.write("grown/up/scenario.yaml", &printed);
    workspace.run(&["run", "grown/up/scenario.yaml"]).expect_code(0);
}

#[test]
fn a_host_without_http_before_it_is_told_what_to_write() {
    let workspace = Workspace::new();
    let ended = workspace.run(&["run", "localhost:8080/x", "--rate", "5/s"]).expect_code(2);
    assert!(ended.stderr.contains("did you mean `http://localhost:8080/x`?"), "{ended:?}");
}

#[test]
fn a_target_that_speaks_tls_or_http_2_says_how_to_ask_it() {
    let alert = b"\x15\x03\x03\x00\x02\x02\x46".to_vec();
    let settings_frame = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00".to_vec();
    for bytes in [alert, settings_frame] {
        let service = Service::start(move |_, _| Answer::Raw(bytes.clone()));
        let slo = ["--slo", "p95(latency) < 1s"];
        let ended = run(&service.url(), &[&USERS[..], &slo].concat()).expect_code(4);
        assert!(ended.stdout.contains("if it speaks TLS, write https://"), "{ended:?}");
        let metrics = ["--metrics", "/metrics"];
        let ended = run(&service.url(), &[&USERS[..], &slo, &metrics].concat()).expect_code(4);
        assert!(ended.stdout.contains("ask it by https://"), "{ended:?}");
    }
}

#[test]
fn a_page_that_is_no_exposition_is_called_that() {
    for (body, first_line) in
        [("<!doctype html><p>", "<!doctype html><p>"), ("{\"a\":1}", "{\\\"a")]
    {
        let service = Service::start(move |_, _| Answer::Http(200, body.to_owned()));
        let flags = ["--slo", "p95(latency) < 1s", "--metrics", "/metrics"];
        let ended = run(&service.url(), &[&USERS[..], &flags].concat()).expect_code(4);
        assert!(ended.stdout.contains("this is no exposition of metrics"), "{ended:?}");
        assert!(ended.stdout.contains(first_line), "{ended:?}");
        assert!(!ended.stdout.contains("cut off"), "{ended:?}");
    }
}

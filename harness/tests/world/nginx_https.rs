//! Load over https on nginx, with an authority of the test's own: what is right passes,
//! with metrics and files over the same TLS, and what is wrong says what it is.

use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use super::support::authority::{Authority, LONG_AGO, NOW};
use super::support::daemon::{GLANCE, PATIENCE};
use super::support::nginx::Nginx;
use super::support::{Ended, Workspace};
use super::{reasons, report_of, requests};

/// An nginx over TLS, and whoever vouches for it.
struct Shop {
    authority: Authority,
    nginx: Nginx,
}

/// What its API answers to every question.
const DEPTH_OF_API: &str = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\
    \"result\":[{\"metric\":{},\"value\":[1,\"1\"]}]}}";

impl Shop {
    /// One whose certificate is for this name, and valid at this time.
    fn new(name: &str, validity: (&str, &str)) -> Option<Self> {
        Self::listening("ssl http2", name, validity)
    }

    fn listening(how: &str, name: &str, validity: (&str, &str)) -> Option<Self> {
        let authority = Authority::new()?;
        authority.sign("server", name, validity);
        authority.sign("client", "DNS:client.test", NOW);
        let folder = authority.folder().display();
        let server = format!(
            "    ssl_certificate {folder}/server.pem;\n    ssl_certificate_key {folder}/server.key;\n    \
             ssl_client_certificate {folder}/ca.pem;\n    ssl_verify_client optional;\n    \
             location = /metrics {{ default_type 'text/plain; version=0.0.4'; }}\n    \
             location = /order {{ return 200 '{{\"file\": \"/bill.csv\"}}'; }}\n    \
             location = /mine {{ return 200 $ssl_client_verify; }}\n    \
             location = /api/v1/query {{ default_type application/json; return 200 '{DEPTH_OF_API}'; }}\n    \
             location = /version {{ return 200 '[$server_protocol]'; }}"
        );
        let nginx = Nginx::start_listening(how, &server)?;
        nginx.publish("metrics", "# TYPE depth gauge\ndepth 1\n");
        nginx.publish("bill.csv", "a,b\n");
        nginx.publish("index.html", "hello");
        Some(Self { authority, nginx })
    }

    fn good() -> Option<Self> {
        Self::new("IP:127.0.0.1", NOW)
    }

    fn url(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.nginx.port())
    }

    fn file(&self, name: &str) -> String {
        self.authority.path(name).display().to_string()
    }

    /// Sends requests with these flags.
    fn run(&self, path: &str, flags: &[&str]) -> Ended {
        let url = self.url(path);
        let load = ["run", &url, "--users", "3", "--iterations", "90", "--out", "json"];
        let slo = ["--slo", "ratio(success) >= 95%"];
        Workspace::new().run(&[&load[..], &slo, flags].concat())
    }

    /// Why a run with these flags found nobody that it trusts.
    #[track_caller]
    fn refusal(&self, flags: &[&str]) -> String {
        reasons(&self.run("/", flags).expect_code(4).report())
    }
}

#[test]
fn load_metrics_and_files_go_over_the_tls_of_the_target() {
    let Some(shop) = Shop::good() else { return };
    let workspace = Workspace::new();
    let scenario = format!(
        "version: 1\nname: shop\ntarget: {}\ntls: {{ ca: {} }}\nunmoved: allow\n\
         metrics: {{ path: /metrics, every: 50ms }}\n\
         load: [{{ name: steady, rate: 100/s, for: 1s }}]\n\
         requests: [{{ name: order, get: /order, artifacts: {{ url: $.file }} }}]\n\
         slo:\n  - ratio(success) >= 95%\n  \
         - {{ id: depth, promql: 'max_over_time(depth[$run])', is: '== 1' }}\n",
        shop.url(""),
        shop.file("ca.pem"),
    );
    let report = report_of(&workspace, &scenario, 0);
    assert_eq!(requests(&report, "succeeded"), 100);
    assert_eq!(shop.nginx.answered("/order"), 100);
    assert_eq!(shop.nginx.answered("/bill.csv"), 1);
    assert!(shop.nginx.answered("/metrics") > 10);
    assert_eq!(report["scenarios"][0]["target"], shop.url(""));
}

#[test]
fn flags_say_whom_to_trust_and_who_asks() {
    let Some(shop) = Shop::new("DNS:shop.test", NOW) else { return };
    let (ca, cert, key) = (shop.file("ca.pem"), shop.file("client.pem"), shop.file("client.key"));
    let trusting = ["--ca", &ca, "--server-name", "shop.test"];
    shop.run("/", &trusting).expect_code(0);
    shop.run("/mine", &[&trusting[..], &["--cert", &cert, "--key", &key]].concat()).expect_code(0);
    let metrics = ["--metrics", "/metrics", "--slo", "{ id: d, series: depth, is: present }"];
    // The page has no counter that could move.
    let report = shop.run("/", &[&trusting[..], &metrics].concat()).expect_code(3).report();
    assert_eq!(report["scenarios"][0]["scrapes"]["failed"], 0);
    let printed = shop.run("/", &[&trusting[..], &["--print-scenario"]].concat()).expect_code(0);
    assert!(printed.stdout.contains(&format!("  ca: \"{ca}\"\n")), "{}", printed.stdout);
}

#[test]
fn rules_are_checked_against_a_live_target_over_tls() {
    let Some(shop) = Shop::good() else { return };
    let workspace = Workspace::new();
    workspace.write(
        "rules.yml",
        "groups:\n  - name: g\n    rules:\n      - { record: deepest, expr: max(depth) }\n      \
         - { record: widest, expr: max(width) }\n      \
         - { alert: Deep, expr: deepest > 5 and widest > 5 }\n",
    );
    let check = |place: &str, flags: &[&str]| {
        let given = ["rules", "check", "rules.yml", "--engine", "built-in", "--metrics", place];
        workspace.run(&[&given[..], &["--out", "json"], flags].concat())
    };
    let (url, ca) = (shop.url("/metrics"), shop.file("ca.pem"));
    let found = check(&url, &["--ca", &ca]).expect_code(0).stdout;
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    // What a rule records is no series of the target, and what it reads is.
    assert_eq!(found["findings"].as_array().unwrap().len(), 1, "{found:#}");
    assert_eq!(found["findings"][0]["rule"], "widest");
    assert_eq!(found["findings"][0]["why"], "the target exports no series `width`");
    let refused = check(&url, &[]).expect_code(4);
    assert!(refused.stderr.contains("is not trusted"), "{}", refused.stderr);
    for (place, flags, said) in [
        (&*url, ["--ca", "gone.pem"], "gone.pem is not there"),
        ("http://127.0.0.1:9/metrics", ["--ca", &ca], "not asked over https"),
        ("metrics.txt", ["--ca", &ca], "metrics.txt is a file"),
    ] {
        let ended = check(place, &flags).expect_code(2);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

#[test]
fn a_live_target_is_asserted_over_the_tls_that_flags_say() {
    let Some(shop) = Shop::good() else { return };
    let depth = "{ id: depth, promql: 'max_over_time(depth[$run])', is: '<= 5' }";
    let assert = |url: &str, flags: &[&str]| {
        let given = ["assert", url, "--for", "1s", "--every", "50ms", "--slo", depth];
        Workspace::new().run(&[&given[..], &["--out", "json"], flags].concat())
    };
    let (url, ca) = (shop.url("/metrics"), shop.file("ca.pem"));
    // Nothing happens there, which is never green; what was read shows that it was read.
    let report = assert(&url, &["--ca", &ca]).expect_code(3).report();
    assert_eq!(report["scenarios"][0]["slos"][0]["observed"], 1.0, "{report:#}");
    let refused = reasons(&assert(&url, &[]).expect_code(4).report());
    assert!(refused.contains("is not trusted"), "{refused}");
    for (url, flags, said) in [
        (&*url, ["--ca", "gone.pem"], "--ca \"gone.pem\": gone.pem is not there"),
        (
            "http://127.0.0.1:9/metrics",
            ["--ca", &ca],
            "--ca: `tls` for a target that is not asked over https",
        ),
    ] {
        let ended = assert(url, &flags).expect_code(2);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

#[test]
fn a_run_is_held_against_an_api_over_the_tls_that_is_said() {
    let Some(shop) = Shop::good() else { return };
    let (url, ca) = (shop.url(""), shop.file("ca.pem"));
    let scenario = format!(
        "version: 1\nname: held\ntarget: {url}\ntls: {{ ca: '{ca}' }}\nunmoved: allow\n\
         metrics: {{ path: /metrics, every: 100ms }}\n\
         load:\n  - {{ name: steady, rate: 50/s, for: 2s }}\n\
         requests:\n  - {{ name: hello, get: / }}\nslo:\n  \
         - {{ id: depth, promql: 'max_over_time(depth[$run])', is: '<= 5' }}\n"
    );
    let workspace = Workspace::new();
    workspace.write("held.yaml", &scenario);
    let held = |api: &str, code: i32| {
        let arguments = ["run", "held.yaml", "--out", "json", "--verify-with", api];
        workspace.run(&arguments).expect_code(code).report()
    };
    let report = held(&format!("{{ prometheus: '{url}', tls: {{ ca: '{ca}' }} }}"), 0);
    let compared = &report["scenarios"][0]["verification"]["compared"];
    assert_eq!(compared[0]["agreement"], "same", "{compared:#}");
    let said = reasons(&held(&url, 3));
    assert!(said.contains("not verified") && said.contains("not trusted"), "{said}");
}

#[test]
fn a_target_that_is_not_trusted_is_named_and_never_loaded() {
    let Some(shop) = Shop::good() else { return };
    let Some(stranger) = Authority::new() else { return };
    let foreign = stranger.path("ca.pem").display().to_string();
    let said = shop.refusal(&["--ca", &foreign]);
    assert!(said.contains("is not trusted: name that authority"), "{said}");
    let ca = shop.file("ca.pem");
    let said = shop.refusal(&["--ca", &ca, "--server-name", "other.test"]);
    assert!(said.contains("it is for another name"), "{said}");
    assert_eq!(shop.nginx.access_log(), Vec::<String>::new());
}

#[test]
fn an_expired_certificate_of_the_target_is_named() {
    let Some(shop) = Shop::new("IP:127.0.0.1", LONG_AGO) else { return };
    let said = shop.refusal(&["--ca", &shop.file("ca.pem")]);
    assert!(said.contains("it has expired"), "{said}");
}

#[test]
fn a_file_of_tls_that_cannot_be_used_is_an_invalid_scenario() {
    let Some(shop) = Shop::good() else { return };
    let (ca, cert, key) = (shop.file("ca.pem"), shop.file("client.pem"), shop.file("server.key"));
    for (flags, expected) in [
        (&["--ca", "lost.pem"][..], "lost.pem is not there"),
        (&["--ca", &key], "holds no certificate"),
        (&["--ca", &ca, "--cert", &cert, "--key", &key], "is not the key of the certificate"),
    ] {
        let ended = shop.run("/", flags).expect_code(2);
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
    assert_eq!(shop.nginx.access_log(), Vec::<String>::new());
}

/// Requests of a phase, and of those the ones that were answered in this version.
#[track_caller]
fn spoken(shop: &Shop, version: &str, http: &str) {
    let workspace = Workspace::new();
    let scenario = format!(
        "version: 1\nname: shop\ntarget: {}\ntls: {{ ca: {} }}\nhttp: {http}\n\
         load: [{{ name: users, users: 4, iterations: 200 }}]\n\
         requests:\n  - {{ name: version, get: /version, expect: {{ contains: '[{version}]' }} }}\n\
         slo: ['ratio(success) >= 95%']\n",
        shop.url(""),
        shop.file("ca.pem"),
    );
    let report = report_of(&workspace, &scenario, 0);
    assert_eq!(requests(&report, "succeeded"), 200, "{http}");
}

#[test]
fn the_version_is_what_tls_agrees_on_or_what_was_asked_for() {
    let Some(shop) = Shop::good() else { return };
    spoken(&shop, "HTTP/2.0", "{ version: auto }");
    spoken(&shop, "HTTP/2.0", "{ version: 2, keep_alive: false }");
    spoken(&shop, "HTTP/1.1", "{ version: 1.1 }");
    let Some(old) = Shop::listening("ssl", "IP:127.0.0.1", NOW) else { return };
    spoken(&old, "HTTP/1.1", "{ version: auto, keep_alive: false }");
    // The last of the fields is how many requests the connection has had.
    assert!(old.nginx.access_log().iter().all(|line| line.ends_with(" 200 1")));
}

#[test]
fn without_tls_http_2_is_spoken_from_the_first_byte_on() {
    let server = "    location = /version { return 200 '[$server_protocol]'; }";
    let Some(nginx) = Nginx::start_listening("http2", server) else { return };
    let url = format!("{}/version", nginx.url());
    let load = ["run", &url, "--users", "2", "--iterations", "200"];
    let more = ["--http-version", "2", "--slo", "ratio(success) >= 95%", "--out", "json"];
    let report = Workspace::new().run(&[&load[..], &more].concat()).expect_code(0).report();
    assert_eq!(requests(&report, "succeeded"), 200);
    assert_eq!(nginx.answered("/version"), 200);
}

#[test]
fn a_server_that_goes_away_after_some_requests_loses_none() {
    let server = "    keepalive_requests 7;\n    location = /version { return 200 'x'; }";
    let Some(nginx) = Nginx::start_listening("http2", server) else { return };
    let url = format!("{}/version", nginx.url());
    let load = ["run", &url, "--users", "3", "--iterations", "700", "--http-version", "2"];
    let slo = ["--slo", "ratio(success) >= 95%", "--out", "json"];
    let report = Workspace::new().run(&[&load[..], &slo].concat()).expect_code(0).report();
    assert_eq!(requests(&report, "succeeded"), 700);
    assert_eq!(nginx.answered("/version"), 700);
}

/// Starts a load that goes on for minutes, and interrupts it once it has begun.
#[track_caller]
fn interrupted(shop: &Shop, http: &str) {
    let workspace = Workspace::new();
    let scenario = format!(
        "version: 1\nname: shop\ntarget: {}\ntls: {{ ca: {} }}\nhttp: {http}\n\
         load: [{{ name: users, users: 4, for: 300s, think_time: 2ms }}]\n\
         requests: [{{ name: version, get: /version }}]\nslo: ['ratio(success) >= 95%']\n",
        shop.url(""),
        shop.file("ca.pem"),
    );
    let file = workspace.write("scenario.yaml", &scenario);
    let before = shop.nginx.access_log().len();
    let mut child =
        workspace.start(&["run", file.to_str().unwrap(), "--out", "json", "--save", "kept"]);
    let began = Instant::now();
    while shop.nginx.access_log().len() < before + 20 && began.elapsed() < PATIENCE {
        std::thread::sleep(GLANCE);
    }
    // SIGTERM, because a job in the background may ignore SIGINT, and its children too.
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let asked = Instant::now();
    while child.try_wait().unwrap().is_none() && asked.elapsed() < PATIENCE {
        std::thread::sleep(GLANCE);
    }
    assert!(asked.elapsed() < PATIENCE, "it does not end: {http}");
    let ended = Ended::from(child.wait_with_output().unwrap()).expect_code(143);
    let request = &ended.report()["scenarios"][0]["requests"][0];
    let count = |field: &str| request[field].as_u64().unwrap();
    assert!(count("succeeded") > 0, "{request:#}");
    assert_eq!(count("sent"), count("succeeded") + count("failed") + count("abandoned"));
    workspace.run(&["report", "kept"]).expect_code(143);
}

#[test]
fn a_signal_leaves_a_run_that_can_be_read_over_tls_and_http_2_too() {
    let Some(shop) = Shop::good() else { return };
    interrupted(&shop, "{ version: 2 }");
    interrupted(&shop, "{ version: 1.1 }");
}

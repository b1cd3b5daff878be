//! A secret stays where it was put: no report, saved run, log or message has it.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use support::{Answer, Ended, Service, Workspace};

const SECRET: &str = "hunter2-correct-horse";

/// A secret in a variable, a file, a body, a query and a header of its own.
fn scenario(url: &str, request: &str, slo: &str) -> String {
    format!(
        "version: 1\nname: secretive\ntarget: {url}\nmetrics: {{ path: /metrics, every: 50ms }}\n\
         load:\n  - {{ name: steady, users: 2, iterations: 100 }}\n\
         requests:\n  - {request}\nslo:\n  - {slo}\n"
    )
}

const REQUEST: &str = "{ name: get, post: '/things?key=${TOKEN}', body: 'password=${TOKEN}', \
     headers: { Authorization: { file: token.txt, prefix: 'Bearer ' }, X-Key: '${TOKEN}' } }";

fn service(status: u16) -> Service {
    Service::start(move |path, _| match path {
        "/metrics" => Answer::Http(200, "# TYPE depth gauge\ndepth 1\n".into()),
        _ => Answer::Http(status, String::new()),
    })
}

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("token.txt", &format!("{SECRET}\n"));
    workspace
}

fn run(workspace: &Workspace, arguments: &[&str]) -> Ended {
    let mut command = workspace.command(arguments);
    command.env("TOKEN", SECRET).env("RUST_LOG", "trace");
    Ended::from(command.output().unwrap())
}

/// Every file below a folder, and both streams.
#[track_caller]
fn is_secret(ended: &Ended, folder: &Path) {
    for (stream, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
        assert!(!text.contains(SECRET), "{stream}: {text}");
    }
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                assert!(!text.contains(SECRET), "{}", path.display());
            }
        }
    }
}

#[test]
fn a_run_that_passes_fails_or_reaches_nobody_keeps_it() {
    for (status, code) in [(200, 0), (500, 1)] {
        let (workspace, service) = (workspace(), service(status));
        let slo = "'ratio(success) >= 95%'";
        workspace.write("s.yaml", &scenario(&service.url(), REQUEST, slo));
        let arguments = ["run", "s.yaml", "--save", "kept/run", "--out", "json=kept/report.json"];
        fs::create_dir(workspace.path().join("kept")).unwrap();
        let more = ["--out", "markdown=kept/report.md", "--out", "junit=kept/report.xml"];
        let ended = run(&workspace, &[&arguments[..], &more].concat()).expect_code(code);
        is_secret(&ended, &workspace.path().join("kept"));
    }
    let workspace = workspace();
    workspace.write("s.yaml", &scenario("http://127.0.0.1:9", REQUEST, "'p95(latency) < 1s'"));
    let ended = run(&workspace, &["run", "s.yaml", "--save", "kept"]).expect_code(4);
    is_secret(&ended, &workspace.path().join("kept"));
}

#[test]
fn flags_keep_it() {
    for (status, code) in [(200, 0), (500, 1)] {
        let (workspace, service) = (workspace(), service(status));
        let url = format!("{}/things?key={SECRET}", service.url());
        let header = format!("Authorization: Bearer {SECRET}");
        let arguments = [
            "run",
            &url,
            "--users",
            "2",
            "--iterations",
            "100",
            "--header",
            &header,
            "--body-file",
            "token.txt",
            "--slo",
            "ratio(success) >= 95%",
            "--save",
            "kept",
        ];
        let ended = run(&workspace, &arguments).expect_code(code);
        is_secret(&ended, &workspace.path().join("kept"));
    }
}

#[test]
fn what_a_started_service_prints_is_cleared_of_it() {
    let workspace = workspace();
    workspace.write("s.yaml", &scenario("http://127.0.0.1:9", REQUEST, "'p95(latency) < 1s'"));
    for says in ["echo token=$TOKEN; exit 1", "cat token.txt; sleep 60"] {
        let start = ["--start", says, "--wait-for", "http://127.0.0.1:9/"];
        let more = ["--wait-timeout", "1s", "--out", "json=report.json", "--save", "kept"];
        let ended = run(&workspace, &[&["run", "s.yaml"][..], &start, &more].concat());
        is_secret(&ended.expect_code(4), &workspace.path().join("kept"));
        let report = fs::read_to_string(workspace.path().join("report.json")).unwrap();
        assert!(!report.contains(SECRET) && report.contains("${TOKEN}"), "{report}");
        fs::remove_dir_all(workspace.path().join("kept")).unwrap();
    }
}

#[test]
fn no_error_message_repeats_it() {
    let workspace = workspace();
    let nowhere = workspace.path().join("nowhere");
    let url = "http://127.0.0.1:9";
    let wrong = [
        scenario("${TOKEN}", REQUEST, "'p95(latency) < 1s'"),
        scenario("'http://user:${TOKEN}@a'", REQUEST, "'p95(latency) < 1s'"),
        scenario(url, &REQUEST.replace("name: get", "name: 'a ${TOKEN}'"), "'p95(latency) < 1s'"),
        scenario(
            url,
            &REQUEST.replace("'/things?key=${TOKEN}'", "'${TOKEN}'"),
            "'p95(latency) < 1s'",
        ),
        scenario(
            url,
            &REQUEST.replace("name: get", "name: get, timeout: '${TOKEN}'"),
            "'p95(latency) < 1s'",
        ),
        scenario(url, REQUEST, "'p95(${TOKEN}) < 1s'"),
        scenario(url, REQUEST, "{ id: x, promql: 'sum(${TOKEN}', is: '< 1' }"),
        scenario(url, REQUEST, "{ id: x, counter: '${TOKEN}', is: '${TOKEN}' }"),
        scenario(url, REQUEST, "{ id: x, client: 'ratio(success)', is: '> ${TOKEN}' }"),
        scenario(
            url,
            &REQUEST.replace("post:", "weight: '${TOKEN}', post:"),
            "'p95(latency) < 1s'",
        ),
        scenario(
            url,
            &REQUEST.replace("X-Key: ", "X-Key: \"${TOKEN}\\n\", X-Other: "),
            "'p95(latency) < 1s'",
        ),
        scenario(
            url,
            &REQUEST.replace("prefix: 'Bearer '", "prefix: \"a\\nb\""),
            "'p95(latency) < 1s'",
        ),
    ];
    for text in wrong {
        workspace.write("s.yaml", &text);
        for verb in ["check", "run"] {
            let ended = run(&workspace, &[verb, "s.yaml"]).expect_code(2);
            is_secret(&ended, &nowhere);
        }
    }
    let with_password = format!("http://user:{SECRET}@127.0.0.1:9");
    workspace.write("s.yaml", &scenario(&with_password, REQUEST, "'p95(latency) < 1s'"));
    for arguments in [
        &["run", "s.yaml"][..],
        &["run", "s.yaml", "--target", &with_password],
        &["run", &with_password, "--rate", "1/s", "--for", "1s"],
        &["assert", &with_password],
    ] {
        let ended = run(&workspace, arguments).expect_code(2);
        assert!(ended.stderr.contains("password_file"), "says what to do: {}", ended.stderr);
        is_secret(&ended, &nowhere);
    }
}

#[test]
fn a_secret_that_would_be_published_by_a_report_is_refused() {
    let workspace = workspace();
    for slo in [
        "{ id: x, counter: 'a_total{key=\"${TOKEN}\"}', is: '== 0' }",
        "{ id: x, client: 'ratio(success)', is: '>= 95%', description: 'with ${TOKEN}' }",
        "{ id: x, client: 'ratio(success)', is: '>= 95%', beside: { seen: 'a_total{key=\"${TOKEN}\"}' } }",
    ] {
        workspace.write("s.yaml", &scenario("http://127.0.0.1:9", REQUEST, slo));
        let ended = run(&workspace, &["run", "s.yaml"]).expect_code(2);
        assert!(ended.stderr.contains("report"), "{}", ended.stderr);
        is_secret(&ended, workspace.path().join("nowhere").as_path());
    }
}

#[test]
fn a_variable_named_like_a_secret_stands_in_no_objective() {
    let workspace = workspace();
    let request = "requests: [{ name: get, get: '/?t=${API_TOKEN}' }]";
    let slo = "{ id: x, counter: 'a_total{code!=\"${API_TOKEN}\"}', is: '== 0' }";
    workspace.write("s.yaml", &scenario("http://127.0.0.1:9", request, slo));
    let arguments = ["run", "s.yaml", "-e", &format!("API_TOKEN={SECRET}")];
    let ended = run(&workspace, &arguments).expect_code(2);
    assert!(ended.stderr.contains("`${API_TOKEN}` is a credential"), "{}", ended.stderr);
    is_secret(&ended, workspace.path().join("nowhere").as_path());
}

#[test]
fn the_file_is_read_beside_the_scenario_and_must_be_there() {
    let service = Service::start(|_, _| Answer::Http(200, String::new()));
    let workspace = Workspace::new();
    workspace.write("deep/token.txt", SECRET);
    let text = scenario(&service.url(), REQUEST, "'ratio(success) >= 95%'")
        .replace("{ path: /metrics, every: 50ms }", "none");
    workspace.write("deep/s.yaml", &text);
    run(&workspace, &["run", "deep/s.yaml"]).expect_code(0);
    fs::remove_file(workspace.path().join("deep/token.txt")).unwrap();
    let ended = run(&workspace, &["run", "deep/s.yaml"]).expect_code(2);
    assert!(ended.stderr.contains("token.txt"), "{}", ended.stderr);
}

#[test]
fn whoever_sends_the_requests_stays_unknown() {
    let auth = "auth: { basic: { username: joe, password_file: token.txt } }\nslo:";
    for (status, code) in [(200, 0), (500, 1)] {
        let (workspace, service) = (workspace(), service(status));
        let text = scenario(&service.url(), "{ name: get, get: / }", "'ratio(success) >= 95%'");
        workspace.write("s.yaml", &text.replace("slo:", auth));
        let ended = run(&workspace, &["run", "s.yaml", "--save", "kept"]).expect_code(code);
        is_secret(&ended, &workspace.path().join("kept"));
    }
}

#[test]
fn a_file_of_the_senders_must_be_there_when_a_run_begins() {
    let workspace = Workspace::new();
    let text = scenario("http://127.0.0.1:9", "{ name: get, get: / }", "'p95(latency) < 1s'");
    let auth = "auth: { bearer_file: nowhere.txt }\nslo:";
    workspace.write("s.yaml", &text.replace("slo:", auth));
    let checked = run(&workspace, &["check", "s.yaml"]).expect_code(0);
    assert_eq!(checked.stderr.matches("nowhere.txt is not there").count(), 1, "{checked:?}");
    let ended = run(&workspace, &["run", "s.yaml"]).expect_code(2);
    assert_eq!(ended.stderr.matches("nowhere.txt is not there").count(), 1, "{ended:?}");
}

/// A service that lets nobody have a file but whoever shows the secret, and that answers a
/// request for something to fetch with this pointer.
fn guarded(pointer: &str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (heads, pointer) = (Arc::clone(&asked), pointer.to_owned());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (heads, pointer) = (Arc::clone(&heads), pointer.clone());
            thread::spawn(move || guard(stream, &heads, &pointer));
        }
    });
    (address, asked)
}

fn guard(stream: TcpStream, heads: &Mutex<Vec<String>>, pointer: &str) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let is_let_in = head.contains(&format!("Bearer {SECRET}"));
        let is_file = head.starts_with("GET /file ");
        let (status, body) = match (is_let_in, is_file) {
            (false, _) => (401, String::new()),
            (true, true) => (200, "the file".to_owned()),
            (true, false) => (200, format!("{{\"url\": \"{pointer}\"}}")),
        };
        if is_file {
            heads.lock().unwrap().push(head);
        }
        if reader.get_mut().write_all(support::http(status, &body).as_bytes()).is_err() {
            return;
        }
    }
}

const GUARDED: &str = "{ name: make, get: /make, auth: { bearer_file: token.txt }, \
     headers: { X-Tenant: acme, Accept: application/json }, artifacts: { url: $.url } }";

fn guarded_scenario(address: SocketAddr) -> String {
    scenario(&format!("http://{address}"), GUARDED, "'ratio(success) >= 95%'")
        .replace("metrics: { path: /metrics, every: 50ms }", "metrics: none")
}

#[test]
fn a_file_is_asked_for_by_whoever_sent_the_request() {
    let (workspace, (address, asked)) = (workspace(), guarded("/file"));
    workspace.write("s.yaml", &guarded_scenario(address));
    let ended = run(&workspace, &["run", "s.yaml", "--save", "kept"]).expect_code(0);
    is_secret(&ended, &workspace.path().join("kept"));
    let kept = fs::read_dir(workspace.path().join("kept/secretive/samples")).unwrap();
    let kept: Vec<_> = kept.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert_eq!(kept, ["the file"], "{ended:?}");
    let head = asked.lock().unwrap()[0].to_lowercase();
    assert!(head.contains("x-tenant: acme") && !head.contains("application/json"), "{head}");
}

#[test]
fn what_lets_a_request_in_reaches_no_other_host() {
    let (other, asked) = guarded("/file");
    let (workspace, (address, _)) = (workspace(), guarded(&format!("http://{other}/file")));
    workspace.write("s.yaml", &guarded_scenario(address));
    let ended = run(&workspace, &["run", "s.yaml"]).expect_code(0);
    assert!(ended.stdout.contains("is not on the target"), "{ended:?}");
    assert!(asked.lock().unwrap().is_empty());
}

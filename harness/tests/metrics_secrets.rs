//! Who asks for metrics, through the binary: secrets reach the server that they are for
//! and nothing else, not a saved run, a log or an error.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::thread;

use support::exporter::Exporter;
use support::{Ended, Workspace};

const TOKEN: &str = "tok3n-hunter2";
const TENANT: &str = "t3nant-hunter2";

/// A page with metrics for whoever has the token and the tenant's header; others get 401.
/// Everything but the page is for everybody.
fn guarded() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut stream = stream;
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                while let Some(head) = read_head(&mut reader) {
                    let answer = if is_let_in(&head) {
                        "200 OK\r\ncontent-length: 4\r\n\r\na 1\n"
                    } else {
                        "401 No\r\ncontent-length: 0\r\n\r\n"
                    };
                    if write!(stream, "HTTP/1.1 {answer}").is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

fn read_head(reader: &mut impl std::io::BufRead) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

fn is_let_in(head: &str) -> bool {
    let has = |header: &str| head.lines().any(|line| line.eq_ignore_ascii_case(header));
    !head.starts_with("GET /metrics ")
        || (has(&format!("authorization: Bearer {TOKEN}")) && has(&format!("x-tenant: {TENANT}")))
}

fn scenario(target: SocketAddr, auth: &str) -> String {
    format!(
        "version: 1\nname: guarded\ntarget: http://{target}\nunmoved: allow\nmetrics:\n  path: /metrics\n  \
         every: 50ms\n  auth: {auth}\n  headers:\n    X-Tenant: ${{TENANT}}\nload:\n  \
         - {{ name: steady, rate: 60/s, for: 1s }}\nrequests:\n  - {{ name: get, get: / }}\n\
         slo:\n  - {{ id: a, promql: 'max_over_time(a[$run])', is: '== 1' }}\n"
    )
}

fn run(workspace: &Workspace, scenario: &str, more: &[&str]) -> Ended {
    let file = workspace.write("folder/scenario.yaml", scenario);
    let arguments = [&["run", file.to_str().unwrap(), "--out", "json"], more].concat();
    let mut command = workspace.command(&arguments);
    command.env("RUST_LOG", "trace").env("TENANT", TENANT).env("TOKEN", TOKEN);
    Ended::from(command.output().unwrap())
}

/// Every file below a folder that holds one of the secrets, or a part that tells it.
fn files_with_secrets(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with_secrets(&path));
        } else if tells(&String::from_utf8_lossy(&std::fs::read(&path).unwrap())) {
            found.push(path.display().to_string());
        }
    }
    found
}

fn tells(text: &str) -> bool {
    // The second is the base64 of `u:` and the token.
    text.contains("hunter2") || text.contains("dTp0b2szbi1odW50ZXIy")
}

#[test]
fn secrets_reach_the_metrics_and_nothing_else() {
    let target = guarded();
    for auth in ["{ bearer_file: ../token }", "{ bearer: \"${TOKEN}\" }"] {
        let workspace = Workspace::new();
        workspace.write("token", &format!("{TOKEN}\n"));
        let ended = run(&workspace, &scenario(target, auth), &["--save", "kept"]).expect_code(0);
        assert!(ended.stderr.len() > 1_000, "trace says little: {}", ended.stderr);
        assert!(!tells(&ended.stderr) && !tells(&ended.stdout), "{}", ended.stderr);
        assert_eq!(files_with_secrets(&workspace.path().join("kept")), [""; 0]);
    }
}

#[test]
fn a_wrong_token_stops_before_the_load_and_is_not_shown() {
    let workspace = Workspace::new();
    workspace.write("token", "wrong-hunter2\n");
    let scenario = scenario(guarded(), "{ bearer_file: ../token }");
    let ended = run(&workspace, &scenario, &["--save", "kept"]).expect_code(4);
    let reasons = ended.report()["scenarios"][0]["reasons"].to_string();
    assert!(reasons.contains("answered 401") && reasons.contains("`auth`"), "{reasons}");
    assert!(!tells(&ended.stderr) && !tells(&ended.stdout), "{}", ended.stderr);
    assert_eq!(files_with_secrets(&workspace.path().join("kept")), [""; 0]);
}

/// A server that says to whoever asks for metrics what it was sent: in the place that it
/// points to, or in the body of an error.
fn telling(status: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let Some(head) = read_head(&mut reader) else { continue };
            let is_carrying = |line: &&str| {
                let line = line.to_ascii_lowercase();
                line.starts_with("authorization: ") || line.starts_with("x-tenant: ")
            };
            let told: String = head.lines().filter(is_carrying).collect();
            let length = told.len() + 5;
            let answer = format!(
                "HTTP/1.1 {status}\r\nlocation: /m?t={told}\r\ncontent-length: {length}\r\n\
                 connection: close\r\n\r\nnope {told}"
            );
            // Whoever has gone does not listen any more.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn a_server_that_tells_what_it_was_sent_gets_no_secret_into_a_report() {
    for auth in ["{ bearer_file: ../token }", "{ basic: { username: u, password_file: ../token } }"]
    {
        let target = telling("302 Found");
        let scraped = scenario(target, auth);
        let fetched = |status| {
            let api = format!("prometheus: http://{}\n  matcher: a", telling(status));
            scraped.replace("path: /metrics\n  every: 50ms", &api)
        };
        let (odd, refused) = (fetched("200 OK"), fetched("403 No"));
        for (scenario, said) in
            [(&scraped, "points to"), (&odd, "not JSON of the API"), (&refused, "status 403")]
        {
            let workspace = Workspace::new();
            workspace.write("token", TOKEN);
            let file = workspace.write("folder/scenario.yaml", scenario);
            let arguments = ["run", file.to_str().unwrap(), "--save", "kept"];
            let mut command = workspace.command(&arguments);
            let ended = Ended::from(command.env("TENANT", TENANT).output().unwrap());
            let ended = ended.expect_code(4);
            let shown = format!("{}{}", ended.stdout, ended.stderr);
            let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains(said) && words.contains("***"), "{shown}");
            assert!(!tells(&shown), "{shown}");
            let kept = workspace.path().join("kept");
            assert!(kept.is_dir(), "nothing was saved");
            assert_eq!(files_with_secrets(&kept), [""; 0]);
        }
    }
}

#[test]
fn an_api_that_a_run_is_held_against_gets_the_secret_and_no_report_has_it() {
    let target = guarded();
    for status in ["200 OK", "403 No"] {
        let workspace = Workspace::new();
        workspace.write("token", &format!("{TOKEN}\n"));
        let api = format!(
            "{{ prometheus: 'http://{}', auth: {{ bearer: \"${{TOKEN}}\" }}, headers: {{ X-Tenant: \"${{TENANT}}\" }} }}",
            telling(status)
        );
        let scenario = scenario(target, "{ bearer_file: ../token }");
        let ended = run(&workspace, &scenario, &["--save", "kept", "--verify-with", &api]);
        let ended = ended.expect_code(3);
        let reasons = ended.report()["scenarios"][0]["reasons"].to_string();
        assert!(reasons.contains("not verified") && reasons.contains("***"), "{reasons}");
        assert!(!tells(&ended.stderr) && !tells(&ended.stdout), "{}", ended.stderr);
        assert_eq!(files_with_secrets(&workspace.path().join("kept")), [""; 0]);
    }
}

#[test]
fn a_secret_of_the_second_source_that_is_missing_or_in_the_open_sends_nothing() {
    let workspace = Workspace::new();
    workspace.write("token", TOKEN);
    for (auth, said) in [
        ("{ bearer_file: nowhere }", "nowhere is not there"),
        ("{ bearer: hunter2 }", "error[credential-in-file]: --verify-with"),
    ] {
        let api = format!("{{ prometheus: 'http://127.0.0.1:9', auth: {auth} }}");
        let scenario = scenario(guarded(), "{ bearer_file: ../token }");
        let ended = run(&workspace, &scenario, &["--verify-with", &api]).expect_code(2);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
        assert!(!tells(&ended.stderr), "{}", ended.stderr);
    }
}

#[test]
fn a_missing_secret_file_is_an_invalid_file_for_a_run_and_a_warning_for_a_check() {
    let workspace = Workspace::new();
    let scenario = scenario(guarded(), "{ bearer_file: ../token }");
    let ended = run(&workspace, &scenario, &[]).expect_code(2);
    assert!(ended.stderr.contains("token is not there"), "{}", ended.stderr);
    assert!(ended.stderr.contains("bearer_file: ../token"), "{}", ended.stderr);
    let mut check = workspace.command(&["check", "folder/scenario.yaml"]);
    let checked = Ended::from(check.env("TENANT", TENANT).output().unwrap()).expect_code(0);
    assert!(checked.stderr.contains("token is not there"), "{}", checked.stderr);
}

/// Makes a token of the reference service: its line goes to `tokens`, the secret to
/// a file of its name.
fn add_token(workspace: &Workspace, name: &str, scope: &str) {
    let made = workspace.run(&["exporter", "token", name, "--scope", scope]).expect_code(0);
    workspace.write(name, &made.stderr);
    let tokens = workspace.path().join("tokens");
    let known = std::fs::read_to_string(&tokens).unwrap_or_default();
    workspace.write("tokens", &(known + &made.stdout));
}

#[test]
fn a_reference_service_that_asks_for_tokens_is_loaded_and_scraped_with_them() {
    let workspace = Workspace::new();
    add_token(&workspace, "ann", "export");
    add_token(&workspace, "scraper", "metrics");
    let tokens = workspace.path().join("tokens");
    let service = Exporter::start_with(&["--tokens", tokens.to_str().unwrap()]);
    let run = |scraper: &str| {
        let text = format!(
            "version: 1\nname: guarded\ntarget: {}\nmetrics: {{ path: /export/metrics, auth: {{ bearer_file: {scraper} }} }}\n\
             load: [{{ name: steady, users: 2, iterations: 80 }}]\nrequests:\n  - name: csv\n    post: /export/run\n    \
             headers: {{ authorization: {{ file: ann, prefix: 'Bearer ' }} }}\n    json: {{ format: csv, data: [{{ a: 1 }}] }}\n\
             slo:\n  - {{ id: mine, counter: 'export_requests_total{{user=\"ann\",status=\"succeeded\"}}', is: '== 80' }}\n",
            service.url()
        );
        workspace.write("guarded.yaml", &text);
        workspace.run(&["run", "guarded.yaml"])
    };
    run("scraper").expect_code(0);
    let said = run("ann").expect_code(4);
    assert!(said.stdout.contains("403"), "{}", said.stdout);
}

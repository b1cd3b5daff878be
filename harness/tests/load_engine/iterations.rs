//! Which iteration sends what: numbers over phases, users and threads.

use std::path::Path;
use std::sync::{Arc, Mutex};

use slogate::load::FailureKind;
use slogate::scenario::{ReadOptions, Request, Stop, Variables, read_text};

use crate::support::{Server, closed, open, plan, run};

/// The requests of a scenario in the folder of this test.
fn requests(folder: &Path, requests: &str) -> Vec<Request> {
    let text = format!(
        "version: 1\nname: a\ntarget: http://a\ndata: {{ names: {{ csv: names.csv }} }}\n\
         load: [{{ name: a, users: 1, iterations: 1 }}]\nrequests: {requests}\nslo: none\n"
    );
    let options = ReadOptions::default();
    let path = folder.join("a.yaml");
    let loaded = read_text(&path, &text, &Variables::new(), &options);
    loaded.unwrap_or_else(|problems| panic!("{}", problems.render())).scenario.requests
}

/// A server that notes the first line of each request.
fn noting() -> (Server, Arc<Mutex<Vec<String>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&lines);
    let server = Server::start(move |peer| {
        while let Some(request) = peer.read() {
            seen.lock().unwrap().push(request.line);
            peer.ok("");
        }
    });
    (server, lines)
}

fn sorted(lines: &Mutex<Vec<String>>) -> Vec<String> {
    let mut lines = lines.lock().unwrap().clone();
    lines.sort();
    lines
}

async fn sent_by(threads: usize) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("names.csv"), "n\na\nb\nc\n").unwrap();
    let (server, lines) = noting();
    let request = "[{ name: r, get: '/{{iteration}}/{{names.n}}' }]";
    let phases = vec![open(100.0, 50), closed(2, Stop::Iterations(4)), open(100.0, 30)];
    let mut plan = plan(server.address, phases, requests(folder.path(), request));
    plan.threads = threads;
    run(plan).await;
    sorted(&lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn iterations_are_numbered_over_all_phases_and_threads() {
    let rows = ["a", "b", "c"];
    let expected: Vec<String> =
        (0..12).map(|number| format!("GET /{number}/{} HTTP/1.1", rows[number % 3])).collect();
    let mut expected = expected;
    expected.sort();
    assert_eq!(sent_by(1).await, expected);
    assert_eq!(sent_by(2).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_numbered_from_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("names.csv"), "n\na\n").unwrap();
    let (server, lines) = noting();
    let request = requests(folder.path(), "[{ name: r, get: '/{{user}}/{{names.n}}' }]");
    run(plan(server.address, vec![closed(3, Stop::IterationsPerUser(2))], request)).await;
    let expected = ["1", "1", "2", "2", "3", "3"].map(|user| format!("GET /{user}/a HTTP/1.1"));
    assert_eq!(sorted(&lines), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_fits_nowhere_is_counted_and_never_sent() {
    let folder = tempfile::tempdir().unwrap();
    // Longer than any path can be: no place of the file is wrong.
    let long = "x".repeat(70_000);
    std::fs::write(folder.path().join("names.csv"), format!("n\n{long}\nshort\n")).unwrap();
    let (server, lines) = noting();
    let request = requests(folder.path(), "[{ name: r, get: '/{{names.n}}' }]");
    let result = run(plan(server.address, vec![closed(1, Stop::Iterations(4))], request)).await;
    let request = &result.phases[0].requests[0];
    assert_eq!((request.intended, request.sent, request.dropped), (4, 2, 2));
    assert_eq!((request.succeeded, request.failed, request.abandoned), (2, 2, 0));
    assert_eq!(request.failures[&FailureKind::Capture], 2);
    assert_eq!(sorted(&lines), ["GET /short HTTP/1.1", "GET /short HTTP/1.1"]);
}

//! `exporter health`: what a health check learns from a service that is well, ill,
//! hanging, gone, or not this service at all.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    thread,
};

use rustix::process::Signal;

use crate::process::Process;

/// Exit code, and what is said on standard error.
fn health(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exporter"));
    let output = command.arg("health").args(arguments).output().unwrap();
    assert!(output.stdout.is_empty(), "{output:?}");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn health_of(address: &str) -> (Option<i32>, String) {
    health(&["--url", &format!("http://{address}/health")])
}

/// A service that gives its first client this answer, and sees the request.
fn stranger(answer: &'static str) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let request = head_of(&mut client);
        client.write_all(answer.as_bytes()).unwrap();
        request
    });
    (address, serving)
}

fn head_of(client: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn a_service_that_is_well_is_0_and_nothing_is_said() {
    let process = Process::start(&[]);
    assert_eq!(health_of(&process.address), (Some(0), String::new()));
    let port = process.address.rsplit(':').next().unwrap();
    assert_eq!(health_of(&format!("localhost:{port}")), (Some(0), String::new()));
}

#[test]
fn what_cannot_be_asked_is_a_matter_of_usage() {
    for (arguments, hint) in [
        (["--timeout", "0s"], "no answer comes in no time"),
        (["--timeout", "0ms"], "no answer comes in no time"),
        (["--url", "http://user:word@127.0.0.1/health"], "asks for no password"),
        (["--url", "http://user@127.0.0.1/health"], "asks for no password"),
    ] {
        let (code, said) = health(&arguments);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(hint), "{said}");
    }
}

#[test]
fn a_service_that_drains_is_still_well() {
    let process = Process::start(&[]);
    let _never_finished = process.begin_export();
    process.signal(Signal::TERM);
    process.wait_for_status("draining");
    assert_eq!(health_of(&process.address), (Some(0), String::new()));
    process.signal(Signal::TERM);
    assert_eq!(process.wait().0, Some(143));
}

#[test]
fn a_service_that_is_gone_is_1_with_its_address() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (code, said) = health_of(&closed);
    assert_eq!(code, Some(1));
    let expected = format!("not healthy: cannot connect to {closed}: Connection refused");
    assert!(said.contains(&expected), "{said}");
}

#[test]
fn an_answer_other_than_200_is_1_with_its_status() {
    let (address, serving) = stranger("HTTP/1.1 503 X\r\ncontent-length: 11\r\n\r\n{\"ok\":true}");
    let (code, said) = health_of(&address);
    assert_eq!(code, Some(1));
    assert!(said.contains("answered 503 Service Unavailable"), "{said}");
    let request = serving.join().unwrap();
    assert!(request.starts_with("GET /health HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("host: {address}\r\n")), "{request}");
}

#[test]
fn the_200_of_another_service_is_1() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK",
        "HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{\"ok\":false}",
        "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"ok\":true}",
    ] {
        let (address, serving) = stranger(answer);
        let (code, said) = health_of(&address);
        assert_eq!(code, Some(1), "{answer}");
        assert!(said.contains("is it another service?"), "{said}");
        serving.join().unwrap();
    }
}

#[test]
fn what_does_not_speak_http_is_1() {
    let (address, serving) = stranger("SSH-2.0-OpenSSH_9.2\r\n");
    let (code, said) = health_of(&address);
    assert_eq!(code, Some(1));
    assert!(said.contains("did not answer in HTTP"), "{said}");
    serving.join().unwrap();
}

#[test]
fn a_service_that_hangs_is_1_after_the_time_limit() {
    // The listener's backlog accepts the connection; nobody ever reads it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/health", listener.local_addr().unwrap());
    let (code, said) = health(&["--url", &url, "--timeout", "100ms"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("no whole answer within 100ms"), "{said}");
}

#[test]
fn a_url_that_cannot_be_asked_is_a_usage_error() {
    for url in ["https://127.0.0.1:4001/health", "127.0.0.1:4001", "/health"] {
        let (code, said) = health(&["--url", url]);
        assert_eq!(code, Some(2), "{url}");
        assert!(said.contains("http://127.0.0.1:4001/health"), "{said}");
    }
}

#[test]
fn flags_of_the_service_beside_the_question_are_a_usage_error() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exporter"));
    let output = command.args(["--port", "0", "health"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

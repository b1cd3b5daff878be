//! A signal while the target is silent in one state of an exchange: nothing that was sent is
//! forgotten, and nothing is waited for.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::process::Signal;
use serde_json::Value;

use super::support::authority::Authority;
use super::support::{Answer, Service};
use super::{GET, LONG, Running, scenario};

/// A peer that follows a script on each connection, and how often that came so far that it
/// says so.
fn peer(script: impl Fn(TcpStream, &AtomicUsize) + Send + Sync + 'static) -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let reached = Arc::new(AtomicUsize::new(0));
    let (script, counted) = (Arc::new(script), Arc::clone(&reached));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (script, counted) = (Arc::clone(&script), Arc::clone(&counted));
            thread::spawn(move || script(stream, &counted));
        }
    });
    Peer { address, reached }
}

struct Peer {
    address: SocketAddr,
    reached: Arc<AtomicUsize>,
}

impl Peer {
    fn reached(&self) -> usize {
        self.reached.load(Ordering::SeqCst)
    }
}

/// Reads until the other side closes, and counts the connection if a byte came.
fn swallow(mut stream: TcpStream, reached: &AtomicUsize) {
    if stream.read(&mut [0; 1]).is_ok_and(|read| read > 0) {
        reached.fetch_add(1, Ordering::SeqCst);
        let _ = stream.read_to_end(&mut Vec::new());
    }
}

/// The requests of a report, added up; each intended one has exactly one end.
fn total(report: &Value, key: &str) -> u64 {
    let requests = report["scenarios"][0]["requests"].as_array().unwrap();
    for one in requests {
        let of = |key: &str| one[key].as_u64().unwrap();
        assert_eq!(of("count"), of("sent") + of("dropped"), "{one}");
        assert_eq!(of("count"), of("succeeded") + of("failed") + of("abandoned"), "{one}");
    }
    requests.iter().map(|one| one[key].as_u64().unwrap()).sum()
}

/// Stops a run at a stage, and gives its report.
fn stopped(text: &str, is_reached: impl Fn() -> bool) -> Value {
    let mut running = Running::start(text);
    running.when("the stage is reached", is_reached).send(Signal::INT);
    running.ends_with(130)
}

fn stopped_on(url: &str, load: &str, request: &str, is_reached: impl Fn() -> bool) -> Value {
    stopped(&scenario(url, "none", load, request), is_reached)
}

#[test]
fn while_no_answer_begins() {
    let peer = peer(swallow);
    let url = format!("http://{}", peer.address);
    let report = stopped_on(&url, LONG, GET, || peer.reached() >= 10);
    assert!(total(&report, "sent") >= 10);
    assert_eq!(total(&report, "abandoned"), total(&report, "sent"));
    assert_eq!(total(&report, "succeeded"), 0);
}

#[test]
fn while_an_answer_does_not_end() {
    let peer = peer(|mut stream, reached| {
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        swallow_after(stream, reached);
    });
    let url = format!("http://{}", peer.address);
    let report = stopped_on(&url, LONG, GET, || peer.reached() >= 10);
    assert!(total(&report, "abandoned") >= 9, "{report}");
    assert_eq!(total(&report, "succeeded") + total(&report, "bytes_received"), 0);
}

/// Counts the connection, and reads until the other side closes.
fn swallow_after(mut stream: TcpStream, reached: &AtomicUsize) {
    reached.fetch_add(1, Ordering::SeqCst);
    let _ = stream.read_to_end(&mut Vec::new());
}

#[test]
fn during_the_handshake_of_tls() {
    let Some(authority) = Authority::new() else { return };
    let peer = peer(swallow);
    let url =
        format!("https://{}\ntls: {{ ca: {} }}", peer.address, authority.path("ca.pem").display());
    let report = stopped_on(&url, LONG, GET, || peer.reached() >= 5);
    assert!(total(&report, "sent") >= 5);
    assert_eq!(total(&report, "responses"), 0);
}

/// A listener with a queue of one, which the check before the load fills.
#[cfg(target_os = "linux")]
fn full_listener() -> (tokio::runtime::Runtime, tokio::net::TcpListener) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let listener = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        socket.listen(0).unwrap()
    });
    (runtime, listener)
}

/// Whether somebody waits for a connection to this port (`proc_pid_net(5)`: state 2 is
/// `SYN_SENT`).
#[cfg(target_os = "linux")]
fn is_connecting(address: SocketAddr) -> bool {
    let to = format!(":{:04X}", address.port());
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    table.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields.len() > 3 && fields[2].ends_with(&to) && fields[3] == "02"
    })
}

#[test]
#[cfg(target_os = "linux")]
fn while_connecting() {
    let (_runtime, listener) = full_listener();
    let address = listener.local_addr().unwrap();
    let load = "  - { name: steady, rate: 100/s, for: 300s }\n";
    let report = stopped_on(&format!("http://{address}"), load, GET, || is_connecting(address));
    assert!(total(&report, "sent") > 0);
    assert_eq!(total(&report, "responses"), 0);
}

#[test]
fn during_a_warm_up_that_hangs() {
    let peer = peer(swallow);
    let load = format!("  - {{ name: warm-up, users: 3, for: 300s, measure: false }}\n{LONG}");
    let url = format!("http://{}", peer.address);
    let report = stopped_on(&url, &load, GET, || peer.reached() == 3);
    assert_eq!((total(&report, "sent"), total(&report, "abandoned")), (3, 3));
}

#[test]
fn while_users_think() {
    let service = Service::start(|_, _| Answer::Http(200, String::new()));
    let load = "  - { name: users, users: 3, for: 300s, think_time: 200s }\n";
    let report = stopped_on(&service.url(), load, GET, || service.seen() == 3);
    assert_eq!(total(&report, "sent"), 3);
    assert!(total(&report, "succeeded") + total(&report, "abandoned") == 3, "{report}");
}

#[test]
fn while_a_user_thinks_between_two_steps() {
    let service = Service::start(|_, _| Answer::Http(200, String::new()));
    let text = format!(
        "version: 1\nname: stopped\ntarget: {}\nmetrics: none\n\
         load: [{{ name: users, users: 2, for: 300s }}]\n\
         flows:\n  - name: buy\n    steps:\n      - {{ name: look, get: /, think_time: 200s }}\n      \
         - {{ name: pay, get: / }}\nslo: ['p95(latency) < 1s']\n",
        service.url()
    );
    let report = stopped(&text, || service.seen() == 2);
    assert_eq!(total(&report, "sent"), 2);
    assert_eq!(report["scenarios"][0]["flows"][0]["completed"], 0);
}

#[test]
fn while_the_generator_is_behind() {
    let service = Service::start(|_, _| Answer::Http(200, String::new()));
    let load = "  - { name: steady, rate: 1000000/s, for: 2s }\n";
    let report = stopped_on(&service.url(), load, GET, || service.seen() > 2_000);
    assert!(total(&report, "sent") > 1_000, "{report}");
}

//! Flows: steps in order on one connection, what is counted where, and what ends one.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use slogate::load::{Engine, FailureKind, LoadPlan, LoadResult, RequestResult};
use slogate::scenario::{Phase, ReadOptions, Scenario, Stop, Variables, read_text};
use tokio_util::sync::CancellationToken;

use crate::support::{Peer, Server, clock, closed, open, plan, response, run};

/// Two steps, of which the second needs a token of the first.
const VISIT: &str = "
  - name: visit
    steps:
      - { name: login, post: /login, capture: { token: { json: $.token } } }
      - { name: page, get: '/page/{{token}}', headers: { authorization: 'Bearer {{token}}' } }
";

/// First lines of requests, with the number of the connection.
type Lines = Arc<Mutex<Vec<(u64, String)>>>;

fn scenario(flows: &str) -> Scenario {
    let text = format!(
        "version: 1\nname: a\ntarget: http://a\nload: [{{ name: a, rate: 1/s, for: 1s }}]\n\
         flows:{flows}\nslo: none\n"
    );
    let options = ReadOptions::default();
    let loaded = read_text(Path::new("a.yaml"), &text, &Variables::new(), &options);
    loaded.unwrap_or_else(|problems| panic!("{}", problems.render())).scenario
}

fn plan_of(flows: &str, server: &Server, phases: Vec<Phase>) -> LoadPlan {
    let scenario = scenario(flows);
    let mut plan = plan(server.address, phases, scenario.requests);
    plan.flows = scenario.flows;
    plan
}

/// A server whose logins give `token` and whose other answers are empty; it notes what
/// each connection asks for.
fn giving(token: &'static str) -> (Server, Lines) {
    let lines = Lines::default();
    let seen = Arc::clone(&lines);
    let server = Server::start(move |peer: &mut Peer| {
        while let Some(request) = peer.read() {
            let is_login = request.line.contains("/login");
            seen.lock().unwrap().push((peer.number, request.line));
            peer.ok(if is_login { token } else { "" });
        }
    });
    (server, lines)
}

fn steps(result: &LoadResult) -> &[RequestResult] {
    &result.phases[0].requests
}

fn counts(step: &RequestResult) -> [u64; 5] {
    [step.intended, step.sent, step.succeeded, step.failed, step.abandoned]
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_follow_each_other_on_one_connection_with_what_was_captured() {
    let (server, lines) = giving("{\"token\": \"a/b\"}");
    let plan = plan_of(VISIT, &server, vec![closed(2, Stop::Iterations(10))]);
    let result = run(plan).await;
    for step in steps(&result) {
        assert_eq!(counts(step), [10, 10, 10, 0, 0], "{}", step.name);
    }
    for connection in 0..2 {
        let lines = lines.lock().unwrap();
        let own = lines.iter().filter(|(number, _)| *number == connection).map(|(_, line)| line);
        for (at, line) in own.enumerate() {
            let expected = ["POST /login HTTP/1.1", "GET /page/a%2Fb HTTP/1.1"][at % 2];
            assert_eq!(line, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_counts_flows_and_weights_are_theirs() {
    let (server, _) = giving("{\"token\": 7}");
    let flows =
        format!("{VISIT}    weight: 3\n  - {{ name: look, steps: [{{ name: home, get: / }}] }}\n");
    let result = run(plan_of(&flows, &server, vec![open(200.0, 200)])).await;
    let counts: Vec<u64> = steps(&result).iter().map(|step| step.succeeded).collect();
    assert_eq!(counts, [30, 30, 10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_flows_are_sent_over_one_thread_and_over_two() {
    let mut both = Vec::new();
    for threads in [1, 2] {
        let (server, lines) = giving("{\"token\": 7}");
        let flows = "
  - { name: a, weight: 2, steps: [{ name: one, get: '/one/{{iteration}}' }, { name: two, get: '/two/{{iteration}}' }] }
  - { name: b, steps: [{ name: three, get: '/three/{{iteration}}' }] }
";
        let mut plan = plan_of(flows, &server, vec![open(300.0, 100)]);
        plan.threads = threads;
        run(plan).await;
        let mut lines: Vec<String> =
            lines.lock().unwrap().iter().map(|(_, line)| line.clone()).collect();
        lines.sort();
        both.push(lines);
    }
    assert_eq!(both[0].len(), 50);
    assert_eq!(both[0], both[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_step_ends_its_iteration() {
    let server = Server::start(|peer| {
        let mut number = 0;
        while let Some(request) = peer.read() {
            if request.line.contains("/login") {
                number += 1;
                let status = if number % 4 == 0 { "500 No" } else { "200 OK" };
                peer.write(&response(status, "", "{\"token\": 1}"));
            } else {
                peer.ok("");
            }
        }
    });
    let result = run(plan_of(VISIT, &server, vec![closed(1, Stop::Iterations(20))])).await;
    assert_eq!(counts(&steps(&result)[0]), [20, 20, 15, 5, 0]);
    assert_eq!(counts(&steps(&result)[1]), [15, 15, 15, 0, 0], "five were not reached");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_that_finds_nothing_fails_its_step_and_sends_nothing() {
    for nothing in ["{}", "{\"token\": null}", "{\"token\": \"\"}", "no json"] {
        let (server, lines) = giving(nothing);
        let result = run(plan_of(VISIT, &server, vec![closed(1, Stop::Iterations(3))])).await;
        assert_eq!(counts(&steps(&result)[0]), [3, 3, 0, 3, 0], "{nothing}");
        assert_eq!(steps(&result)[0].failures[&FailureKind::Capture], 3);
        assert_eq!(counts(&steps(&result)[1]), [0; 5], "no samples, not good ones");
        assert!(lines.lock().unwrap().iter().all(|(_, line)| line.contains("/login")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captured_line_break_gets_into_no_header() {
    let (server, lines) = giving("{\"token\": \"a\\r\\nx-injected: 1\"}");
    let result = run(plan_of(VISIT, &server, vec![closed(1, Stop::Iterations(3))])).await;
    let page = &steps(&result)[1];
    assert_eq!((page.intended, page.sent, page.dropped, page.failed), (3, 0, 3, 3));
    assert_eq!(page.failures[&FailureKind::Capture], 3);
    assert!(lines.lock().unwrap().iter().all(|(_, line)| line.contains("/login")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captured_url_of_the_target_is_its_path_and_another_is_refused() {
    let flows = "
  - name: visit
    steps:
      - { name: login, post: /login, capture: { next: { regex: 'next=(\\S+)' }, at: { header: x-at } } }
      - { name: page, get: '{{next}}', headers: { x-at: '{{at}}' } }
";
    let own = Server::start(|peer| {
        while let Some(request) = peer.read() {
            let address = request.headers.iter().find_map(|line| line.strip_prefix("host: "));
            let body = format!("next=http://{}/a?b=c end", address.unwrap_or_default());
            let good = request.line.contains("/login")
                || (request.line == "GET /a?b=c HTTP/1.1"
                    && request.headers.iter().any(|line| line == "x-at: here"));
            let status = if good { "200 OK" } else { "400 Bad Request" };
            peer.write(&response(status, "x-at: here\r\n", &body));
        }
    });
    let result = run(plan_of(flows, &own, vec![closed(1, Stop::Iterations(3))])).await;
    assert_eq!(counts(&steps(&result)[1]), [3, 3, 3, 0, 0]);
    let other = Server::start(|peer| {
        while peer.read().is_some() {
            peer.write(&response("200 OK", "x-at: here\r\n", "next=http://example.test/a"));
        }
    });
    let result = run(plan_of(flows, &other, vec![closed(1, Stop::Iterations(3))])).await;
    assert_eq!((steps(&result)[1].sent, steps(&result)[1].failed), (0, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_first_step_is_timed_from_its_intended_start() {
    // One slot, and flows of 40 ms that arrive every 20 ms: the first steps wait longer and
    // longer, the second ones never.
    let server = Server::start(|peer| {
        while peer.read().is_some() {
            std::thread::sleep(Duration::from_millis(20));
            peer.ok("");
        }
    });
    let flows = "\n  - { name: f, steps: [{ name: one, get: / }, { name: two, get: / }] }\n";
    let mut plan = plan_of(flows, &server, vec![open(50.0, 400)]);
    plan.max_in_flight = 1;
    let result = run(plan).await;
    let [one, two] = steps(&result) else { panic!() };
    assert_eq!((one.succeeded, two.succeeded), (20, 20));
    assert_eq!(one.late, 19, "all but the first wait for the slot");
    assert_eq!(two.late, 0);
    // The flow of number i waits i times 20 ms.
    let soon = |step: &RequestResult| step.latency_ok.count_within(Duration::from_millis(150));
    assert!(soon(one) < 10, "{}", soon(one));
    assert!(soon(two) > 15, "{}", soon(two));
    assert_eq!(result.generator.peak_in_flight, 1);
    assert_eq!(server.seen_connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_think_between_steps() {
    let (server, _) = giving("");
    let flows = "\n  - { name: f, steps: [{ name: one, get: /, think_time: 100ms }, { name: two, get: / }] }\n";
    let result = run(plan_of(flows, &server, vec![closed(1, Stop::Iterations(3))])).await;
    assert_eq!(counts(&steps(&result)[1]), [3, 3, 3, 0, 0]);
    assert!(result.phases[0].span >= Duration::from_millis(300));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_flows_that_think() {
    let (server, _) = giving("");
    let flows = "\n  - { name: f, steps: [{ name: one, get: /, think_time: 60s }, { name: two, get: / }] }\n";
    let mut plan = plan_of(flows, &server, vec![open(50.0, 100)]);
    plan.drain = Duration::from_millis(200);
    let began = Instant::now();
    let result = run(plan).await;
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(counts(&steps(&result)[0]), [5, 5, 5, 0, 0]);
    assert_eq!(counts(&steps(&result)[1]), [0; 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_stopped_leaves_the_step_in_flight_abandoned() {
    let server = Server::start(|peer| {
        while let Some(request) = peer.read() {
            if request.line.contains("/hang") {
                peer.read_to_end();
                return;
            }
            peer.ok("");
        }
    });
    let flows = "\n  - { name: f, steps: [{ name: one, get: / }, { name: two, get: /hang }, { name: three, get: / }] }\n";
    let plan = plan_of(flows, &server, vec![closed(2, Stop::Iterations(100))]);
    let cancel = CancellationToken::new();
    let mut engine = Engine::start(plan, &cancel, clock()).await.unwrap();
    let meters = engine.meters();
    let running = tokio::spawn(async move {
        engine.run_phases(0..1).await.unwrap();
        engine.finish().await.unwrap()
    });
    while meters.progress().sent < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    cancel.cancel();
    let result = running.await.unwrap();
    assert_eq!(counts(&steps(&result)[0]), [2, 2, 2, 0, 0]);
    assert_eq!(counts(&steps(&result)[1]), [2, 2, 0, 0, 2]);
    assert_eq!(counts(&steps(&result)[2]), [0; 5]);
}

//! Open and closed phases against a server that counts: how many, when, in what mix.

use std::time::{Duration, Instant};

use slogate::load::{Engine, FailureKind, LoadModel};
use slogate::scenario::{Phase, PhaseLoad, Request, Stop};
use tokio_util::sync::CancellationToken;

use crate::support::{Server, clock, closed, get, open, plan, post, response, run};

#[tokio::test(flavor = "multi_thread")]
async fn an_open_phase_sends_exactly_rate_times_duration() {
    let server = Server::good();
    let result = run(plan(server.address, vec![open(500.0, 400)], vec![get()])).await;
    let phase = &result.phases[0];
    let request = &phase.requests[0];
    assert_eq!((request.intended, request.sent, request.succeeded), (200, 200, 200));
    assert_eq!((request.failed, request.dropped, request.responses), (0, 0, 200));
    assert_eq!((request.latency_ok.count(), request.lag.count()), (200, 200));
    assert_eq!(request.bytes_received, 200 * 5);
    assert_eq!(server.seen_requests(), 200);
    assert_eq!(phase.model, LoadModel::Open);
    // From arrival 0 to the answer to arrival 199, due at 398 ms.
    assert!(phase.span >= Duration::from_millis(398), "span {:?}", phase.span);
    assert_eq!(result.stopped_early, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ramp_sends_the_integral_of_its_rate() {
    let server = Server::good();
    let duration = Duration::from_millis(400);
    let load = PhaseLoad::open(100.0, 300.0, duration);
    let ramp = Phase { load, ..open(0.0, 0) };
    let result = run(plan(server.address, vec![ramp], vec![get()])).await;
    assert_eq!(result.phases[0].requests[0].succeeded, 80);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_threads_share_one_schedule_and_one_mix() {
    let server = Server::good();
    let requests = vec![Request { weight: 3, ..get() }, post()];
    let mut plan = plan(server.address, vec![open(400.0, 300)], requests);
    plan.threads = 2;
    let result = run(plan).await;
    let sent: Vec<u64> = result.phases[0].requests.iter().map(|request| request.sent).collect();
    assert_eq!(sent, [90, 30]);
    assert_eq!(result.generator.threads, 2);
    assert_eq!(server.seen_requests(), 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn iterations_are_counted_over_all_users() {
    let server = Server::good();
    let requests = vec![Request { weight: 2, ..get() }, post()];
    let phases = vec![closed(4, Stop::Iterations(33))];
    let result = run(plan(server.address, phases, requests)).await;
    let sent: Vec<u64> = result.phases[0].requests.iter().map(|request| request.sent).collect();
    assert_eq!(sent, [22, 11]);
    assert_eq!(result.phases[0].model, LoadModel::Closed);
    assert_eq!(result.phases[0].requests[0].lag.count(), 0, "no schedule, no lag");
}

#[tokio::test(flavor = "multi_thread")]
async fn iterations_per_user_are_counted_for_each() {
    let server = Server::good();
    let mut plan = plan(server.address, vec![closed(5, Stop::IterationsPerUser(7))], vec![get()]);
    plan.threads = 2;
    let result = run(plan).await;
    assert_eq!(result.phases[0].requests[0].succeeded, 35);
    assert_eq!(server.seen_connections(), 5, "each user has its own connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_phase_ends_after_its_time_and_awaits_what_was_sent() {
    let server = Server::start(|peer| {
        while peer.read().is_some() {
            std::thread::sleep(Duration::from_millis(40));
            peer.ok("late");
        }
    });
    let phases = vec![closed(2, Stop::After(Duration::from_millis(100)))];
    let result = run(plan(server.address, phases, vec![get()])).await;
    let request = &result.phases[0].requests[0];
    // Starts at about 0, 40 and 80 ms, and never at 100 or later.
    assert!((2..=6).contains(&request.sent), "sent {}", request.sent);
    assert_eq!((request.succeeded, request.failed), (request.sent, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_open_phase_begins_where_the_schedule_before_it_ends() {
    // Answers take longer than the first phase goes on.
    let server = Server::start(|peer| {
        while peer.read().is_some() {
            std::thread::sleep(Duration::from_millis(150));
            peer.ok("late");
        }
    });
    let second = Phase { name: "second".into(), ..open(100.0, 100) };
    let phases = vec![open(50.0, 100), second];
    let result = run(plan(server.address, phases, vec![get()])).await;
    let [first, second] = &result.phases[..] else { panic!("two phases") };
    let begins = second.first_intended_ms - first.first_intended_ms;
    assert!((100..=101).contains(&begins), "100 ms to the millisecond, not {begins}");
    assert_eq!((first.requests[0].succeeded, second.requests[0].succeeded), (5, 10));
    assert!(
        first.last_response_ms > second.first_intended_ms,
        "a late answer stays with its phase"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phase_after_users_begins_when_the_last_user_is_done() {
    let server = Server::good();
    let phases = vec![closed(2, Stop::Iterations(6)), open(100.0, 50)];
    let result = run(plan(server.address, phases, vec![get()])).await;
    let [first, second] = &result.phases[..] else { panic!("two phases") };
    assert!(second.first_intended_ms >= first.last_response_ms);
    assert_eq!((first.requests[0].succeeded, second.requests[0].succeeded), (6, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_stay_open_between_calls() {
    let server = Server::good();
    let warm_up = Phase { measured: false, ..closed(1, Stop::Iterations(2)) };
    let plan = plan(server.address, vec![warm_up, closed(1, Stop::Iterations(3))], vec![get()]);
    let mut engine = Engine::start(plan, &CancellationToken::new(), clock()).await.unwrap();
    assert_eq!(engine.run_phases(0..1).await.unwrap(), None);
    assert_eq!(server.seen_requests(), 2, "the warm-up has drained, nothing else was sent");
    assert_eq!(engine.run_phases(1..2).await.unwrap(), None);
    let result = engine.finish().await.unwrap();
    assert_eq!((server.seen_requests(), server.seen_connections()), (5, 1));
    assert_eq!(result.generator.connections_opened, 1);
    assert!(!result.phases[0].measured && result.phases[1].measured);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_what_the_scenario_says() {
    let server = Server::start(|peer| {
        while let Some(seen) = peer.read() {
            let body = String::from_utf8(seen.body).unwrap();
            let echo = format!("{}|{}|{body}", seen.line, seen.headers.join("|")).to_lowercase();
            let good = echo.starts_with("post /a?b=c http/1.1|")
                && echo.contains("|x-own: 1|")
                && echo.contains("|host: ")
                && echo.ends_with("|{}");
            let status = if good { "200 OK" } else { "400 Bad Request" };
            peer.write(&response(status, "", &echo));
        }
    });
    let headers = vec![("X-Own".into(), "1".into())];
    let request = Request { path: "/a?b=c".into(), headers, ..post() };
    let phases = vec![closed(1, Stop::Iterations(2))];
    let result = run(plan(server.address, phases, vec![request])).await;
    let request = &result.phases[0].requests[0];
    assert_eq!((request.succeeded, request.bytes_sent), (2, 4));
}

/// Far more than any generator sends here: its schedule alone takes longer than it has.
const TOO_MUCH: f64 = 2_000_000.0;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_generator_could_not_take_up_is_dropped_at_the_end_of_the_drain() {
    let server = Server::good();
    let mut plan = plan(server.address, vec![open(TOO_MUCH, 100)], vec![get()]);
    plan.drain = Duration::from_millis(300);
    let began = Instant::now();
    let result = run(plan).await;
    // Less than half a second, and what a busy machine needs to count the arrivals; to send
    // them all takes minutes.
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let request = &result.phases[0].requests[0];
    assert_eq!(request.intended, 200_000);
    assert_eq!(request.sent + request.dropped, 200_000);
    assert_eq!(request.succeeded + request.failed, 200_000);
    assert!(request.dropped > 100_000, "{request:?}");
    assert_eq!(request.failures[&FailureKind::Dropped], request.dropped);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_have_their_whole_time_after_a_schedule_that_ended_late() {
    let server = Server::good();
    let for_their_time = Stop::After(Duration::from_millis(200));
    let phases = vec![open(TOO_MUCH, 100), closed(1, for_their_time)];
    let mut plan = plan(server.address, phases, vec![get()]);
    // Nothing of the schedule waits beyond its end.
    plan.drain = Duration::from_millis(50);
    let result = run(plan).await;
    let users = &result.phases[1];
    assert!(users.requests[0].succeeded > 0, "{:?}", users.requests[0]);
    assert!(users.span > Duration::from_millis(150), "{:?}", users.span);
}

//! Loads that end before their time: nobody answers, or somebody cancels.

use std::sync::Arc;
use std::time::{Duration, Instant};

use slogate::load::{Engine, LoadError, LoadPlan, StopReason};
use slogate::scenario::{Phase, Request, Stop};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::{Server, clock, closed, closed_port, get, open, plan, run};

fn warm_up() -> Phase {
    Phase { name: "warm-up".into(), measured: false, ..closed(1, Stop::Iterations(2)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_requests_without_an_answer_stop_the_load() {
    let began = Instant::now();
    let result = run(plan(closed_port(), vec![open(100.0, 60_000)], vec![get()])).await;
    assert!(began.elapsed() < Duration::from_secs(10));
    let Some(StopReason::NoResponse { last_error }) = result.stopped_early else {
        panic!("{:?}", result.stopped_early)
    };
    assert!(last_error.contains("could not connect") && last_error.contains("refused"));
    assert!(result.phases[0].requests[0].failed >= 10);
    assert!(result.phases[0].requests[0].failed < 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_than_ten_requests_without_an_answer_stop_at_their_end() {
    let result = run(plan(closed_port(), vec![closed(1, Stop::Iterations(3))], vec![get()])).await;
    assert!(matches!(result.stopped_early, Some(StopReason::NoResponse { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warm_up_without_an_answer_ends_the_load() {
    let plan = plan(closed_port(), vec![warm_up(), open(100.0, 60_000)], vec![get()]);
    let mut engine = Engine::start(plan, &CancellationToken::new(), clock()).await.unwrap();
    let stopped = engine.run_phases(0..1).await.unwrap();
    assert!(matches!(stopped, Some(StopReason::NoResponse { .. })));
    // A session that goes on all the same sends nothing more.
    let again = engine.run_phases(1..2).await.unwrap();
    assert_eq!(again, stopped);
    let result = engine.finish().await.unwrap();
    assert_eq!(result.phases.len(), 1, "the phase that was not reached is absent");
    assert_eq!(result.phases[0].requests[0].failed, 2);
    assert_eq!(result.stopped_early, stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_page_is_an_answer() {
    let server = Server::always("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n");
    let result = run(plan(server.address, vec![open(500.0, 100)], vec![get()])).await;
    assert_eq!(result.stopped_early, None);
    assert_eq!(result.phases[0].requests[0].failed, 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_dies_after_its_first_answer_is_measured_to_the_end() {
    let server = Server::start(|peer| {
        if peer.number == 0 && peer.read().is_some() {
            peer.ok("hello");
        }
    });
    let result = run(plan(server.address, vec![open(200.0, 200)], vec![get()])).await;
    assert_eq!(result.stopped_early, None);
    let request = &result.phases[0].requests[0];
    assert_eq!((request.intended, request.succeeded, request.failed), (40, 1, 39));
}

/// Starts a load, cancels it when the server has seen some requests, and gives the result.
async fn cancelled(plan: LoadPlan, seen: Arc<Notify>) -> slogate::load::LoadResult {
    let cancel = CancellationToken::new();
    let mut engine = Engine::start(plan, &cancel, clock()).await.unwrap();
    let canceller = async {
        seen.notified().await;
        cancel.cancel();
    };
    let (stopped, ()) = tokio::join!(engine.run_phases(0..1), canceller);
    assert_eq!(stopped.unwrap(), Some(StopReason::Cancelled));
    engine.finish().await.unwrap()
}

/// Answers the very first request and no other; tells when a fourth connection has
/// brought one.
fn answers_once(seen: Arc<Notify>) -> Server {
    Server::start(move |peer| {
        let mut first = peer.number == 0;
        while peer.read().is_some() {
            if first {
                peer.ok("hello");
            }
            if peer.number >= 3 {
                seen.notify_one();
            }
            first = false;
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_load_comes_back_at_once_with_numbers_that_agree() {
    for phase in [open(200.0, 60_000), closed(6, Stop::After(Duration::from_secs(60)))] {
        let seen = Arc::new(Notify::new());
        let server = answers_once(Arc::clone(&seen));
        let began = Instant::now();
        let mut plan = plan(server.address, vec![phase], vec![get()]);
        plan.max_in_flight = 6;
        let result = cancelled(plan, seen).await;
        assert!(began.elapsed() < Duration::from_secs(5), "took {:?}", began.elapsed());
        let request = &result.phases[0].requests[0];
        assert_eq!(request.intended, request.sent + request.dropped);
        assert_eq!(request.intended, request.succeeded + request.failed + request.abandoned);
        assert!(request.abandoned > 0);
        assert_eq!(request.failed, request.dropped, "nothing in flight is called a failure");
        assert_eq!(request.latency_ok.count(), request.succeeded);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_was_cancelled_before_it_began_sends_nothing() {
    let server = Server::good();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let plan = plan(server.address, vec![open(100.0, 1000)], vec![get()]);
    let mut engine = Engine::start(plan, &cancel, clock()).await.unwrap();
    assert_eq!(engine.run_phases(0..1).await.unwrap(), Some(StopReason::Cancelled));
    assert!(engine.finish().await.unwrap().phases.is_empty());
    assert_eq!(server.seen_connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_not_http_is_refused_before_any_connection() {
    let server = Server::good();
    let request = Request { path: "no slash".into(), ..get() };
    let plan = plan(server.address, vec![open(1.0, 1000)], vec![request]);
    let refused = Engine::start(plan, &CancellationToken::new(), clock()).await;
    assert!(matches!(refused.err(), Some(LoadError::NotHttp { what: "path", .. })));
    assert_eq!(server.seen_connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abort_ends_the_load_with_its_reason_and_later_phases_are_absent() {
    let server = Server::always("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let plan = plan(server.address, vec![open(200.0, 60_000), open(200.0, 60_000)], vec![get()]);
    let mut engine = Engine::start(plan, &CancellationToken::new(), clock()).await.unwrap();
    let (abort, so_far) = (engine.abort(), engine.so_far());
    let reason = || StopReason::Aborted {
        objective: "queue".into(),
        missed_for: Duration::from_secs(5),
        measured: "130 misses <= 100".into(),
        waiting_explains: false,
    };
    let watching = tokio::spawn(async move {
        let responses =
            || so_far.result().phases.first().map_or(0, |one| one.requests[0].responses);
        while responses() < 20 {
            tokio::task::yield_now().await;
        }
        let seen = so_far.result();
        abort.abort(reason());
        abort.abort(StopReason::Cancelled);
        seen
    });
    let stopped = engine.run_phases(0..2).await.unwrap();
    let seen = watching.await.unwrap();
    assert_eq!(stopped, Some(reason()));
    let result = engine.finish().await.unwrap();
    assert_eq!(result.stopped_early, Some(reason()));
    assert_eq!(result.phases.len(), 1, "the phase that was not reached is absent");
    let (seen, whole) = (&seen.phases[0].requests[0], &result.phases[0].requests[0]);
    assert!(seen.succeeded <= whole.succeeded && whole.sent < 2_000);
    assert!(seen.latency_ok.count() >= seen.succeeded && whole.latency_ok.count() >= 20);
}

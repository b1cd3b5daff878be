//! Progress and the client's own series, while a load runs and after it.

use std::time::Duration;

use slogate::load::Engine;
use slogate::scenario::{Phase, Request, Stop};
use slogate::series::{FamilyKind, SeriesStore};
use slogate_promql::{Expression, Labels, METRIC_NAME, Options, Sample, Value, instant};
use tokio_util::sync::CancellationToken;

use crate::support::{Server, clock, closed, get, plan, post};

fn last(store: &SeriesStore, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    samples(store, name, labels).last().map(|sample| sample.value)
}

fn samples<'a>(store: &'a SeriesStore, name: &str, labels: &[(&str, &str)]) -> &'a [Sample] {
    let mut all = Labels::new([
        (METRIC_NAME, name),
        ("scenario", "s"),
        ("phase", "users"),
        ("request", "get"),
    ]);
    for (label, value) in labels {
        all = all.with(label, value);
    }
    store.samples(&all)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_series_is_there_at_zero_before_the_first_request() {
    let server = Server::good();
    let plan = plan(server.address, vec![closed(1, Stop::Iterations(1))], vec![get()]);
    let engine = Engine::start(plan, &CancellationToken::new(), clock()).await.unwrap();
    let mut store = SeriesStore::default();
    engine.meters().write_series("s", &mut store, 1);
    for counter in ["arrivals", "sent", "dropped", "late"] {
        assert_eq!(last(&store, &format!("slogate_{counter}_total"), &[]), Some(0.0), "{counter}");
    }
    assert_eq!(last(&store, "slogate_in_flight", &[]), Some(0.0));
    for outcome in ["ok", "failed"] {
        let outcome = [("outcome", outcome)];
        assert_eq!(last(&store, "slogate_responses_total", &outcome), Some(0.0));
        assert_eq!(last(&store, "slogate_request_duration_seconds_count", &outcome), Some(0.0));
    }
    assert_eq!(last(&store, "slogate_lag_seconds_bucket", &[("le", "+Inf")]), Some(0.0));
    assert_eq!(store.kind("slogate_sent_total"), Some(FamilyKind::Counter));
    assert_eq!(store.kind("slogate_lag_seconds"), Some(FamilyKind::Histogram));
}

#[tokio::test(flavor = "multi_thread")]
async fn series_count_what_the_result_counts() {
    let server = Server::start(|peer| {
        while let Some(seen) = peer.read() {
            let status = if seen.line.starts_with("GET") { "200 OK" } else { "500 No" };
            peer.write(&crate::support::response(status, "", "x"));
        }
    });
    let requests = vec![Request { weight: 2, ..get() }, post()];
    let mut plan = plan(server.address, vec![closed(2, Stop::Iterations(30))], requests);
    plan.latency_bounds_seconds = vec![7.5];
    let mut engine = Engine::start(plan, &CancellationToken::new(), clock()).await.unwrap();
    let meters = engine.meters();
    let mut store = SeriesStore::default();
    meters.write_series("s", &mut store, 1);
    engine.run_phases(0..1).await.unwrap();
    let result = engine.finish().await.unwrap();
    meters.write_series("s", &mut store, 2);
    assert_eq!(last(&store, "slogate_sent_total", &[]), Some(20.0));
    assert_eq!(last(&store, "slogate_responses_total", &[("outcome", "ok")]), Some(20.0));
    let failed = [("outcome", "failed"), ("request", "post")];
    assert_eq!(last(&store, "slogate_responses_total", &failed), Some(10.0));
    let duration = "slogate_request_duration_seconds";
    let bucket = |le| [("outcome", "ok"), ("le", le)];
    for le in ["7.5", "1.0", "+Inf"] {
        assert_eq!(last(&store, &format!("{duration}_bucket"), &bucket(le)), Some(20.0), "{le}");
    }
    assert_eq!(last(&store, &format!("{duration}_bucket"), &bucket("1e-05")), Some(0.0));
    let sum = last(&store, &format!("{duration}_sum"), &[("outcome", "ok")]).unwrap();
    assert!(sum > 0.0 && sum < 30.0);
    assert_eq!(result.phases[0].requests[0].succeeded, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_of_the_phase_that_runs() {
    let server = Server::start(|peer| {
        while peer.read().is_some() {
            std::thread::sleep(Duration::from_millis(5));
            peer.ok("hello");
        }
    });
    let plan = plan(server.address, vec![closed(2, Stop::Iterations(20))], vec![get()]);
    let mut engine = Engine::start(plan, &CancellationToken::new(), clock()).await.unwrap();
    let meters = engine.meters();
    assert_eq!((meters.progress().phase.as_str(), meters.progress().sent), ("", 0));
    engine.run_phases(0..1).await.unwrap();
    let progress = meters.progress();
    assert_eq!((progress.phase.as_str(), progress.sent, progress.responses), ("users", 20, 20));
    assert_eq!((progress.failed, progress.in_flight), (0, 0));
    assert!(progress.p95_seconds.is_some_and(|p95| p95 >= 0.005), "{progress:?}");
    assert!(progress.rate > 0.0 && progress.rate < 400.0, "{progress:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_that_have_not_changed_are_left_out_while_phases_run() {
    // Answers the first request, and the others when it is told to.
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let server = Server::start(move |peer| {
        let mut first = peer.number == 0;
        while peer.read().is_some() {
            if !first {
                let _ = held.lock().unwrap().recv();
            }
            first = false;
            peer.ok("hello");
        }
    });
    let plan = plan(server.address, vec![closed(1, Stop::Iterations(2))], vec![get()]);
    let mut engine = Engine::start(plan, &CancellationToken::new(), clock()).await.unwrap();
    let meters = engine.meters();
    let mut store = SeriesStore::default();
    meters.write_series("s", &mut store, 1);
    let writes = async {
        while meters.progress().sent < 2 {
            tokio::task::yield_now().await;
        }
        meters.write_series("s", &mut store, 2);
        meters.write_series("s", &mut store, 3);
        release.send(()).unwrap();
    };
    let (ran, ()) = tokio::join!(engine.run_phases(0..1), writes);
    ran.unwrap();
    meters.write_series("s", &mut store, 4);
    let times = |name: &str, labels: &[(&str, &str)]| -> Vec<i64> {
        samples(&store, name, labels).iter().map(|sample| sample.t_ms).collect()
    };
    let ok = ("outcome", "ok");
    let duration = "slogate_request_duration_seconds";
    assert_eq!(times("slogate_sent_total", &[]), [1, 2, 3, 4]);
    assert_eq!(times(&format!("{duration}_count"), &[ok]), [1, 2, 3, 4]);
    // The third write had nothing new, and was made up for before the fourth.
    assert_eq!(times(&format!("{duration}_bucket"), &[ok, ("le", "1.0")]), [1, 2, 3, 4]);
    let unchanged = times(&format!("{duration}_bucket"), &[("outcome", "failed"), ("le", "1.0")]);
    assert_eq!(unchanged, [1, 4], "one that never changes is left out while phases run");
}

/// What PromQL says of the series when a phase has ended.
fn evaluated(store: &SeriesStore, text: &str, at_ms: i64) -> f64 {
    let expression = Expression::parse(text).unwrap();
    match instant(&expression, store, at_ms, &Options::default()).unwrap() {
        Value::Vector(elements) => elements[0].value.number().unwrap(),
        other => panic!("{other:?} is no vector"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_of_a_phase_holds_what_its_histogram_was_before_it() {
    // The second phase's answers are held back until its first scrapes have been made.
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let first = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |peer| {
        while peer.read().is_some() {
            if first.fetch_add(1, std::sync::atomic::Ordering::SeqCst) > 0 {
                let _ = held.lock().unwrap().recv();
            }
            peer.ok("hello");
        }
    });
    let before = Phase { name: "before".into(), ..closed(1, Stop::Iterations(1)) };
    let phases = vec![before, closed(1, Stop::Iterations(5))];
    let plan = plan(server.address, phases, vec![get()]);
    let mut engine = Engine::start(plan, &CancellationToken::new(), clock()).await.unwrap();
    let meters = engine.meters();
    let mut store = SeriesStore::default();
    meters.write_series("s", &mut store, 1_000);
    let writes = async {
        let in_second_phase = || meters.progress().phase == "users" && meters.progress().sent == 1;
        while !in_second_phase() {
            tokio::task::yield_now().await;
        }
        meters.write_series("s", &mut store, 2_000);
        (0..4).for_each(|_| release.send(()).unwrap());
        while meters.progress().responses < 4 {
            tokio::task::yield_now().await;
        }
        meters.write_series("s", &mut store, 3_000);
        meters.write_series("s", &mut store, 4_000);
        release.send(()).unwrap();
    };
    let (ran, ()) = tokio::join!(engine.run_phases(0..2), writes);
    ran.unwrap();
    meters.write_series("s", &mut store, 5_000);
    // The window opens at 2,000 ms, the last write before the phase's first answer.
    let bucket =
        "slogate_request_duration_seconds_bucket{phase=\"users\",outcome=\"ok\",le=\"+Inf\"}";
    let grown = evaluated(&store, &format!("increase({bucket}[3001ms])"), 5_000);
    assert!((grown - 5.0).abs() < 0.01, "{grown} of 5 answers");
}

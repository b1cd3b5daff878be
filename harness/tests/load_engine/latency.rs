//! Latency against arithmetic: from the intended start, whatever the target does.

use std::time::{Duration, Instant};

use slogate::histogram::{LatencyHistogram, Ranked};
use slogate::load::FailureKind;

use crate::support::{Server, get, open, plan, run};

fn seconds(ranked: Ranked) -> f64 {
    match ranked {
        Ranked::Seconds(seconds) => seconds,
        other => panic!("{other:?} is not a duration"),
    }
}

fn percentile(histogram: &LatencyHistogram, quantile: f64) -> f64 {
    seconds(histogram.rank(quantile, 0))
}

/// A shared machine can only make things slower: below the truth by a tenth is an
/// error of ours, above it by a quarter and some milliseconds of scheduling is not.
fn assert_near(measured: f64, truth: f64) {
    let possible = truth * 0.9..=truth * 1.25 + 0.02;
    assert!(possible.contains(&measured), "measured {measured} s, by arithmetic {truth} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_a_slot_keeps_its_intended_start() {
    // One slot, an arrival each 10 ms, and 20 ms or more for each answer. Arrival i is
    // due 10 i ms after the first; the target knows when it really answered it.
    let (times, answered) = std::sync::mpsc::channel();
    let server = Server::start(move |peer| {
        while peer.read().is_some() {
            times.send(Instant::now()).unwrap();
            std::thread::sleep(Duration::from_millis(20));
            times.send(Instant::now()).unwrap();
            peer.ok("late");
        }
    });
    let mut plan = plan(server.address, vec![open(100.0, 200)], vec![get()]);
    plan.max_in_flight = 1;
    let result = run(plan).await;
    let request = &result.phases[0].requests[0];
    assert_eq!((request.succeeded, request.dropped), (20, 0));
    assert_eq!(request.late, 19, "all but the first waited");
    let times: Vec<Instant> = answered.try_iter().collect();
    let truth = |arrival: usize| {
        let due = times[0] + Duration::from_millis(10) * u32::try_from(arrival).unwrap();
        times[2 * arrival + 1].duration_since(due).as_secs_f64()
    };
    assert_near(seconds(request.latency_ok.max(0)), truth(19));
    assert_near(percentile(&request.latency_ok, 0.5), truth(9));
    // Service time is counted from the send, and lag leaves out the wait for the slot.
    assert!(percentile(&request.service_ok, 0.5) < truth(9) / 2.0);
    assert!(percentile(&request.lag, 0.5) < truth(9) / 4.0);
    assert_eq!(result.generator.peak_in_flight, 1);
    assert_eq!(server.seen_connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_drain_times_out_what_flies_and_drops_what_waits() {
    let server = Server::start(|peer| while peer.read().is_some() {});
    let mut plan = plan(server.address, vec![open(100.0, 50)], vec![get()]);
    plan.max_in_flight = 2;
    plan.drain = Duration::from_millis(100);
    let result = run(plan).await;
    let request = &result.phases[0].requests[0];
    assert_eq!((request.intended, request.sent, request.dropped), (5, 2, 3));
    assert_eq!((request.failed, request.abandoned), (5, 0));
    assert_eq!(request.failures[&FailureKind::Timeout], 2);
    assert_eq!(request.failures[&FailureKind::Dropped], 3);
    assert_eq!(request.latency_failed.count(), 2);
    // The first was due 150 ms before the drain ended.
    assert_near(seconds(request.latency_failed.max(0)), 0.150);
}

/// A target that stands still for `stall` at the start of every `period`.
fn stalling(stall: Duration, period: Duration) -> Server {
    let origin = Instant::now();
    Server::start(move |peer| {
        while peer.read().is_some() {
            let within = origin.elapsed().as_nanos() % period.as_nanos();
            let left = stall.as_nanos().saturating_sub(within);
            std::thread::sleep(Duration::from_nanos(u64::try_from(left).unwrap()));
            if !peer.ok("hello") {
                return;
            }
        }
    })
}

/// Four whole periods at 500/s: whenever the load begins, the share of arrivals that
/// waits longer than x is (stall - x) / period. With coordinated omission p90 would be
/// a fraction of a millisecond. What shares the machine can only make an answer later, so
/// that what is missing of the truth is held to 3 %; the benchmark holds both sides to it.
async fn assert_stall_is_measured(max_in_flight: usize) -> u64 {
    let (stall, period) = (0.15, 0.57);
    let server = stalling(Duration::from_secs_f64(stall), Duration::from_secs_f64(period));
    let mut plan = plan(server.address, vec![open(500.0, 4 * 570)], vec![get()]);
    plan.max_in_flight = max_in_flight;
    let result = run(plan).await;
    let request = &result.phases[0].requests[0];
    assert_eq!(request.succeeded, 1140);
    for quantile in [0.90, 0.99, 0.999] {
        let truth = stall - (1.0 - quantile) * period;
        let measured = percentile(&request.latency_ok, quantile);
        assert_near(measured, truth);
        assert!(measured >= truth * 0.97, "measured {measured} s, by arithmetic {truth} s");
    }
    request.late
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stall_shows_in_the_percentiles_as_arithmetic_says() {
    assert_eq!(assert_stall_is_measured(1000).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stall_shows_with_few_slots_as_well() {
    assert!(assert_stall_is_measured(20).await > 100, "most of a stall's arrivals waited");
}

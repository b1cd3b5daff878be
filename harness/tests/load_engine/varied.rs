//! Phases in which chance or time decides how much is sent: Poisson arrivals, ramps of users,
//! think times. Held to arithmetic with wide bounds, because the machine may be busy.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use slogate::scenario::{Arrivals, Phase, PhaseLoad, Stop, ThinkTime, Users};

use crate::support::{Server, get, open, plan, post, run};

fn phase(load: PhaseLoad) -> Phase {
    Phase { load, ..open(1.0, 1) }
}

fn thinking(users: Users, stop: Stop, millis: [u64; 2]) -> Phase {
    let [shortest, longest] = millis.map(Duration::from_millis);
    phase(PhaseLoad::Closed { users, stop, think_time: Some(ThinkTime { shortest, longest }) })
}

#[tokio::test(flavor = "multi_thread")]
async fn poisson_arrivals_are_those_of_the_seed_whatever_sends_them() {
    let server = Server::good();
    let duration = Duration::from_millis(500);
    let load = PhaseLoad::Open { from: 200.0, to: 600.0, duration, arrivals: Arrivals::Poisson };
    let mut counts = Vec::new();
    for (seed, threads) in [(1, 1), (1, 2), (2, 1), (3, 1)] {
        let mut plan = plan(server.address, vec![phase(load.clone())], vec![get()]);
        (plan.seed, plan.threads) = (seed, threads);
        let request = run(plan).await.phases[0].requests[0].clone();
        assert_eq!((request.intended, request.dropped), (request.succeeded, 0));
        counts.push(request.intended);
    }
    assert_eq!(counts[0], counts[1], "two threads share the arrivals of one");
    assert!(counts.iter().any(|count| *count != counts[0]), "chance decides: {counts:?}");
    // 200 are expected; six standard deviations are 85.
    assert!(counts.iter().all(|count| count.abs_diff(200) <= 85), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_thinks_between_an_answer_and_its_next_request() {
    let times = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&times);
    let server = Server::start(move |peer| {
        while peer.read().is_some() {
            seen.lock().unwrap().push(Instant::now());
            peer.ok("hello");
        }
    });
    let phases = vec![thinking(Users::constant(1), Stop::IterationsPerUser(5), [40, 60])];
    let result = run(plan(server.address, phases, vec![get()])).await;
    let request = &result.phases[0].requests[0];
    assert_eq!(request.succeeded, 5);
    let times = times.lock().unwrap();
    let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(gaps.into_iter().all(|gap| gap >= Duration::from_millis(39)), "{times:?}");
    // The wait is the user's own: no latency has it in it.
    assert!(result.phases[0].span >= Duration::from_millis(160), "{:?}", result.phases[0].span);
    assert!(request.latency_ok.count_within(Duration::from_millis(39)) >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn thinking_ends_with_the_phase_and_after_the_last_request() {
    let server = Server::good();
    let second = Duration::from_secs(1);
    for stop in [Stop::After(second), Stop::Iterations(3), Stop::IterationsPerUser(1)] {
        let begun = Instant::now();
        let phases = vec![thinking(Users::constant(3), stop, [60_000, 60_000])];
        let result = run(plan(server.address, phases, vec![get()])).await;
        assert_eq!(result.phases[0].requests[0].succeeded, 3, "{stop:?}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{stop:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_thinks_on_when_the_last_request_is_sent() {
    let server = Server::good();
    let begun = Instant::now();
    // All send one at once; whoever thinks shortest, 1.5 s on average, sends the last one.
    let phases = vec![thinking(Users::constant(40), Stop::Iterations(41), [0, 60_000])];
    let result = run(plan(server.address, phases, vec![get()])).await;
    assert_eq!(result.phases[0].requests[0].succeeded, 41);
    let after_the_last = begun.elapsed().saturating_sub(result.phases[0].span);
    assert!(after_the_last < Duration::from_secs(5), "{after_the_last:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_closed_while_its_user_thought_is_opened_again() {
    let server = Server::start(|peer| {
        peer.read();
        peer.ok("hello");
    });
    let phases = vec![thinking(Users::constant(1), Stop::IterationsPerUser(3), [600, 600])];
    let result = run(plan(server.address, phases, vec![post()])).await;
    let request = &result.phases[0].requests[0];
    assert_eq!((request.succeeded, request.failed, request.retried), (3, 0, 0));
    assert_eq!(server.seen_connections(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_of_a_ramp_come_over_the_phase_and_each_has_a_connection() {
    let server = Server::good();
    let stop = Stop::After(Duration::from_secs(4));
    let ramp = thinking(Users { from: 0, to: 8 }, stop, [20, 20]);
    let mut ramp_plan = plan(server.address, vec![ramp], vec![get()]);
    ramp_plan.threads = 2;
    let result = run(ramp_plan).await;
    assert_eq!(server.seen_connections(), 8);
    // The first user comes after 250 ms and the last after 3,750, 250 ms before the end.
    assert!(result.phases[0].span >= Duration::from_secs(2), "{:?}", result.phases[0].span);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_of_a_ramp_down_go() {
    let ended = Arc::new(Mutex::new(Vec::new()));
    let last_requests = Arc::clone(&ended);
    let begun = Instant::now();
    let server = Server::start(move |peer| {
        let mut last = begun.elapsed();
        while peer.read().is_some() {
            last = begun.elapsed();
            peer.ok("hello");
        }
        last_requests.lock().unwrap().push(last);
    });
    let stop = Stop::After(Duration::from_secs(4));
    let phases = vec![thinking(Users { from: 4, to: 0 }, stop, [20, 20])];
    run(plan(server.address, phases, vec![get()])).await;
    while ended.lock().unwrap().len() < 4 {
        assert!(begun.elapsed() < Duration::from_secs(30), "connections stay open");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut ended = ended.lock().unwrap().clone();
    ended.sort();
    // Users go after 0.5, 1.5, 2.5 and 3.5 s; the first two may be late by a second.
    assert!(ended[0] < Duration::from_millis(1_500), "{ended:?}");
    assert!(ended[1] < Duration::from_millis(2_500), "{ended:?}");
}

//! One process that becomes another, and two that look like one.

use crate::balancer::balance;
use crate::page::Seen;
use crate::shop::{DEPTH, Done, NO_FAILURES, STARTED, metrics_of, run, scenario, shop};
use crate::support::{Answer, Service};

/// A service that looks as if it had been restarted after a hundred requests: all its
/// counters have grown past what they were.
fn restarted(metrics: impl Fn(u64, usize) -> String + Send + Sync + 'static) -> Service {
    shop(move |path, done: &Done| {
        let again = done.worked() >= 100;
        let (started, before) = if again { (STARTED + 60, 1_000) } else { (STARTED, 0) };
        let body = || metrics(started, done.worked() + before);
        (path == "/metrics").then(|| Answer::Http(200, body()))
    })
}

fn judged(service: &Service) -> Seen {
    run(&scenario(&service.url(), &[NO_FAILURES, DEPTH]))
}

#[test]
fn a_restart_shows_in_the_start_time_alone() {
    judged(&shop(|_, _| None)).passes();
    judged(&restarted(metrics_of)).is_row("restart, start time");
}

#[test]
fn two_processes_take_turns() {
    judged(&shop(|_, _| None)).passes();
    let other = shop(|path, done| {
        (path == "/metrics").then(|| Answer::Http(200, metrics_of(STARTED + 7, done.worked())))
    });
    let both = balance([shop(|_, _| None), other]);
    run(&scenario(&both, &[NO_FAILURES, DEPTH])).is_row("two behind a balancer");
}

#[test]
fn two_processes_that_do_not_say_when_they_started() {
    let anonymous = |head_start: usize| {
        shop(move |path, done| {
            let body = metrics_of(STARTED, done.worked() + head_start);
            let (_, body) = body.split_once("# TYPE shop_requests_total").unwrap();
            (path == "/metrics")
                .then(|| Answer::Http(200, format!("# TYPE shop_requests_total{body}")))
        })
    };
    run(&scenario(&anonymous(0).url(), &[NO_FAILURES, DEPTH])).passes();
    let both = balance([anonymous(0), anonymous(5_000)]);
    run(&scenario(&both, &[NO_FAILURES, DEPTH])).is_row_of_any_count("two without start times");
}

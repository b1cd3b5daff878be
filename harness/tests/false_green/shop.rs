//! A small service with metrics, which a test makes lie or break in one way, and the
//! scenario that it passes as long as it does neither.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::page::Seen;
use crate::support::{Answer, Service, Workspace};

/// How long the service works on a request.
const WORK: Duration = Duration::from_millis(10);
/// When its process started, in seconds since the epoch.
pub(crate) const STARTED: u64 = 1_767_000_000;

/// The client's side of the run, as each scenario may judge it.
pub(crate) const P95: &str = "'p95(latency) < 5s'";
pub(crate) const SUCCESS: &str = "{ id: success, client: ratio(success), is: '>= 95%' }";
/// The service's side.
pub(crate) const NO_FAILURES: &str = "{ id: no-failures, counter: shop_fail_total, is: '== 0' }";
pub(crate) const DEPTH: &str =
    "{ id: depth, promql: 'max_over_time(shop_depth[$run])', is: '<= 5' }";
pub(crate) const SERVER_P95: &str = "{ id: p95-server, promql: 'histogram_quantile(0.95, sum by (le) (increase(shop_latency_seconds_bucket[$run])))', unit: s, is: '< 1s' }";

/// What a service has done so far.
#[derive(Debug, Default)]
pub(crate) struct Done {
    worked: AtomicUsize,
}

impl Done {
    /// Requests that came, this one not counted.
    pub(crate) fn worked(&self) -> usize {
        self.worked.load(Ordering::SeqCst)
    }

    /// The exposition of a healthy service.
    pub(crate) fn metrics(&self) -> String {
        metrics_of(STARTED, self.worked())
    }
}

/// The exposition of a service that started then and has answered so many requests.
pub(crate) fn metrics_of(started: u64, worked: usize) -> String {
    format!(
        "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds {started}\n\
         # TYPE shop_requests_total counter\nshop_requests_total{{status=\"ok\"}} {worked}\n\
         # TYPE shop_fail_total counter\nshop_fail_total{{reason=\"disk\"}} 0\n\
         # TYPE shop_depth gauge\nshop_depth 1\n\
         # TYPE shop_wait_seconds gauge\nshop_wait_seconds 3\n\
         # TYPE shop_latency_seconds histogram\n\
         shop_latency_seconds_bucket{{le=\"0.1\"}} {worked}\n\
         shop_latency_seconds_bucket{{le=\"1\"}} {worked}\n\
         shop_latency_seconds_bucket{{le=\"10\"}} {worked}\n\
         shop_latency_seconds_bucket{{le=\"+Inf\"}} {worked}\n\
         shop_latency_seconds_sum {worked}\nshop_latency_seconds_count {worked}\n"
    )
}

/// A service that answers well, except where `trap` has another answer.
pub(crate) fn shop(
    trap: impl Fn(&str, &Done) -> Option<Answer> + Send + Sync + 'static,
) -> Service {
    shop_on(TcpListener::bind("127.0.0.1:0").unwrap(), trap)
}

/// The same on a listener of the test's own.
pub(crate) fn shop_on(
    listener: TcpListener,
    trap: impl Fn(&str, &Done) -> Option<Answer> + Send + Sync + 'static,
) -> Service {
    let done = Arc::new(Done::default());
    Service::on(listener, move |path, _| {
        let trapped = trap(path, &done);
        let answer = |healthy: fn(&Done) -> Answer| trapped.unwrap_or_else(|| healthy(&done));
        if path.starts_with("/metrics") {
            answer(|done| Answer::Http(200, done.metrics()))
        } else {
            thread::sleep(WORK);
            let answer = answer(|_| Answer::Http(200, r#"{"sold":true}"#.into()));
            done.worked.fetch_add(1, Ordering::SeqCst);
            answer
        }
    })
}

/// A service without a trap.
pub(crate) fn healthy() -> Service {
    shop(|_, _| None)
}

/// Two hundred requests of four users at a service, with scrapes, and what must hold.
pub(crate) fn scenario(url: &str, objectives: &[&str]) -> String {
    let objectives = objectives.iter().fold(String::new(), |list, one| list + "  - " + one + "\n");
    format!(
        "version: 1\nname: shop\ntarget: {url}\nmetrics: {{ path: /metrics, every: 20ms }}\n\
         load:\n  - {{ name: steady, users: 4, iterations: 200 }}\n\
         requests:\n  - {{ name: order, get: /order, timeout: 2s }}\nslo:\n{objectives}"
    )
}

/// The load of [`scenario`].
pub(crate) const USERS: &str = "users: 4, iterations: 200";
/// The request of [`scenario`].
pub(crate) const ORDER: &str = "get: /order, timeout: 2s";

/// Runs one scenario file to its JSON report.
pub(crate) fn run(text: &str) -> Seen {
    run_with(text, &[])
}

/// A control with an open load: on a busy machine its generator may be behind, which is
/// said and is no pass, so it may try again.
#[track_caller]
pub(crate) fn passes_once(text: &str) {
    let mut tries = std::iter::repeat_with(|| run(text)).take(5);
    let seen = tries.find(|seen| seen.code != 3).unwrap_or_else(|| run(text));
    seen.passes();
}

/// The same with more on the command line.
pub(crate) fn run_with(text: &str, more: &[&str]) -> Seen {
    let workspace = Workspace::new();
    workspace.write("shop.yaml", text);
    let mut arguments = vec!["run", "shop.yaml", "--out", "json"];
    arguments.extend(more);
    Seen::of(&workspace, &workspace.run(&arguments))
}

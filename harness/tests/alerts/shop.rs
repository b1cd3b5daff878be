//! A small service with a queue that fills up after so many requests, its rules, and a
//! scenario that loads it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::{Answer, Service, Workspace};

/// How long the service works on a request.
const WORK: Duration = Duration::from_millis(10);

pub(crate) const RULES: &str = "groups:
  - name: shop
    rules:
      - alert: QueueFull
        expr: shop_queue > 10
        labels: { severity: warning }
        annotations: { summary: '{{ $value }} orders wait in {{ $labels.job }}' }
      - alert: QueueFlooded
        expr: shop_queue > 1000
      - alert: QueueStuck
        expr: min_over_time(shop_queue[1s]) > 10
        for: 1h
";

/// A service whose queue is full from so many requests on.
pub(crate) fn full_after(requests: usize) -> Service {
    let worked = Arc::new(AtomicUsize::new(0));
    Service::start(move |path, _| {
        if path.starts_with("/metrics") {
            let worked = worked.load(Ordering::SeqCst);
            let queue = if worked >= requests { 20 } else { 1 };
            return Answer::Http(
                200,
                format!(
                    "# TYPE shop_requests_total counter\nshop_requests_total {worked}\n\
                     # TYPE shop_queue gauge\nshop_queue {queue}\n"
                ),
            );
        }
        thread::sleep(WORK);
        worked.fetch_add(1, Ordering::SeqCst);
        Answer::Http(200, "sold".into())
    })
}

/// A service whose queue never fills up.
pub(crate) fn calm() -> Service {
    full_after(usize::MAX)
}

/// Two phases of 80 requests each at a service, and what its alerts must do.
pub(crate) fn scenario(url: &str, alerts: &str) -> String {
    format!(
        "version: 1\nname: shop\ntarget: {url}\nmetrics: {{ path: /metrics, every: 20ms }}\n\
         load:\n  - {{ name: steady, users: 2, iterations: 80 }}\n  \
         - {{ name: peak, users: 2, iterations: 80 }}\n\
         requests:\n  - {{ name: order, get: /order }}\n\
         slo:\n  - 'count(dropped) == 0'\nalerts:\n  rules: rules.yml\n{alerts}"
    )
}

/// A folder with the scenario and its rules.
pub(crate) fn workspace(url: &str, alerts: &str) -> Workspace {
    let workspace = Workspace::new();
    workspace.write("rules.yml", RULES);
    workspace.write("shop.yaml", &scenario(url, alerts));
    workspace
}

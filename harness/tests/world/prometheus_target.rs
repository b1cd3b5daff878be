//! Prometheus itself is loaded and judged by its own metrics, which nobody here wrote.

use super::support::generations::prometheuses;
use super::support::prometheus::Prometheus;
use super::support::{Workspace, objective};
use super::{report_of, requests};

const COUNTED: &str = r#"prometheus_http_requests_total{handler="/api/v1/query", code="200"}"#;
const DURATION: &str = r#"histogram_quantile(0.95, sum by (le) (increase(prometheus_http_request_duration_seconds_bucket{handler="/api/v1/query"}[$run])))"#;

/// Queries at a steady rate; the count is what the load sends.
fn scenario(url: &str, counted: u32, bound: &str) -> String {
    format!(
        "version: 1\nname: prometheus\ntarget: {url}\nmetrics: {{ path: /metrics, every: 200ms }}\n\
         load:\n  - {{ name: warm-up, users: 1, iterations: 5, measure: false }}\n  \
         - {{ name: steady, rate: 100/s, for: 2s }}\n\
         requests:\n  - name: query\n    get: /api/v1/query?query=up\n    \
         expect: {{ status: 200, json: {{ $.status: success }} }}\n\
         slo:\n  - ratio(success) >= 95%\n  \
         - {{ id: counted, counter: '{COUNTED}', is: '== {counted}' }}\n  \
         - {{ id: duration, promql: '{DURATION}', unit: s, is: '{bound}' }}\n"
    )
}

#[test]
fn its_own_counter_and_histogram_agree_with_the_load() {
    for tool in prometheuses() {
        let prometheus = Prometheus::start_as(&tool, "scrape_configs: []\n");
        // 0.4 s is a bound of its histogram, and a query of nothing takes a millisecond.
        let report = report_of(&Workspace::new(), &scenario(&prometheus.url, 200, "<= 400ms"), 0);
        let counted = objective(&report, "counted");
        assert_eq!(counted["observed"], 200.0, "{counted:#}");
        assert_eq!(objective(&report, "duration")["samples"], 200);
        assert_eq!(requests(&report, "sent"), 205);
    }
}

#[test]
fn one_request_more_or_a_bound_that_is_none_is_not_green() {
    for tool in prometheuses() {
        let prometheus = Prometheus::start_as(&tool, "scrape_configs: []\n");
        let report = report_of(&Workspace::new(), &scenario(&prometheus.url, 201, "<= 1500us"), 1);
        assert_eq!(objective(&report, "counted")["verdict"], "fail");
        // 1.5 ms lies inside its lowest bucket, which ends at 0.1 s.
        let duration = objective(&report, "duration");
        assert_eq!(duration["verdict"], "inconclusive", "{duration:#}");
        assert!(duration["reason"].as_str().unwrap().contains("inside"), "{duration:#}");
    }
}

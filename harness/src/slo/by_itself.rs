//! What moves without any work: counters of runtimes and client libraries, and counters
//! of the scrapes themselves. Neither proves that a target did something.

use slogate_promql::Labels;

use super::scraped::OWN_SERIES;

/// Beginnings of names that move in every process, loaded or not.
const OF_RUNTIMES: [&str; 10] = [
    "process_",
    "go_",
    "python_",
    "jvm_",
    "nodejs_",
    "ruby_",
    "dotnet_",
    "tokio_",
    "scrape_",
    "promhttp_",
];

/// Whether a series of this name says nothing about work: it is a runtime's, a scrape's,
/// or the load generator's own.
pub fn moves_by_itself(name: &str) -> bool {
    name.starts_with(OWN_SERIES) || OF_RUNTIMES.iter().any(|start| name.starts_with(start))
}

/// Whether a series is about requests for one of these paths, those of the scrapes.
pub(super) fn is_of_scrapes(labels: &Labels, metrics_paths: &[String]) -> bool {
    labels.iter().any(|(_, value)| names_a_path_of_scrapes(value, metrics_paths))
}

/// Whether the value of a label names one of these paths, those of the scrapes.
pub fn names_a_path_of_scrapes(value: &str, metrics_paths: &[String]) -> bool {
    let is_scraped =
        |path: &str| metrics_paths.iter().any(|scraped| scraped.trim_end_matches('/') == path);
    path_in(value).is_some_and(is_scraped)
}

/// The path in `/metrics/`, `GET /metrics` or `http://host/metrics?x=1`, without a slash at
/// its end.
fn path_in(value: &str) -> Option<&str> {
    let address = match value.split_once(' ') {
        Some((method, rest)) if method.bytes().all(|byte| byte.is_ascii_uppercase()) => rest,
        _ => value,
    };
    let path = match address.split_once("://") {
        Some((_, after)) => after.find('/').map_or("/", |at| &after[at..]),
        None => address,
    };
    let path = path.split(['?', '#']).next()?;
    path.starts_with('/').then(|| path.trim_end_matches('/'))
}

/// Whether values grew by one from each scrape to the next, as a counter of scrapes does.
pub(super) fn counts_scrapes(values: &[f64]) -> bool {
    let mut steps = values.windows(2).map(|pair| pair[1] - pair[0]);
    values.len() > 1 && steps.all(|step| (step - 1.0).abs() < f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtimes_and_scrapes_are_known_by_their_names() {
        for name in ["process_cpu_seconds_total", "promhttp_metric_handler_requests_total"] {
            assert!(moves_by_itself(name), "{name}");
        }
        assert!(moves_by_itself("slogate_arrivals_total"));
        assert!(!moves_by_itself("orders_total") && !moves_by_itself("gone_total"));
    }

    #[test]
    fn a_label_with_the_path_of_the_metrics_is_about_the_scrapes() {
        let paths = ["/metrics".to_owned()];
        let of = |route| Labels::new([("__name__", "http_requests_total"), ("route", route)]);
        assert!(is_of_scrapes(&of("/metrics"), &paths));
        assert!(!is_of_scrapes(&of("/orders"), &paths) && !is_of_scrapes(&of("/metrics"), &[]));
    }

    #[test]
    fn the_path_of_the_metrics_is_known_with_a_method_a_host_or_a_slash() {
        let of = |route| Labels::new([("__name__", "http_requests_total"), ("route", route)]);
        let is_found = |route, path: &str| is_of_scrapes(&of(route), &[path.to_owned()]);
        for route in [
            "GET /metrics",
            "/metrics/",
            "http://h:9100/metrics",
            "GET https://h/metrics/?x=1",
            "/metrics?x=1",
        ] {
            assert!(is_found(route, "/metrics"), "{route}");
            assert!(is_found(route, "/metrics/"), "{route}");
        }
        for route in ["/metrics/shop", "/shop/metrics", "shop/metrics", "get /metrics", "GET", ""] {
            assert!(!is_found(route, "/metrics"), "{route}");
            assert!(!is_found(route, "/"), "{route}");
        }
        assert!(is_found("/", "/") && is_found("http://h:9100", "/") && is_found("GET /", "/"));
    }

    #[test]
    fn one_more_at_each_scrape_is_what_counting_scrapes_looks_like() {
        assert!(counts_scrapes(&[7.0, 8.0, 9.0]) && counts_scrapes(&[7.0, 8.0]));
        assert!(!counts_scrapes(&[7.0, 8.0, 8.0]) && !counts_scrapes(&[7.0, 9.0]));
        assert!(!counts_scrapes(&[7.0]) && !counts_scrapes(&[]));
    }
}

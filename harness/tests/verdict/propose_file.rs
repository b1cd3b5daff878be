//! A first scenario out of evidence made by hand: what is proposed, and the file.

use std::path::Path;
use std::time::Duration;

use slogate::load::{LoadResult, RequestResult};
use slogate::propose::{
    Draft, MetricsDraft, MetricsPlace, RequestDraft, Standing, Suggestions, file_text, suggest,
};
use slogate::scenario::{ReadOptions, Variables, read_text};
use slogate::series::{FamilyKind, ScrapeMoment, ScrapeRecord, SeriesStore};
use slogate::slo::Evidence;
use slogate_promql::Labels;

use crate::support::{
    STARTED_MS, answered, assert_matches_file, load_of, open_phase, with_failures,
};

/// What stands for the scenario of the look.
const LOOK: &str = "version: 1\nname: look\ntarget: http://127.0.0.1:8080\n\
                    metrics: { path: /metrics }\n\
                    load: [{ name: steady, rate: 20/s, for: 1s }]\n\
                    requests: [{ name: get, get: / }]\nslo: none\n";

/// The two scrapes of a look, milliseconds since the epoch.
const OPENED_MS: i64 = STARTED_MS;
const CLOSED_MS: i64 = STARTED_MS + 20_000;

/// Two good scrapes without a series.
fn empty() -> SeriesStore {
    let mut store = SeriesStore::default();
    for (at_ms, moment) in [(OPENED_MS, ScrapeMoment::Opening), (CLOSED_MS, ScrapeMoment::Closing)]
    {
        let (instance, took) = ("127.0.0.1:8080".to_owned(), Duration::from_millis(2));
        store.record_scrape(ScrapeRecord { at_ms, instance, moment, took, outcome: Ok(9) });
    }
    store
}

/// Adds a series that is 7 and grows by so much over the look.
fn grows(store: &mut SeriesStore, kind: FamilyKind, labels: &[(&str, &str)], by: f64) {
    let labels = Labels::new(labels.iter().copied());
    store.declare(labels.metric_name().unwrap(), kind);
    from_to(store, &labels, (7.0, 7.0 + by));
}

fn from_to(store: &mut SeriesStore, labels: &Labels, (from, to): (f64, f64)) {
    store.append(labels, OPENED_MS, from);
    store.append(labels, CLOSED_MS, to);
}

/// A histogram whose observations of the run are in these buckets.
fn histogram(store: &mut SeriesStore, family: &str, buckets: &[(&str, f64)]) {
    store.declare(family, FamilyKind::Histogram);
    let name = format!("{family}_bucket");
    let all = buckets.last().map_or(0.0, |(_, all)| *all);
    let of_buckets = buckets.iter().map(|(le, by)| {
        (Labels::new([("__name__", name.as_str()), ("le", le), ("route", "/")]), *by)
    });
    let count = format!("{family}_count");
    let count = (Labels::new([("__name__", count.as_str()), ("route", "/")]), all);
    for (labels, by) in of_buckets.chain([count]) {
        from_to(store, &labels, (7.0, 7.0 + by));
    }
}

/// A shop that counts what it answers, and more.
fn shop() -> SeriesStore {
    let mut store = empty();
    let counter = FamilyKind::Counter;
    let requests =
        |route, code| [("__name__", "shop_requests_total"), ("route", route), ("code", code)];
    grows(&mut store, counter, &requests("/", "200"), 23.0);
    grows(&mut store, counter, &requests("/metrics", "200"), 5.0);
    grows(&mut store, counter, &requests("/", "503"), 0.0);
    grows(&mut store, counter, &[("__name__", "shop_mails_failed_total")], 0.0);
    grows(&mut store, counter, &[("__name__", "shop_cache_errors_total")], 2.0);
    histogram(
        &mut store,
        "shop_request_duration_seconds",
        &[("0.01", 20.0), ("0.1", 23.0), ("0.5", 23.0), ("1", 23.0), ("+Inf", 23.0)],
    );
    for (name, value) in
        [("process_resident_memory_bytes", 40e6), ("process_start_time_seconds", 1.7e9)]
    {
        store.declare(name, FamilyKind::Gauge);
        from_to(&mut store, &Labels::new([("__name__", name)]), (value, value));
    }
    store
}

fn steady(request: RequestResult) -> LoadResult {
    load_of(vec![open_phase("steady", 1, vec![request])])
}

fn quick() -> LoadResult {
    steady(answered("get", [5; 23]))
}

fn suggested(load: &LoadResult, series: &SeriesStore) -> Suggestions {
    let read = read_text(Path::new("look"), LOOK, &Variables::new(), &ReadOptions::default());
    let scenario = read.unwrap().scenario;
    let evidence = Evidence::of(&scenario, load, series);
    suggest(&evidence)
}

fn draft(suggestions: Suggestions, metrics: MetricsDraft) -> Draft {
    Draft {
        name: "orders".to_owned(),
        target: "http://127.0.0.1:8080".to_owned(),
        tls: Vec::new(),
        request: RequestDraft {
            method: "post".to_owned(),
            path: "/orders?page=1".to_owned(),
            headers: vec![("Authorization".to_owned(), "${HEADER_AUTHORIZATION}".to_owned())],
            user: None,
            body: Some("{\"it\": \"it's\"}".to_owned()),
            timeout: Some("5s".to_owned()),
            redirects: None,
            gzip: false,
            statuses: vec!["201".to_owned(), "2xx".to_owned()],
        },
        metrics,
        suggestions,
        variables: vec!["HEADER_AUTHORIZATION".to_owned()],
    }
}

fn found() -> MetricsDraft {
    let place = MetricsPlace::Path("/metrics".to_owned());
    MetricsDraft::Found { place, samples: 120, every: "500ms" }
}

/// The file must be as committed, and read without an error or a warning.
fn assert_file(name: &str, draft: &Draft) {
    let (path, text) = (format!("tests/init/{name}"), file_text(draft));
    assert_matches_file(&path, &text);
    let variables = Variables::from([("HEADER_AUTHORIZATION".to_owned(), "x".to_owned())]);
    let read = read_text(Path::new(&path), &text, &variables, &ReadOptions::default()).unwrap();
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
}

fn entries(suggestions: &Suggestions, standing: Standing) -> String {
    let wanted = suggestions.objectives.iter().filter(|one| one.standing == standing);
    wanted.filter_map(|one| one.entry.clone()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_service_that_counts_gets_the_whole_file() {
    assert_file("counting.yaml", &draft(suggested(&quick(), &shop()), found()));
}

#[test]
fn metrics_that_did_not_move_are_comments() {
    let mut store = empty();
    let failures = [("__name__", "shop_mails_failed_total")];
    grows(&mut store, FamilyKind::Counter, &failures, 0.0);
    assert_file("unmoved.yaml", &draft(suggested(&quick(), &store), found()));
}

#[test]
fn without_metrics_the_file_says_where_they_were_looked_for() {
    let looked = vec!["/metrics, /prometheus: answered 404".to_owned()];
    let suggestions = suggested(&quick(), &SeriesStore::default());
    assert_file("no-metrics.yaml", &draft(suggestions, MetricsDraft::NotFound { looked }));
}

#[test]
fn a_counter_that_counts_something_else_too_is_no_proof() {
    let mut store = empty();
    grows(&mut store, FamilyKind::Counter, &[("__name__", "asked_total")], 24.0);
    let suggestions = suggested(&quick(), &store);
    assert!(!entries(&suggestions, Standing::InForce).contains("reconcile"), "{suggestions:?}");
    let doubt = suggestions.objectives.iter().find(|one| one.reason.contains("asked_total"));
    assert!(doubt.unwrap().reason.contains("grew by 24"), "{suggestions:?}");
}

#[test]
fn a_counter_that_may_count_the_scrapes_is_no_proof() {
    let mut store = empty();
    let (instance, took) = ("127.0.0.1:8080".to_owned(), Duration::from_millis(2));
    for at_ms in (1..=21).map(|second| OPENED_MS + second * 500) {
        let (instance, moment) = (instance.clone(), ScrapeMoment::Scheduled);
        store.record_scrape(ScrapeRecord { at_ms, instance, moment, took, outcome: Ok(9) });
    }
    grows(&mut store, FamilyKind::Counter, &[("__name__", "scrapes_total")], 23.0);
    let suggestions = suggested(&quick(), &store);
    assert!(!entries(&suggestions, Standing::InForce).contains("reconcile"), "{suggestions:?}");
    assert!(entries(&suggestions, Standing::Comment).contains("scrapes_total"), "{suggestions:?}");
}

#[test]
fn one_route_is_likelier_than_a_whole_metric_or_another_label() {
    let mut store = empty();
    let counter = FamilyKind::Counter;
    let labels = [("__name__", "asked_total"), ("a_method", "GET"), ("path", "/orders")];
    grows(&mut store, counter, &labels, 23.0);
    histogram(
        &mut store,
        "a_request_duration_seconds",
        &[("1", 23.0), ("5", 23.0), ("+Inf", 23.0)],
    );
    let proposed = entries(&suggested(&quick(), &store), Standing::InForce);
    assert!(proposed.contains("counter: 'asked_total{path=\"/orders\"}'"), "{proposed}");
}

#[test]
fn a_histogram_is_held_to_a_bound_below_its_highest() {
    let target = |buckets: &[(&str, f64)], family: &str| {
        let mut store = empty();
        histogram(&mut store, family, buckets);
        let suggestions = suggested(&quick(), &store);
        let all = [Standing::InForce, Standing::Comment].map(|one| entries(&suggestions, one));
        let of_histogram =
            |text: &String| text.lines().find(|one| one.contains("p95-server")).map(str::to_owned);
        all.each_ref().map(|text| {
            of_histogram(text).map(|line| line.rsplit_once("is: '").unwrap().1.to_owned())
        })
    };
    let in_ms = [("5", 23.0), ("100", 23.0), ("200", 23.0), ("500", 23.0), ("+Inf", 23.0)];
    assert_eq!(target(&in_ms, "took_ms"), [Some("< 200ms' }".to_owned()), None]);
    // Some way above what was seen, but never the highest.
    let slow = [("1", 0.0), ("2", 23.0), ("2.5", 23.0), ("60", 23.0), ("+Inf", 23.0)];
    assert_eq!(target(&slow, "took_seconds"), [Some("< 2.5s' }".to_owned()), None]);
    let none_above = [("1", 0.0), ("2", 23.0), ("+Inf", 23.0)];
    assert_eq!(target(&none_above, "took_seconds"), [None, Some("< BOUND' }".to_owned())]);
    assert_eq!(target(&in_ms, "request_duration"), [None, Some("< BOUND' }".to_owned())]);
    assert_eq!(target(&in_ms, "response_size_bytes"), [None, None]);
}

#[test]
fn failures_of_the_look_are_told() {
    let load = steady(with_failures(answered("get", [5; 13]), 10));
    let suggestions = suggested(&load, &SeriesStore::default());
    let told = &suggestions.objectives[1].reason;
    assert!(told.contains("10 of 23") && told.contains("10 × status 500"), "{told}");
    let comments = entries(&suggestions, Standing::Comment);
    assert!(comments.contains("'p95(latency) < 1s'"), "{comments}");
    assert!(comments.contains("'ratio(success) >= "), "{comments}");
    assert_eq!(entries(&suggestions, Standing::InForce), "");
    assert_file("failing.yaml", &draft(suggestions, MetricsDraft::NotWanted));
}

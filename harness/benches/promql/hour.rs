//! The series: an hour of a service with four metrics of 1,000 series each, the same at every
//! run.

use slogate::series::{FamilyKind, SeriesStore};
use slogate_promql::{Labels, METRIC_NAME};

/// When the last sample was taken, milliseconds since the epoch: shortly before the end of two
/// hours, so that the whole hour is one block of Prometheus.
pub(crate) const END_MS: i64 = 1_700_006_378_000;
/// The first and the last step of every query. They lie between samples, as the steps of a
/// subquery do: a sample at the very start of a range is in it for Prometheus 2 and not for 3.
pub(crate) const QUERY_END_MS: i64 = END_MS + 7_000;
pub(crate) const QUERY_START_MS: i64 = QUERY_END_MS - (SAMPLES - 1) * INTERVAL_MS;
/// Between two samples, milliseconds.
pub(crate) const INTERVAL_MS: i64 = 15_000;
/// Samples of a series: an hour.
pub(crate) const SAMPLES: i64 = 240;

/// Series of each metric: so many instances times so many routes, or times so many routes and
/// buckets.
pub(crate) const INSTANCES: usize = 20;
const ROUTES: usize = 50;
const BUCKETS: [&str; 10] =
    ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "+Inf"];
const BUCKET_ROUTES: usize = 5;

pub(crate) const DURATIONS: &str = "bench_request_duration_seconds_bucket";
pub(crate) const REQUESTS: &str = "bench_requests_total";
pub(crate) const FAILURES: &str = "bench_failures_total";
pub(crate) const QUEUE: &str = "bench_queue_depth";

/// All of it.
pub(crate) fn series() -> SeriesStore {
    let mut store = SeriesStore::default();
    store.declare("bench_request_duration_seconds", FamilyKind::Histogram);
    store.declare(REQUESTS, FamilyKind::Counter);
    store.declare(FAILURES, FamilyKind::Counter);
    store.declare(QUEUE, FamilyKind::Gauge);
    let mut numbers = Numbers(7);
    for (instance, route) in pairs(ROUTES) {
        counter(&mut store, &labels(REQUESTS, instance, route), 1000, &mut numbers);
        counter(&mut store, &labels(FAILURES, instance, route), 10, &mut numbers);
        gauge(&mut store, &labels(QUEUE, instance, route), &mut numbers);
    }
    for (instance, route) in pairs(BUCKET_ROUTES) {
        histogram(&mut store, &labels(DURATIONS, instance, route), &mut numbers);
    }
    store
}

fn pairs(routes: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..INSTANCES).flat_map(move |instance| (0..routes).map(move |route| (instance, route)))
}

pub(crate) fn labels(metric: &str, instance: usize, route: usize) -> Labels {
    Labels::new([
        (METRIC_NAME, metric),
        ("instance", &format!("10.0.0.{instance}:9100")),
        ("job", "bench"),
        ("route", &format!("/api/v1/things/{route:02}")),
    ])
}

/// When each sample was taken.
fn times() -> impl Iterator<Item = i64> {
    (0..SAMPLES).map(|back| END_MS - (SAMPLES - 1 - back) * INTERVAL_MS)
}

fn counter(store: &mut SeriesStore, labels: &Labels, most: u64, numbers: &mut Numbers) {
    let mut total = numbers.below(1_000_000);
    for at_ms in times() {
        total += numbers.below(most);
        store.append(labels, at_ms, total as f64);
    }
}

fn gauge(store: &mut SeriesStore, labels: &Labels, numbers: &mut Numbers) {
    for at_ms in times() {
        store.append(labels, at_ms, numbers.below(1000) as f64 / 8.0);
    }
}

/// Cumulative buckets: what a bucket counts, those above it count as well.
fn histogram(store: &mut SeriesStore, labels: &Labels, numbers: &mut Numbers) {
    let buckets = BUCKETS.map(|bound| labels.with("le", bound));
    let mut totals = [0_u64; BUCKETS.len()];
    for at_ms in times() {
        let mut more = 1;
        for (total, bucket) in totals.iter_mut().zip(&buckets) {
            more += numbers.below(40);
            *total += more;
            store.append(bucket, at_ms, *total as f64);
        }
    }
}

/// Numbers that look like chance and are the same each time (a linear congruence, Knuth's
/// MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

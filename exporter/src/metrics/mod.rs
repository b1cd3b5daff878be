//! Counts what exports do, in the metrics of the [`catalogue`].
//!
//! Counters and histograms are the `prometheus` crate's; gauges over the last
//! minutes are computed from rolling windows when somebody scrapes, and a scrape
//! resets nothing. Every child with closed labels exists from the start, so that
//! a rule over a reason that never happened sees 0 and not nothing.

mod users;
mod window;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use prometheus::{
    CounterVec, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntGauge, Opts, Registry,
    TextEncoder,
};

use self::{users::Users, window::Window};
use crate::{
    catalogue::{self, LabelValues, Metric},
    format::Format,
    problem::{Outcome, Reason},
};

/// Label `format` of a request whose format is not known.
const UNKNOWN_FORMAT: &str = "unknown";
/// Span of the memory and throughput gauges, in seconds.
const SHORT_WINDOW_SECONDS: u64 = 60;
/// Span of the success rate, in seconds.
const LONG_WINDOW_SECONDS: u64 = 600;

/// How many rows an export has, as a label value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Size {
    /// Up to 1,000 rows.
    Small,
    /// Fewer than 10,000 rows.
    Medium,
    /// 10,000 rows and more.
    Large,
}

impl Size {
    /// The size of an export of this many rows.
    pub(crate) const fn of(rows: u64) -> Self {
        match rows {
            0..=1_000 => Self::Small,
            1_001..=9_999 => Self::Medium,
            _ => Self::Large,
        }
    }

    /// The label value.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }
}

/// An export that did not succeed, as it is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loss<'a> {
    /// Its format, if the request was read so far.
    pub(crate) format: Option<Format>,
    /// Its user, if the request was read so far.
    pub(crate) user: Option<&'a str>,
    /// Why.
    pub(crate) reason: Reason,
    /// Failed or rejected.
    pub(crate) outcome: Outcome,
    /// Bytes written to the file that was thrown away.
    pub(crate) bytes: u64,
}

/// An export that succeeded, as it is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Success<'a> {
    /// Its format.
    pub(crate) format: Format,
    /// Its user, if the request names one.
    pub(crate) user: Option<&'a str>,
    /// Rows.
    pub(crate) rows: u64,
    /// Bytes of the file.
    pub(crate) bytes: u64,
    /// From admission to the renamed file.
    pub(crate) latency: Duration,
}

/// The counters of one service.
pub(crate) struct Metrics {
    registry: Registry,
    started: Instant,
    users: Users,
    requests: CounterVec,
    failures: CounterVec,
    running: IntGauge,
    waiting: IntGauge,
    memory: GaugeVec,
    throughput: GaugeVec,
    success_rate: GaugeVec,
    /// In the order of [`Format::ALL`].
    formats: Vec<FormatMetrics>,
}

/// What is kept for each file format: handles, so that counting does not look
/// labels up, and windows.
struct FormatMetrics {
    format: Format,
    latency: [Histogram; 3],
    bytes_success: prometheus::Counter,
    bytes_failed: prometheus::Counter,
    windows: Mutex<Windows>,
}

struct Windows {
    memory_bytes: Window<u64>,
    finished: Window<u64>,
    outcomes: Window<Outcomes>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Outcomes {
    succeeded: u64,
    failed: u64,
}

impl Metrics {
    /// All metrics, with their closed children at 0.
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let latency = histogram(&registry, spec(catalogue::LATENCY_MS)?)?;
        let bytes = counter(&registry, spec(catalogue::BYTES_TOTAL)?)?;
        let metrics = Self {
            started: Instant::now(),
            users: Users::new(),
            requests: counter(&registry, spec(catalogue::REQUESTS_TOTAL)?)?,
            failures: counter(&registry, spec(catalogue::FAIL_TOTAL)?)?,
            running: plain_gauge(&registry, spec(catalogue::CONCURRENT_RUNNING)?)?,
            waiting: plain_gauge(&registry, spec(catalogue::QUEUE_DEPTH)?)?,
            memory: gauge(&registry, spec(catalogue::MEMORY_BYTES)?)?,
            throughput: gauge(&registry, spec(catalogue::THROUGHPUT)?)?,
            success_rate: gauge(&registry, spec(catalogue::SUCCESS_RATE)?)?,
            formats: Format::ALL
                .iter()
                .map(|format| FormatMetrics::new(*format, &latency, &bytes))
                .collect(),
            registry,
        };
        #[cfg(target_os = "linux")]
        metrics
            .registry
            .register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(metrics)
    }

    /// Counts an export that succeeded.
    pub(crate) fn succeeded(&self, success: &Success<'_>) {
        let second = self.second();
        let of_format = self.of_format(success.format);
        let milliseconds = success.latency.as_secs_f64() * 1e3;
        of_format.latency[Size::of(success.rows) as usize].observe(milliseconds);
        of_format.bytes_success.inc_by(success.bytes as f64);
        {
            let mut windows = of_format.windows();
            *windows.finished.at(second) += 1;
            windows.outcomes.at(second).succeeded += 1;
        }
        self.count_request(success.format.label(), "succeeded", success.user);
    }

    /// Counts an export that failed or was rejected.
    pub(crate) fn lost(&self, loss: &Loss<'_>) {
        let format = loss.format.map_or(UNKNOWN_FORMAT, Format::label);
        if let Some(of_format) = loss.format.map(|format| self.of_format(format)) {
            of_format.bytes_failed.inc_by(loss.bytes as f64);
            if loss.outcome == Outcome::Failed {
                of_format.windows().outcomes.at(self.second()).failed += 1;
            }
        }
        self.failures.with_label_values(&[loss.reason.label(), format]).inc();
        let status = match loss.outcome {
            Outcome::Failed => "failed",
            Outcome::Rejected => "rejected",
        };
        self.count_request(format, status, loss.user);
    }

    /// Notes how many bytes the buffers of an export hold now.
    pub(crate) fn held(&self, format: Format, bytes: u64) {
        let mut windows = self.of_format(format).windows();
        let highest = windows.memory_bytes.at(self.second());
        *highest = bytes.max(*highest);
    }

    /// The exposition, with `running` and `waiting` exports now.
    pub(crate) fn render(
        &self,
        running: usize,
        waiting: usize,
    ) -> Result<String, prometheus::Error> {
        self.running.set(i64::try_from(running).unwrap_or(i64::MAX));
        self.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        for of_format in &self.formats {
            self.refresh(of_format);
        }
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    fn refresh(&self, of_format: &FormatMetrics) {
        let now = self.second();
        let label = [of_format.format.label()];
        let windows = of_format.windows();
        let memory = windows.memory_bytes.recent(now).max().unwrap_or(0);
        self.memory.with_label_values(&label).set(memory as f64);
        let finished: u64 = windows.finished.recent(now).sum();
        let seconds = (now + 1).min(SHORT_WINDOW_SECONDS);
        self.throughput.with_label_values(&label).set(finished as f64 / seconds as f64);
        match success_rate(windows.outcomes.recent(now)) {
            Some(rate) => self.success_rate.with_label_values(&label).set(rate),
            // An error says that it is absent already, which is what is wanted.
            None => drop(self.success_rate.remove_label_values(&label)),
        }
    }

    fn count_request(&self, format: &str, status: &str, user: Option<&str>) {
        let user = self.users.label(user);
        self.requests.with_label_values(&[format, status, user.as_str()]).inc();
    }

    fn of_format(&self, format: Format) -> &FormatMetrics {
        &self.formats[format as usize]
    }

    /// Whole seconds since the service started.
    fn second(&self) -> u64 {
        self.started.elapsed().as_secs()
    }
}

impl FormatMetrics {
    fn new(format: Format, latency: &HistogramVec, bytes: &CounterVec) -> Self {
        let latency_of = |size: Size| latency.with_label_values(&[format.label(), size.label()]);
        Self {
            format,
            latency: [Size::Small, Size::Medium, Size::Large].map(latency_of),
            bytes_success: bytes.with_label_values(&[format.label(), "success"]),
            bytes_failed: bytes.with_label_values(&[format.label(), "failed"]),
            windows: Mutex::new(Windows {
                memory_bytes: Window::new(SHORT_WINDOW_SECONDS),
                finished: Window::new(SHORT_WINDOW_SECONDS),
                outcomes: Window::new(LONG_WINDOW_SECONDS),
            }),
        }
    }

    fn windows(&self) -> MutexGuard<'_, Windows> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn success_rate(outcomes: impl Iterator<Item = Outcomes>) -> Option<f64> {
    let (succeeded, failed) = outcomes.fold((0, 0), |(succeeded, failed), outcome| {
        (succeeded + outcome.succeeded, failed + outcome.failed)
    });
    let finished = succeeded + failed;
    (finished > 0).then(|| succeeded as f64 / finished as f64)
}

fn spec(name: &str) -> Result<&'static Metric, prometheus::Error> {
    catalogue::metric(name)
        .ok_or_else(|| prometheus::Error::Msg(format!("`{name}` is not in the catalogue")))
}

fn label_names(metric: &Metric) -> Vec<&'static str> {
    metric.labels.iter().map(|label| label.name).collect()
}

fn counter(registry: &Registry, metric: &Metric) -> Result<CounterVec, prometheus::Error> {
    let family = CounterVec::new(Opts::new(metric.name, metric.help), &label_names(metric))?;
    registry.register(Box::new(family.clone()))?;
    for labels in closed_children(metric) {
        family.with_label_values(&labels);
    }
    Ok(family)
}

fn gauge(registry: &Registry, metric: &Metric) -> Result<GaugeVec, prometheus::Error> {
    let family = GaugeVec::new(Opts::new(metric.name, metric.help), &label_names(metric))?;
    registry.register(Box::new(family.clone()))?;
    if metric.present_from_start {
        for labels in closed_children(metric) {
            family.with_label_values(&labels);
        }
    }
    Ok(family)
}

fn plain_gauge(registry: &Registry, metric: &Metric) -> Result<IntGauge, prometheus::Error> {
    let gauge = IntGauge::new(metric.name, metric.help)?;
    registry.register(Box::new(gauge.clone()))?;
    Ok(gauge)
}

fn histogram(registry: &Registry, metric: &Metric) -> Result<HistogramVec, prometheus::Error> {
    let options = HistogramOpts::new(metric.name, metric.help)
        .buckets(catalogue::LATENCY_BUCKETS_MS.to_vec());
    let family = HistogramVec::new(options, &label_names(metric))?;
    registry.register(Box::new(family.clone()))?;
    for labels in closed_children(metric) {
        family.with_label_values(&labels);
    }
    Ok(family)
}

/// Every combination of label values that is known before any request.
fn closed_children(metric: &Metric) -> Vec<Vec<&'static str>> {
    metric.labels.iter().fold(vec![Vec::new()], |children, label| {
        let values = match label.values {
            LabelValues::Closed(values) => values.to_vec(),
            LabelValues::Open(absent) => vec![absent],
        };
        let extended = children
            .iter()
            .flat_map(|child| values.iter().map(|value| [child.as_slice(), &[*value]].concat()));
        extended.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn success(rows: u64) -> Success<'static> {
        let latency = Duration::from_millis(7);
        Success { format: Format::Csv, user: None, rows, bytes: 10, latency }
    }

    fn loss(reason: Reason, outcome: Outcome) -> Loss<'static> {
        Loss { format: Some(Format::Csv), user: None, reason, outcome, bytes: 0 }
    }

    fn value(exposition: &str, series: &str) -> Option<f64> {
        let line = exposition.lines().find_map(|line| line.strip_prefix(series))?;
        line.trim().parse().ok()
    }

    #[test]
    fn every_closed_child_is_there_at_zero_before_any_export() {
        let exposition = Metrics::new().unwrap().render(0, 0).unwrap();
        for metric in catalogue::METRICS.iter().filter(|metric| metric.present_from_start) {
            assert!(exposition.contains(&format!("# TYPE {} {}", metric.name, metric.kind.name())));
        }
        for reason in crate::problem::REASONS {
            let series = format!("export_fail_total{{format=\"unknown\",reason=\"{reason}\"}}");
            assert_eq!(value(&exposition, &series), Some(0.0), "{series}");
        }
        let user = "export_requests_total{format=\"pdf\",status=\"failed\",user=\"anonymous\"}";
        assert_eq!(value(&exposition, user), Some(0.0));
        let size = "export_latency_ms_count{format=\"csv\",size=\"large\"}";
        assert_eq!(value(&exposition, size), Some(0.0));
    }

    #[test]
    fn success_rate_is_absent_until_an_accepted_export_ends() {
        let metrics = Metrics::new().unwrap();
        assert!(!metrics.render(0, 0).unwrap().contains(catalogue::SUCCESS_RATE));
        metrics.lost(&loss(Reason::BadJson, Outcome::Rejected));
        assert!(!metrics.render(0, 0).unwrap().contains(catalogue::SUCCESS_RATE));
        metrics.succeeded(&success(1));
        metrics.lost(&loss(Reason::WriteError, Outcome::Failed));
        let exposition = metrics.render(0, 0).unwrap();
        assert_eq!(value(&exposition, "export_success_rate{format=\"csv\"}"), Some(0.5));
        assert_eq!(value(&exposition, "export_success_rate{format=\"pdf\"}"), None);
    }

    #[test]
    fn a_scrape_resets_nothing() {
        let metrics = Metrics::new().unwrap();
        metrics.held(Format::Pdf, 4_096);
        metrics.succeeded(&success(10_000));
        for _ in 0..2 {
            let exposition = metrics.render(1, 2).unwrap();
            assert_eq!(value(&exposition, "export_memory_bytes{format=\"pdf\"}"), Some(4_096.0));
            let throughput = "export_throughput_ops_per_sec{format=\"csv\"}";
            assert_eq!(value(&exposition, throughput), Some(1.0));
            assert_eq!(value(&exposition, "export_concurrent_running"), Some(1.0));
            assert_eq!(value(&exposition, "export_queue_depth"), Some(2.0));
        }
    }

    #[test]
    fn sizes_change_above_a_thousand_and_at_ten_thousand_rows() {
        assert_eq!((Size::of(1_000), Size::of(1_001)), (Size::Small, Size::Medium));
        assert_eq!((Size::of(9_999), Size::of(10_000)), (Size::Medium, Size::Large));
    }
}

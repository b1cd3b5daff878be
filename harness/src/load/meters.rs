//! Progress counters that anybody may read while the load runs.
//!
//! Each load thread writes to a shard of its own, one writer to each number, with
//! relaxed atomics; a reader adds the shards up. A reading is therefore not one
//! instant's truth across numbers (a response may be counted that its `sent` does
//! not show yet); after the threads have ended it is exact, and the final result
//! is made from the same numbers.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::buckets::{BucketBounds, BucketCounts};
use super::meter_series::SeriesLabels;
use super::outcome::RequestResult;
use super::plan::LoadPlan;

/// Shared progress of one load.
#[derive(Debug)]
pub struct LiveMeters {
    origin: Instant,
    phase_names: Vec<String>,
    request_names: Vec<String>,
    bounds: BucketBounds,
    /// When each phase began, nanoseconds after `origin` plus one; 0 is "not yet".
    begun: Vec<AtomicU64>,
    running: AtomicBool,
    shards: Vec<Vec<CellMeters>>,
    pub(super) labels: OnceLock<SeriesLabels>,
}

/// Where the load stands, for a progress line.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The phase that began last; empty before the first.
    pub phase: String,
    /// Since the phase began.
    pub elapsed: Duration,
    /// Requests of this phase sent.
    pub sent: u64,
    /// Complete responses in this phase, whatever their status.
    pub responses: u64,
    /// Failed and dropped requests of this phase.
    pub failed: u64,
    /// 95th percentile of the latency of this phase's complete exchanges so far,
    /// in seconds, to the resolution of a bucket (12 %); failed and dropped requests
    /// rank above all. `None` without samples, infinite where a failure is meant.
    pub p95_seconds: Option<f64>,
    /// Requests of all phases in flight.
    pub in_flight: u64,
    /// Requests of this phase sent a second so far.
    pub rate: f64,
}

/// The numbers of one phase and request on one thread.
#[derive(Debug)]
pub(super) struct CellMeters {
    pub(super) intended: Meter,
    pub(super) sent: Meter,
    pub(super) succeeded: Meter,
    pub(super) responses_failed: Meter,
    pub(super) failed: Meter,
    /// Of those that were sent and failed, those that waiting alone explains.
    pub(super) waited: Meter,
    pub(super) dropped: Meter,
    pub(super) late: Meter,
    pub(super) retried: Meter,
    pub(super) redirects: Meter,
    pub(super) repeats: Meter,
    /// Requests that were repeated at least once.
    pub(super) repeated: Meter,
    pub(super) bytes_sent: Meter,
    pub(super) bytes_received: Meter,
    pub(super) duration_ok: BucketCounts,
    pub(super) duration_failed: BucketCounts,
    pub(super) lag: BucketCounts,
}

/// A number that one thread writes and any thread reads.
#[derive(Debug, Default)]
pub(super) struct Meter(AtomicU64);

impl Meter {
    /// Adds; only ever called by the one thread that owns the shard.
    pub(super) fn add(&self, amount: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The sum over all shards of one phase and request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct CellTotals {
    pub(super) intended: u64,
    pub(super) sent: u64,
    pub(super) succeeded: u64,
    pub(super) responses_failed: u64,
    pub(super) failed: u64,
    pub(super) waited: u64,
    pub(super) dropped: u64,
    pub(super) late: u64,
    pub(super) retried: u64,
    pub(super) redirects: u64,
    pub(super) repeats: u64,
    pub(super) repeated: u64,
    pub(super) bytes_sent: u64,
    pub(super) bytes_received: u64,
}

impl CellTotals {
    /// Sent and without an outcome yet.
    pub(super) fn in_flight(&self) -> u64 {
        self.sent.saturating_sub(self.succeeded + self.failed.saturating_sub(self.dropped))
    }

    /// The counts of a request's result. It has no times yet, and who is without an outcome
    /// is for the caller to say.
    pub(super) fn result(&self, request: &str) -> RequestResult {
        RequestResult {
            name: request.to_owned(),
            intended: self.intended,
            sent: self.sent,
            succeeded: self.succeeded,
            responses: self.succeeded + self.responses_failed,
            failed: self.failed,
            late: self.late,
            dropped: self.dropped,
            retried: self.retried,
            redirects: self.redirects,
            repeats: self.repeats,
            repeated: self.repeated,
            bytes_sent: self.bytes_sent,
            bytes_received: self.bytes_received,
            ..RequestResult::default()
        }
    }

    fn add(&mut self, cell: &CellMeters) {
        // Outcomes before sends: what is read as ended must also be read as sent.
        self.succeeded += cell.succeeded.get();
        self.responses_failed += cell.responses_failed.get();
        self.failed += cell.failed.get();
        self.waited += cell.waited.get();
        self.dropped += cell.dropped.get();
        self.late += cell.late.get();
        self.retried += cell.retried.get();
        self.redirects += cell.redirects.get();
        self.repeats += cell.repeats.get();
        self.repeated += cell.repeated.get();
        self.bytes_received += cell.bytes_received.get();
        self.bytes_sent += cell.bytes_sent.get();
        self.sent += cell.sent.get();
        self.intended += cell.intended.get();
    }
}

impl LiveMeters {
    /// Zeros for every phase and request of a plan.
    pub(super) fn new(plan: &LoadPlan) -> Self {
        let bounds = BucketBounds::new(&plan.latency_bounds_seconds);
        let cells = plan.phases.len() * plan.requests.len();
        let shard = || (0..cells).map(|_| CellMeters::new(&bounds)).collect();
        Self {
            origin: Instant::now(),
            phase_names: plan.phases.iter().map(|phase| phase.name.clone()).collect(),
            request_names: plan.requests.iter().map(|request| request.name.clone()).collect(),
            begun: plan.phases.iter().map(|_| AtomicU64::new(0)).collect(),
            running: AtomicBool::new(false),
            shards: (0..plan.lanes()).map(|_| shard()).collect(),
            bounds,
            labels: OnceLock::new(),
        }
    }

    /// Where the load stands now.
    pub fn progress(&self) -> Progress {
        let now = Instant::now();
        let phase = self.current_phase(now);
        let mut totals = CellTotals::default();
        let mut buckets = vec![0; self.bounds.buckets()];
        for request in 0..self.request_names.len() {
            for cell in self.cells(phase.map_or(0, |(index, _)| index), request) {
                totals.add(cell);
                cell.duration_ok.add_to(&mut buckets);
            }
        }
        let elapsed =
            phase.map_or(Duration::ZERO, |(_, began)| now.saturating_duration_since(began));
        Progress {
            phase: phase.map_or(String::new(), |(index, _)| self.phase_names[index].clone()),
            elapsed,
            sent: totals.sent,
            responses: totals.succeeded + totals.responses_failed,
            failed: totals.failed,
            p95_seconds: self.bounds.quantile(&buckets, totals.failed, 0.95),
            in_flight: self.in_flight(),
            rate: per_second(totals.sent, elapsed),
        }
    }

    /// Requests of all phases in flight.
    pub fn in_flight(&self) -> u64 {
        let cells = self.shards.iter().flatten();
        let mut totals = CellTotals::default();
        cells.for_each(|cell| totals.add(cell));
        totals.in_flight()
    }

    /// Notes that a phase has begun, or will at an instant that is near.
    pub(super) fn phase_begins(&self, phase: usize, at: Instant) {
        let nanos = at.saturating_duration_since(self.origin).as_nanos();
        let nanos = u64::try_from(nanos).unwrap_or(u64::MAX).saturating_add(1);
        self.begun[phase].store(nanos, Ordering::Relaxed);
    }

    /// Notes that phases run, or that none does.
    pub(super) fn set_running(&self, running: bool) {
        self.running.store(running, Ordering::Relaxed);
    }

    /// Whether phases run.
    pub(super) fn is_running(&self) -> bool {
        self.running.load(Ordering::Relaxed)
    }

    /// The bucket bounds of the client's own histograms.
    pub(super) fn bounds(&self) -> &BucketBounds {
        &self.bounds
    }

    pub(super) fn phase_names(&self) -> &[String] {
        &self.phase_names
    }

    pub(super) fn request_names(&self) -> &[String] {
        &self.request_names
    }

    /// One shard's numbers of one phase and request.
    pub(super) fn cell(&self, shard: usize, phase: usize, request: usize) -> &CellMeters {
        &self.shards[shard][phase * self.request_names.len() + request]
    }

    /// All shards' numbers of one phase and request.
    pub(super) fn cells(&self, phase: usize, request: usize) -> impl Iterator<Item = &CellMeters> {
        (0..self.shards.len()).map(move |shard| self.cell(shard, phase, request))
    }

    /// The sum over all shards of one phase and request.
    pub(super) fn totals(&self, phase: usize, request: usize) -> CellTotals {
        let mut totals = CellTotals::default();
        self.cells(phase, request).for_each(|cell| totals.add(cell));
        totals
    }

    /// When a phase began, if it has.
    pub(super) fn began(&self, phase: usize) -> Option<Instant> {
        let nanos = self.begun[phase].load(Ordering::Relaxed).checked_sub(1)?;
        let began = self.origin + Duration::from_nanos(nanos);
        (began <= Instant::now()).then_some(began)
    }

    /// The phase that began last, and when.
    fn current_phase(&self, now: Instant) -> Option<(usize, Instant)> {
        let began = self.begun.iter().enumerate().filter_map(|(phase, nanos)| {
            let nanos = nanos.load(Ordering::Relaxed).checked_sub(1)?;
            Some((phase, self.origin + Duration::from_nanos(nanos)))
        });
        began.filter(|(_, at)| *at <= now).last()
    }
}

impl CellMeters {
    fn new(bounds: &BucketBounds) -> Self {
        Self {
            intended: Meter::default(),
            sent: Meter::default(),
            succeeded: Meter::default(),
            responses_failed: Meter::default(),
            failed: Meter::default(),
            waited: Meter::default(),
            dropped: Meter::default(),
            late: Meter::default(),
            retried: Meter::default(),
            redirects: Meter::default(),
            repeats: Meter::default(),
            repeated: Meter::default(),
            bytes_sent: Meter::default(),
            bytes_received: Meter::default(),
            duration_ok: BucketCounts::new(bounds),
            duration_failed: BucketCounts::new(bounds),
            lag: BucketCounts::new(bounds),
        }
    }
}

fn per_second(count: u64, elapsed: Duration) -> f64 {
    if elapsed.is_zero() { 0.0 } else { count as f64 / elapsed.as_secs_f64() }
}

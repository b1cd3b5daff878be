//! What one load thread measured: histograms and failures, beside the shared meters.
//!
//! Everything is recorded at one place without waiting in between, so that the
//! numbers agree with each other whenever the thread is stopped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::delivery::Again;
use super::meters::{CellMeters, LiveMeters};
use super::outcome::FailureKind;
use super::parts::{Part, TimeInParts};
use super::unmet::Unmet;
use crate::histogram::LatencyHistogram;

/// One thread's measurements.
#[derive(Debug)]
pub(super) struct Recorder {
    meters: Arc<LiveMeters>,
    shard: usize,
    requests: usize,
    cells: Vec<CellRecord>,
    /// First intended start and last ending, phase by phase.
    pub(super) extents: Vec<Extent>,
    /// How long each part of exchanges took, phase by phase.
    pub(super) parts: Vec<TimeInParts>,
    pub(super) in_flight: u64,
    pub(super) peak_in_flight: u64,
    pub(super) connections_opened: u64,
    pub(super) requests_on_open_connections: u64,
    pub(super) unasked_connections: u64,
    pub(super) responses_ended_by_close: u64,
    missed: Vec<u64>,
}

/// What the meters do not hold of one phase and request.
#[derive(Clone, Debug, Default)]
pub(super) struct CellRecord {
    pub(super) failures: BTreeMap<FailureKind, u64>,
    pub(super) latency_ok: LatencyHistogram,
    pub(super) latency_failed: LatencyHistogram,
    pub(super) service_ok: LatencyHistogram,
    pub(super) service_failed: LatencyHistogram,
    pub(super) lag: LatencyHistogram,
    pub(super) artifact_urls: Vec<String>,
    /// What the first answer that was not as expected lacked.
    pub(super) unmet: Option<String>,
}

/// First intended start and last ending of a phase.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    pub(super) first_intended: Option<Instant>,
    pub(super) last_ended: Option<Instant>,
}

/// Which numbers an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CellId {
    pub(super) phase: usize,
    pub(super) request: usize,
}

/// A send.
#[derive(Clone, Copy, Debug)]
pub(super) struct SendRecord {
    /// Wait for the generator while a slot was free; none for closed phases.
    pub(super) lag: Option<Duration>,
    /// It waited for a slot.
    pub(super) late: bool,
}

/// The end of an exchange.
#[derive(Clone, Debug)]
pub(super) struct EndRecord {
    pub(super) intended: Instant,
    pub(super) sent: Instant,
    pub(super) ended: Instant,
    /// Why it failed, if it did.
    pub(super) failure: Option<FailureKind>,
    /// A whole response came.
    pub(super) complete: bool,
    /// Bytes of the response's body.
    pub(super) body_bytes: u64,
    pub(super) artifact_url: Option<String>,
}

impl EndRecord {
    /// An end without anything in it.
    pub(super) fn new(intended: Instant, sent: Instant, ended: Instant) -> Self {
        Self {
            intended,
            sent,
            ended,
            failure: None,
            complete: false,
            body_bytes: 0,
            artifact_url: None,
        }
    }
}

impl Recorder {
    pub(super) fn new(meters: Arc<LiveMeters>, shard: usize) -> Self {
        let phases = meters.phase_names().len();
        let requests = meters.request_names().len();
        Self {
            meters,
            shard,
            requests,
            cells: vec![CellRecord::default(); phases * requests],
            extents: vec![Extent::default(); phases],
            parts: vec![TimeInParts::default(); phases],
            in_flight: 0,
            peak_in_flight: 0,
            connections_opened: 0,
            requests_on_open_connections: 0,
            unasked_connections: 0,
            responses_ended_by_close: 0,
            missed: vec![0; phases],
        }
    }

    /// A request was meant to start.
    pub(super) fn intended(&mut self, id: CellId, at: Instant) {
        self.meters(id).intended.add(1);
        let first = &mut self.extents[id.phase].first_intended;
        *first = Some(first.map_or(at, |first| first.min(at)));
    }

    /// A request is on its way.
    pub(super) fn sent(&mut self, id: CellId, send: SendRecord) {
        self.in_flight += 1;
        self.peak_in_flight = self.peak_in_flight.max(self.in_flight);
        let meters = self.meters.cell(self.shard, id.phase, id.request);
        meters.sent.add(1);
        meters.late.add(u64::from(send.late));
        if let Some(lag) = send.lag {
            meters.lag.record(self.meters.bounds(), lag);
            self.cells[id.phase * self.requests + id.request].lag.record(lag);
        }
    }

    /// A request was sent again on a fresh connection.
    pub(super) fn retried(&mut self, id: CellId) {
        self.meters(id).retried.add(1);
    }

    /// So many bytes of a request's body went out.
    pub(super) fn sent_body(&self, id: CellId, bytes: u64) {
        self.meters(id).bytes_sent.add(bytes);
    }

    /// A request goes on with another message.
    pub(super) fn goes_on(&self, id: CellId, why: Again, received_bytes: u64) {
        let meters = self.meters(id);
        match why {
            Again::Redirect => meters.redirects.add(1),
            Again::Repeat { is_first } => {
                meters.repeats.add(1);
                meters.repeated.add(u64::from(is_first));
            }
        }
        meters.bytes_received.add(received_bytes);
    }

    /// A part of an exchange has ended.
    pub(super) fn spent(&mut self, phase: usize, part: Part, time: Duration) {
        self.parts[phase].record(part, time);
    }

    /// A request that was sent has ended, well or not; the first `keep` artifacts
    /// of each phase and request are remembered.
    pub(super) fn ended(&mut self, id: CellId, end: EndRecord, keep: usize) {
        self.in_flight -= 1;
        let latency = end.ended.saturating_duration_since(end.intended);
        let service = end.ended.saturating_duration_since(end.sent);
        let extent = &mut self.extents[id.phase];
        extent.last_ended = extent.last_ended.max(Some(end.ended));
        let bounds = self.meters.bounds();
        let meters = self.meters.cell(self.shard, id.phase, id.request);
        let cell = &mut self.cells[id.phase * self.requests + id.request];
        meters.bytes_received.add(end.body_bytes);
        if let Some(kind) = end.failure {
            cell.latency_failed.record(latency);
            cell.service_failed.record(service);
            meters.waited.add(u64::from(kind.is_waiting()));
            *cell.failures.entry(kind).or_default() += 1;
            meters.duration_failed.record(bounds, latency);
            meters.responses_failed.add(u64::from(end.complete));
            meters.failed.add(1);
        } else {
            cell.latency_ok.record(latency);
            cell.service_ok.record(service);
            meters.duration_ok.record(bounds, latency);
            meters.succeeded.add(1);
        }
        if cell.artifact_urls.len() < keep {
            cell.artifact_urls.extend(end.artifact_url);
        }
    }

    /// An answer was not as expected; the first of each phase and request is told about.
    pub(super) fn note_unmet(&mut self, id: CellId, unmet: Unmet<'_>) {
        let cell = &mut self.cells[id.phase * self.requests + id.request];
        cell.unmet.get_or_insert_with(|| unmet.to_string());
    }

    /// A request will never be sent: no slot was free in time.
    pub(super) fn dropped(&mut self, id: CellId) {
        self.never_sent(id, FailureKind::Dropped);
    }

    /// A request will never be sent.
    pub(super) fn never_sent(&mut self, id: CellId, why: FailureKind) {
        let meters = self.meters(id);
        meters.dropped.add(1);
        meters.failed.add(1);
        let cell = &mut self.cells[id.phase * self.requests + id.request];
        *cell.failures.entry(why).or_default() += 1;
    }

    /// A request could not be dispatched in time, because of this machine.
    pub(super) fn missed(&mut self, id: CellId) {
        self.missed[id.phase] += 1;
    }

    /// Requests of a phase that were not dispatched in time.
    pub(super) fn missed_in(&self, phase: usize) -> u64 {
        self.missed[phase]
    }

    /// What the meters do not hold of one phase and request.
    pub(super) fn cell(&self, id: CellId) -> &CellRecord {
        &self.cells[id.phase * self.requests + id.request]
    }

    fn meters(&self, id: CellId) -> &CellMeters {
        self.meters.cell(self.shard, id.phase, id.request)
    }
}

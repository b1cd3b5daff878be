//! The threads' measurements put together: sums are exact, histograms merge exactly.

use std::time::Instant;

use super::meters::LiveMeters;
use super::outcome::{PhaseResult, RequestResult};
use super::plan::LoadPlan;
use super::recorder::{CellId, Recorder};

/// What the threads measured, to be put together.
pub(super) struct Measured<'a> {
    pub(super) plan: &'a LoadPlan,
    pub(super) meters: &'a LiveMeters,
    pub(super) recorders: &'a [Recorder],
    /// When each phase began, if it did.
    pub(super) begun: &'a [Option<Instant>],
    /// Milliseconds since the epoch of an instant.
    pub(super) clock: &'a dyn Fn(Instant) -> i64,
}

impl Measured<'_> {
    /// Requests of measured phases that were not dispatched in time.
    pub(super) fn missed(&self) -> u64 {
        let measured = self.plan.phases.iter().enumerate().filter(|(_, phase)| phase.measured);
        measured
            .flat_map(|(phase, _)| self.recorders.iter().map(move |of| of.missed_in(phase)))
            .sum()
    }

    /// What came of every phase that was reached.
    pub(super) fn phases(&self) -> Vec<PhaseResult> {
        let reached = self.begun.iter().enumerate();
        reached.filter_map(|(phase, begun)| begun.map(|begun| self.phase(phase, begun))).collect()
    }

    fn phase(&self, phase: usize, begun: Instant) -> PhaseResult {
        let extents = || self.recorders.iter().map(|of| of.extents[phase]);
        let first = extents().filter_map(|extent| extent.first_intended).min().unwrap_or(begun);
        let last = extents().filter_map(|extent| extent.last_ended).max().unwrap_or(first);
        let plan = &self.plan.phases[phase];
        PhaseResult {
            name: plan.name.clone(),
            measured: plan.measured,
            model: (&plan.load).into(),
            first_intended_ms: (self.clock)(first),
            last_response_ms: (self.clock)(last),
            span: last.saturating_duration_since(first),
            requests: (0..self.plan.requests.len())
                .map(|request| self.request(CellId { phase, request }))
                .collect(),
        }
    }

    fn request(&self, id: CellId) -> RequestResult {
        let totals = self.meters.totals(id.phase, id.request);
        let plan = &self.plan.requests[id.request];
        let mut result =
            RequestResult { abandoned: totals.in_flight(), ..totals.result(&plan.name) };
        for cell in self.recorders.iter().map(|recorder| recorder.cell(id)) {
            for (kind, count) in &cell.failures {
                *result.failures.entry(kind.clone()).or_default() += count;
            }
            result.latency_ok.merge(&cell.latency_ok);
            result.latency_failed.merge(&cell.latency_failed);
            result.service_ok.merge(&cell.service_ok);
            result.service_failed.merge(&cell.service_failed);
            result.lag.merge(&cell.lag);
            result.artifact_urls.extend_from_slice(&cell.artifact_urls);
        }
        let keep = plan.artifacts.as_ref().map_or(0, |artifacts| artifacts.keep);
        result.artifact_urls.truncate(keep);
        result
    }
}

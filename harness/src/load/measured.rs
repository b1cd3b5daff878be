//! The threads' measurements put together: sums are exact, histograms merge exactly.

use std::time::Instant;

use super::meters::LiveMeters;
use super::outcome::{PhaseResult, RequestResult};
use super::parts::TimeInParts;
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
        let mut parts = TimeInParts::default();
        self.recorders.iter().for_each(|of| parts.merge(&of.parts[phase]));
        let plan = &self.plan.phases[phase];
        PhaseResult {
            name: plan.name.clone(),
            measured: plan.measured,
            model: (&plan.load).into(),
            first_intended_ms: (self.clock)(first),
            last_response_ms: (self.clock)(last),
            span: last.saturating_duration_since(first),
            parts,
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
            result.unmet = result.unmet.or_else(|| cell.unmet.clone());
        }
        let keep = plan.artifacts.as_ref().map_or(0, |artifacts| artifacts.keep);
        result.artifact_urls.truncate(keep);
        result
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::load::outcome::{FailureKind, GeneratorReport, LoadResult};
    use crate::load::recorder::{EndRecord, SendRecord};
    use crate::load::{LoggedHistogram, read_interval_log, write_interval_log};
    use crate::scenario::{Outcome, Phase, PhaseLoad, Request, Stop, TimeKind};

    const THREADS: usize = 3;
    const NAMES: [&str; 2] = ["one", "other"];

    /// What happened to one request.
    #[derive(Clone, Debug)]
    struct Exchange {
        thread: usize,
        id: (usize, usize),
        lag: Duration,
        service: Duration,
        is_good: bool,
    }

    fn exchanges() -> impl Strategy<Value = Vec<Exchange>> {
        // Of all magnitudes, from nanoseconds to beyond the histograms' bound.
        let time = || {
            (24_u32..64, any::<u64>()).prop_map(|(shift, bits)| Duration::from_nanos(bits >> shift))
        };
        let one = (0..THREADS, (0..NAMES.len(), 0..NAMES.len()), time(), time(), any::<bool>());
        let one = one.prop_map(|(thread, id, lag, service, is_good)| Exchange {
            thread,
            id,
            lag,
            service,
            is_good,
        });
        prop::collection::vec(one, 1..100)
    }

    fn plan(threads: usize) -> LoadPlan {
        let load = PhaseLoad::closed(1, Stop::Iterations(1));
        let phase = |name: &str| Phase {
            name: name.into(),
            group: None,
            load: load.clone(),
            measured: true,
        };
        let phases = NAMES.map(phase).into();
        let requests = NAMES.map(|name| Request::get(name, "/")).into();
        let mut plan = LoadPlan::new(phases, requests, ([127, 0, 0, 1], 1).into(), "h".into());
        plan.threads = threads;
        plan
    }

    /// What so many threads measured of these exchanges.
    fn measured(exchanges: &[Exchange], threads: usize, begun: Instant) -> LoadResult {
        let plan = plan(threads);
        let meters = Arc::new(LiveMeters::new(&plan));
        let mut recorders: Vec<Recorder> =
            (0..threads).map(|shard| Recorder::new(Arc::clone(&meters), shard)).collect();
        for (number, exchange) in exchanges.iter().enumerate() {
            let (phase, request) = exchange.id;
            let intended = begun + Duration::from_millis(number as u64);
            let recorder = &mut recorders[exchange.thread % threads];
            record(recorder, CellId { phase, request }, intended, exchange);
        }
        let clock = |at: Instant| i64::try_from((at - begun).as_millis()).unwrap();
        let measured = Measured {
            plan: &plan,
            meters: &meters,
            recorders: &recorders,
            begun: &[Some(begun); NAMES.len()],
            clock: &clock,
        };
        LoadResult {
            phases: measured.phases(),
            generator: GeneratorReport::default(),
            stopped_early: None,
        }
    }

    fn record(recorder: &mut Recorder, id: CellId, intended: Instant, exchange: &Exchange) {
        let sent = intended + exchange.lag;
        recorder.intended(id, intended);
        let departure = SendRecord { lag: Some(exchange.lag), late: false };
        recorder.sent(id, departure);
        let mut end = EndRecord::new(intended, sent, sent + exchange.service);
        end.failure = (!exchange.is_good).then_some(FailureKind::Closed);
        recorder.ended(id, end, 0);
    }

    fn logged(result: &LoadResult) -> Vec<u8> {
        let mut log = Vec::new();
        write_interval_log(result, &mut log).unwrap();
        log
    }

    /// A result with the times of a log in the places of another's.
    fn with_times(result: &LoadResult, log: &[u8]) -> LoadResult {
        let mut read = result.clone();
        for LoggedHistogram { phase, request, outcome, time, histogram, .. } in
            read_interval_log(log).unwrap()
        {
            let phase = read.phases.iter_mut().find(|one| one.name == phase).unwrap();
            let of = phase.requests.iter_mut().find(|one| one.name == request).unwrap();
            *match (time, outcome) {
                (TimeKind::Latency, Some(Outcome::Ok)) => &mut of.latency_ok,
                (TimeKind::Latency, _) => &mut of.latency_failed,
                (TimeKind::ServiceTime, Some(Outcome::Ok)) => &mut of.service_ok,
                (TimeKind::ServiceTime, _) => &mut of.service_failed,
                (TimeKind::Lag, _) => &mut of.lag,
            } = histogram;
        }
        read
    }

    proptest! {
        // Each case fills some sixty histograms of 170 KiB.
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn what_threads_measured_apart_is_what_one_would_have_measured(of in exchanges()) {
            let begun = Instant::now();
            let (merged, whole) = (measured(&of, THREADS, begun), measured(&of, 1, begun));
            // The counts, and of times the log's bytes: every bucket is in them.
            prop_assert_eq!(format!("{:?}", merged.phases), format!("{:?}", whole.phases));
            let log = logged(&merged);
            prop_assert_eq!(&log, &logged(&whole));
            prop_assert_eq!(logged(&with_times(&whole, &log)), log);
        }

        #[test]
        fn a_time_that_is_missing_shows(of in exchanges(), bits in any::<usize>()) {
            let begun = Instant::now();
            let mut less = of.clone();
            less.remove(bits % of.len());
            prop_assert_ne!(
                logged(&measured(&of, 1, begun)),
                logged(&measured(&less, THREADS, begun))
            );
        }
    }
}

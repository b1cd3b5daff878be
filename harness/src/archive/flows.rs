//! What came of whole flows: how many iterations began, and how many reached the end.
//!
//! Counted from their steps: a step that fails ends its iteration, so that every failure
//! of a step is an iteration that did not reach the end.

use super::record::FlowRecord;
use crate::load::{LoadResult, RequestResult};
use crate::scenario::Flow;

/// One record for each flow in each phase.
pub(super) fn flow_records(flows: &[Flow], load: &LoadResult) -> Vec<FlowRecord> {
    let of_phase = |phase: &crate::load::PhaseResult| {
        let record = |flow: &Flow| {
            let steps = phase.requests.get(flow.steps.clone()).unwrap_or_default();
            flow_record(&flow.name, &phase.name, steps)
        };
        flows.iter().filter_map(record).collect::<Vec<_>>()
    };
    load.phases.iter().flat_map(of_phase).collect()
}

/// `None` without steps.
fn flow_record(name: &str, phase: &str, steps: &[RequestResult]) -> Option<FlowRecord> {
    let (first, last) = (steps.first()?, steps.last()?);
    let failures: u64 = steps.iter().map(|step| step.failed).sum();
    let failed = failures.saturating_sub(first.dropped);
    Some(FlowRecord {
        name: name.to_owned(),
        phase: phase.to_owned(),
        count: first.intended,
        started: first.sent,
        completed: last.succeeded,
        failed,
        unfinished: first.sent.saturating_sub(last.succeeded + failed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(intended: u64, dropped: u64, succeeded: u64, failed: u64) -> RequestResult {
        let sent = intended - dropped;
        let abandoned = intended - succeeded - failed;
        RequestResult {
            intended,
            sent,
            succeeded,
            failed,
            dropped,
            abandoned,
            ..Default::default()
        }
    }

    #[test]
    fn every_iteration_has_completed_failed_or_not_come_to_its_end() {
        // 100 arrivals: 3 dropped, 7 failed at the first step and 10 at the second, 4 were
        // in flight at the end and 1 was between two steps.
        let steps = [step(100, 3, 88, 10), step(87, 0, 75, 10)];
        let record = flow_record("checkout", "steady", &steps).unwrap();
        assert_eq!((record.count, record.started, record.completed), (100, 97, 75));
        assert_eq!((record.failed, record.unfinished), (17, 5));
    }

    #[test]
    fn a_step_that_was_never_reached_has_completed_nothing() {
        let steps = [step(5, 0, 0, 5), RequestResult::default()];
        let record = flow_record("checkout", "steady", &steps).unwrap();
        assert_eq!((record.started, record.completed, record.failed), (5, 0, 5));
    }
}

//! What came of whole flows, in a line each: steps that were not reached are in no other
//! number of a report.

use crate::archive::{FlowRecord, ScenarioRecord};

/// One line for each flow, over all phases.
pub(super) fn lines(scenario: &ScenarioRecord) -> Vec<String> {
    let mut sums: Vec<FlowRecord> = Vec::new();
    for flow in &scenario.flows {
        match sums.iter_mut().find(|sum| sum.name == flow.name) {
            Some(sum) => add(sum, flow),
            None => sums.push(flow.clone()),
        }
    }
    sums.iter().map(line).collect()
}

fn add(sum: &mut FlowRecord, other: &FlowRecord) {
    sum.count += other.count;
    sum.started += other.started;
    sum.completed += other.completed;
    sum.failed += other.failed;
    sum.unfinished += other.unfinished;
}

fn line(flow: &FlowRecord) -> String {
    let FlowRecord { name, count, started, completed, failed, unfinished, .. } = flow;
    let completed = format!("flow {name}: {completed} of {count} iterations completed");
    let others = [
        (count.saturating_sub(*started), "never sent"),
        (*failed, "ended at a failed step"),
        (*unfinished, "cut off by the end of the load"),
    ];
    let others = others.iter().filter(|(count, _)| *count > 0);
    let parts = others.map(|(count, what)| format!("{count} {what}"));
    std::iter::once(completed).chain(parts).collect::<Vec<_>>().join(", ")
}

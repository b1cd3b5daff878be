//! How this machine's CPU was shared while an objective's load ran, and whether waiting
//! for it alone explains a miss.
//!
//! What waiting explains is narrow: times and queues that are too long, too little done,
//! and, where every failed request failed by waiting, failures. What a service answers
//! wrongly it answers wrongly on any machine.

use slogate_promql::{Labels, METRIC_NAME, Peak, Sample, SelectorInfo};

use super::algebra::starved_machine::CpuShares;
use super::promql::shape;
use super::scraped::kind_of;
use super::{Evidence, Finding, Observed, Verdict};
use crate::load::{LoadResult, PhaseResult};
use crate::machine::{CPU_SECONDS, OWNER, Owner};
use crate::scenario::{ClientExpression, Counted, Objective, ObjectiveKind, Outcome, Threshold};
use crate::series::{FamilyKind, SeriesStore};
use crate::units::Unit;

/// CPU seconds that shares are told from at least: a hundred ticks of the kernel's clock,
/// so that one tick is one per cent.
const LEAST_SECONDS: f64 = 1.0;

/// How the CPU was shared over all measured phases; `None` where that was not seen.
pub fn machine_shares(load: &LoadResult, series: &SeriesStore) -> Option<CpuShares> {
    shares_over(load.measured_phases(), series)
}

/// How the CPU was shared while the load of an objective ran, if waiting for it explains
/// that the objective is missed.
pub(super) fn explains(
    finding: &Finding,
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Option<CpuShares> {
    let is_explained =
        finding.ruling.verdict == Verdict::Fail && waiting_explains(finding, objective, evidence);
    is_explained.then(|| shares_during(objective, evidence))?
}

/// How the CPU was shared while the load of an objective ran.
pub(super) fn shares_during(objective: &Objective, evidence: &Evidence<'_>) -> Option<CpuShares> {
    let is_meant = |phase: &&PhaseResult| match &objective.during {
        None => phase.measured,
        Some(name) => {
            evidence.planned.iter().any(|one| one.name == phase.name && one.goes_by(name))
        }
    };
    shares_over(evidence.load.phases.iter().filter(is_meant), evidence.series)
}

fn shares_over<'a>(
    phases: impl Iterator<Item = &'a PhaseResult>,
    series: &SeriesStore,
) -> Option<CpuShares> {
    let times = phases.map(|phase| (phase.first_intended_ms, phase.last_response_ms));
    let (from_ms, to_ms) = times.reduce(|one, next| (one.0.min(next.0), one.1.max(next.1)))?;
    let used = |owner: Owner| {
        let labels = Labels::new([(METRIC_NAME, CPU_SECONDS), (OWNER, owner.word())]);
        growth_around(series.samples(&labels), from_ms, to_ms)
    };
    let (idle, interrupts) = (used(Owner::Idle)?, used(Owner::Interrupts)?);
    let (generator, other) = (used(Owner::Generator)?, used(Owner::Other)?);
    let target = used(Owner::Target);
    let all = idle + interrupts + generator + other + target.unwrap_or(0.0);
    (all >= LEAST_SECONDS).then(|| CpuShares {
        idle: idle / all,
        interrupts: interrupts / all,
        generator: generator / all,
        target: target.map(|target| target / all),
        other: other / all,
    })
}

/// How much a series grew from the last sample before a stretch to the first one after
/// it. A stretch that goes on ends with the last sample.
fn growth_around(samples: &[Sample], from_ms: i64, to_ms: i64) -> Option<f64> {
    let before = samples.partition_point(|sample| sample.t_ms <= from_ms).saturating_sub(1);
    let after = samples.partition_point(|sample| sample.t_ms < to_ms);
    let (first, last) = (samples.get(before)?, samples.get(after).or(samples.last())?);
    (last.t_ms > first.t_ms).then_some(last.value - first.value)
}

/// What a machine without CPU does to a number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// Makes it larger, by waiting alone.
    Lengthens,
    /// Makes it larger, by requests that fail because they waited.
    AddsFailures,
    /// Makes it smaller: less is done, or fails because it waited.
    Lessens,
    /// Either, as it is a share of good or of bad ones.
    ChangesShare,
    /// Nothing.
    Nothing,
}

/// Whether waiting for the CPU alone can have made what was found a miss.
pub(super) fn waiting_explains(
    finding: &Finding,
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> bool {
    let failures = Failures::of(evidence.load);
    let unbounded = finding.observed == Observed::Unbounded;
    let Some(value) = finding.observed.number().or(unbounded.then_some(f64::INFINITY)) else {
        return false;
    };
    let waiting = match &objective.kind {
        ObjectiveKind::Client(expression) => on_client(expression),
        ObjectiveKind::Promql { expression, unit, .. } => on_promql(expression, *unit, evidence),
        ObjectiveKind::Counter { unit: Unit::Bytes, .. } => Waiting::Lessens,
        ObjectiveKind::Counter { .. } => Waiting::ChangesShare,
        ObjectiveKind::Present { .. } | ObjectiveKind::Reconcile(_) | ObjectiveKind::Alert(_) => {
            Waiting::Nothing
        }
    };
    let is_missed = |target: &&Threshold| !target.comparator.holds(value, target.bound);
    let mut missed = objective.thresholds.iter().filter(is_missed).peekable();
    missed.peek().is_some()
        && missed.all(|target| {
            let is_above = value > target.bound;
            match waiting {
                Waiting::Lengthens if unbounded => is_above && failures == Failures::Waited,
                Waiting::Lengthens => is_above,
                Waiting::AddsFailures => is_above && failures == Failures::Waited,
                Waiting::ChangesShare if is_above => failures == Failures::Waited,
                Waiting::Lessens | Waiting::ChangesShare => {
                    value < target.bound && failures != Failures::Otherwise
                }
                Waiting::Nothing => false,
            }
        })
}

fn on_client(expression: &ClientExpression) -> Waiting {
    match expression {
        ClientExpression::Time { .. } | ClientExpression::Span => Waiting::Lengthens,
        ClientExpression::Count {
            counted: Counted::Dropped | Counted::Repeats | Counted::Retried,
            ..
        } => Waiting::AddsFailures,
        ClientExpression::Count { filter, .. } | ClientExpression::ResponseRate { filter }
            if filter.outcome == Some(Outcome::Failed) =>
        {
            Waiting::AddsFailures
        }
        ClientExpression::Count { .. }
        | ClientExpression::ResponseRate { .. }
        | ClientExpression::Bytes { .. }
        | ClientExpression::SuccessRatio { .. } => Waiting::Lessens,
    }
}

fn on_promql(expression: &str, unit: Unit, evidence: &Evidence<'_>) -> Waiting {
    let Some(expression) = shape(expression) else { return Waiting::Nothing };
    let selectors = expression.selectors();
    // What a process says of itself (its CPU, its start) is not about requests.
    let is_of_process = |one: &SelectorInfo| {
        one.metric_name().is_none_or(|name| name.starts_with("process_") || name == "up")
    };
    if selectors.is_empty() || selectors.iter().any(is_of_process) {
        return Waiting::Nothing;
    }
    let are_all = |kind: FamilyKind| {
        let is_kind = |name: &str| kind_of(evidence.series, name) == Some(kind);
        selectors.iter().all(|one| one.metric_name().is_some_and(is_kind))
    };
    match unit {
        Unit::Seconds => Waiting::Lengthens,
        Unit::Ratio => Waiting::ChangesShare,
        Unit::PerSecond => Waiting::Lessens,
        Unit::Plain if are_all(FamilyKind::Gauge) => {
            let in_bytes =
                |one: &SelectorInfo| one.metric_name().is_some_and(|name| name.ends_with("_bytes"));
            let is_queue =
                expression.peak() == Some(Peak::Highest) && !selectors.iter().any(in_bytes);
            if is_queue { Waiting::Lengthens } else { Waiting::Nothing }
        }
        Unit::Plain if are_all(FamilyKind::Counter) => Waiting::ChangesShare,
        Unit::Bytes | Unit::Plain => Waiting::Nothing,
    }
}

/// How the requests of the measured phases failed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Failures {
    /// None did.
    None,
    /// All that did waited too long, or were refused because too many waited.
    Waited,
    /// At least one failed in another way, or it is not known how.
    Otherwise,
}

impl Failures {
    fn of(load: &LoadResult) -> Self {
        let (mut failed, mut waited) = (0, 0);
        for request in load.measured_requests() {
            failed += request.failed;
            let kinds = request.failures.iter().filter(|(kind, _)| kind.is_waiting());
            waited += kinds.map(|(_, count)| count).sum::<u64>();
        }
        match failed {
            0 => Self::None,
            // While load runs, a failure may be read as waited for before it is read as failed.
            _ if waited >= failed => Self::Waited,
            _ => Self::Otherwise,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{FailureKind, RequestResult};
    use crate::scenario::{Comparator, RequestFilter, Statistic, TimeKind};
    use crate::slo::fixtures::{
        add_machine, add_series, answered, evidence_of, objective, scrapes_every, steady, store_of,
        with_failures,
    };
    use crate::slo::{JudgedObjective, judge};
    use Verdict::{Fail, Inconclusive, Pass};

    fn machine(idle: f64, target: Option<f64>, other: f64) -> SeriesStore {
        let mut store = store_of(scrapes_every(250, 1_000, 5_000));
        add_machine(&mut store, idle, target, other);
        store
    }

    fn starved() -> SeriesStore {
        machine(0.02, Some(0.5), 1.2)
    }

    fn judged(
        kind: ObjectiveKind,
        target: (Comparator, f64),
        load: &LoadResult,
        series: &SeriesStore,
    ) -> JudgedObjective {
        judge(&objective(kind, &[target]), &evidence_of(load, series))
    }

    fn p95() -> ObjectiveKind {
        ObjectiveKind::Client(ClientExpression::Time {
            statistic: Statistic::Quantile(0.95),
            time: TimeKind::Latency,
            filter: RequestFilter::default(),
        })
    }

    fn ratio() -> ObjectiveKind {
        ObjectiveKind::Client(ClientExpression::SuccessRatio { filter: RequestFilter::default() })
    }

    fn promql(expression: &str, unit: Unit) -> ObjectiveKind {
        let (expression, includes_before_run) = (expression.into(), false);
        ObjectiveKind::Promql { expression, unit, scale: 1.0, includes_before_run }
    }

    fn counter(selector: &str) -> ObjectiveKind {
        ObjectiveKind::Counter { selector: selector.into(), unit: Unit::Plain, scale: 1.0 }
    }

    fn slow() -> LoadResult {
        steady(vec![answered("csv", [3_000; 100])])
    }

    /// A hundred good answers, and a hundred failures of one kind.
    fn failed_by(kind: FailureKind) -> LoadResult {
        let mut request = with_failures(answered("csv", [5; 100]), 100);
        request.failures = [(kind, 100)].into();
        steady(vec![request])
    }

    const A_SECOND: (Comparator, f64) = (Comparator::Less, 1.0);
    const MOST: (Comparator, f64) = (Comparator::GreaterOrEqual, 0.95);
    const NONE: (Comparator, f64) = (Comparator::Equal, 0.0);

    #[test]
    fn a_slow_service_is_excused_only_where_others_had_its_cpu() {
        let on = |series: &SeriesStore| judged(p95(), A_SECOND, &slow(), series);
        let excused = on(&starved());
        assert_eq!(excused.verdict, Inconclusive, "{}", excused.reason);
        assert!(excused.reason.starts_with("other processes took 59%"), "{}", excused.reason);
        for series in [
            machine(1.5, Some(0.2), 0.0),
            machine(0.02, Some(1.5), 0.2),
            machine(0.02, None, 1.7),
            store_of(scrapes_every(250, 1_000, 5_000)),
        ] {
            assert_eq!(on(&series).verdict, Fail);
        }
    }

    #[test]
    fn a_fast_service_passes_on_any_machine() {
        let load = steady(vec![answered("csv", [5; 100])]);
        assert_eq!(judged(p95(), A_SECOND, &load, &starved()).verdict, Pass);
    }

    #[test]
    fn failures_are_excused_only_if_all_of_them_waited() {
        for kind in [FailureKind::Timeout, FailureKind::Dropped, FailureKind::Status(429)] {
            let load = failed_by(kind);
            assert_eq!(judged(p95(), A_SECOND, &load, &starved()).verdict, Inconclusive);
            assert_eq!(judged(ratio(), MOST, &load, &starved()).verdict, Inconclusive);
            let idle = machine(1.5, Some(0.2), 0.0);
            assert_eq!(judged(ratio(), MOST, &load, &idle).verdict, Fail);
        }
        for kind in [
            FailureKind::Status(500),
            FailureKind::Expectation,
            FailureKind::Connect,
            FailureKind::Tls,
            FailureKind::Closed,
            FailureKind::Reset,
            FailureKind::Protocol,
            FailureKind::Excess,
        ] {
            let mut load = failed_by(kind);
            assert_eq!(judged(ratio(), MOST, &load, &starved()).verdict, Fail);
            load.phases[0].requests.push(RequestResult {
                failures: [(FailureKind::Timeout, 3)].into(),
                ..with_failures(answered("pdf", [5; 5]), 3)
            });
            assert_eq!(judged(p95(), A_SECOND, &load, &starved()).verdict, Fail);
        }
    }

    #[test]
    fn a_counter_is_excused_by_requests_that_waited_and_by_nothing_else() {
        let mut series = starved();
        let labels = [(METRIC_NAME, "jobs_rejected_total")];
        add_series(&mut series, FamilyKind::Counter, &labels, |at| Some(at as f64));
        for kind in [
            counter("jobs_rejected_total"),
            promql("sum(increase(jobs_rejected_total[$run]))", Unit::Plain),
        ] {
            let on = |load: &LoadResult| judged(kind.clone(), NONE, load, &series).verdict;
            assert_eq!(on(&failed_by(FailureKind::Status(503))), Inconclusive);
            assert_eq!(on(&failed_by(FailureKind::Status(500))), Fail);
            assert_eq!(on(&slow()), Fail, "no request was refused");
        }
    }

    #[test]
    fn a_queue_is_excused_and_memory_is_not() {
        let mut series = starved();
        for name in ["queue_depth", "held_bytes", "process_open_fds"] {
            add_series(&mut series, FamilyKind::Gauge, &[(METRIC_NAME, name)], |_| Some(9.0));
        }
        let on = |text: &str, unit| {
            let five = (Comparator::LessOrEqual, 5.0);
            judged(promql(text, unit), five, &slow(), &series).verdict
        };
        assert_eq!(on("max(max_over_time(queue_depth[$run]))", Unit::Plain), Inconclusive);
        assert_eq!(on("max_over_time(held_bytes[$run])", Unit::Bytes), Fail);
        assert_eq!(on("max_over_time(held_bytes[$run])", Unit::Plain), Fail);
        assert_eq!(on("max_over_time(process_open_fds[$run])", Unit::Plain), Fail);
        assert_eq!(on("count(queue_depth) * 9", Unit::Plain), Fail);
    }

    #[test]
    fn the_shares_are_those_of_the_phase_that_is_judged() {
        let samples: Vec<Sample> =
            (0..5).map(|at| Sample { t_ms: at * 1_000, value: (at * at) as f64 }).collect();
        assert_eq!(growth_around(&samples, 1_000, 2_000), Some(3.0));
        assert_eq!(growth_around(&samples, 1_500, 2_500), Some(8.0));
        assert_eq!(growth_around(&samples, 2_500, 9_000), Some(12.0));
        assert_eq!(growth_around(&samples, 9_000, 9_500), None);
        assert_eq!(growth_around(&[], 0, 1), None);
    }
}

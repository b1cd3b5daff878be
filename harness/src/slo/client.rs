//! Judges what the load generator measured itself.

use std::time::Duration;

use super::algebra::generator_behind::Exceptions;
use super::algebra::sample_size::{self, Percentile, percent};
use super::algebra::stopped_early::RestOfRun;
use super::algebra::{generator_lag, success_ratio, threshold};
use super::binomial::{self, ERROR_PROBABILITY};
use super::judged::{Arrivals, Finding, Observed, Uncertainty, UncertaintyKind};
use super::{Doubt, Evidence, Ruling, codes, over_thresholds};
use crate::histogram::{LatencyHistogram, Ranked};
use crate::load::{PhaseResult, RequestResult};
use crate::scenario::{
    self, ClientExpression, Comparator, Counted, Objective, Outcome, RequestFilter, Statistic,
    Threshold, TimeKind, Transferred,
};
use crate::units::Unit;

/// What a client expression measures.
pub(super) fn unit(expression: &ClientExpression) -> Unit {
    match expression {
        ClientExpression::Time { .. } | ClientExpression::Span => Unit::Seconds,
        ClientExpression::Count { .. } => Unit::Plain,
        ClientExpression::Bytes { .. } => Unit::Bytes,
        ClientExpression::SuccessRatio { .. } => Unit::Ratio,
        ClientExpression::ResponseRate { .. } => Unit::PerSecond,
    }
}

/// What a longer run could have done to the value of an expression.
pub(super) fn rest_of_run(expression: &ClientExpression) -> RestOfRun {
    match expression {
        ClientExpression::Count { .. }
        | ClientExpression::Bytes { .. }
        | ClientExpression::Span
        | ClientExpression::Time { statistic: Statistic::Max, .. } => RestOfRun::Raises,
        ClientExpression::ResponseRate { .. } => RestOfRun::Moves,
        ClientExpression::Time { statistic: Statistic::Quantile(_) | Statistic::Mean, .. }
        | ClientExpression::SuccessRatio { .. } => RestOfRun::Confirms,
    }
}

/// Whether an expression is about how requests end: a success ratio, or failures alone.
pub(super) fn asks_for_failures(expression: &ClientExpression) -> bool {
    match expression {
        ClientExpression::SuccessRatio { .. } => true,
        ClientExpression::Time { filter, .. }
        | ClientExpression::Count { filter, .. }
        | ClientExpression::Bytes { filter, .. }
        | ClientExpression::ResponseRate { filter } => filter.outcome == Some(Outcome::Failed),
        ClientExpression::Span => false,
    }
}

/// Judges a client objective.
pub(super) fn judge(
    expression: &ClientExpression,
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Finding {
    let filter = filter_of(expression);
    let selected = match Selected::of(&filter, objective.during.as_deref(), evidence) {
        Ok(selected) => selected,
        Err(reason) => return Finding::nothing(reason),
    };
    let finding = match expression {
        ClientExpression::Time { statistic, time, .. } => {
            judge_time(*statistic, *time, &selected, objective)
        }
        ClientExpression::Count { counted, .. } => judge_count(*counted, &selected, objective),
        ClientExpression::Bytes { transferred, .. } => {
            judge_bytes(*transferred, &selected, objective)
        }
        ClientExpression::SuccessRatio { .. } => judge_ratio(&selected, objective),
        ClientExpression::ResponseRate { .. } => judge_rate(&selected, objective),
        ClientExpression::Span => judge_span(&selected, objective),
    };
    Finding { arrivals: selected.arrivals(), ..finding }
}

/// Which requests an expression is about.
fn filter_of(expression: &ClientExpression) -> RequestFilter {
    match expression {
        ClientExpression::Time { filter, .. }
        | ClientExpression::Count { filter, .. }
        | ClientExpression::Bytes { filter, .. }
        | ClientExpression::SuccessRatio { filter }
        | ClientExpression::ResponseRate { filter } => filter.clone(),
        ClientExpression::Span => RequestFilter::default(),
    }
}

/// The phases and requests that an objective is about; at least one request was
/// meant to be sent.
pub(super) struct Selected<'a> {
    phases: Vec<&'a PhaseResult>,
    pub(super) requests: Vec<&'a RequestResult>,
    outcome: Option<Outcome>,
}

impl<'a> Selected<'a> {
    pub(super) fn of(
        filter: &RequestFilter,
        during: Option<&str>,
        evidence: &Evidence<'a>,
    ) -> Result<Self, Doubt> {
        let phases = match during {
            Some(name) => phases_named(name, evidence)?,
            None => evidence.load.measured_phases().collect(),
        };
        let wanted = |request: &&RequestResult| {
            filter.request.as_ref().is_none_or(|name| *name == request.name)
        };
        let requests: Vec<&RequestResult> =
            phases.iter().flat_map(|phase| phase.requests.iter().filter(wanted)).collect();
        if requests.iter().all(|request| request.intended == 0) {
            let whose =
                filter.request.as_ref().map_or_else(String::new, |name| format!(" `{name}`"));
            return Err(Doubt::new(
                codes::NO_SAMPLES,
                format!("no request{whose} was meant to be sent, so there is nothing to judge"),
            ));
        }
        Ok(Self { phases, requests, outcome: filter.outcome })
    }

    pub(super) fn sum(&self, count: impl Fn(&RequestResult) -> u64) -> u64 {
        self.requests.iter().map(|request| count(request)).sum()
    }

    fn merged(&self, histogram: impl Fn(&RequestResult) -> &LatencyHistogram) -> LatencyHistogram {
        let mut merged = LatencyHistogram::new();
        for request in &self.requests {
            merged.merge(histogram(request));
        }
        merged
    }

    /// Requests that have no honest duration: failed or dropped.
    fn without_duration(&self) -> u64 {
        self.sum(|request| ended(request).saturating_sub(request.succeeded).max(request.failed))
    }

    pub(super) fn arrivals(&self) -> Option<Arrivals> {
        let first = self.phases.first()?.model;
        let same = self.phases.iter().all(|phase| phase.model == first);
        Some(if same { Arrivals::One(first) } else { Arrivals::Mixed })
    }
}

/// Requests that had an outcome. Those that were in flight when somebody stopped the
/// run had none: they are nobody's failure, and a stopped run passes nothing anyway.
fn ended(request: &RequestResult) -> u64 {
    request.intended.saturating_sub(request.abandoned)
}

/// The phases that were reached and go by a name.
fn phases_named<'a>(name: &str, evidence: &Evidence<'a>) -> Result<Vec<&'a PhaseResult>, Doubt> {
    let planned = evidence.planned.iter().filter(|phase| phase.goes_by(name));
    let reached: Vec<&PhaseResult> = planned
        .filter_map(|phase| evidence.load.phases.iter().find(|result| result.name == phase.name))
        .collect();
    if reached.is_empty() {
        return Err(Doubt::new(codes::NO_SAMPLES, format!("phase `{name}` was not reached")));
    }
    if reached.iter().any(|phase| !phase.measured) {
        return Err(Doubt::new(
            codes::NO_SAMPLES,
            format!("phase `{name}` is not measured, so it is not judged"),
        ));
    }
    Ok(reached)
}

/// One of a request's histograms.
type Pick = fn(&RequestResult) -> &LatencyHistogram;

/// Durations, and how many more rank above all of them.
struct Times {
    histogram: LatencyHistogram,
    unbounded: u64,
}

impl Times {
    fn of(time: TimeKind, selected: &Selected<'_>) -> Result<Self, Doubt> {
        let (ok, failed): (Pick, Pick) = match time {
            TimeKind::Latency => (|r| &r.latency_ok, |r| &r.latency_failed),
            TimeKind::ServiceTime => (|r| &r.service_ok, |r| &r.service_failed),
            TimeKind::Lag if selected.outcome.is_some() => {
                return Err(Doubt::new(
                    scenario::codes::CLIENT_EXPRESSION,
                    "lag is known before there is an outcome; remove `outcome`",
                ));
            }
            // Of requests that were never sent there is no lag: they waited for the target.
            TimeKind::Lag => (|r| &r.lag, |r| &r.lag),
        };
        Ok(match (time, selected.outcome) {
            (TimeKind::Lag, _) | (_, Some(Outcome::Ok)) => {
                Self { histogram: selected.merged(ok), unbounded: 0 }
            }
            (_, Some(Outcome::Failed)) => Self {
                histogram: selected.merged(failed),
                unbounded: selected.sum(|request| request.dropped),
            },
            (_, None) => {
                Self { histogram: selected.merged(ok), unbounded: selected.without_duration() }
            }
        })
    }

    fn count(&self) -> u64 {
        self.histogram.count() + self.unbounded
    }

    fn statistic(&self, statistic: Statistic) -> Ranked {
        match statistic {
            Statistic::Quantile(quantile) => self.histogram.rank(quantile, self.unbounded),
            Statistic::Mean => self.histogram.mean(self.unbounded),
            Statistic::Max => self.histogram.max(self.unbounded),
        }
    }

    /// Samples above a duration in seconds.
    fn above(&self, seconds: f64) -> u64 {
        let limit = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
        self.count() - self.histogram.count_within(limit).min(self.count())
    }

    /// Between which order statistics the quantile lies, each end exceeded with 5 %.
    fn uncertainty(&self, quantile: f64) -> Option<Uncertainty> {
        let count = self.count();
        // P(X ≥ r) of a binomial is the chance that the r-th smallest is below the quantile.
        let is_low =
            |rank: u64| binomial::at_least(rank, count, quantile) < 1.0 - ERROR_PROBABILITY;
        let is_high = |rank: u64| binomial::at_least(rank, count, quantile) <= ERROR_PROBABILITY;
        let low = first_rank(count, is_low)? - 1;
        let high = first_rank(count, is_high);
        let value =
            |rank: u64| match self.histogram.rank(rank as f64 / count as f64, self.unbounded) {
                Ranked::Seconds(seconds) => Some(seconds),
                Ranked::Unbounded | Ranked::NoSamples => None,
            };
        Some(Uncertainty {
            kind: UncertaintyKind::Sampling,
            low: if low == 0 { None } else { value(low) },
            high: high.filter(|rank| *rank <= count).and_then(value),
        })
    }
}

/// The first rank from 1 on for which `holds`; it holds for all above. `count + 1` at most.
fn first_rank(count: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    if count == 0 {
        return None;
    }
    let (mut low, mut high) = (1, count + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}

fn judge_time(
    statistic: Statistic,
    time: TimeKind,
    selected: &Selected<'_>,
    objective: &Objective,
) -> Finding {
    let times = match Times::of(time, selected) {
        Ok(times) => times,
        Err(reason) => return Finding::nothing(reason),
    };
    let observed = match times.statistic(statistic) {
        Ranked::NoSamples => {
            return Finding::nothing(Doubt::new(codes::NO_SAMPLES, no_samples(selected)));
        }
        Ranked::Seconds(seconds) => Observed::Number(seconds),
        Ranked::Unbounded => Observed::Unbounded,
    };
    let lag = selected.merged(|request| &request.lag);
    let ruling = over_thresholds(objective, |target| {
        let ruling = rule_time(statistic, observed, &times, target);
        // Lag makes requests late, not wrong: of a failure it is no excuse.
        let falls_on_failure = observed == Observed::Unbounded && times.unbounded > 0;
        if time == TimeKind::Lag || falls_on_failure {
            ruling
        } else {
            generator_lag::rule(ruling, &lag, target)
        }
    });
    let uncertainty = match statistic {
        Statistic::Quantile(quantile) => times.uncertainty(quantile),
        Statistic::Mean | Statistic::Max => None,
    };
    Finding { samples: Some(times.count()), uncertainty, ..Finding::new(observed, ruling) }
}

fn no_samples(selected: &Selected<'_>) -> &'static str {
    match selected.outcome {
        Some(Outcome::Ok) => "no request ended as expected, so there is no time to judge",
        Some(Outcome::Failed) => "no request failed, so there is no time to judge",
        None => "no request was sent, so there is no time to judge",
    }
}

fn rule_time(
    statistic: Statistic,
    observed: Observed,
    times: &Times,
    target: &Threshold,
) -> Ruling {
    let measured = match observed.number() {
        Some(seconds) => threshold::rule(seconds, Unit::Seconds, target),
        None => threshold::rule_unbounded(&why_unbounded(statistic, times), target),
    };
    match statistic {
        Statistic::Quantile(quantile) => {
            let above = times.above(target.bound);
            sample_size::rule(
                &Percentile { quantile, count: times.count(), above, measured },
                target,
            )
        }
        Statistic::Mean | Statistic::Max => measured,
    }
}

fn why_unbounded(statistic: Statistic, times: &Times) -> String {
    let without = times.unbounded + times.histogram.over_bound();
    let count = times.count();
    let which = match statistic {
        Statistic::Quantile(quantile) => format!("p{} falls on one of them", percent(quantile)),
        Statistic::Mean => "the mean includes them".into(),
        Statistic::Max => "the maximum is one of them".into(),
    };
    format!("{without} of {count} requests failed, were dropped or took over 10 minutes; {which}")
}

fn judge_count(counted: Counted, selected: &Selected<'_>, objective: &Objective) -> Finding {
    let count = selected.sum(|request| count_of(counted, selected.outcome, request));
    let ruling =
        over_thresholds(objective, |target| threshold::rule(count as f64, Unit::Plain, target));
    let samples = Some(selected.sum(|request| request.intended));
    Finding { samples, ..Finding::new(Observed::Number(count as f64), ruling) }
}

fn judge_bytes(
    transferred: Transferred,
    selected: &Selected<'_>,
    objective: &Objective,
) -> Finding {
    let bytes = selected.sum(|request| bytes_of(transferred, request)) as f64;
    let ruling = over_thresholds(objective, |target| threshold::rule(bytes, Unit::Bytes, target));
    let samples = Some(selected.sum(|request| request.intended));
    Finding { samples, ..Finding::new(Observed::Number(bytes), ruling) }
}

pub(super) fn bytes_of(transferred: Transferred, request: &RequestResult) -> u64 {
    match transferred {
        Transferred::Sent => request.bytes_sent,
        Transferred::Received => request.bytes_received,
    }
}

pub(super) fn count_of(counted: Counted, outcome: Option<Outcome>, request: &RequestResult) -> u64 {
    let (all, ok) = match counted {
        Counted::Intended => (request.intended, request.succeeded),
        Counted::Sent => (request.sent, request.succeeded),
        Counted::Responses => (request.responses, request.succeeded),
        Counted::Dropped => (request.dropped, 0),
        Counted::Repeats => (request.repeats, 0),
        Counted::Retried => (request.retried, 0),
    };
    match outcome {
        None => all,
        Some(Outcome::Ok) => ok,
        Some(Outcome::Failed) => all.saturating_sub(ok),
    }
}

/// Whether it counts requests that were sent again.
pub(super) fn counts_retried(expression: &ClientExpression) -> bool {
    matches!(expression, ClientExpression::Count { counted: Counted::Retried, .. })
}

fn judge_ratio(selected: &Selected<'_>, objective: &Objective) -> Finding {
    if selected.outcome.is_some() {
        return Finding::nothing(Doubt::new(
            scenario::codes::CLIENT_EXPRESSION,
            "a success ratio of one outcome is always 0 or 1; remove `outcome`",
        ));
    }
    let intended = selected.sum(ended);
    if intended == 0 {
        return Finding::nothing(Doubt::new(
            codes::NO_SAMPLES,
            "no request had an outcome, so there is no ratio to judge",
        ));
    }
    let succeeded = selected.sum(|request| request.succeeded).min(intended);
    let ruling =
        over_thresholds(objective, |target| success_ratio::rule(succeeded, intended, target));
    let uncertainty = Uncertainty {
        kind: UncertaintyKind::Sampling,
        low: Some(binomial::lower_bound(succeeded, intended)),
        high: Some(binomial::upper_bound(succeeded, intended)),
    };
    let observed = Observed::Number(succeeded as f64 / intended as f64);
    Finding {
        samples: Some(intended),
        uncertainty: Some(uncertainty),
        ..Finding::new(observed, ruling)
    }
}

fn judge_rate(selected: &Selected<'_>, objective: &Objective) -> Finding {
    let seconds = covered_seconds(&selected.phases);
    if seconds <= 0.0 {
        return Finding::nothing(Doubt::new(
            codes::NO_SAMPLES,
            "the phases took no time, so there is no rate to judge",
        ));
    }
    let responses = selected.sum(|request| count_of(Counted::Responses, selected.outcome, request));
    let rate = responses as f64 / seconds;
    let ruling =
        over_thresholds(objective, |target| threshold::rule(rate, Unit::PerSecond, target));
    Finding { samples: Some(responses), ..Finding::new(Observed::Number(rate), ruling) }
}

/// How long requests of any of these phases were on their way, seconds: late answers of one
/// phase come while the next goes on, and that time is there once.
fn covered_seconds(phases: &[&PhaseResult]) -> f64 {
    let of = |phase: &&PhaseResult| {
        let begun = phase.first_intended_ms as f64 / 1e3;
        (begun, begun + phase.span.as_secs_f64())
    };
    let mut spans: Vec<(f64, f64)> = phases.iter().map(of).collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut seconds, mut until) = (0.0, f64::NEG_INFINITY);
    for (begun, ended) in spans {
        seconds += (ended - begun.max(until)).max(0.0);
        until = until.max(ended);
    }
    seconds
}

/// The longest phase; a phase in which a request failed never got its work done.
fn judge_span(selected: &Selected<'_>, objective: &Objective) -> Finding {
    let longest = selected.phases.iter().map(|phase| phase.span).max().unwrap_or_default();
    let failed = selected.without_duration();
    let intended = selected.sum(|request| request.intended);
    let observed = match failed {
        0 => Observed::Number(longest.as_secs_f64()),
        _ => Observed::Unbounded,
    };
    let lag = selected.merged(|request| &request.lag);
    let ruling = over_thresholds(objective, |target| match observed.number() {
        Some(seconds) => {
            let ruling = threshold::rule(seconds, Unit::Seconds, target);
            generator_lag::rule(ruling, &lag, target)
        }
        None => threshold::rule_unbounded(
            &format!("{failed} of {intended} requests failed or were dropped"),
            target,
        ),
    });
    Finding { samples: Some(intended), ..Finding::new(observed, ruling) }
}

/// For each upper or lower target, the requests that speak against it and how many it
/// allows, where single requests do.
pub(super) fn exceptions(
    expression: &ClientExpression,
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Vec<Exceptions> {
    let filter = filter_of(expression);
    let Ok(selected) = Selected::of(&filter, objective.during.as_deref(), evidence) else {
        return Vec::new();
    };
    let against = |target| exceptions_to(target, expression, &selected);
    objective.thresholds.iter().filter_map(against).collect()
}

fn exceptions_to(
    target: &Threshold,
    expression: &ClientExpression,
    selected: &Selected<'_>,
) -> Option<Exceptions> {
    let upper = threshold::is_upper(target);
    let none = target.comparator == Comparator::Equal && target.bound == 0.0;
    match expression {
        ClientExpression::Time { time: TimeKind::Lag, .. } => None,
        ClientExpression::Time { statistic, time, .. } if upper => {
            let times = Times::of(*time, selected).ok()?;
            let count = times.count() as f64;
            let allowed = match statistic {
                Statistic::Quantile(quantile) => count - (quantile * count - 1e-9).ceil(),
                Statistic::Max => 0.0,
                Statistic::Mean => return None,
            };
            Some(Exceptions { found: times.above(target.bound), allowed })
        }
        ClientExpression::SuccessRatio { .. } if threshold::is_lower(target) => {
            let ended = selected.sum(ended);
            let found = ended.saturating_sub(selected.sum(|request| request.succeeded));
            Some(Exceptions { found, allowed: ended as f64 * (1.0 - target.bound) })
        }
        ClientExpression::Count { counted, .. } if upper || none => {
            let bad = matches!(counted, Counted::Dropped | Counted::Repeats | Counted::Retried)
                || selected.outcome == Some(Outcome::Failed);
            let found = selected.sum(|request| count_of(*counted, selected.outcome, request));
            bad.then_some(Exceptions { found, allowed: target.bound })
        }
        ClientExpression::Span if upper => {
            Some(Exceptions { found: selected.without_duration(), allowed: 0.0 })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{LoadModel, LoadResult, StopReason};
    use crate::scenario::{ObjectiveKind, Unmoved};
    use crate::series::SeriesStore;
    use crate::slo::fixtures::{
        answered, evidence_of, load_of, objective, phase, steady, with_failures,
    };
    use crate::slo::{JudgedObjective, MissingWindow, Verdict, Windows, judge};

    fn judged(load: &LoadResult, expression: ClientExpression, below: f64) -> JudgedObjective {
        judged_against(load, expression, (Comparator::Less, below), None)
    }

    fn judged_against(
        load: &LoadResult,
        expression: ClientExpression,
        target: (Comparator, f64),
        during: Option<&str>,
    ) -> JudgedObjective {
        let series = SeriesStore::default();
        let evidence = Evidence {
            unmoved: Unmoved::Doubt,
            windows: Windows::missing(MissingWindow::NoMetrics),
            ..evidence_of(load, &series)
        };
        let mut objective = objective(ObjectiveKind::Client(expression), &[target]);
        objective.during = during.map(str::to_owned);
        judge(&objective, &evidence)
    }

    fn latency(statistic: Statistic, outcome: Option<Outcome>) -> ClientExpression {
        let filter = RequestFilter { request: None, outcome };
        ClientExpression::Time { statistic, time: TimeKind::Latency, filter }
    }

    fn p95() -> ClientExpression {
        latency(Statistic::Quantile(0.95), None)
    }

    #[test]
    fn a_fast_service_passes_with_its_margin_and_samples() {
        let judged = judged(&steady(vec![answered("csv", [100; 100])]), p95(), 1.0);
        assert_eq!(judged.verdict, Verdict::Pass);
        assert_eq!(judged.samples, Some(100));
        assert!((judged.margin.unwrap() - 0.9).abs() < 1e-3);
        assert_eq!(judged.arrivals, Some(Arrivals::One(LoadModel::Open)));
        assert_eq!(judged.reason, "100 ms meets < 1 with 900 ms to spare");
    }

    #[test]
    fn a_fast_500_does_not_flatter_a_percentile() {
        let load = steady(vec![with_failures(answered("csv", [100; 90]), 10)]);
        let judged = judged(&load, p95(), 1.0);
        assert_eq!((judged.observed, judged.verdict), (Observed::Unbounded, Verdict::Fail));
        assert_eq!(
            judged.reason,
            "10 of 100 requests failed, were dropped or took over 10 minutes; p95 falls on one of \
             them, so it has no upper end; the target is < 1"
        );
    }

    #[test]
    fn the_good_responses_are_judged_alone_only_when_asked_for() {
        let load = steady(vec![with_failures(answered("csv", [100; 90]), 10)]);
        let ok = latency(Statistic::Quantile(0.95), Some(Outcome::Ok));
        assert_eq!(judged(&load, ok, 1.0).verdict, Verdict::Pass);
    }

    #[test]
    fn all_500_leave_no_good_response_to_judge() {
        let load = steady(vec![with_failures(answered("csv", []), 100)]);
        let ok = latency(Statistic::Quantile(0.95), Some(Outcome::Ok));
        let alone = judged(&load, ok, 1.0);
        assert_eq!((alone.observed, alone.verdict), (Observed::Nothing, Verdict::Inconclusive));
        assert_eq!(judged(&load, p95(), 1.0).verdict, Verdict::Fail);
    }

    #[test]
    fn a_dropped_request_has_no_upper_end() {
        let mut request = answered("csv", [100; 90]);
        request.intended += 10;
        request.failed += 10;
        request.dropped += 10;
        assert_eq!(judged(&steady(vec![request]), p95(), 1.0).observed, Observed::Unbounded);
    }

    #[test]
    fn nothing_sent_is_nothing_judged() {
        let dropped =
            ClientExpression::Count { counted: Counted::Dropped, filter: RequestFilter::default() };
        let no_requests = "no request was meant to be sent, so there is nothing to judge";
        for (load, reason) in [
            (steady(vec![answered("csv", [])]), no_requests),
            (load_of(vec![]), crate::slo::NO_CLIENT),
        ] {
            for expression in [p95(), dropped.clone(), ClientExpression::Span] {
                let judged =
                    judged_against(&load, expression, (Comparator::LessOrEqual, 1e9), None);
                assert_eq!(judged.verdict, Verdict::Inconclusive);
                assert_eq!(judged.reason, reason);
            }
        }
    }

    #[test]
    fn warm_up_requests_are_left_out() {
        let mut warm_up = phase("warm-up");
        warm_up.measured = false;
        warm_up.requests = vec![answered("csv", [5_000; 100])];
        let mut load = steady(vec![answered("csv", [100; 100])]);
        load.phases.insert(0, warm_up);
        assert_eq!(judged(&load, p95(), 1.0).verdict, Verdict::Pass);
    }

    #[test]
    fn a_phase_that_is_not_measured_is_not_judged() {
        let mut load = steady(vec![answered("csv", [100; 100])]);
        load.phases[0].measured = false;
        let judged = judged_against(&load, p95(), (Comparator::Less, 1.0), Some("steady"));
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert_eq!(judged.reason, "phase `steady` is not measured, so it is not judged");
    }

    #[test]
    fn a_group_of_repeated_phases_is_judged_by_its_longest_span() {
        let batch = |name: &str, seconds| {
            let requests = vec![answered("csv", [100; 5])];
            PhaseResult { span: Duration::from_secs(seconds), requests, ..phase(name) }
        };
        let load = load_of(vec![batch("batch-1", 3), batch("batch-2", 31), batch("other", 90)]);
        let target = (Comparator::Less, 30.0);
        let judged = judged_against(&load, ClientExpression::Span, target, Some("batch"));
        assert_eq!((judged.observed, judged.verdict), (Observed::Number(31.0), Verdict::Fail));
        assert_eq!(judged.samples, Some(10));
    }

    #[test]
    fn a_request_that_was_abandoned_is_nobodys_failure() {
        let mut request = answered("csv", [100; 100]);
        request.intended += 50;
        request.sent += 50;
        request.abandoned = 50;
        let mut load = steady(vec![request]);
        load.stopped_early = Some(StopReason::Cancelled);
        let judged = judged(&load, p95(), 1.0);
        assert_eq!((judged.samples, judged.verdict), (Some(100), Verdict::Inconclusive));
    }

    #[test]
    fn an_objective_during_a_phase_that_was_not_reached_is_inconclusive() {
        let load = steady(vec![answered("csv", [100; 100])]);
        let judged = judged_against(&load, p95(), (Comparator::Less, 1.0), Some("peak"));
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert_eq!(judged.reason, "phase `peak` was not reached");
    }

    #[test]
    fn a_cancelled_run_passes_nothing() {
        let mut load = steady(vec![answered("csv", [100; 100])]);
        load.stopped_early = Some(StopReason::Cancelled);
        assert_eq!(judged(&load, p95(), 1.0).verdict, Verdict::Inconclusive);
        assert_eq!(judged(&load, p95(), 0.05).verdict, Verdict::Fail);
    }

    #[test]
    fn a_late_generator_excuses_a_miss() {
        let mut request = answered("csv", [1_200; 100]);
        request.lag.record(Duration::from_millis(400));
        request.lag.record(Duration::from_millis(400));
        let judged = judged(&steady(vec![request]), p95(), 1.0);
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert!(judged.reason.contains("lag p99 is 400 ms"), "{}", judged.reason);
    }

    #[test]
    fn a_generator_that_was_behind_excuses_what_it_may_have_caused_and_no_more() {
        let of = |failed: u64, missed: u64| {
            let request = with_failures(answered("csv", (failed..400).map(|_| 100)), failed);
            let mut load = steady(vec![request]);
            load.generator.missed_by_generator = missed;
            let ratio = ClientExpression::SuccessRatio { filter: RequestFilter::default() };
            let of_ratio = judged_against(&load, ratio, (Comparator::GreaterOrEqual, 0.95), None);
            assert_eq!(judged(&load, p95(), 1.0).verdict, of_ratio.verdict, "{failed} {missed}");
            of_ratio.verdict
        };
        assert_eq!(of(80, 40), Verdict::Fail, "40 failed and were in time");
        assert_eq!(of(60, 40), Verdict::Inconclusive, "20 are allowed");
        assert_eq!(of(0, 40), Verdict::Inconclusive);
    }

    #[test]
    fn bytes_are_exact_sums() {
        let mut request = answered("csv", [100; 10]);
        request.bytes_sent = 12_000;
        let filter = RequestFilter::default();
        let sent = ClientExpression::Bytes { transferred: Transferred::Sent, filter };
        let judged = judged_against(&steady(vec![request]), sent, (Comparator::Equal, 12e3), None);
        assert_eq!(judged.verdict, Verdict::Pass);
        assert_eq!(judged.reason, "12 kB meets == 12000");
    }

    #[test]
    fn a_success_ratio_counts_what_was_meant_to_be_sent() {
        let mut request = answered("csv", [100; 360]);
        request.intended += 40;
        request.failed += 40;
        request.dropped += 40;
        let ratio = ClientExpression::SuccessRatio { filter: RequestFilter::default() };
        let load = steady(vec![request]);
        let judged = judged_against(&load, ratio, (Comparator::GreaterOrEqual, 0.95), None);
        assert_eq!(judged.verdict, Verdict::Fail);
        assert_eq!(judged.reason, "360 of 400: 90% misses >= 0.95 by 5%");
        let range = judged.uncertainty.unwrap();
        assert!(
            range.low.unwrap() < 0.9 && range.high.unwrap() > 0.9 && range.high.unwrap() < 0.95
        );
    }

    #[test]
    fn a_phase_with_a_failure_never_got_its_work_done() {
        let load = steady(vec![answered("csv", [100; 5])]);
        assert_eq!(judged(&load, ClientExpression::Span, 30.0).observed, Observed::Number(4.0));
        let load = steady(vec![with_failures(answered("csv", [100; 4]), 1)]);
        let judged = judged(&load, ClientExpression::Span, 30.0);
        assert_eq!((judged.observed, judged.verdict), (Observed::Unbounded, Verdict::Fail));
    }

    #[test]
    fn lag_is_no_excuse_for_requests_that_failed() {
        let mut request = with_failures(answered("csv", [100; 80]), 20);
        for _ in 0..20 {
            request.lag.record(Duration::from_millis(900));
        }
        let load = steady(vec![request]);
        let judged_p95 = judged(&load, p95(), 1.0);
        assert_eq!(judged_p95.observed, Observed::Unbounded);
        assert_eq!(judged_p95.verdict, Verdict::Fail, "{}", judged_p95.reason);
        let span = judged(&load, ClientExpression::Span, 30.0);
        assert_eq!(span.verdict, Verdict::Fail, "{}", span.reason);
    }

    #[test]
    fn counts_and_rates_are_exact() {
        let filter = RequestFilter::default();
        let load = steady(vec![with_failures(answered("csv", [100; 90]), 10)]);
        let responses =
            ClientExpression::Count { counted: Counted::Responses, filter: filter.clone() };
        let exact = judged_against(&load, responses, (Comparator::Equal, 100.0), None);
        assert_eq!(exact.verdict, Verdict::Pass);
        let rate = ClientExpression::ResponseRate { filter };
        assert_eq!(judged(&load, rate, 30.0).observed, Observed::Number(25.0));
    }

    #[test]
    fn a_percentile_says_between_which_samples_it_lies() {
        let load = steady(vec![answered("csv", 1..=100)]);
        let range = judged(&load, p95(), 1.0).uncertainty.unwrap();
        // Order statistics 91 and 99: P(X ≥ 92) < 95 % and P(X ≥ 99) ≤ 5 % for Bin(100, 0.95).
        assert!((range.low.unwrap() - 0.091).abs() < 1e-3, "{range:?}");
        assert!((range.high.unwrap() - 0.099).abs() < 1e-3, "{range:?}");
    }
}

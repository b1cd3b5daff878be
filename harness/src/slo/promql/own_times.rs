//! What is known of a time that the generator measured of its own requests.
//!
//! Its lateness is in that time, and so may excuse a miss. But a request that failed
//! and took too long from its sending on was slow by nobody's lag: where so many did
//! that the quantile falls on them, the miss is one however busy the generator was. What
//! a mean or a sum owes to failures is not told apart.

use std::time::Duration;

use slogate_promql::{Expression, Selector, SelectorInfo, parse_selector};

use super::covered;
use crate::histogram::LatencyHistogram;
use crate::load::PhaseResult;
use crate::scenario::{Outcome, Threshold};
use crate::slo::algebra::generator_behind::Exceptions;
use crate::slo::algebra::threshold::is_upper;
use crate::slo::algebra::{fast_failures, generator_lag};
use crate::slo::{Evidence, Ruling};
use crate::units::Unit;

/// How requests did that an expression reads the durations of.
pub(super) struct OwnTimes {
    /// How late the generator was with all of its requests.
    lag: LatencyHistogram,
    quantile: Option<f64>,
    failed: Vec<Failed>,
}

/// The requests of one name in one phase that failed.
struct Failed {
    phase: String,
    request: String,
    /// From the sending on, where no lag is in it.
    times: LatencyHistogram,
}

/// An element of the expression's value.
#[derive(Clone, Copy)]
pub(super) struct Measured<'a> {
    /// Its labels in words; empty if it has none.
    pub(super) labels: &'a str,
    /// How many requests it is about.
    pub(super) samples: Option<u64>,
}

impl OwnTimes {
    /// `None` if the expression is no time of the generator's own measurement.
    pub(super) fn of(
        expression: &Expression,
        unit: Unit,
        during: Option<&str>,
        evidence: &Evidence<'_>,
    ) -> Option<Self> {
        let selectors = expression.selectors();
        is_own_time(&selectors, unit).then(|| {
            let phases = || meant(during, evidence);
            let mut lag = LatencyHistogram::new();
            phases().flat_map(|phase| &phase.requests).for_each(|one| lag.merge(&one.lag));
            let failed = phases().flat_map(|phase| failed_in(phase, &selectors)).collect();
            Self { lag, quantile: expression.histogram_quantile().map(|(one, _)| one), failed }
        })
    }

    /// Rules again, knowing how late the generator was.
    pub(super) fn rule(&self, ruling: Ruling, of: Measured<'_>, target: &Threshold) -> Ruling {
        let falls_on_failure =
            self.exceptions(of, target).is_some_and(|one| one.found as f64 > one.allowed + 1e-9);
        if falls_on_failure { ruling } else { generator_lag::rule(ruling, &self.lag, target) }
    }

    /// The failures that took longer than an upper target from their sending on, and how
    /// many of them it allows; `None` where single requests do not decide.
    pub(super) fn exceptions(&self, of: Measured<'_>, target: &Threshold) -> Option<Exceptions> {
        let (quantile, count) = (self.quantile?, of.samples? as f64);
        let bound = Some(target.bound.max(0.0)).filter(|_| is_upper(target))?;
        let limit = Duration::try_from_secs_f64(bound).ok()?;
        let element = parse_selector(of.labels).ok();
        let is_of = |one: &&Failed| element.as_ref().is_none_or(|labels| one.is_read_by(labels));
        let failed = self.failed.iter().filter(is_of);
        let found = failed.map(|one| one.times.count() - one.times.count_within(limit)).sum();
        Some(Exceptions { found, allowed: count - (quantile * count - 1e-9).ceil() })
    }
}

impl Failed {
    /// Whether a selector, or the labels of an element, mean these requests.
    fn is_read_by(&self, selector: &Selector) -> bool {
        selector.matchers().iter().all(|one| match one.name() {
            "phase" => one.matches_value(&self.phase),
            "request" => one.matches_value(&self.request),
            "outcome" => one.matches_value(Outcome::Failed.word()),
            // The scenario is this one, and bounds are no requests.
            _ => true,
        })
    }
}

/// Whether an expression is a time of the generator's own measurement. How many requests
/// it counted is none: lag adds no request.
fn is_own_time(selectors: &[SelectorInfo], unit: Unit) -> bool {
    unit == Unit::Seconds
        && selectors.iter().any(|one| fast_failures::reads_own_times(&one.selector))
}

/// The phases that an objective is about.
fn meant<'a>(
    during: Option<&'a str>,
    evidence: &'a Evidence<'_>,
) -> impl Iterator<Item = &'a PhaseResult> {
    let is_meant = move |phase: &&PhaseResult| {
        phase.measured && during.is_none_or(|name| covered::goes_by(phase, name, evidence))
    };
    evidence.load.phases.iter().filter(is_meant)
}

/// Of the requests that failed in a phase, those that an expression reads.
fn failed_in(phase: &PhaseResult, selectors: &[SelectorInfo]) -> Vec<Failed> {
    let all = phase.requests.iter().map(|request| Failed {
        phase: phase.name.clone(),
        request: request.name.clone(),
        times: request.service_failed.clone(),
    });
    let mut own: Vec<_> = selectors.iter().map(|one| &one.selector).collect();
    own.retain(|one| fast_failures::reads_own_times(one));
    all.filter(|failed| own.iter().any(|one| failed.is_read_by(one))).collect()
}

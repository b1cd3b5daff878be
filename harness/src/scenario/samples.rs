//! Whether a plan can give an objective enough samples to pass.
//!
//! A percentile passes with the smallest n for which qⁿ ≤ 0.05: with fewer samples
//! even a service that misses the target would look good too often. A plan that
//! cannot reach it is only a warning, because a certain miss needs no minimum. Poisson
//! arrivals are a number at random: a plan for exactly as many as are needed has fewer in
//! one run of two, so that it is held to what 19 of 20 runs have.

use super::flows::Flow;
use super::model::{
    Arrivals, ClientExpression, Objective, ObjectiveKind, Phase, PhaseLoad, Request, RequestFilter,
    Statistic, Stop,
};

/// The risk that a pass is wrong, as in the verdict's own rule.
const RISK: f64 = 0.05;
/// How many standard deviations below its mean a number is less than that often.
const DEVIATIONS_AT_RISK: f64 = 1.645;

/// Too few planned samples: how many there will be, and how many a pass needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shortage {
    /// Planned requests, rounded down; of Poisson arrivals their mean.
    pub(super) planned: u64,
    /// As many as there are in 19 of 20 runs, rounded down.
    pub(super) sure: u64,
    /// The fewest samples that a pass needs.
    pub(super) needed: u64,
}

/// The shortage of an objective, if the plan tells how many samples there will be.
pub(super) fn shortage(
    objective: &Objective,
    phases: &[Phase],
    shares: &[Share<'_>],
) -> Option<Shortage> {
    let ObjectiveKind::Client(ClientExpression::Time {
        statistic: Statistic::Quantile(quantile),
        filter,
        ..
    }) = &objective.kind
    else {
        return None;
    };
    let needed = floor(RISK.ln() / quantile.ln() + 1.0 - 1e-9);
    let judged = phases.iter().filter(|phase| match &objective.during {
        Some(name) => phase.goes_by(name),
        None => phase.measured,
    });
    let (mut in_all, mut at_random) = (0.0, 0.0);
    for phase in judged {
        let planned = planned(&phase.load)?;
        in_all += planned;
        at_random += if is_random(&phase.load) { planned } else { 0.0 };
    }
    let share = share(filter, shares);
    let planned = floor(in_all * share);
    // The variance of a Poisson number is its mean.
    let sure = floor(in_all * share - DEVIATIONS_AT_RISK * (at_random * share).sqrt());
    (sure < needed).then_some(Shortage { planned, sure, needed })
}

/// Whether the number of requests of a phase is left to chance.
fn is_random(load: &PhaseLoad) -> bool {
    matches!(load, PhaseLoad::Open { arrivals: Arrivals::Poisson, .. })
}

/// Requests of one phase; not known where they end by the clock.
fn planned(load: &PhaseLoad) -> Option<f64> {
    match load {
        PhaseLoad::Open { from, to, duration, .. } => {
            Some(f64::midpoint(*from, *to) * duration.as_secs_f64())
        }
        PhaseLoad::Closed { users, stop, .. } => match stop {
            Stop::After(_) => None,
            Stop::Iterations(iterations) => Some(*iterations as f64),
            Stop::IterationsPerUser(iterations) => {
                Some(*iterations as f64 * f64::from(users.most()))
            }
        },
    }
}

/// How many requests of a name each iteration sends, on average.
pub(super) struct Share<'a> {
    request: &'a str,
    share: f64,
}

/// The shares of all requests: by weight, and with flows by the weight of the flow.
pub(super) fn shares<'a>(requests: &[&'a Request], flows: &[Flow]) -> Vec<Share<'a>> {
    let weight = |at: usize, request: &Request| {
        let flow = flows.iter().find(|flow| flow.steps.contains(&at));
        f64::from(flow.map_or(request.weight, |flow| flow.weight))
    };
    let all: f64 = if flows.is_empty() {
        requests.iter().map(|request| f64::from(request.weight)).sum()
    } else {
        flows.iter().map(|flow| f64::from(flow.weight)).sum()
    };
    let share = |(at, request): (usize, &&'a Request)| Share {
        request: &request.name,
        share: weight(at, request) / all.max(1.0),
    };
    requests.iter().enumerate().map(share).collect()
}

fn share(filter: &RequestFilter, shares: &[Share<'_>]) -> f64 {
    let wanted =
        |share: &&Share<'_>| filter.request.as_ref().is_none_or(|name| name == share.request);
    shares.iter().filter(wanted).map(|share| share.share).sum()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of requests, cut to what fits"
)]
fn floor(number: f64) -> u64 {
    (number + 1e-6).floor().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::{Objectives, ReadOptions, Variables, read_text};

    fn shortage_of(load: &str, objective: &str) -> Option<Shortage> {
        let text = format!(
            "version: 1\nname: a\ntarget: http://a\nload: [{load}]\n\
             requests: [{{ name: a, get: /, weight: 3 }}, {{ name: b, get: / }}]\nslo: ['{objective}']\n"
        );
        let options = ReadOptions::default();
        let loaded = read_text(Path::new("a"), &text, &Variables::new(), &options).unwrap();
        let Objectives::Judged(objectives) = &loaded.scenario.objectives else { panic!() };
        let requests: Vec<_> = loaded.scenario.requests.iter().collect();
        let shares = shares(&requests, &loaded.scenario.flows);
        shortage(&objectives[0], &loaded.scenario.phases, &shares)
    }

    #[test]
    fn the_smallest_sample_counts_are_those_of_the_verdict() {
        let few = "{ name: p, users: 1, iterations: 1 }";
        let needed = |text| shortage_of(few, text).map(|shortage| shortage.needed);
        assert_eq!(needed("p50(latency) < 1s"), Some(5));
        assert_eq!(needed("p90(latency) < 1s"), Some(29));
        assert_eq!(needed("p95(latency) < 1s"), Some(59));
        assert_eq!(needed("p99(latency) < 1s"), Some(299));
        assert_eq!(needed("p99.9(latency) < 1s"), Some(2_995));
        assert_eq!(needed("max(latency) < 1s"), None);
    }

    #[test]
    fn poisson_arrivals_must_be_so_many_that_nineteen_of_twenty_runs_have_enough() {
        let p99 = "p99(latency) < 1s";
        let shortage = |seconds: u32| {
            let load = format!("{{ name: p, rate: 1/s, for: {seconds}s, arrivals: poisson }}");
            shortage_of(&load, p99)
        };
        // 299 - 1.645 √299 = 270.6, and 329 - 1.645 √329 = 299.2.
        assert_eq!(shortage(299), Some(Shortage { planned: 299, sure: 270, needed: 299 }));
        assert_eq!(shortage(328).map(|shortage| shortage.sure), Some(298));
        assert_eq!(shortage(329), None);
        assert_eq!(shortage_of("{ name: p, rate: 1/s, for: 299s }", p99), None, "even ones");
    }

    #[test]
    fn a_plan_counts_rates_ramps_users_and_weights() {
        let planned = |load, text| shortage_of(load, text).map(|shortage| shortage.planned);
        let p99 = "p99(latency) < 1s";
        assert_eq!(planned("{ name: p, rate: 5/s, for: 10s }", p99), Some(50));
        assert_eq!(planned("{ name: p, rate: 0/s -> 10/s, for: 10s }", p99), Some(50));
        assert_eq!(planned("{ name: p, users: 4, iterations_per_user: 5 }", p99), Some(20));
        assert_eq!(planned("{ name: p, users: 4, iterations: 5, repeat: 3 }", p99), Some(15));
        assert_eq!(planned("{ name: p, users: 4, for: 5s }", p99), None, "not known");
        let of_a = "p99(latency{request=\"a\"}) < 1s";
        assert_eq!(planned("{ name: p, users: 1, iterations: 100 }", of_a), Some(75));
    }
}

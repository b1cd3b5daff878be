//! What must hold of verdicts whatever was measured.

use crate::support;
use proptest::collection::vec;
use proptest::prelude::*;
use slogate::load::{LoadResult, RequestResult};
use slogate::scenario::{
    ClientExpression, Comparator, Counted, Distance, Objective, ObjectiveKind, RequestFilter,
    Restarts, Statistic, TimeKind, Tolerance, Unmoved,
};
use slogate::series::SeriesStore;
use slogate::slo::algebra::bucket_edge::{self, Buckets};
use slogate::slo::algebra::reconcile::{self, Between, Totals};
use slogate::slo::algebra::success_ratio;
use slogate::slo::{
    AlertEvidence, Evidence, JudgedObjective, PlannedPhase, Ruling, Verdict, Windows, judge,
};
use slogate::units::Unit;

fn judged(load: &LoadResult, objective: &Objective) -> JudgedObjective {
    let series = SeriesStore::default();
    let planned = vec![PlannedPhase { name: "steady".into(), group: None, measured: true }];
    let windows = Windows::find(&series, load);
    let (unmoved, restarts) = (Unmoved::Doubt, Restarts::Fail);
    judge(
        objective,
        &Evidence {
            planned,
            load,
            series: &series,
            windows,
            unmoved,
            restarts,
            metrics_paths: Vec::new(),
            alerts: AlertEvidence::default(),
        },
    )
}

fn verdict_of(request: RequestResult, objective: &Objective) -> Verdict {
    let load = support::load_of(vec![support::open_phase("steady", 1, vec![request])]);
    judged(&load, objective).verdict
}

fn quantile(quantile: f64, below_seconds: f64) -> Objective {
    let (statistic, time) = (Statistic::Quantile(quantile), TimeKind::Latency);
    let filter = RequestFilter::default();
    let kind = ObjectiveKind::Client(ClientExpression::Time { statistic, time, filter });
    support::objective("q", 1, kind, support::threshold(Comparator::Less, below_seconds, "< T"))
}

/// Every kind of client objective, with a target that an empty run might seem to meet.
fn tempting_objectives() -> Vec<Objective> {
    let filter = RequestFilter::default;
    let time =
        |statistic| ClientExpression::Time { statistic, time: TimeKind::Latency, filter: filter() };
    let count = |counted| ClientExpression::Count { counted, filter: filter() };
    let expressions = [
        time(Statistic::Quantile(0.95)),
        time(Statistic::Mean),
        time(Statistic::Max),
        count(Counted::Intended),
        count(Counted::Dropped),
        ClientExpression::SuccessRatio { filter: filter() },
        ClientExpression::ResponseRate { filter: filter() },
        ClientExpression::Span,
    ];
    let targets = [(Comparator::LessOrEqual, 1e9), (Comparator::GreaterOrEqual, 0.0)];
    let mut objectives = Vec::new();
    for expression in expressions {
        for (comparator, bound) in targets {
            let kind = ObjectiveKind::Client(expression.clone());
            let target = support::threshold(comparator, bound, "T");
            objectives.push(support::objective("o", 1, kind, target));
        }
    }
    objectives.push(support::objective(
        "p",
        1,
        support::promql("sum(increase(export_fail_total[$run]))", (Unit::Plain, 1.0)),
        support::threshold(Comparator::LessOrEqual, 0.0, "<= 0"),
    ));
    objectives.push(support::objective(
        "c",
        1,
        support::counter("export_fail_total"),
        support::threshold(Comparator::Equal, 0.0, "== 0"),
    ));
    objectives
}

#[test]
fn empty_evidence_never_passes() {
    let nothing = support::load_of(Vec::new());
    let no_requests = support::load_of(vec![support::open_phase("steady", 1, Vec::new())]);
    let requests = vec![support::answered("csv", [])];
    let none_sent = support::load_of(vec![support::open_phase("steady", 1, requests)]);
    for load in [nothing, no_requests, none_sent] {
        for objective in tempting_objectives() {
            let judged = judged(&load, &objective);
            assert_eq!(judged.verdict, Verdict::Inconclusive, "{judged:?}");
            assert!(!judged.reason.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn slower_answers_never_make_a_verdict_better(
        milliseconds in vec(1_u64..2_000, 1..400),
        slower in vec(0_u64..1_000, 400),
        q in prop::sample::select(vec![0.5, 0.9, 0.95, 0.99]),
        target in 0.05_f64..2.0,
    ) {
        let objective = quantile(q, target);
        let worse: Vec<u64> = milliseconds.iter().zip(&slower).map(|(a, b)| a + b).collect();
        let before = verdict_of(support::answered("csv", milliseconds), &objective);
        let after = verdict_of(support::answered("csv", worse), &objective);
        // `Pass < Inconclusive < Fail`.
        prop_assert!(after >= before, "{before} became {after}");
    }

    #[test]
    fn more_failures_never_turn_a_fail_into_anything_better(
        milliseconds in vec(1_u64..2_000, 0..300),
        failures in 0_u64..50,
        more in 1_u64..200,
        target in 0.05_f64..2.0,
    ) {
        let ratio = support::objective(
            "r",
            1,
            support::success(),
            support::threshold(Comparator::GreaterOrEqual, 0.95, ">= 95%"),
        );
        for objective in [quantile(0.95, target), ratio] {
            let request = support::answered("csv", milliseconds.iter().copied());
            let request = support::with_failures(request, failures);
            let before = verdict_of(request.clone(), &objective);
            let after = verdict_of(support::with_failures(request, more), &objective);
            if before == Verdict::Fail {
                prop_assert_eq!(after, Verdict::Fail);
            }
        }
    }

    #[test]
    fn a_failure_in_place_of_a_good_answer_never_makes_a_verdict_better(
        milliseconds in vec(1_u64..500, 1..400),
        swapped in 1_usize..400,
    ) {
        let swapped = swapped.min(milliseconds.len());
        let objective = quantile(0.95, 1.0);
        let good = support::answered("csv", milliseconds.iter().copied());
        let fewer = support::answered("csv", milliseconds[swapped..].iter().copied());
        let before = verdict_of(good, &objective);
        let after = verdict_of(support::with_failures(fewer, swapped as u64), &objective);
        prop_assert!(after >= before, "{before} became {after}");
    }
}

/// What may lie between two counts, up to so many requests each.
fn between(most: u64) -> impl Strategy<Value = Between> {
    (vec(0..=most, 7), 0_u64..50).prop_map(|(counts, scrapes)| Between {
        unanswered: counts[0],
        unconfirmed: counts[1],
        retried: counts[2],
        before: counts[3],
        last: counts[4],
        repeats: counts[5],
        redirects: counts[6],
        largest: 1.0,
        scrapes,
    })
}

fn reconciled(client: u64, counter: u64, within: u64, between: Between) -> Verdict {
    let tolerance =
        Tolerance { distance: Distance::Amount(within as f64), text: within.to_string() };
    let (client, counter) = (client as f64, counter as f64);
    let totals = Totals { client, counter, unit: Unit::Plain, within: &tolerance, between };
    reconcile::rule(&totals).verdict
}

proptest! {
    #[test]
    fn equal_counts_agree_whatever_may_lie_between_them(
        count in 0_u64..1_000_000,
        within in 0_u64..100,
        between in between(100),
    ) {
        prop_assert_eq!(reconciled(count, count, within, between), Verdict::Pass);
    }

    #[test]
    fn only_a_difference_within_a_tolerance_below_the_count_agrees(
        client in 0_u64..10_000,
        counter in 0_u64..10_000,
        within in 0_u64..200,
        between in between(100),
    ) {
        let agrees = reconciled(client, counter, within, between) == Verdict::Pass;
        let compares_something = client > within || client == counter;
        prop_assert_eq!(agrees, compares_something && client.abs_diff(counter) <= within);
    }

    #[test]
    fn a_difference_beyond_everything_that_explains_it_is_a_fail(
        client in 2_000_u64..10_000,
        beyond in 1_u64..500,
        within in 0_u64..100,
        between in between(100),
        more in any::<bool>(),
    ) {
        let explained = between.unanswered + between.unconfirmed + between.retried
            + between.repeats + between.redirects
            + between.before + between.last;
        // Scrapes are recognised by their own number, give or take one.
        let difference = (within + explained + beyond).max(between.scrapes + 2);
        let counter = if more { client + difference } else { client - difference };
        prop_assert_eq!(reconciled(client, counter, within, between), Verdict::Fail);
    }

    #[test]
    fn more_that_is_not_known_never_makes_a_pass(
        client in 0_u64..2_000,
        counter in 0_u64..2_000,
        fewer in between(20),
        more in between(20),
    ) {
        let with = Between {
            unanswered: fewer.unanswered + more.unanswered,
            unconfirmed: fewer.unconfirmed + more.unconfirmed,
            retried: fewer.retried + more.retried,
            repeats: fewer.repeats + more.repeats,
            redirects: fewer.redirects + more.redirects,
            before: fewer.before + more.before,
            last: fewer.last + more.last,
            ..fewer
        };
        let (before, after) =
            (reconciled(client, counter, 0, fewer), reconciled(client, counter, 0, with));
        prop_assert_eq!(before == Verdict::Pass, after == Verdict::Pass);
        prop_assert!(after <= before, "{before} became {after}");
    }

    #[test]
    fn a_share_of_few_events_never_passes_and_a_perfect_long_one_does(
        whole in 1_u64..4_000,
        bound in prop::sample::select(vec![0.5, 0.9, 0.95, 0.99, 0.999]),
    ) {
        let target = support::threshold(Comparator::GreaterOrEqual, bound, ">= T");
        let perfect = success_ratio::rule(whole, whole, &target).verdict;
        // p^n <= 5 %: a service at the bound would be perfect so long once in twenty runs.
        let is_proof = bound.powf(whole as f64) <= 0.05;
        prop_assert_eq!(perfect == Verdict::Pass, is_proof);
        let measured = Ruling::pass("m");
        let few = success_ratio::rule_few_events(measured, whole, &target).verdict;
        prop_assert_eq!(few == Verdict::Pass, is_proof);
    }

    #[test]
    fn a_share_below_its_bound_never_passes(
        part in 0_u64..3_000,
        rest in 0_u64..3_000,
        bound in prop::sample::select(vec![0.5, 0.9, 0.95, 0.99]),
    ) {
        let whole = part + rest;
        let target = support::threshold(Comparator::GreaterOrEqual, bound, ">= T");
        let ruled = success_ratio::rule(part, whole.max(1), &target).verdict;
        prop_assert!(part as f64 >= bound * whole.max(1) as f64 || ruled != Verdict::Pass);
    }
}

proptest! {
    #[test]
    fn a_success_ratio_never_gains_from_a_failure(
        intended in 1_u64..5_000,
        share in 0.0_f64..=1.0,
        bound in prop::sample::select(vec![0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0]),
    ) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count"
        )]
        let succeeded = (share * intended as f64) as u64;
        let target = support::threshold(Comparator::GreaterOrEqual, bound, ">= T");
        let before = success_ratio::rule(succeeded, intended, &target).verdict;
        if succeeded > 0 {
            let after = success_ratio::rule(succeeded - 1, intended, &target).verdict;
            prop_assert!(after >= before, "{before} became {after}");
        }
        let longer = success_ratio::rule(succeeded, intended + 1, &target).verdict;
        prop_assert!(before != Verdict::Fail || longer == Verdict::Fail);
    }

    #[test]
    fn a_histogram_never_gains_from_a_slower_observation(
        counts in vec(0_u32..80, 5),
        from in 0_usize..4,
        quantile in prop::sample::select(vec![0.5, 0.9, 0.95, 0.99]),
        target in prop::sample::select(vec![0.05, 0.1, 0.5, 1.0, 3.0, 5.0, 9.0, 10.0]),
    ) {
        let rule = |counts: &[u32]| {
            let bounds = [0.1, 1.0, 5.0, 10.0, f64::INFINITY];
            let mut sum = 0;
            let cumulative: Vec<(f64, f64)> = bounds.into_iter().zip(counts).map(|(bound, count)| {
                sum += count;
                (bound, f64::from(sum))
            }).collect();
            let buckets = Buckets::new(&cumulative, u64::from(sum))?;
            let target = support::threshold(Comparator::Less, target, "< T");
            Some(bucket_edge::rule(&buckets, quantile, Unit::Seconds, &target).verdict)
        };
        let mut slower = counts.clone();
        if slower[from] > 0 {
            slower[from] -= 1;
            slower[from + 1] += 1;
            let (before, after) = (rule(&counts), rule(&slower));
            prop_assert!(after >= before, "{before:?} became {after:?}");
        }
    }
}

//! Runs in which something is missing, seen through objectives that would be met by
//! nothing at all: none of them may pass.

use std::time::Duration;

use slogate::gate::{Condition, ExitCode, OnInconclusive, judge_all, judge_scenario};
use slogate::load::{LoadResult, StopReason};
use slogate::scenario::{Comparator, Objective, Phase};
use slogate::series::{FamilyKind, SeriesStore};
use slogate::slo::{Evidence, Verdict, judge, judge_each, judge_instances};
use slogate::units::Unit;
use slogate_promql::Labels;

use crate::support::{self, STARTED_MS, load_of, open_phase};

const INSTANCE: &str = "127.0.0.1:4001";

/// Objectives that the healthy run of these tests passes, every one of them.
fn objectives() -> Vec<Objective> {
    let plain = (Unit::Plain, 1.0);
    let mut objectives = support::usual_objectives();
    let growth = "sum(increase(export_latency_ms_count[$run])) - 100";
    let at_most = support::threshold(Comparator::LessOrEqual, 1.0, "<= 1");
    objectives.push(support::objective("growth", 40, support::promql(growth, plain), at_most));
    objectives
}

/// A hundred requests over twelve seconds, all as they should be.
fn healthy() -> (LoadResult, SeriesStore) {
    let requests = vec![support::answered("csv", 1..=100)];
    let mut series = support::scraped(12, 100.0, 0.0);
    series.declare("process_start_time_seconds", FamilyKind::Gauge);
    for at in 0..=48_i64 {
        let at_ms = STARTED_MS + at * 250;
        let names = ["process_start_time_seconds", "export_latency_ms_count"];
        for (name, value) in names.into_iter().zip([1_767_000_000.0, (at * 100 / 48) as f64]) {
            series.append(&labels(name), at_ms, value);
        }
    }
    (load_of(vec![open_phase("steady", 1, requests)]), series)
}

fn labels(name: &str) -> Labels {
    Labels::new([("__name__", name), ("instance", INSTANCE)])
}

/// A copy of a store with some of its samples and scrapes.
fn kept(
    store: &SeriesStore,
    keep: impl Fn(&Labels, i64) -> bool,
    good: impl Fn(i64) -> bool,
) -> SeriesStore {
    let mut copy = SeriesStore::default();
    for (family, kind) in store.families() {
        copy.declare(family, kind);
    }
    for one in store.iter() {
        for sample in one.samples.iter().filter(|sample| keep(one.labels, sample.t_ms)) {
            copy.append(one.labels, sample.t_ms, sample.value);
        }
    }
    for scrape in store.scrapes() {
        let mut scrape = scrape.clone();
        if !good(scrape.at_ms) {
            scrape.outcome = Err("timed out".into());
        }
        copy.record_scrape(scrape);
    }
    copy
}

/// How each objective, and the scenario as a whole, ends.
fn ends(load: &LoadResult, series: &SeriesStore) -> (Vec<(String, Verdict)>, ExitCode) {
    let phases: Vec<Phase> = vec![support::planned_open("steady")];
    let objectives = objectives();
    let scenario = support::scenario("10k", phases, objectives.clone());
    let evidence = Evidence::of(&scenario, load, series);
    let judged = judge_each(&objectives, &evidence);
    let conditions: Vec<Condition> =
        judge_instances(&evidence).into_iter().map(Condition::from).collect();
    let verdicts: Vec<Verdict> = judged.iter().map(|(_, judged)| judged.verdict).collect();
    let standing = judge_scenario(&verdicts, &conditions);
    let outcome = judge_all(&[standing], None, OnInconclusive::Fail);
    let named = judged.into_iter().map(|(_, one)| (one.id, one.verdict)).collect();
    (named, outcome.exit_code)
}

/// Asserts the exit code, and that none of these objectives passes.
fn assert_red(load: &LoadResult, series: &SeriesStore, code: ExitCode, not_passed: &[&str]) {
    let (ends, exit_code) = ends(load, series);
    assert_eq!(exit_code, code, "{ends:?}");
    for id in not_passed {
        let verdict = ends.iter().find(|(known, _)| known == id).unwrap().1;
        assert_ne!(verdict, Verdict::Pass, "{id} in {ends:?}");
    }
}

const CLIENT: [&str; 3] = ["p95(latency) < 1s", "success", "nothing-dropped"];
const METRICS: [&str; 4] = ["p95-server", "queue", "no-failures", "growth"];

#[test]
fn the_healthy_run_passes() {
    let (load, series) = healthy();
    assert_eq!(ends(&load, &series).1, ExitCode::Pass);
}

#[test]
fn no_request_was_sent() {
    let (_, series) = healthy();
    let load = load_of(vec![open_phase("steady", 1, vec![support::answered("csv", [])])]);
    assert_red(&load, &series, ExitCode::Inconclusive, &CLIENT);
}

#[test]
fn warm_up_only() {
    let (mut load, series) = healthy();
    load.phases[0].measured = false;
    assert_red(&load, &series, ExitCode::Inconclusive, &CLIENT);
}

#[test]
fn the_phase_was_never_reached() {
    let (_, series) = healthy();
    let all: Vec<&str> = CLIENT.into_iter().chain(METRICS).collect();
    assert_red(&load_of(Vec::new()), &series, ExitCode::Inconclusive, &all);
}

#[test]
fn every_answer_is_a_fast_500() {
    let (_, series) = healthy();
    let request = support::with_failures(support::answered("csv", []), 100);
    let load = load_of(vec![open_phase("steady", 1, vec![request])]);
    assert_red(&load, &series, ExitCode::Failed, &CLIENT[..2]);
}

#[test]
fn arrivals_were_dropped() {
    let (mut load, series) = healthy();
    let request = &mut load.phases[0].requests[0];
    request.intended += 20;
    request.failed += 20;
    request.dropped += 20;
    assert_red(&load, &series, ExitCode::Failed, &CLIENT);
}

#[test]
fn the_generator_was_behind() {
    let (mut load, series) = healthy();
    load.generator.missed_by_generator = 5;
    let all: Vec<&str> = CLIENT.into_iter().chain(METRICS).collect();
    assert_red(&load, &series, ExitCode::Inconclusive, &all);
}

#[test]
fn somebody_stopped_the_run() {
    let (mut load, series) = healthy();
    load.stopped_early = Some(StopReason::Cancelled);
    let all: Vec<&str> = CLIENT.into_iter().chain(METRICS).collect();
    assert_red(&load, &series, ExitCode::Inconclusive, &all);
}

#[test]
fn nothing_was_scraped() {
    let (load, _) = healthy();
    assert_red(&load, &SeriesStore::default(), ExitCode::Inconclusive, &METRICS);
}

#[test]
fn scrapes_fail_only_under_load() {
    let (load, store) = healthy();
    let quiet = |at_ms: i64| at_ms == STARTED_MS || at_ms == STARTED_MS + 12_000;
    let series = kept(&store, |_, at_ms| quiet(at_ms), quiet);
    // Exact totals need the two ends alone; everything between them is not known.
    assert_red(&load, &series, ExitCode::Inconclusive, &["p95-server", "queue", "growth"]);
}

#[test]
fn the_target_was_gone_at_the_end() {
    let (load, store) = healthy();
    let alive = |at_ms: i64| at_ms < STARTED_MS + 6_000;
    let series = kept(&store, |_, at_ms| alive(at_ms), alive);
    assert_red(&load, &series, ExitCode::Inconclusive, &METRICS);
}

#[test]
fn one_series_vanished_half_way() {
    let (load, store) = healthy();
    let still = |labels: &Labels, at_ms: i64| {
        at_ms < STARTED_MS + 6_000 || labels.metric_name() != Some("export_queue_depth")
    };
    let series = kept(&store, still, |_| true);
    assert_red(&load, &series, ExitCode::Inconclusive, &["queue"]);
}

#[test]
fn a_metric_is_misspelt() {
    let (load, store) = healthy();
    let other = |labels: &Labels, _: i64| labels.metric_name() != Some("export_fail_total");
    let series = kept(&store, other, |_| true);
    assert_red(&load, &series, ExitCode::Inconclusive, &["no-failures"]);
}

#[test]
fn a_counter_is_born_late() {
    let (load, store) = healthy();
    let other = |labels: &Labels, _: i64| labels.metric_name() != Some("export_fail_total");
    let mut series = kept(&store, other, |_| true);
    // It appears with its first failure in it: `increase()` would see no growth.
    for at in 24..=48 {
        series.append(&labels("export_fail_total"), STARTED_MS + at * 250, 1.0);
    }
    assert_red(&load, &series, ExitCode::Failed, &["no-failures"]);
}

#[test]
fn the_target_restarted_and_its_counters_outgrew_themselves() {
    let (load, store) = healthy();
    let other =
        |labels: &Labels, _: i64| labels.metric_name() != Some("process_start_time_seconds");
    let mut series = kept(&store, other, |_| true);
    for at in 0..=48 {
        let started = if at < 24 { 1_767_000_000.0 } else { 1_767_323_050.0 };
        let labels = labels("process_start_time_seconds");
        series.append(&labels, STARTED_MS + at * 250, started);
    }
    assert_red(&load, &series, ExitCode::Failed, &[]);
}

#[test]
fn two_processes_answer_behind_one_address() {
    let (load, store) = healthy();
    let other =
        |labels: &Labels, _: i64| labels.metric_name() != Some("process_start_time_seconds");
    let mut series = kept(&store, other, |_| true);
    for at in 0..=48 {
        let started = if at % 2 == 0 { 1_767_000_000.0 } else { 1_767_000_007.0 };
        let labels = labels("process_start_time_seconds");
        series.append(&labels, STARTED_MS + at * 250, started);
    }
    assert_red(&load, &series, ExitCode::Inconclusive, &[]);
}

#[test]
fn everything_is_in_the_infinite_bucket() {
    let (load, store) = healthy();
    let finite = |labels: &Labels, _: i64| labels.get("le").is_none_or(|bound| bound == "+Inf");
    let mut series = kept(&store, finite, |_| true);
    for (at, bound) in (0..=48).flat_map(|at| ["100", "10000", "60000"].map(|le| (at, le))) {
        let labels = labels("export_latency_ms_bucket").with("le", bound);
        series.append(&labels, STARTED_MS + at * 250, 0.0);
    }
    assert_red(&load, &series, ExitCode::Failed, &["p95-server"]);
}

#[test]
fn a_generator_that_lags_excuses_a_miss_and_no_more() {
    let (_, series) = healthy();
    let mut request = support::answered("csv", (0..100).map(|_| 1_500));
    for _ in 0..5 {
        request.lag.record(Duration::from_millis(500));
    }
    let load = load_of(vec![open_phase("steady", 1, vec![request])]);
    assert_red(&load, &series, ExitCode::Inconclusive, &CLIENT[..1]);
}

/// One expression with a target that it would meet on nothing.
fn judged_promql(
    (load, series): (&LoadResult, &SeriesStore),
    (text, unit): (&str, (Unit, f64)),
    (comparator, bound): (Comparator, f64),
) -> (Verdict, String) {
    let target = support::threshold(comparator, bound, "T");
    let objective = support::objective("o", 1, support::promql(text, unit), target);
    let phases: Vec<Phase> = vec![support::planned_open("steady")];
    let scenario = support::scenario("10k", phases, vec![objective.clone()]);
    let judged = judge(&objective, &Evidence::of(&scenario, load, series));
    (judged.verdict, judged.reason)
}

#[test]
fn only_an_earlier_run_did_any_work() {
    let (load, mut series) = healthy();
    for at in 0..=48 {
        series.append(&labels("export_bytes_total"), STARTED_MS + at * 250, 7e9);
    }
    let more_than_none = (Comparator::Greater, 0.0);
    for text in ["sum(export_bytes_total)", "max_over_time(export_bytes_total[$run])"] {
        let judged = judged_promql((&load, &series), (text, (Unit::Plain, 1.0)), more_than_none);
        assert_eq!(judged.0, Verdict::Inconclusive, "{text}: {}", judged.1);
    }
    let text = "histogram_quantile(0.95, sum by (le) (export_latency_ms_bucket))";
    let judged =
        judged_promql((&load, &series), (text, (Unit::Seconds, 1e-3)), (Comparator::Less, 10.0));
    assert_eq!(judged.0, Verdict::Inconclusive, "{}", judged.1);
}

#[test]
fn a_quantile_is_hidden_below_the_top() {
    let (load, series) = healthy();
    let quantile =
        "histogram_quantile(0.95, sum by (le) (increase(export_latency_ms_bucket[$run])))";
    for text in [format!("{quantile} / 1000"), format!("max({quantile})")] {
        let judged = judged_promql(
            (&load, &series),
            (&text, (Unit::Plain, 1.0)),
            (Comparator::LessOrEqual, 60_000.0),
        );
        assert_eq!(judged.0, Verdict::Inconclusive, "{text}: {}", judged.1);
    }
}

#[test]
fn an_increase_that_did_not_see_the_first_failures() {
    let (load, mut series) = healthy();
    for at in 24..=48 {
        series.append(&labels("late_fail_total"), STARTED_MS + at * 250, 3.0);
    }
    let judged = judged_promql(
        (&load, &series),
        ("sum(increase(late_fail_total[$run]))", (Unit::Plain, 1.0)),
        (Comparator::Equal, 0.0),
    );
    assert_eq!(judged.0, Verdict::Inconclusive, "{}", judged.1);
}

#[test]
fn a_stopped_run_had_too_few_answers_so_far() {
    let (mut load, series) = healthy();
    load.stopped_early = Some(StopReason::Cancelled);
    let objective = support::objective(
        "o",
        1,
        support::counter("export_fail_total"),
        support::threshold(Comparator::Greater, 0.0, "> 0"),
    );
    let scenario =
        support::scenario("10k", vec![support::planned_open("steady")], vec![objective.clone()]);
    let judged = judge(&objective, &Evidence::of(&scenario, &load, &series));
    assert_eq!(judged.verdict, Verdict::Inconclusive, "{}", judged.reason);
}

//! Endings and judgements over series made by hand.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{AlertEnding, AlertEvidence, watched_alerts};
use crate::code::Code;
use crate::load::LoadResult;
use crate::scenario::{
    AlertExpectation, AlertObjective, AlertRuleFile, AlertRules, Comparator, ObjectiveKind,
};
use crate::series::{FamilyKind, SeriesStore};
use crate::slo::fixtures::{
    add_series, answered, evidence_of, load_of, objective, phase, scrapes_every, steady, store_of,
};
use crate::slo::{Evidence, JudgedObjective, Verdict, judge};

const UP_TO_8: &str = "groups: [{name: g, rules: [{alert: Deep, expr: depth > 8}]}]";

fn rules(text: &str) -> Arc<AlertRules> {
    let file = AlertRuleFile::read("rules.yml", text).unwrap();
    Arc::new(AlertRules { every: Duration::from_millis(250), files: vec![file] })
}

/// A gauge `depth`, scraped every 250 ms for four seconds.
fn depth(value: impl Fn(usize) -> Option<f64>) -> SeriesStore {
    let mut store = store_of(scrapes_every(250, 1_000, 5_000));
    add_series(&mut store, FamilyKind::Gauge, &[("__name__", "depth")], value);
    store
}

fn load() -> LoadResult {
    steady(vec![answered("csv", [5; 100])])
}

fn with_rules<'a>(text: &str, load: &'a LoadResult, series: &'a SeriesStore) -> Evidence<'a> {
    Evidence { alerts: AlertEvidence::new(Some(rules(text))), ..evidence_of(load, series) }
}

fn alert(expected: AlertExpectation) -> ObjectiveKind {
    ObjectiveKind::Alert(AlertObjective {
        alert: "Deep".into(),
        expected,
        expressions: vec!["depth > 8".into()],
    })
}

fn judged(
    (text, series): (&str, &SeriesStore),
    (expected, during): (AlertExpectation, Option<&str>),
    load: &LoadResult,
) -> JudgedObjective {
    let target = match expected {
        AlertExpectation::Quiet => (Comparator::LessOrEqual, 0.0),
        AlertExpectation::Fires { .. } => (Comparator::GreaterOrEqual, 1.0),
    };
    let mut objective = objective(alert(expected), &[target]);
    objective.during = during.map(str::to_owned);
    judge(&objective, &with_rules(text, load, series))
}

fn quiet(text: &str, series: &SeriesStore) -> JudgedObjective {
    judged((text, series), (AlertExpectation::Quiet, None), &load())
}

fn fires(text: &str, series: &SeriesStore, labels: &[(&str, &str)]) -> JudgedObjective {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let labels: BTreeMap<_, _> = labels.iter().map(owned).collect();
    judged((text, series), (AlertExpectation::Fires { labels, within: None }, None), &load())
}

#[track_caller]
fn assert_doubt(judged: &JudgedObjective, code: &str, reason: &str) {
    assert_eq!(judged.verdict, Verdict::Inconclusive, "{}", judged.reason);
    assert!(judged.reason.contains(reason), "{}", judged.reason);
    let codes: Vec<_> = judged.codes.iter().map(Code::name).collect();
    assert_eq!(codes, [code], "{}", judged.reason);
}

#[test]
fn an_alert_that_could_have_fired_and_did_not_stayed_quiet() {
    let judged = quiet(UP_TO_8, &depth(|_| Some(8.0)));
    assert_eq!(judged.verdict, Verdict::Pass, "{}", judged.reason);
    assert_eq!(judged.reason, "stayed quiet over 17 evaluations");
    assert_eq!(judged.observed.show(judged.unit), "stayed quiet");
    assert_eq!((judged.samples, judged.margin), (Some(17), None));
}

#[test]
fn an_alert_that_fires_for_a_moment_has_fired() {
    let judged = quiet(UP_TO_8, &depth(|at| Some(if at == 4 { 9.0 } else { 1.0 })));
    assert_eq!(judged.verdict, Verdict::Fail);
    assert_eq!(judged.reason, "fired 1 s into the run and for 0 s, at 9");
    assert_eq!(judged.element.as_deref(), Some("{alertname=\"Deep\"}"));
}

#[test]
fn an_alert_of_a_phase_is_judged_in_that_phase() {
    let (mut calm, mut peak) = (phase("calm"), phase("peak"));
    (calm.first_intended_ms, peak.first_intended_ms) = (1_000, 4_000);
    let load = load_of(vec![calm, peak]);
    let series = depth(|at| Some(if at > 12 { 9.0 } else { 1.0 }));
    let during = |name| judged((UP_TO_8, &series), (AlertExpectation::Quiet, Some(name)), &load);
    assert_eq!(during("calm").verdict, Verdict::Pass, "{}", during("calm").reason);
    assert_eq!(during("peak").verdict, Verdict::Fail);
}

#[test]
fn an_alert_whose_for_is_not_over_is_pending() {
    let text = "groups: [{name: g, rules: [{alert: Deep, expr: depth > 8, for: 2s}]}]";
    let series = depth(|at| Some(if at > 12 { 9.0 } else { 1.0 }));
    assert_doubt(
        &quiet(text, &series),
        "alert-pending",
        "was pending at the end, for 750 ms so far",
    );
    assert_doubt(&fires(text, &series, &[]), "alert-pending", "pending");
    // It has been there for long enough half a second before the end.
    let series = depth(|at| Some(if at > 6 { 9.0 } else { 1.0 }));
    assert_eq!(quiet(text, &series).verdict, Verdict::Fail);
    // And one that was on its way and gave up stayed quiet.
    let series = depth(|at| Some(if (4..8).contains(&at) { 9.0 } else { 1.0 }));
    assert_eq!(quiet(text, &series).verdict, Verdict::Pass);
}

#[test]
fn an_alert_that_could_not_have_fired_did_not_stay_quiet() {
    let calm = depth(|_| Some(1.0));
    for (rule, why) in [
        ("expr: depth > 8, for: 5s", "its `for` of 5s is longer than the 4.0 s"),
        ("expr: 'max_over_time(depth[1m]) > 8'", "its window of 1m is longer"),
        (
            "expr: 'max_over_time(depth[3s]) > 8', for: 2s",
            "its window of 3s and its `for` of 2s are",
        ),
        ("expr: depth offset 1h > 8", "its window of 1h"),
        ("expr: deepth > 8", "no such series: deepth; did you mean `depth`?"),
        ("expr: 'depth{queue=\"a\"} > 8'", "no such series"),
        ("expr: count(depth) < 0", "no value that there can be meets `count(depth) < 0`"),
        ("expr: time() - timestamp(depth) > 300", "no sample of the 4.0 s that were recorded is"),
        ("expr: depth * (0 / 0) > 8", "had no value at any evaluation"),
        ("expr: depth @ 5 > 8", "is fixed by `@`"),
    ] {
        let text = format!("groups: [{{name: g, rules: [{{alert: Deep, {rule}}}]}}]");
        assert_doubt(&quiet(&text, &calm), "alert-could-not-fire", why);
        assert_doubt(&fires(&text, &calm, &[]), "alert-could-not-fire", why);
    }
}

#[test]
fn an_alert_on_an_age_that_was_reached_stays_quiet() {
    let text = "groups: [{name: g, rules: [{alert: Deep, expr: time() - timestamp(depth) > 3}]}]";
    let judged = quiet(text, &depth(|_| Some(1.0)));
    assert_eq!(judged.verdict, Verdict::Pass, "{}", judged.reason);
}

#[test]
fn no_counter_is_below_zero_and_no_bucket_is_more_than_all() {
    let mut series = store_of(scrapes_every(250, 1_000, 5_000));
    let count = |at: usize| Some(at as f64);
    add_series(&mut series, FamilyKind::Counter, &[("__name__", "errors_total")], count);
    let bucket = [("__name__", "wait_bucket"), ("le", "1")];
    add_series(&mut series, FamilyKind::Histogram, &bucket, count);
    add_series(&mut series, FamilyKind::Histogram, &[("__name__", "wait_count")], count);
    let rule =
        |expr: &str| format!("groups: [{{name: g, rules: [{{alert: Deep, expr: '{expr}'}}]}}]");
    let share = "sum(rate(wait_bucket{le=\"1\"}[1s])) / sum(rate(wait_count[1s]))";
    for (expr, why) in [
        ("errors_total < 0", "no value of a counter, which is never below 0, meets"),
        ("rate(errors_total[1s]) < 0", "no value that there can be meets"),
        (&format!("{share} > 1.5"), "no value that there can be meets"),
    ] {
        assert_doubt(&quiet(&rule(expr), &series), "alert-could-not-fire", why);
    }
    for expr in ["errors_total > 1000", "rate(errors_total[1s]) > 1000"] {
        let judged = quiet(&rule(expr), &series);
        assert_eq!(judged.verdict, Verdict::Pass, "{}", judged.reason);
    }
}

#[test]
fn a_quantile_above_all_buckets_could_not_have_fired() {
    let mut series = store_of(scrapes_every(250, 1_000, 5_000));
    for (le, share) in [("1", 0.0), ("2", 1.0), ("+Inf", 2.0)] {
        let labels = [("__name__", "wait_bucket"), ("le", le)];
        add_series(&mut series, FamilyKind::Histogram, &labels, |at| Some(share * at as f64));
    }
    let rule = |bound: &str| {
        format!(
            "groups: [{{name: g, rules: [{{alert: Deep, expr: 'histogram_quantile(0.95, sum by (le) \
             (rate(wait_bucket[1s]))) > {bound}'}}]}}]"
        )
    };
    assert_doubt(
        &quiet(&rule("2"), &series),
        "alert-could-not-fire",
        "highest finite bucket ends at 2",
    );
    assert_eq!(quiet(&rule("1.9"), &series).verdict, Verdict::Fail);
}

#[test]
fn recording_rules_feed_alerts_and_their_windows_count() {
    let text = |range: &str| {
        format!(
            "groups: [{{name: g, rules: [{{record: 'depth:max', expr: 'max_over_time(depth[{range}])'}}, \
             {{alert: Deep, expr: 'depth:max > 8'}}]}}]"
        )
    };
    let series = depth(|at| Some(if at == 4 { 9.0 } else { 1.0 }));
    let judged = quiet(&text("1s"), &series);
    assert_eq!(judged.verdict, Verdict::Fail);
    assert_eq!(judged.reason, "fired 1 s into the run and for 750 ms, at 9");
    let calm = depth(|_| Some(1.0));
    assert_eq!(quiet(&text("1s"), &calm).verdict, Verdict::Pass);
    assert_doubt(&quiet(&text("1m"), &calm), "alert-could-not-fire", "its window of 1m");
}

#[test]
fn an_alert_on_absence_needs_no_series() {
    let text = "groups: [{name: g, rules: [{alert: Deep, expr: absent(depth)}]}]";
    assert_eq!(quiet(text, &depth(|_| Some(1.0))).verdict, Verdict::Pass);
    assert_eq!(quiet(text, &depth(|_| None)).verdict, Verdict::Fail);
}

#[test]
fn an_alert_that_was_seen_too_seldom_proves_nothing() {
    let mut series = store_of(scrapes_every(1_000, 1_000, 5_000));
    add_series(&mut series, FamilyKind::Gauge, &[("__name__", "depth")], |_| Some(1.0));
    let needs = "stayed quiet over 5 evaluations of good scrapes with a value, and needs 10";
    assert_doubt(&quiet(UP_TO_8, &series), "alert-evaluations", needs);
    assert_doubt(&fires(UP_TO_8, &series, &[]), "alert-evaluations", needs);
    let minutely = UP_TO_8.replace("name: g,", "name: g, interval: 1m,");
    let calm = depth(|_| Some(1.0));
    assert_doubt(&quiet(&minutely, &calm), "alert-evaluations", "over 1 evaluations");
}

#[test]
fn a_rule_that_fails_proves_nothing() {
    let mut series = depth(|_| Some(1.0));
    for queue in ["a", "b"] {
        let labels = [("__name__", "limit"), ("queue", queue)];
        add_series(&mut series, FamilyKind::Gauge, &labels, |_| Some(8.0));
    }
    let text = "groups: [{name: g, rules: [{alert: Deep, expr: depth > on () limit}]}]";
    assert_doubt(&quiet(text, &series), "rule-failure", "the rule could not be evaluated");
    assert_doubt(&fires(text, &series, &[]), "rule-failure", "the rule could not be evaluated");
}

#[test]
fn scrapes_that_failed_take_quiet_away_and_leave_what_fired() {
    let with_gap = |store: SeriesStore| {
        let mut scrapes = store.scrapes().to_vec();
        scrapes[8].outcome = Err("refused".into());
        let mut gappy = store_of(scrapes);
        for one in store.iter() {
            gappy.declare("depth", FamilyKind::Gauge);
            for sample in one.samples {
                gappy.append(one.labels, sample.t_ms, sample.value);
            }
        }
        gappy
    };
    assert_doubt(&quiet(UP_TO_8, &with_gap(depth(|_| Some(1.0)))), "scrape-gap", "1 of 17");
    assert_eq!(quiet(UP_TO_8, &with_gap(depth(|_| Some(9.0)))).verdict, Verdict::Fail);
}

#[test]
fn a_series_that_went_away_takes_quiet_away() {
    let series = depth(|at| (at < 12).then_some(1.0));
    assert_doubt(&quiet(UP_TO_8, &series), "gone-series", "disappeared before the closing scrape");
}

const SEVERE: &str = "groups: [{name: g, rules: [
  {alert: Deep, expr: depth > 8, labels: {severity: warning}},
  {alert: Deep, expr: depth > 20, labels: {severity: critical}}]}]";

#[test]
fn an_alert_that_must_fire_fires_with_its_labels() {
    let series = depth(|at| Some(if at == 4 { 9.0 } else { 1.0 }));
    let judged = fires(SEVERE, &series, &[("severity", "warning")]);
    assert_eq!(judged.verdict, Verdict::Pass, "{}", judged.reason);
    assert_eq!(judged.observed.show(judged.unit), "fired");
    let judged = fires(SEVERE, &series, &[("severity", "critical")]);
    assert_eq!(judged.verdict, Verdict::Fail, "{}", judged.reason);
    assert_eq!(judged.reason, "stayed quiet over 17 evaluations");
}

#[test]
fn of_several_rules_of_one_name_it_is_told_which_fired() {
    let series = depth(|at| Some(if at == 4 { 9.0 } else { 1.0 }));
    let judged = quiet(SEVERE, &series);
    assert_eq!(judged.reason, "rules.yml:2: fired 1 s into the run and for 0 s, at 9");
}

#[test]
fn an_alert_that_fires_after_its_time_is_too_late() {
    let series = depth(|at| Some(if at > 11 { 9.0 } else { 1.0 }));
    let within = |milliseconds| {
        let within = Some(Duration::from_millis(milliseconds));
        let expected = AlertExpectation::Fires { labels: BTreeMap::new(), within };
        judged((UP_TO_8, &series), (expected, None), &load())
    };
    assert_eq!(within(3_000).verdict, Verdict::Pass, "{}", within(3_000).reason);
    assert_eq!(within(2_900).verdict, Verdict::Fail);
    assert_eq!(within(2_900).reason, "too late: fired 3 s into the run and until the end, at 9");
}

#[test]
fn what_every_rule_did_is_told() {
    let (load, series) = (load(), depth(|at| Some(if at == 4 { 9.0 } else { 1.0 })));
    let watched = watched_alerts(&with_rules(SEVERE, &load, &series));
    let endings: Vec<_> = watched.iter().map(|one| (one.place.1, one.ending)).collect();
    assert_eq!(endings, [(2, AlertEnding::Fired), (3, AlertEnding::StayedQuiet)]);
    assert_eq!(watched[0].activities[0].fired_at_ms, Some(2_000));
    assert_eq!(watched[0].evaluations, 17);
    assert_eq!(watched_alerts(&evidence_of(&load, &series)), []);
}

#[test]
fn without_a_closing_scrape_only_what_fired_is_known() {
    let mut scrapes = scrapes_every(250, 1_000, 5_000);
    scrapes.pop();
    let of_depth = |value| {
        let mut series = store_of(scrapes.clone());
        add_series(&mut series, FamilyKind::Gauge, &[("__name__", "depth")], |_| Some(value));
        series
    };
    let (calm, deep, load) = (of_depth(1.0), of_depth(9.0), load());
    let ending = |series| watched_alerts(&with_rules(UP_TO_8, &load, series))[0].ending;
    assert_doubt(&quiet(UP_TO_8, &calm), "no-window", "no closing scrape");
    assert_eq!(ending(&calm), AlertEnding::CouldNotHaveFired);
    assert_eq!(quiet(UP_TO_8, &deep).verdict, Verdict::Fail);
    assert_eq!(ending(&deep), AlertEnding::Fired);
}

/// Two gauges with different labels, both true at every evaluation.
fn two_gauges() -> SeriesStore {
    let mut store = depth(|_| Some(50.0));
    let labels = [("__name__", "jobs"), ("shard", "1")];
    add_series(&mut store, FamilyKind::Gauge, &labels, |_| Some(100.0));
    store
}

#[test]
fn sides_that_never_meet_cannot_fire() {
    let store = two_gauges();
    for expression in [
        "depth > 10 and jobs > 0",
        "depth > on(shard) jobs",
        "depth < jobs",
        "depth > 10 unless on() jobs",
        "depth unless depth",
        "depth > scalar(depth or jobs)",
        "depth > NaN",
        "depth > 10 and on() hour() == 25",
        "vector(time()) < 0",
        "absent(depth or vector(0))",
        "absent(depth) == 0",
        "depth < 10 and depth > 90",
        "depth > 90 < 10",
    ] {
        let text =
            format!("groups: [{{name: g, rules: [{{alert: Deep, expr: \"{expression}\"}}]}}]");
        let judged = quiet(&text, &store);
        assert_eq!(judged.verdict, Verdict::Inconclusive, "{expression}: {}", judged.reason);
        assert_eq!(
            judged.codes[0].name(),
            "alert-could-not-fire",
            "{expression}: {}",
            judged.reason
        );
    }
}

#[test]
fn sides_that_meet_and_are_not_true_stay_quiet() {
    let store = two_gauges();
    for expression in [
        "depth > 60 and on() jobs > 200",
        "depth > on() jobs",
        "depth > 60 unless on() jobs > 200",
        "count(depth > 60) > 3",
        "absent(depth) == 1",
        "absent(depth)",
        "depth > 60 or jobs > 200",
        "label_replace(depth, \\\"a\\\", \\\"b\\\", \\\"\\\", \\\"\\\") > 60",
    ] {
        let text =
            format!("groups: [{{name: g, rules: [{{alert: Deep, expr: \"{expression}\"}}]}}]");
        let judged = quiet(&text, &store);
        assert_eq!(judged.verdict, Verdict::Pass, "{expression}: {}", judged.reason);
    }
}

#[test]
fn recording_rules_are_looked_through() {
    let mut store = two_gauges();
    for (at, le) in ["0.1", "1", "+Inf"].iter().enumerate() {
        let labels = [("__name__", "lat_bucket"), ("le", le)];
        add_series(&mut store, FamilyKind::Histogram, &labels, |n| Some((n * (at + 1)) as f64));
    }
    let judged = |recorded: &str, expression: &str| {
        let text = format!(
            "groups: [{{name: g, rules: [{{record: r, expr: '{recorded}'}}, \
             {{alert: Deep, expr: '{expression}'}}]}}]"
        );
        quiet(&text, &store)
    };
    let quantile = "histogram_quantile(0.9, sum by (le) (rate(lat_bucket[2s])))";
    for (recorded, expression) in [
        (quantile, "r > 1"),
        (quantile, "r * 1000 > 1000"),
        (quantile, "max_over_time(r[2s]) > 1"),
        ("sum(rate(jobs{shard=\"2\"}[2s])) / sum(rate(jobs[2s]))", "r > 5"),
        ("depth", "r{team=\"y\"} > 60"),
    ] {
        let judged = judged(recorded, expression);
        assert_eq!(judged.verdict, Verdict::Inconclusive, "{expression}: {}", judged.reason);
    }
    for (recorded, expression) in [
        ("histogram_quantile(0.2, sum by (le) (rate(lat_bucket[2s])))", "r > 0.99"),
        // A rule that lets nothing through is the good case.
        ("depth > 8000", "r > 0"),
        ("depth > 8000", "count(r) > 0"),
    ] {
        let judged = judged(recorded, expression);
        assert_eq!(judged.verdict, Verdict::Pass, "{expression}: {}", judged.reason);
    }
}

#[test]
fn alerts_of_alerts_are_looked_through() {
    let store = two_gauges();
    let judged = |expression: &str| {
        let text = format!(
            "groups: [{{name: g, rules: [{{alert: Calm, expr: depth > 60}}, \
             {{alert: Deep, expr: '{expression}'}}]}}]"
        );
        quiet(&text, &store)
    };
    for expression in
        ["ALERTS{alertname=\"Calm\"} == 1", "depth > 60 unless on() ALERTS{alertname=\"Calm\"}"]
    {
        let judged = judged(expression);
        assert_eq!(judged.verdict, Verdict::Pass, "{expression}: {}", judged.reason);
    }
    assert_doubt(
        &judged("ALERTS{alertname=\"Clam\"} == 1"),
        "alert-could-not-fire",
        "there is no alert `Clam`",
    );
}

#[test]
fn a_rule_that_fails_says_so() {
    let mut store = two_gauges();
    let labels = [("__name__", "jobs"), ("shard", "2")];
    add_series(&mut store, FamilyKind::Gauge, &labels, |_| Some(100.0));
    let text = "groups: [{name: g, rules: [{alert: Deep, expr: jobs + on() jobs > 900}]}]";
    assert_doubt(&quiet(text, &store), "rule-failure", "the rule could not be evaluated: ");
}

#[test]
fn what_held_before_the_load_shows_nothing_of_it() {
    let store = two_gauges();
    for expression in ["vector(1)", "depth >= 0", "absent(dept)", "jobs > 1"] {
        let text = format!("groups: [{{name: g, rules: [{{alert: Deep, expr: {expression}}}]}}]");
        assert_doubt(&fires(&text, &store, &[]), "alert-fired-before", "before any load");
    }
    let series = depth(|at| Some(if at > 4 { 9.0 } else { 1.0 }));
    assert_eq!(fires(UP_TO_8, &series, &[]).verdict, Verdict::Pass);
    // It held, was gone, and came back.
    let series = depth(|at| Some(if at == 0 || at > 8 { 9.0 } else { 1.0 }));
    assert_eq!(fires(UP_TO_8, &series, &[]).verdict, Verdict::Pass);
}

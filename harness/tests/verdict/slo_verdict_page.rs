//! `docs/verdict.md` tells every rule, with a message that the rule really gives.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support::threshold as at;
use slogate::histogram::LatencyHistogram;
use slogate::load::{GeneratorReport, LoadResult, StopReason};
use slogate::scenario::{
    Comparator, Distance, ReadOptions, Threshold, Tolerance, Variables, read_document_text,
};
use slogate::series::{ChangeKind, FamilyKind, InstanceChange, SeriesStore};
use slogate::slo::algebra::born_series::Born;
use slogate::slo::algebra::counter_growth::{Counted, fall_doubt, growth};
use slogate::slo::algebra::gauge_scrapes::Extreme;
use slogate::slo::algebra::generator_behind::{Behind, Miss};
use slogate::slo::algebra::no_such_series::Sought;
use slogate::slo::algebra::nothing_succeeded::Fruitless;
use slogate::slo::algebra::sample_size::Percentile;
use slogate::slo::algebra::sent_again::SentAgain;
use slogate::slo::algebra::starved_machine::CpuShares;
use slogate::slo::algebra::stopped_early::RestOfRun;
use slogate::slo::algebra::{
    allowed_restart, born_series, bucket_edge, every_element, fast_failures, few_scrapes,
    gauge_growth, gauge_scrapes, generator_behind, generator_lag, gone_series, idle_target,
    long_range, never_sent, no_such_grouping, no_such_label, no_such_series, nothing_succeeded,
    one_process, present, reconcile, recorded_series, restart, sample_size, scrape_gaps,
    sent_again, since_start, starved_machine, stopped_early, success_ratio, threshold,
    unit_of_name, unmoved, unseen_life, wide_window,
};
use slogate::slo::{MissingWindow, Observed, Ruling, Window};
use slogate::units::Unit;
use slogate_promql::{Asks, Copies, Dilution, LabelUse, Labels, Sample, Spread, parse_selector};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verdict.md");
    fs::read_to_string(path).unwrap()
}

fn below_a_second() -> Threshold {
    at(Comparator::Less, 1.0, "< 1s")
}

fn none_wanted() -> Threshold {
    at(Comparator::Equal, 0.0, "== 0")
}

fn met() -> Ruling {
    threshold::rule(0.85, Unit::Seconds, &below_a_second())
}

fn missed() -> Ruling {
    threshold::rule(1.2, Unit::Seconds, &below_a_second())
}

/// Rules about a target that somebody else loads.
fn observation_examples() -> [(&'static str, String); 2] {
    [
        ("idle_target", {
            let window = Window { opened_ms: 0, closed_ms: 10_000 };
            idle_target::find(&SeriesStore::default(), window, &["/metrics".into()]).unwrap().reason
        }),
        ("unseen_life", {
            let target = at(Comparator::LessOrEqual, 5.0, "<= 5");
            unseen_life::rule(threshold::rule(3.0, Unit::Plain, &target)).reason
        }),
    ]
}

fn starved_example() -> String {
    let (idle, interrupts, generator, other) = (0.02, 0.04, 0.12, 0.61);
    let target = Some(0.21);
    starved_machine::rule(missed(), &CpuShares { idle, interrupts, generator, target, other })
        .reason
}

/// Each rule's file with a message of it.
fn examples() -> Vec<(&'static str, String)> {
    let [percentiles, ratios] = sample_examples();
    let [restarted, allowed_restart] = restart_examples();
    let [idle, unseen] = observation_examples();
    let about_runs = vec![
        ("threshold", missed().reason),
        ("targets", pointless_example()),
        percentiles,
        ratios,
        ("generator_lag", lag_example()),
        ("starved_machine", starved_example()),
        ("generator_behind", {
            let behind = Behind { missed: 120, intended: 1_000 };
            generator_behind::rule(met(), behind, &Miss::Requests(Vec::new())).reason
        }),
        ("stopped_early", {
            let (why, observed) = ("phase `peak` was not reached", Observed::Number(0.85));
            let measured = (observed, RestOfRun::Confirms);
            stopped_early::rule(met(), why, measured, &[below_a_second()]).reason
        }),
        ("stopped_early", aborted_example()),
        ("since_start", since_start::doubt("export_bytes_total").reason),
        ("gauge_growth", {
            gauge_growth::doubt("export_queue_depth", Some(FamilyKind::Gauge)).unwrap().reason
        }),
        ("unit_of_name", {
            unit_of_name::doubt("wait_seconds", "wait_seconds", 1e-3).unwrap().reason
        }),
        ("fast_failures", fast_failures::rule(met(), 20).reason),
        ("no_such_grouping", {
            let selector = parse_selector("jobs_total").unwrap();
            let named = LabelUse {
                label: "fromat".into(),
                clause: "by",
                of: vec![selector],
                is_dropped: false,
            };
            let recorded = Labels::new([("__name__", "jobs_total"), ("format", "csv")]);
            no_such_grouping::doubt(&named, &[&recorded]).unwrap().reason
        }),
        ("no_such_label", {
            let selector = parse_selector("jobs_total{sttus!=\"failed\"}").unwrap();
            let recorded = Labels::new([("__name__", "jobs_total"), ("status", "done")]);
            no_such_label::doubt(&selector, &[&recorded]).unwrap().reason
        }),
        ("nothing_succeeded", {
            let fruitless = Fruitless { request: "order".into(), failed: 200 };
            nothing_succeeded::rule(Ruling::pass("0 meets == 0"), &fruitless).reason
        }),
        ("never_sent", never_sent::rule(Ruling::pass("100% meets >= 95% by 5%"), "pay").reason),
        ("sent_again", {
            let many = SentAgain { request: Some("get".into()), again: 60, sent: 120 };
            sent_again::rule(Ruling::pass("100% meets >= 95% by 5%"), &many).reason
        }),
        idle,
        unseen,
        restarted,
        allowed_restart,
        ("windows", MissingWindow::Closing(Some("target: connection refused".into())).to_string()),
    ];
    [about_runs, scrape_examples(), server_examples()].concat()
}

/// Messages of the rules about what the scrapes saw of a series.
fn scrape_examples() -> Vec<(&'static str, String)> {
    vec![
        ("born_series", {
            let series = "export_fail_total{format=\"csv\"}".to_owned();
            let born = Born { raising: vec![(series, 3.0)], ..Born::default() };
            born_series::rule(Ruling::pass("0 meets == 0"), &born, &none_wanted()).reason
        }),
        ("few_scrapes", few_scrapes::doubt("export_bytes_total", 501, 3).unwrap().reason),
        ("long_range", {
            let window = Window { opened_ms: 0, closed_ms: 60_000 };
            long_range::doubt("export_fail_total", 600_000, window).unwrap().reason
        }),
        ("recorded_series", {
            recorded_series::doubt("job:latency_seconds:p95", Asks::Value).unwrap().reason
        }),
        ("gauge_scrapes", {
            let target = at(Comparator::LessOrEqual, 5.0, "<= 5");
            let ruling = threshold::rule(3.0, Unit::Plain, &target);
            gauge_scrapes::rule(&ruling, 6, Extreme::Maximum, &target).reason
        }),
        ("scrape_gaps", {
            let attempts = scrape_gaps::Attempts { good: 20, failed: 23, instance: None };
            scrape_gaps::rule(Ruling::pass("5 meets <= 5 with 0 to spare"), &attempts).reason
        }),
        ("no_such_series", {
            let (selector, metric) = ("export_foo_total", Some("export_foo_total"));
            no_such_series::doubt(Sought { selector, metric, recorded: &[] }).reason
        }),
        ("every_element", every_element::rule_not_finite(f64::NAN, Unit::Plain).unwrap().reason),
        ("bucket_edge", bucket_example()),
        ("counter_growth", {
            let samples = [(0, 7.0), (250, 9.0)].map(|(t_ms, value)| Sample { t_ms, value });
            let growth = growth(Counted { samples: &samples, at_opening: true });
            threshold::rule(growth, Unit::Plain, &none_wanted()).reason
        }),
        ("counter_growth", {
            let samples = [(0, 9.0), (250, 4.0)].map(|(t_ms, value)| Sample { t_ms, value });
            fall_doubt("jobs_done", &samples).unwrap().reason
        }),
        ("bucket_edge", unseen_example()),
        ("gone_series", {
            let gone = ["export_fail_total{format=\"csv\"}".to_owned()];
            gone_series::rule(Ruling::pass("0 meets == 0"), &gone, &none_wanted()).reason
        }),
    ]
}

/// Messages of the rules that hold the target's series to what the run did.
fn server_examples() -> Vec<(&'static str, String)> {
    vec![
        ("present", {
            let lost = Some("export_fail_total{format=\"csv\"}".to_owned());
            let selector = "export_fail_total".to_owned();
            present::rule(&present::Seen { selector, live: 0, ours: 0, lost, never: None }).reason
        }),
        ("present", {
            let selector = "up".to_owned();
            present::rule(&present::Seen { selector, live: 0, ours: 1, lost: None, never: None })
                .reason
        }),
        ("reconcile", reconcile_example()),
        ("reconcile", {
            let within = Tolerance { distance: Distance::Amount(60.0), text: "60".into() };
            let (client, counter, unit) = (60.0, 1.0, Unit::Plain);
            let (within, between) = (&within, reconcile::Between::default());
            reconcile::rule(&reconcile::Totals { client, counter, unit, within, between }).reason
        }),
        ("success_ratio", {
            let target = at(Comparator::GreaterOrEqual, 0.95, ">= 95%");
            let measured = threshold::rule(1.0, Unit::Ratio, &target);
            success_ratio::rule_few_events(measured, 20, &target).reason
        }),
        ("unmoved", {
            let target = at(Comparator::LessOrEqual, 5.0, "<= 5");
            unmoved::rule(threshold::rule(3.0, Unit::Plain, &target), 400).reason
        }),
        ("one_process", {
            let target = at(Comparator::LessOrEqual, 5.0, "<= 5");
            let measured = threshold::rule(3.0, Unit::Plain, &target);
            let instances = ["127.0.0.1:80", "127.0.0.2:80"];
            let (copies, value, targets) = (Copies::Added, Some(3.0), &[target][..]);
            let read = one_process::ReadTwice { instances, copies, value, targets };
            one_process::rule(measured, &read).reason
        }),
        ("wide_window", wide_window_example()),
    ]
}

fn restart_examples() -> [(&'static str, String); 2] {
    let kind = ChangeKind::StartTimeChanged { before: 1_767_323_045.0, after: 1_767_323_061.5 };
    let change = InstanceChange { instance: "127.0.0.1:4001".into(), at_ms: 0, kind };
    [
        ("restart", restart::rule(&change).reason),
        ("allowed_restart", allowed_restart::doubt(&change).reason),
    ]
}

fn sample_examples() -> [(&'static str, String); 2] {
    let percentile = Percentile { quantile: 0.95, count: 12, above: 0, measured: met() };
    [
        ("sample_size", sample_size::rule(&percentile, &below_a_second()).reason),
        ("success_ratio", {
            let target = at(Comparator::GreaterOrEqual, 0.95, ">= 95%");
            success_ratio::rule(20, 20, &target).reason
        }),
    ]
}

/// What is said of a file with a target that every count meets.
fn pointless_example() -> String {
    let text = "version: 1\nslo: ['count(responses) >= 0']\n";
    let options = ReadOptions::default();
    let read = read_document_text(Path::new("slo.yaml"), text, &Variables::new(), &options);
    read.unwrap_err().problems[0].message().to_owned()
}

fn aborted_example() -> String {
    let (objective, measured) = ("queue".into(), "130 misses <= 100 by 30".into());
    let missed_for = Duration::from_secs(5);
    let stopped_early =
        Some(StopReason::Aborted { objective, missed_for, measured, waiting_explains: false });
    let load =
        LoadResult { phases: Vec::new(), generator: GeneratorReport::default(), stopped_early };
    let why = stopped_early::find(&load, &[]).unwrap();
    let measured = (Observed::Number(0.85), RestOfRun::Confirms);
    stopped_early::rule(met(), &why, measured, &[below_a_second()]).reason
}

fn wide_window_example() -> String {
    let spread = Spread { range_ms: 84_001, offset_ms: 0 };
    let diluted = wide_window::Diluted {
        value: 14.3,
        unit: Unit::PerSecond,
        dilution: Dilution::Scaled(spread),
    };
    let beside = wide_window::Beside::Idle;
    let covered = wide_window::Covered { range_ms: 84_001, load_ms: 60_000, beside };
    let target = at(Comparator::Less, 16.0, "< 16/s");
    let measured = threshold::rule(diluted.value, diluted.unit, &target);
    wide_window::rule(measured, diluted, covered, &target).reason
}

fn reconcile_example() -> String {
    let within = Tolerance { distance: Distance::Amount(0.0), text: "0".into() };
    let between = reconcile::Between { scrapes: 41, largest: 1.0, ..Default::default() };
    let (client, counter, unit) = (400.0, 441.0, Unit::Plain);
    reconcile::rule(&reconcile::Totals { client, counter, unit, within: &within, between }).reason
}

fn lag_example() -> String {
    let mut lag = LatencyHistogram::new();
    lag.record(Duration::from_millis(310));
    generator_lag::rule(missed(), &lag, &below_a_second()).reason
}

fn bucket_example() -> String {
    let cumulative = [(1.0, 60.0), (2.5, 98.0), (10.0, 99.0), (f64::INFINITY, 100.0)];
    let buckets = bucket_edge::Buckets::new(&cumulative, 100).unwrap();
    let target = at(Comparator::Less, 2.0, "< 2s");
    bucket_edge::rule(&buckets, 0.95, Unit::Seconds, &target).reason
}

fn unseen_example() -> String {
    let cumulative = [(1.0, 98.0), (10.0, 99.0), (f64::INFINITY, 100.0)];
    let buckets = bucket_edge::Buckets::new(&cumulative, 100).unwrap();
    let passed = bucket_edge::rule(&buckets, 0.95, Unit::Seconds, &below_a_second());
    let histogram = (&buckets, 0.95, Unit::Seconds);
    bucket_edge::rule_unseen(passed, 30, histogram, &below_a_second()).reason
}

#[test]
fn every_message_on_the_page_is_one_that_the_rule_gives() {
    let page = page();
    for (rule, message) in examples() {
        assert!(page.contains(&format!("\n> {message}\n")), "{rule} says: {message}");
    }
}

#[test]
fn every_rule_has_a_paragraph() {
    let page = page();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/slo/algebra");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "mod.rs" {
            assert!(page.contains(&format!("`{name}`")), "{name} has no paragraph");
            let rule = name.trim_end_matches(".rs");
            assert!(examples().iter().any(|(known, _)| *known == rule), "{rule} has no example");
        }
    }
}

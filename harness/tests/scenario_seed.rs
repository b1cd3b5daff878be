//! The scenarios that ship with the project: they read without a warning, and they
//! hold what the project promises about them.

#![expect(clippy::panic, reason = "a panic in a test is its failure report")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use slogate::scenario::{
    Document, Metrics, Objective, ObjectiveKind, Objectives, Phase, PhaseLoad, ReadOptions,
    Scenario, Stop, Variables, read, read_document,
};

const SEED: [&str; 5] = ["1k", "5k", "10k", "50k", "batch"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

fn seed(name: &str) -> Scenario {
    let path = folder().join(format!("{name}.yaml"));
    let loaded = read(&path, &Variables::new(), &ReadOptions::default())
        .unwrap_or_else(|problems| panic!("{}", problems.render()));
    assert!(loaded.warnings.is_empty(), "{:#?}", loaded.warnings);
    loaded.scenario
}

fn objectives(name: &str) -> Vec<Objective> {
    match seed(name).objectives {
        Objectives::Judged(objectives) => objectives,
        Objectives::LoadOnly => Vec::new(),
    }
}

#[test]
fn every_shipped_file_reads_without_a_warning() {
    let mut files = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let read = read_document(&path, &Variables::new(), &ReadOptions::default());
        let (document, warnings) = read.unwrap_or_else(|problems| panic!("{}", problems.render()));
        assert!(warnings.is_empty(), "{}: {warnings:#?}", path.display());
        let is_list = path.ends_with("export-assertions.yaml");
        assert_eq!(matches!(document, Document::Objectives(_)), is_list, "{}", path.display());
        files += 1;
    }
    assert_eq!(files, SEED.len() + 1);
}

#[test]
fn a_body_holds_the_rows_of_its_data_set() {
    let scenario = seed("1k");
    let body: serde_json::Value = serde_json::from_slice(&scenario.requests[0].body).unwrap();
    assert_eq!(body["format"], "csv");
    assert_eq!(body["data"].as_array().unwrap().len(), 1_000);
}

#[test]
fn the_six_shared_assertions_are_judged_in_every_scenario() {
    let shared = [
        "metrics-coverage",
        "latency-p95",
        "success-rate",
        "concurrent",
        "queue-depth",
        "bytes-exported",
    ];
    for name in SEED {
        let objectives = objectives(name);
        let has = |id: &&str| objectives.iter().any(|objective| objective.id == **id);
        let missing: Vec<_> = shared.iter().filter(|id| !has(id)).collect();
        assert!(missing.is_empty(), "{name}: {missing:?}");
    }
}

#[test]
fn the_larger_files_of_50k_have_thirty_seconds() {
    let limit = |name: &str| {
        let objectives = objectives(name);
        let objective = objectives.iter().find(|objective| objective.id == "latency-p95");
        objective.map(|objective| objective.thresholds[0].text.clone())
    };
    assert_eq!(limit("10k").as_deref(), Some("< 10s"));
    assert_eq!(limit("50k").as_deref(), Some("< 30s"));
}

#[test]
fn batch_sends_twelve_batches_of_all_five_requests() {
    let scenario = seed("batch");
    assert_eq!(scenario.requests.len(), 5);
    let batches: Vec<_> = scenario.phases.iter().filter(|phase| phase.goes_by("batch")).collect();
    assert!(batches.len() >= 12);
    for batch in batches {
        let five = PhaseLoad::closed(5, Stop::Iterations(5));
        assert!(batch.measured && batch.load == five, "{batch:?}");
    }
}

#[test]
fn all_together_are_planned_to_load_for_less_than_ninety_seconds() {
    let open = |phase: &Phase| match phase.load {
        PhaseLoad::Open { duration, .. } => duration,
        PhaseLoad::Closed { .. } => Duration::ZERO,
    };
    let of = |name: &str| seed(name).phases.iter().map(open).sum::<Duration>();
    assert!(SEED.map(of).iter().sum::<Duration>() < Duration::from_secs(90));
}

#[test]
fn gauges_are_seen_by_enough_scrapes() {
    for name in SEED {
        let scenario = seed(name);
        let Metrics::Scrape(source) = scenario.metrics else { panic!("{name} scrapes nothing") };
        let longest = scenario.phases.iter().filter_map(|phase| match phase.load {
            PhaseLoad::Open { duration, .. } if phase.measured => Some(duration),
            _ => None,
        });
        let scrapes = longest.sum::<Duration>().as_secs_f64() / source.every.as_secs_f64();
        // A maximum of a gauge needs ten; a busy machine may lose half of them.
        assert!(scrapes >= 20.0, "{name}: {scrapes}");
    }
}

#[test]
fn the_coverage_assertion_names_every_family_of_the_catalogue() {
    let objectives = objectives("1k");
    let coverage = objectives.iter().find(|objective| objective.id == "metrics-coverage").unwrap();
    let ObjectiveKind::Promql { expression, .. } = &coverage.kind else { panic!("not PromQL") };
    let pattern = expression.split('"').nth(1).unwrap();
    let mut named: Vec<_> =
        pattern.split('|').map(|name| name.trim_end_matches("_count")).collect();
    let mut known: Vec<_> = exporter::catalogue::METRICS.iter().map(|metric| metric.name).collect();
    named.sort_unstable();
    known.sort_unstable();
    assert_eq!(named, known);
    assert_eq!(coverage.thresholds[0].text, format!("== {}", known.len()));
}

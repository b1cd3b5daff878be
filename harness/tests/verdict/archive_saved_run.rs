//! A saved run: whole or not at all, and judged again with the same result.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support;
use bytes::Bytes;
use slogate::archive::{ArchiveError, Artifact, ClosingScrape, RunRecord, ScenarioEvidence};
use slogate::archive::{check_destination, read, read_evidence, write};
use slogate::gate::OnInconclusive;
use slogate::load::LoadResult;
use slogate::scenario::{Objectives, Scenario};
use slogate::series::SeriesStore;
use slogate::slo::{Evidence, JudgedObjective, Verdict, judge};

/// One scenario in which some objectives hold and some do not.
struct Run {
    scenario: Scenario,
    load: LoadResult,
    series: SeriesStore,
    record: RunRecord,
}

impl Run {
    fn new(name: &str) -> Self {
        let mut scenario = support::scenario(
            name,
            vec![support::planned_open("steady"), support::planned_open("peak")],
            support::usual_objectives(),
        );
        scenario.source = "version: 1\nheaders: { authorization: \"Bearer ${TOKEN}\" }\n".into();
        let steady = vec![support::with_failures(support::answered("csv", 1..=90), 10)];
        let peak = vec![support::answered("csv", (1..=300).map(|n| n * 3))];
        let load = support::load_of(vec![
            support::open_phase("steady", 1, steady),
            support::open_phase("peak", 11, peak),
        ]);
        let series = support::scraped(24, 390.0, 10.0);
        let scenario_record = support::record_of(&scenario, Some((&load, &series)), Vec::new());
        let record = support::run_of(vec![scenario_record], None);
        Self { scenario, load, series, record }
    }

    fn evidence(&self) -> ScenarioEvidence<'_> {
        ScenarioEvidence {
            name: &self.scenario.name,
            load: Some(&self.load),
            series: Some(&self.series),
            closing_scrapes: vec![closing_scrape()],
            artifacts: vec![
                Artifact { name: "export.csv".into(), bytes: Bytes::from_static(b"abc") },
                Artifact { name: "../../export.csv".into(), bytes: Bytes::from_static(b"") },
            ],
        }
    }

    fn saved(&self, folder: &Path) {
        write(folder, &self.record, &[self.evidence()]).unwrap();
    }

    fn judged(&self) -> Vec<JudgedObjective> {
        let evidence = Evidence::of(&self.scenario, &self.load, &self.series);
        match &self.scenario.objectives {
            Objectives::Judged(objectives) => {
                objectives.iter().map(|objective| judge(objective, &evidence)).collect()
            }
            Objectives::LoadOnly => Vec::new(),
        }
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn names_below(folder: &Path) -> Vec<String> {
    let relative = |path: PathBuf| path.strip_prefix(folder).unwrap().display().to_string();
    files_below(folder).into_iter().map(relative).collect()
}

fn closing_scrape() -> ClosingScrape {
    let body = Bytes::from_static(b"export_queue_depth 0\n");
    ClosingScrape { instance: "127.0.0.1:4001".into(), body }
}

#[test]
fn a_saved_run_holds_the_record_and_the_evidence() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("results/1");
    Run::new("10k").saved(&folder);
    assert_eq!(
        names_below(&folder),
        [
            "10k/artifacts.csv",
            "10k/latency.hlog",
            "10k/metrics.txt",
            "10k/samples/_.._.._export.csv",
            "10k/samples/export.csv",
            "10k/series.om",
            "10k/stale.json",
            "SHA256SUMS",
            "run.json"
        ]
    );
    let table = fs::read_to_string(folder.join("10k/artifacts.csv")).unwrap();
    // SHA-256 of `abc` (FIPS 180-2, appendix B.1) and of nothing.
    assert_eq!(
        table,
        "name,size,sha256\n\
         export.csv,3,ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n\
         _.._.._export.csv,0,e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
    );
}

#[test]
fn a_record_comes_back_as_it_was_saved() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("run");
    let run = Run::new("10k");
    run.saved(&folder);
    let record = read(&folder).unwrap();
    assert_eq!(record, run.record);
    let outcome = record.outcome(OnInconclusive::Fail);
    assert_eq!((outcome.verdict, outcome.exit_code.number()), (Verdict::Fail, 1));
}

#[test]
fn a_saved_run_is_judged_again_with_the_same_result() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("run");
    let run = Run::new("10k");
    run.saved(&folder);
    let record = read(&folder).unwrap();
    let saved = read_evidence(&folder, &record, 0).unwrap();
    assert_eq!(saved.judge_again(), run.judged());
    assert_eq!(saved.closing_scrapes, [closing_scrape()]);
}

#[test]
fn a_saved_run_without_its_series_passes_no_objective_on_them() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("run");
    Run::new("10k").saved(&folder);
    fs::remove_file(folder.join("10k/series.om")).unwrap();
    let record = read(&folder).unwrap();
    let again = read_evidence(&folder, &record, 0).unwrap().judge_again();
    let queue = again.iter().find(|judged| judged.id == "queue").unwrap();
    assert_eq!(queue.verdict, Verdict::Inconclusive);
    assert_eq!(queue.reason, "there was no opening scrape");
}

#[test]
fn a_folder_that_holds_something_is_refused_and_left_alone() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("notes.txt"), "mine").unwrap();
    let run = Run::new("10k");
    let error = write(place.path(), &run.record, &[run.evidence()]).unwrap_err();
    assert!(matches!(error, ArchiveError::NotEmpty(_)), "{error}");
    assert_eq!(error.exit_code().number(), 2);
    assert!(check_destination(place.path()).is_err());
    assert_eq!(names_below(place.path()), ["notes.txt"]);
}

#[test]
fn an_empty_folder_is_filled_and_nothing_is_left_beside_it() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("run");
    fs::create_dir(&folder).unwrap();
    Run::new("10k").saved(&folder);
    let beside: Vec<_> = fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(beside, [folder]);
}

#[test]
fn a_run_that_cannot_be_saved_leaves_nothing_behind() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("run");
    let run = Run::new("10k");
    // A name that the interval log cannot hold fails in the middle of the writing.
    let mut load = run.load.clone();
    load.phases[0].name = "a b".into();
    let evidence = ScenarioEvidence { load: Some(&load), ..run.evidence() };
    let error = write(&folder, &run.record, &[evidence]).unwrap_err();
    assert!(error.to_string().contains("run/10k/latency.hlog"), "{error}");
    assert_eq!(error.exit_code().number(), 5);
    assert_eq!(names_below(place.path()), Vec::<String>::new());
    assert!(fs::read_dir(place.path()).unwrap().next().is_none());
}

#[test]
fn two_scenarios_of_one_name_have_a_folder_each() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("run");
    let run = Run::new("same");
    let scenarios = vec![run.record.scenarios[0].clone(), run.record.scenarios[0].clone()];
    let record = support::run_of(scenarios, None);
    write(&folder, &record, &[run.evidence(), run.evidence()]).unwrap();
    assert!(folder.join("same~2/series.om").exists());
    assert_eq!(read_evidence(&folder, &record, 1).unwrap().judge_again(), run.judged());
}

#[test]
fn variables_are_saved_by_name() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("run");
    Run::new("10k").saved(&folder);
    let record = read(&folder).unwrap();
    assert!(record.scenarios[0].configuration.text.contains("Bearer ${TOKEN}"));
}

#[test]
fn what_is_no_saved_run_is_told_with_its_path() {
    let place = tempfile::tempdir().unwrap();
    let missing = read(&place.path().join("run")).unwrap_err().to_string();
    assert!(
        missing.contains("run/run.json") && missing.contains("is it a saved run?"),
        "{missing}"
    );
    fs::write(place.path().join("run.json"), "{\"schema_version\": 99}").unwrap();
    let newer = read(place.path()).unwrap_err().to_string();
    assert!(newer.contains("has schema version 99, this slogate reads 1"), "{newer}");
    fs::write(place.path().join("run.json"), "{\"schema_version\": 1").unwrap();
    let broken = read(place.path()).unwrap_err();
    assert!(matches!(broken, ArchiveError::Malformed { .. }), "{broken}");
}

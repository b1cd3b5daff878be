//! The scenarios that ship with the project: they read without a warning, and they
//! hold what the project promises about them.

#![expect(clippy::panic, reason = "a panic in a test is its failure report")]

use std::path::{Path, PathBuf};

use slogate::scenario::{Document, ReadOptions, Scenario, Variables, read, read_document};

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

//! The reference and the JSON Schema are what the program says they are, and every
//! shipped file reads (the examples of pages are read by `docs`). `SLOGATE_BLESS=1` writes the generated parts anew.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use slogate::scenario::{ReadOptions, Variables, read, read_text, reference_tables, schema};
use support::outside;
use support::page::{assert_fresh, with_between_marks};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

#[test]
fn the_committed_schema_is_the_one_the_program_makes() {
    let made = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    assert_fresh(&project("docs/schema/scenario.json"), &made);
}

#[test]
fn the_tables_of_the_reference_are_those_of_the_reader() {
    let path = project("docs/scenario-format.md");
    let mut text = std::fs::read_to_string(&path).unwrap();
    for (name, table) in reference_tables() {
        let start = format!("<!-- keys: {name} -->\n");
        text = with_between_marks(&text, &start, "<!-- end -->", &table);
    }
    assert_fresh(&path, &text);
}

#[test]
fn the_row_in_the_reference_is_a_real_one() {
    let text = std::fs::read_to_string(project("docs/scenario-format.md")).unwrap();
    let shown = text.split("```json\n").nth(1).unwrap().split("\n```").next().unwrap();
    let scenario = "\
version: 1
name: row
target: http://127.0.0.1:8080
data: { rows: { rows: 1, seed: 42 } }
load: [{ name: steady, rate: 40/s, for: 10s }]
requests: [{ name: csv, post: /, json: \"{{rows}}\" }]
slo: none
";
    let loaded =
        read_text(Path::new("row.yaml"), scenario, &Variables::new(), &ReadOptions::default());
    let body = loaded.unwrap().scenario.requests[0].body.clone();
    assert_eq!(String::from_utf8(body.to_vec()).unwrap(), format!("[{shown}]"));
}

/// Runs a checker that may be missing.
fn run_checker(name: &str, arguments: &[&str]) -> Option<std::process::Output> {
    outside::has(name).then(|| Command::new(name).args(arguments).output().unwrap())
}

fn check_against_schema(files: &[PathBuf]) -> Option<std::process::Output> {
    let schema = project("docs/schema/scenario.json").display().to_string();
    let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    let mut arguments = vec!["--schemafile", schema.as_str()];
    arguments.extend(files.iter().map(String::as_str));
    run_checker("check-jsonschema", &arguments)
}

fn yaml_files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect()
}

#[test]
fn every_shipped_scenario_fits_the_schema() {
    let Some(output) = check_against_schema(&yaml_files("scenarios")) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn every_shipped_scenario_names_the_schema_for_editors() {
    for path in yaml_files("scenarios") {
        let text = std::fs::read_to_string(&path).unwrap();
        let modeline = "# yaml-language-server: $schema=../docs/schema/scenario.json\n";
        assert!(text.starts_with(modeline), "{}", path.display());
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses_by_shape() {
    for name in ["typos", "types", "phases", "unsupported", "empty-lists"] {
        let path = project(&format!("harness/tests/scenarios/{name}.yaml"));
        let Some(output) = check_against_schema(&[path]) else { return };
        assert_eq!(output.status.code(), Some(1), "{name}");
    }
}

#[test]
fn every_scenario_among_the_examples_reads() {
    let files = yaml_files("docs/examples");
    assert!(!files.is_empty());
    for file in files {
        let read = read(&file, &Variables::new(), &ReadOptions::default());
        let loaded = read.unwrap_or_else(|problems| panic!("{}", problems.render()));
        assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    }
}

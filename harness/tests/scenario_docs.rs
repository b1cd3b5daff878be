//! The reference and the JSON Schema are what the program says they are, and every
//! example reads. `SLOGATE_BLESS=1` writes the generated parts anew.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use slogate::scenario::{
    ReadOptions, Variables, read_document, read_text, reference_tables, schema,
};
use support::outside;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn blessing() -> bool {
    std::env::var_os("SLOGATE_BLESS").is_some()
}

/// A committed file must be what the program makes of it.
fn assert_fresh(path: &str, made: &str) {
    let path = project(path);
    if blessing() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == made, "{} is stale: run with SLOGATE_BLESS=1", path.display());
}

#[test]
fn the_committed_schema_is_the_one_the_program_makes() {
    let made = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    assert_fresh("docs/schema/scenario.json", &made);
}

#[test]
fn the_tables_of_the_reference_are_those_of_the_reader() {
    let path = "docs/scenario-format.md";
    let mut text = std::fs::read_to_string(project(path)).unwrap();
    for (name, table) in reference_tables() {
        let start = format!("<!-- keys: {name} -->\n");
        let from = text.find(&start).unwrap_or_else(|| panic!("no `{start}`")) + start.len();
        let to = from + text[from..].find("<!-- end -->").unwrap();
        text.replace_range(from..to, &table);
    }
    assert_fresh(path, &text);
}

/// A whole scenario, into which the examples that show a part are put.
const AROUND: &str = "\
version: 1
name: example
target: http://127.0.0.1:8080
metrics: { path: /metrics }
load:
  - { name: steady, rate: 40/s, for: 10s }
requests:
  - { name: csv, get: / }
slo: none
";

fn top_level_keys(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))
        .filter_map(|line| line.split_once(':').map(|(key, _)| key))
        .collect()
}

/// The example itself if it is whole, otherwise with the rest of a scenario.
fn completed(example: &str) -> String {
    let keys = top_level_keys(example);
    if keys.contains(&"version") {
        return example.to_owned();
    }
    let mut text = example.to_owned();
    let mut keeps = true;
    for line in AROUND.lines() {
        if let Some(key) = top_level_keys(line).first() {
            keeps = !keys.contains(key);
        }
        if keeps {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn examples(text: &str) -> Vec<&str> {
    let blocks = text.split("```yaml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

#[test]
fn every_example_of_the_reference_reads() {
    let text = |path: &str| std::fs::read_to_string(project(path)).unwrap();
    let (format, sources) = (text("docs/scenario-format.md"), text("docs/metrics-sources.md"));
    let (format, sources) = (examples(&format), examples(&sources));
    assert!(format.len() >= 7 && sources.len() >= 10, "{} {}", format.len(), sources.len());
    let examples = [format, sources].concat();
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(
        project("scenarios/export-assertions.yaml"),
        folder.path().join("export-assertions.yaml"),
    )
    .unwrap();
    std::fs::write(folder.path().join("token.txt"), "t").unwrap();
    let variables = Variables::from([("TOKEN".to_owned(), "t".to_owned())]);
    for (number, example) in examples.iter().enumerate() {
        let path = folder.path().join(format!("example-{number}.yaml"));
        std::fs::write(&path, completed(example)).unwrap();
        let read = read_document(&path, &variables, &ReadOptions::default());
        let (_, warnings) = read.unwrap_or_else(|problems| panic!("{}", problems.render()));
        assert!(warnings.is_empty(), "{warnings:#?}");
    }
}

#[test]
fn the_row_in_the_reference_is_a_real_one() {
    let text = std::fs::read_to_string(project("docs/scenario-format.md")).unwrap();
    let shown = text.split("```json\n").nth(1).unwrap().split("\n```").next().unwrap();
    let scenario = format!(
        "data: {{ rows: {{ rows: 1, seed: 42 }} }}\n{}",
        AROUND.replace("get: /", "post: /, json: \"{{rows}}\"")
    );
    let loaded =
        read_text(Path::new("row.yaml"), &scenario, &Variables::new(), &ReadOptions::default());
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
fn the_scenario_of_the_readme_and_the_examples_read() {
    let readme = std::fs::read_to_string(project("README.md")).unwrap();
    let block = readme.split("```yaml\n# yaml-language-server").nth(1).unwrap();
    let scenario = block.split("```").next().unwrap();
    let texts =
        yaml_files("docs/examples").into_iter().map(|path| std::fs::read_to_string(path).unwrap());
    for text in texts.chain([format!("#{scenario}")]) {
        let read =
            read_text(Path::new("x.yaml"), &text, &Variables::new(), &ReadOptions::default());
        let loaded = read.unwrap_or_else(|problems| panic!("{}", problems.render()));
        assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    }
}
